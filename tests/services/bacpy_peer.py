"""A BACnet device and client that share no code with ours: bac-py, in an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.services.missing import missing

FOLDER = Path(__file__).parent / "bacpy"
NO_INTERPRETER = 2


class Peer:
    """The program, running; it is spoken to in lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        """One line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def heard(self) -> dict[str, Any]:
        """The next line from it."""
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line


class Bacpy:
    """How to run it. ``python`` is the interpreter that has bac-py."""

    def __init__(self, python: str) -> None:
        self._python = python

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Peer]:
        """The peer, until the end of the block."""
        command = [self._python, str(FOLDER / "peer.py"), *arguments]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Peer(process)
            finally:
                process.kill()


@pytest.fixture(scope="session")
def bacpy() -> Bacpy:
    """bac-py, installed where it was not. Skips where no interpreter is new enough for it."""
    built = subprocess.run([str(FOLDER / "build")], capture_output=True, text=True, timeout=300, check=False)
    if built.returncode == NO_INTERPRETER:
        pytest.skip(f"bac-py cannot run here: {built.stderr.strip()}")
    if built.returncode != 0:
        missing(f"bac-py cannot be installed: {built.stderr.strip()}")
    return Bacpy(built.stdout.strip())
