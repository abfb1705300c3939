"""Modbus software that is not ours: mbpoll as a client, a server made of libmodbus."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.missing import missing

BUILD = Path(__file__).parent / "libmodbus" / "build"


def mbpoll(port: int, *options: str) -> list[str]:
    """What it prints of each value that it read; the test fails or is skipped where it is not installed."""
    program = shutil.which("mbpoll")
    if program is None:
        missing("mbpoll is not installed: apt-get install mbpoll")
    command = [program, "-0", "-1", "-q", "-p", str(port), *options, "127.0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.partition("]:")[2].strip() for line in done.stdout.splitlines() if line.startswith("[")]


@pytest.fixture
def libmodbus_port() -> Iterator[int]:
    """The port of a libmodbus server; see ``libmodbus/server.c`` for what it holds."""
    if shutil.which("cc") is None or not Path("/usr/include/modbus/modbus.h").exists():
        missing("libmodbus cannot be compiled with: apt-get install gcc libmodbus-dev")
    program = subprocess.run([BUILD], check=True, capture_output=True, text=True).stdout.strip()
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.communicate("")
    assert server.returncode == 0
