"""The program as another process: ready line, errors, stopping."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.ports import BACNET, BROKER, HOST, MODBUS, numbered
from simulators.program import main
from tests.simulators.free_ports import free_base_port

READY_S = 20.0
STOP_S = 2.0


@contextmanager
def started(*arguments: str, base_port: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """``python -m simulators``; killed at the end if it still runs."""
    port = free_base_port() if base_port is None else base_port
    command = [sys.executable, "-W", "error", "-m", "simulators", "--base-port", str(port), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The first line of its output, awaited with a deadline."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], READY_S)[0], "no ready line"
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def end_of(process: subprocess.Popen[str], timeout_s: float = READY_S) -> tuple[int, str]:
    """Exit code and standard error."""
    assert process.stderr is not None
    code = process.wait(timeout_s)
    return code, process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    truth, base_port = tmp_path / "truth.jsonl", free_base_port()
    with started("--scenario", "calm", "--truth", str(truth), "--seed", "9", base_port=base_port) as process:
        assert ready_line(process) == {
            "ready": True,
            "scenario": "calm",
            "seed": 9,
            "base_port": base_port,
            "ports": numbered(base_port, {**BACNET, **MODBUS, **BROKER}),
        }
        assert truth.read_text(encoding="utf-8").count("\n") > 20  # flushed by now
        with socket.create_connection((HOST, base_port + MODBUS["meter-main"])):
            asked = time.monotonic()
            process.send_signal(number)
            assert end_of(process) == (0, "")
            assert time.monotonic() - asked < STOP_S
        assert process.stdout is not None
        assert process.stdout.read() == ""  # the ready line was all


def test_it_stops_when_standard_input_ends() -> None:
    with started("--scenario", "calm", "--stdin-watch") as process:
        ready_line(process)
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert end_of(process, STOP_S) == (0, "")


def test_it_stops_by_itself() -> None:
    with started("--scenario", "calm", "--for", "0.1") as process:
        ready_line(process)
        assert end_of(process) == (0, "")


@pytest.mark.parametrize(
    ("name", "offset", "kind"),
    [
        ("lifts", BACNET["lifts"], socket.SOCK_DGRAM),
        ("generator", MODBUS["generator"], socket.SOCK_STREAM),
        ("broker", BROKER["broker"], socket.SOCK_STREAM),
    ],
)
def test_a_taken_port_is_named(
    capsys: pytest.CaptureFixture[str], name: str, offset: int, kind: socket.SocketKind
) -> None:
    base_port = free_base_port()
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, base_port + offset))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        assert main(["--base-port", str(base_port), "--scenario", "calm"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{name}: ")
    assert f"{HOST}:{base_port + offset} cannot be had" in said.err


def test_two_at_once_are_refused_even_on_bacnet_ports() -> None:
    """The BACnet library shares a taken UDP port with another process of its own kind, in silence."""
    base_port = free_base_port()
    with started("--scenario", "calm", base_port=base_port) as first:
        ready_line(first)
        with started("--scenario", "calm", base_port=base_port) as second:
            code, said = end_of(second)
        assert code == 1
        assert said.startswith("ahu: UDP port")


def test_a_wrong_scenario_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base-port", str(free_base_port()), "--scenario", "nothing"]) == 1
    assert 'there is no scenario "nothing"' in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.mqtt.station._CONNECT_S", 0.2)
    base_port = free_base_port()
    broker = f"{HOST}:{base_port + BROKER['broker']}"
    assert main(["--base-port", str(base_port), "--scenario", "calm", "--broker", broker]) == 1
    assert f"no MQTT broker at {broker}" in capsys.readouterr().err


def test_an_embedded_broker_that_is_not_installed_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)
    assert main(["--base-port", str(free_base_port()), "--scenario", "calm"]) == 1
    assert "install building-steward[demo]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--broker", "somewhere"], ["--broker", "host:99999"], ["--broker", ":1883"], ["--for", "long"]]
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(wrong)


def test_a_base_port_out_of_range_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base-port", "65530", "--scenario", "calm"]) == 1
    assert "choose another --base-port" in capsys.readouterr().err
