"""As few requests as a device can answer: sized by what it says of itself, and by its answers."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.connectors.bacnet.field import (
    Recorder,
    Station,
    a_connector,
    a_device,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.waiting import until

READ_PROPERTY_MULTIPLE = 14
ABORT = 7


def analogs(count: int, **properties: Any) -> list[Any]:
    """So many objects with their number as value."""
    return [partial(a_served, "analog-input", n, presentValue=n * 1.0, **properties) for n in range(1, count + 1)]


def content(answers: list[bytes]) -> list[bytes]:
    """The answers to ReadPropertyMultiple, without their link and network layers."""
    return [answer[6:] for answer in answers if answer[6] >> 4 == 3 and answer[8] == READ_PROPERTY_MULTIPLE]


@pytest.mark.parametrize(("room", "requests"), [(128, 9), (480, 2), (1476, 1)])
async def test_answers_fit_what_the_device_says_it_takes(room: int, requests: int) -> None:
    sink = Recorder()
    answers: list[bytes] = []
    points = [a_point(n, f"analog-input,{n}") for n in range(1, 26)]
    async with a_rig(*analogs(25), maxApduLengthAccepted=room) as rig:
        rig.line.mangle = lambda answer: answers.append(answer) or [answer]  # type: ignore[func-returns-value]  # or
        connector = a_connector(a_device(rig.line.port, *points, max_properties=200))
        async with running(connector, sink) as health:
            await until(lambda: len(sink.blocks) > 1)
            before = (health().figures["requests"], len(sink.blocks))
            await until(lambda: len(sink.blocks) > 11)
            polls = len(sink.blocks) - before[1]
            asked = health().figures["requests"] - before[0]
    assert {s.value for s in sink.samples()} == {n * 1.0 for n in range(1, 26)}
    assert max(len(answer) for answer in content(answers)) <= room
    assert requests * (polls - 1) <= asked <= requests * (polls + 1)


async def test_texts_that_grow_are_asked_for_apart_once() -> None:
    sink = Recorder()
    aborts: list[bytes] = []

    def watched(answer: bytes) -> list[bytes]:
        aborts.extend([answer] * (answer[6] >> 4 == ABORT))
        return [answer]

    points = [a_point(n, f"analog-input,{n}", "text", property="description") for n in range(1, 13)]
    async with a_rig(*analogs(12, description="short")) as rig:
        rig.line.mangle = watched
        async with running(a_connector(a_device(rig.line.port, *points)), sink) as health:
            await until(lambda: len(sink.blocks) > 2)
            assert health().figures["requests"] <= len(sink.blocks) + 2
            assert aborts == []
            for n in range(1, 13):
                rig.station.get_object_name(f"analog-input-{n}").description = f"{n}" + "x" * 200
            await until(lambda: len(sink.last()) == 12 and all(len(str(s[0])) > 200 for s in sink.last().values()))
            known = len(aborts)
            seen = len(sink.blocks)
            await until(lambda: len(sink.blocks) > seen + 3)
            assert len(aborts) == known
    assert {s.reason.label for s in sink.samples()} == {""}


class Simple(Station):
    """A device that does not know ReadPropertyMultiple, and says so."""

    def get_services_supported(self) -> Any:
        """Without it."""
        found = super().get_services_supported()
        found[READ_PROPERTY_MULTIPLE] = 0
        return found


async def test_a_device_that_says_it_knows_no_read_property_multiple_is_never_asked_so() -> None:
    sink = Recorder()
    points = [a_point(n, f"analog-input,{n}") for n in range(1, 4)]
    async with (
        a_rig(*analogs(3), kind=Simple) as rig,
        running(a_connector(a_device(rig.line.port, *points)), sink),
    ):
        await until(lambda: len(sink.blocks) > 2)
        assert rig.line.said() == {"read-property"}
    assert sink.last() == {n: (n * 1.0, "good", "") for n in (1, 2, 3)}


async def test_a_device_that_says_nothing_of_itself_is_read_all_the_same() -> None:
    """Neither its longest message nor its services: both come as errors, or not at all."""
    sink = Recorder()
    silent = [bytes.fromhex("0c0200000c 193e"), bytes.fromhex("0c0200000c 1961")]
    async with a_rig(*analogs(1)) as rig:
        rig.line.mangle = lambda answer: [] if any(each in answer for each in silent) else [answer]
        device = a_device(rig.line.port, a_point(1, "analog-input,1"))
        async with running(a_connector(device, timeout_s=0.2), sink) as health:
            await until(lambda: len(sink.good(1)) > 2)
            assert health().link == "up"
