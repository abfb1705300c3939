"""A real MQTT broker on loopback: mosquitto, with its persistence in a folder of the test's."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.missing import missing

HOST = "127.0.0.1"
READY_WITHIN_S = 10.0


def program() -> str:
    """The path of mosquitto; the test fails or is skipped where there is none."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        missing("mosquitto is not installed: apt-get install mosquitto")
    return found


class Mosquitto:
    """One broker. Stopped and started it keeps its port, its sessions and the messages it holds for them."""

    host = HOST

    def __init__(self, folder: Path, access: str = "allow_anonymous true", more: str = "") -> None:
        """``more``: settings that go over those made here."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} {HOST}\n"
            f"{access}\n"
            "user root\n"
            "persistence true\n"
            f"persistence_location {folder}/\n"
            "autosave_interval 1\n"
            "autosave_on_changes true\n"
            f"log_dest file {self.log}\n"
            f"log_type all\n{more}\n",
            encoding="utf-8",
        )

    def start(self) -> None:
        """Return once it accepts connections."""
        self._process = subprocess.Popen(
            [program(), "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, f"mosquitto did not start: {self.log}"
                time.sleep(0.02)
        raise AssertionError(f"mosquitto does not listen on {self.port} after {READY_WITHIN_S} s")

    def stop(self) -> None:
        """End it in order: what it holds is on disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker without sessions."""
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
