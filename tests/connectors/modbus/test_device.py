"""What a unit's polls deliver, whatever it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.modbus.device import BUSY_S, FORGET_S, LAST_RETRY_S, DevicePoller
from connectors.modbus.plan import ModbusPoint, Request
from connectors.protocol import Link
from evaluators.model.samples import Block, Quality, Reason, Sample
from tests.connectors.modbus.field import RegisterMap, StillClock, a_device, a_point, at_once, register_at
from tests.connectors.modbus.test_plan import LAYOUTS

PLACES = st.frozensets(st.tuples(st.sampled_from(["coil", "discrete", "holding", "input"]), st.integers(0, 64)))


def a_poller(unit: RegisterMap, *points: ModbusPoint, **settings: Any) -> DevicePoller:
    return DevicePoller("field", a_device("meter", 502, points, **settings), unit, 1.0)


def places(point: ModbusPoint) -> set[tuple[str, int]]:
    known = point.settings
    return {(known.table, at) for at in range(known.address, known.address + known.width)}


def truth(point: ModbusPoint) -> tuple[object, Reason]:
    """What the register map holds for a point."""
    known = point.settings
    words = [register_at(known.table, known.address + n) for n in range(known.width)]
    if known.encoding == "bit":
        return bool(words[0] % 2), Reason.NONE
    raw = b"".join(word.to_bytes(2, "big") for word in words)
    value = int.from_bytes(raw, "big", signed=known.encoding.startswith("int"))
    return (value, Reason.NONE) if value < 2**63 else (None, Reason.OUT_OF_RANGE)


def rows(block: Block) -> dict[int, Sample]:
    """The samples by point, of which none may be there twice."""
    samples = list(block.samples())
    assert len({sample.point for sample in samples}) == len(samples)
    return {sample.point: sample for sample in samples}


@given(LAYOUTS, PLACES, st.integers(0, 12), st.integers(4, 30))
def test_each_value_is_the_one_at_its_address_and_each_other_point_is_refused(
    points: list[ModbusPoint], failing: frozenset[tuple[str, int]], max_gap: int, longest: int
) -> None:
    unit, clock = RegisterMap(failing), StillClock()
    poller = a_poller(unit, *points, max_gap=max_gap, max_registers=longest, max_bits=longest)
    expected = {
        point.index: (None, Reason.ILLEGAL_ADDRESS) if places(point) & failing else truth(point)
        for point in points
    }
    for _ in range(6):
        got = rows(at_once(poller.poll(clock)))
        assert {index: (sample.value, sample.reason) for index, sample in got.items()} == expected


@given(LAYOUTS, PLACES)
def test_what_is_refused_is_learned_and_not_asked_again(
    points: list[ModbusPoint], failing: frozenset[tuple[str, int]]
) -> None:
    unit, clock = RegisterMap(failing), StillClock()
    poller = a_poller(unit, *points)
    for _ in range(len(points) + 1):
        before = unit.refusals
        at_once(poller.poll(clock))
        if unit.refusals == before:
            break
    else:
        pytest.fail("still asks for what is refused")


@given(LAYOUTS, st.integers(4, 40))
def test_a_unit_that_gives_fewer_registers_than_it_should_is_read_in_smaller_requests(
    points: list[ModbusPoint], longest: int
) -> None:
    unit, clock = RegisterMap(longest=longest), StillClock()
    poller = a_poller(unit, *points)
    for _ in range(2):
        got = rows(at_once(poller.poll(clock)))
        assert {n: (s.value, s.reason) for n, s in got.items()} == {p.index: truth(p) for p in points}


@given(LAYOUTS, PLACES, PLACES)
def test_every_point_has_one_row_a_poll_when_some_addresses_are_silent(
    points: list[ModbusPoint], failing: frozenset[tuple[str, int]], silent: frozenset[tuple[str, int]]
) -> None:
    unit, clock = RegisterMap(failing, silent), StillClock()
    poller = a_poller(unit, *points)
    for _ in range(3):
        got = rows(at_once(poller.poll(clock)))
        assert set(got) == {point.index for point in points}
        for point in points:
            sample = got[point.index]
            if sample.quality is Quality.GOOD:
                assert not places(point) & (failing | silent)
                assert (sample.value, sample.reason) == truth(point)


def test_a_hole_costs_a_search_once_and_is_told() -> None:
    points = [a_point(n, n) for n in range(100)]
    unit, clock = RegisterMap(frozenset({("holding", 37)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    assert len(unit.asked) <= 1 + 2 * 7
    unit.asked.clear()
    got = rows(at_once(poller.poll(clock)))
    assert [(request.address, request.count) for request in unit.asked] == [(0, 37), (38, 62)]
    assert [n for n, sample in got.items() if sample.reason is Reason.ILLEGAL_ADDRESS] == [37]
    health = poller.health()
    assert health.link is Link.DEGRADED
    assert "refuses meter/p37 (holding 37: illegal_address)" in health.detail


def test_a_refused_register_that_nobody_asked_for_is_read_around() -> None:
    points = [a_point(0, 0), a_point(1, 4)]
    unit, clock = RegisterMap(frozenset({("holding", 2)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    unit.asked.clear()
    at_once(poller.poll(clock))
    assert [(request.address, request.count) for request in unit.asked] == [(0, 1), (4, 1)]
    assert poller.health().link is Link.UP


def test_refused_addresses_are_asked_for_again_after_a_while() -> None:
    points = [a_point(n, n) for n in range(3)]
    unit, clock = RegisterMap(frozenset({("holding", 1)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    unit.failing = frozenset()
    assert rows(at_once(poller.poll(clock)))[1].reason is Reason.ILLEGAL_ADDRESS
    at_once(clock.sleep(FORGET_S))
    assert rows(at_once(poller.poll(clock)))[1].value == register_at("holding", 1)
    assert poller.health().link is Link.UP


def test_refused_addresses_are_asked_for_again_after_an_outage() -> None:
    points = [a_point(n, n) for n in range(3)]
    unit, clock = RegisterMap(frozenset({("holding", 1)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    unit.says, unit.failing = Reason.REFUSED, frozenset()
    at_once(poller.poll(clock))
    unit.says = None
    at_once(poller.poll(clock))
    assert rows(at_once(poller.poll(clock)))[1].quality is Quality.GOOD


def test_a_unit_that_refuses_everything_is_asked_again_soon() -> None:
    unit, clock = RegisterMap(frozenset(("holding", n) for n in range(5))), StillClock()
    poller = a_poller(unit, *(a_point(n, n) for n in range(5)))
    at_once(poller.poll(clock))
    asked = len(unit.asked)
    at_once(poller.poll(clock))
    assert len(unit.asked) == asked
    assert poller.health().link is Link.DEGRADED
    unit.failing = frozenset()
    at_once(clock.sleep(LAST_RETRY_S))
    assert {sample.reason for sample in rows(at_once(poller.poll(clock))).values()} == {Reason.NONE}


@pytest.mark.parametrize(
    "reason", [Reason.TIMEOUT, Reason.REFUSED, Reason.GATEWAY_NO_RESPONSE, Reason.GATEWAY_UNAVAILABLE]
)
def test_a_unit_that_is_gone_is_asked_one_question_a_poll(reason: Reason) -> None:
    points = [a_point(n, 20 * n) for n in range(5)]
    unit, clock = RegisterMap(says=reason), StillClock()
    poller = a_poller(unit, *points)
    got = rows(at_once(poller.poll(clock)))
    assert len(unit.asked) == 1
    assert {sample.reason for sample in got.values()} == {reason}
    assert poller.health().link is Link.BACKING_OFF
    assert poller.health().errors == {reason.label: 1}


def test_a_stretch_that_is_never_answered_does_not_keep_the_others_from_being_read() -> None:
    points = [a_point(n, 20 * n) for n in range(4)]
    unit, clock = RegisterMap(silent=frozenset({("holding", 20)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    for _ in range(5):
        got = rows(at_once(poller.poll(clock)))
        assert [got[n].reason for n in range(4)] == [Reason.NONE, Reason.TIMEOUT, Reason.NONE, Reason.NONE]
        assert poller.health().link is Link.DEGRADED


@pytest.mark.parametrize(
    "reason", [Reason.MISMATCH, Reason.OFFLINE, Reason.DEVICE_FAILURE, Reason.ILLEGAL_FUNCTION]
)
def test_other_failures_cost_only_their_own_request(reason: Reason) -> None:
    points = [a_point(n, 20 * n) for n in range(3)]
    unit, clock = RegisterMap(says=reason), StillClock()
    poller = a_poller(unit, *points)
    got = rows(at_once(poller.poll(clock)))
    assert len(unit.asked) == 3
    assert {sample.reason for sample in got.values()} == {reason}
    answered = reason in (Reason.DEVICE_FAILURE, Reason.ILLEGAL_FUNCTION)
    assert poller.health().link is (Link.DEGRADED if answered else Link.BACKING_OFF)


def test_each_poll_of_a_unit_that_is_gone_marks_its_refused_points_too() -> None:
    points = [a_point(0, 0), a_point(1, 30)]
    unit, clock = RegisterMap(frozenset({("holding", 30)})), StillClock()
    poller = a_poller(unit, *points)
    at_once(poller.poll(clock))
    unit.says = Reason.TIMEOUT
    got = rows(at_once(poller.poll(clock)))
    assert [got[n].reason for n in range(2)] == [Reason.TIMEOUT, Reason.ILLEGAL_ADDRESS]


def test_a_sample_has_the_time_at_which_its_answer_came() -> None:
    clock = StillClock()
    poller = a_poller(RegisterMap(), a_point(0, 0), a_point(1, 1), a_point(2, 50))
    before = clock.now()
    block = at_once(poller.poll(clock))
    got = rows(block)
    assert before < got[0].time == got[1].time < got[2].time < block.received
    assert poller.health().last_good == got[2].time


def test_a_device_whose_points_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="meter/p0: takes 4 registers, but max_registers is 1"):
        a_poller(RegisterMap(), a_point(0, 0, encoding="int64"), max_registers=1)


def test_what_a_busy_unit_puts_off_is_asked_for_once_more_after_the_others() -> None:
    class Busy(RegisterMap):
        async def ask(self, unit: int, request: Request) -> bytes | Reason:
            first = request.address == 20 and not any(asked.address == 20 for asked in self.asked)
            answer = await super().ask(unit, request)
            return Reason.DEVICE_BUSY if first else answer

    unit, clock = Busy(), StillClock()
    poller = a_poller(unit, *(a_point(n, 20 * n) for n in range(3)))
    before = clock.ns
    got = rows(at_once(poller.poll(clock)))
    assert [request.address for request in unit.asked] == [0, 20, 40, 20]
    assert {n: sample.value for n, sample in got.items()} == {n: register_at("holding", 20 * n) for n in range(3)}
    assert clock.ns - before >= BUSY_S * 1e9
    assert (poller.health().link, poller.health().errors) == (Link.UP, {})


def test_a_unit_that_stays_busy_is_asked_twice_and_one_that_is_gone_meanwhile_no_more() -> None:
    unit, clock = RegisterMap(says=Reason.DEVICE_BUSY), StillClock()
    poller = a_poller(unit, a_point(0, 0), a_point(1, 20))
    got = rows(at_once(poller.poll(clock)))
    assert [request.address for request in unit.asked] == [0, 20, 0, 20]
    assert {sample.reason for sample in got.values()} == {Reason.DEVICE_BUSY}
    assert (poller.health().link, poller.health().errors) == (Link.DEGRADED, {"device_busy": 2})

    class Leaving(RegisterMap):
        async def ask(self, unit: int, request: Request) -> bytes | Reason:
            await super().ask(unit, request)
            return Reason.DEVICE_BUSY if len(self.asked) == 1 else Reason.TIMEOUT

    leaving = Leaving()
    got = rows(at_once(a_poller(leaving, a_point(0, 0), a_point(1, 20)).poll(clock)))
    assert len(leaving.asked) == 2
    assert {sample.reason for sample in got.values()} == {Reason.TIMEOUT}


@given(LAYOUTS, st.lists(st.tuples(st.sampled_from(["coil", "holding"]), st.integers(0, 64), st.integers(0, 9))))
def test_a_declared_hole_is_never_touched_by_any_request(
    points: list[ModbusPoint], stretches: list[tuple[str, int, int]]
) -> None:
    declared = {(table, at) for table, first, more in stretches for at in range(first, first + more + 1)}
    readable = [point for point in points if not places(point) & declared]
    holes = [{"table": table, "first": first, "last": first + more} for table, first, more in stretches]
    unit, clock = RegisterMap(), StillClock()
    got = rows(at_once(a_poller(unit, *readable, holes=tuple(holes)).poll(clock)))
    touched = {(asked.table, at) for asked in unit.asked for at in range(asked.address, asked.stop)}
    assert not touched & declared
    assert {n: (sample.value, sample.reason) for n, sample in got.items()} == {
        point.index: truth(point) for point in readable
    }


async def test_an_outage_is_told_once_and_its_end_once() -> None:
    class Passing:
        """Ends the run after so many polls."""

        left = 12

        async def put(self, block: Block) -> None:
            self.left -= 1
            unit.says = Reason.TIMEOUT if 4 <= self.left < 9 else None
            if self.left == 0:
                raise EOFError

    unit = RegisterMap()
    poller = a_poller(unit, a_point(0, 0))
    with capture_logs() as logs, pytest.raises(EOFError):
        await poller.run(Passing(), StillClock())
    assert [(entry["event"], entry["log_level"], entry["device"]) for entry in logs] == [
        ("a device is lost", "warning", "meter"),
        ("a device is back", "info", "meter"),
    ]
    assert "no answer from unit 1 at 127.0.0.1:502" in logs[0]["problem"]
