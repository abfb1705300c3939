"""``steward simulate``: hands over to the simulators' own program, in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import agent


def simulator_command(arguments: Sequence[str]) -> list[str]:
    """The command line that starts the simulated building."""
    return [sys.executable, "-m", "simulators", *arguments]


def simulator_environment() -> dict[str, str]:
    """The environment in which ``simulators`` can be imported: beside the agent, packed or in a checkout."""
    rooms = str(Path(agent.__file__).parents[1])
    rest = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([rooms, rest] if rest else [rooms])}


def run_simulators(arguments: Sequence[str]) -> int:
    """Become the simulators; does not return."""
    command = simulator_command(arguments)
    os.execve(command[0], command, simulator_environment())
