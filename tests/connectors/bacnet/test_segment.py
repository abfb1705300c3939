"""Broadcasts on a real segment: Who-Is to all, and a device that announces that it has restarted."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.bacnet.segment import DEVICES, Segment, a_segment


@pytest.fixture(scope="module")
def segment() -> Iterator[tuple[Segment, subprocess.Popen[str]]]:
    """With three devices at the other end."""
    made = a_segment()
    try:
        cable = made.__enter__()
    except OSError as error:
        pytest.skip(f"no network segment of our own here: {error}")
    try:
        serving = cable.run(cable.devices, "serve")
        try:
            assert said(serving) == {"serving": 3}
            yield cable, serving
        finally:
            serving.kill()
            serving.communicate()
    finally:
        made.__exit__(None, None, None)


def said(program: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line that a program prints."""
    assert program.stdout is not None
    line: dict[str, Any] = json.loads(program.stdout.readline())
    return line


def test_a_broadcast_finds_every_device_and_two_with_one_instance(segment: Any) -> None:
    cable, _ = segment
    asking = cable.run(cable.agent, "scan", "0", "4194303")
    output, _ = asking.communicate(timeout=60)
    found = [json.loads(line) for line in output.splitlines()]
    assert [(each["settings"]["host"], each["settings"]["instance"]) for each in found] == [
        (DEVICES[0], 11),
        (DEVICES[1], 12),
        (DEVICES[2], 12),
    ]
    assert [each["points"] for each in found] == [1, 1, 1]
    assert found[1]["remarks"][1] == f"device instance 12 is also at {DEVICES[2]}:47808: give one of them another"
    assert found[2]["remarks"][1] == f"device instance 12 is also at {DEVICES[1]}:47808: give one of them another"


def test_a_broadcast_to_a_range_finds_that_range(segment: Any) -> None:
    cable, _ = segment
    asking = cable.run(cable.agent, "scan", "5", "11")
    output, _ = asking.communicate(timeout=60)
    assert [json.loads(line)["settings"]["instance"] for line in output.splitlines()] == [11]


def test_a_device_that_broadcasts_its_start_is_subscribed_to_again_and_a_rival_is_noticed(segment: Any) -> None:
    cable, serving = segment
    watching = cable.run(cable.agent, "watch")
    try:
        assert said(watching) == {"subscribed": True}
        serving.send_signal(signal.SIGUSR1)
        assert said(watching) == {"subscribed_again": True}
        assert DEVICES[2] in said(watching)["detail"]
    finally:
        watching.kill()
        watching.communicate()
