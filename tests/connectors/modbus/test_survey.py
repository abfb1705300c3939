"""Which units answer, and which addresses they have."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.simulator import DataType, SimData, SimDevice

from agent.clock import SystemClock
from connectors.modbus.plan import Request
from connectors.modbus.settings import Connection, Device, Point
from connectors.modbus.survey import Range, Surveyor, UnitSurvey, proposed
from connectors.registry import scan
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import (
    RegisterMap,
    StillClock,
    at_once,
    free_port,
    proper,
    refusal,
    register_at,
    wire,
)
from tests.connectors.modbus.test_connector import a_unit, serving

TABLES = ("coil", "discrete", "holding", "input")
LAST = 139
EVERYWHERE = frozenset((table, at) for table in TABLES for at in range(LAST + 1))
STRETCHES = st.lists(
    st.tuples(st.sampled_from(["coil", "holding"]), st.integers(0, LAST), st.integers(1, 40)), max_size=4
)


def held(stretches: list[tuple[str, int, int]]) -> frozenset[tuple[str, int]]:
    return frozenset((table, at) for table, start, count in stretches for at in range(start, start + count))


def surveyed(unit: RegisterMap, finest: int = 8) -> UnitSurvey | None:
    return at_once(Surveyor(unit, StillClock(), last=LAST, finest=finest).survey(5))


def places(survey: UnitSurvey) -> set[tuple[str, int]]:
    return {(one.table, at) for one in survey.ranges for at in range(one.start, one.start + one.count)}


@given(STRETCHES, st.integers(1, 40))
def test_every_address_that_there_is_is_found_with_what_it_holds(
    stretches: list[tuple[str, int, int]], longest: int
) -> None:
    there = held(stretches) & EVERYWHERE
    found = surveyed(RegisterMap(EVERYWHERE - there, longest=longest), finest=1)
    assert found is not None
    assert places(found) == there
    for one in found.ranges:
        words = [register_at(one.table, one.start + n) for n in range(one.count)]
        assert list(one.words) == ([word % 2 for word in words] if one.table == "coil" else words)
        assert (one.table, one.start - 1) not in there
        assert (one.table, one.start + one.count) not in there


@given(STRETCHES, st.integers(2, 16))
def test_only_stretches_shorter_than_the_finest_can_be_missed(
    stretches: list[tuple[str, int, int]], finest: int
) -> None:
    there = held(stretches) & EVERYWHERE
    exact, coarse = (surveyed(RegisterMap(EVERYWHERE - there), finest=size) for size in (1, finest))
    assert exact is not None
    assert coarse is not None
    assert places(coarse) <= there
    for one in exact.ranges:
        if one.count >= finest - 1:
            assert {(one.table, one.start + n) for n in range(one.count)} <= places(coarse)


def test_an_empty_table_costs_a_fraction_of_its_addresses() -> None:
    unit = RegisterMap(frozenset((table, at) for table in TABLES for at in range(1000)))
    found = at_once(Surveyor(unit, StillClock()).survey(5))
    assert found is not None
    assert found.ranges == []
    assert len(unit.asked) < 4 * 1000


def test_a_unit_that_gives_few_registers_at_once_says_how_many() -> None:
    found = surveyed(RegisterMap(longest=20))
    assert found is not None
    assert found.longest.keys() == {"max_bits", "max_registers"}
    assert all(10 <= longest <= 20 for longest in found.longest.values())
    whole = surveyed(RegisterMap())
    assert whole is not None
    assert whole.longest == {}


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.GATEWAY_NO_RESPONSE, Reason.GATEWAY_UNAVAILABLE])
def test_a_unit_that_does_not_answer_is_asked_once(reason: Reason) -> None:
    unit = RegisterMap(says=reason)
    assert surveyed(unit) is None
    assert len(unit.asked) == 1


@pytest.mark.parametrize("reason", [Reason.DEVICE_FAILURE, Reason.ILLEGAL_FUNCTION])
def test_a_unit_that_may_be_a_gateways_word_for_nobody_is_not_found(reason: Reason) -> None:
    """pymodbus' own server, for one, answers exception 04 for units that it does not have."""
    assert surveyed(RegisterMap(says=reason)) is None


def test_a_place_where_nobody_takes_connections_is_an_error() -> None:
    with pytest.raises(ConnectionError, match="nobody takes a connection there: check host and port"):
        surveyed(RegisterMap(says=Reason.REFUSED))


def test_what_gives_no_answer_later_ends_the_search_of_its_table_and_is_told() -> None:
    found = surveyed(RegisterMap(silent=frozenset({("holding", 50), ("coil", 139)})))
    assert found is not None
    assert [(one.table, one.start, one.count) for one in found.ranges] == [("discrete", 0, 140), ("input", 0, 140)]
    assert found.remarks == [
        "coil 0-139 gave timeout: not searched any further",
        "holding 0-124 gave timeout: not searched any further",
    ]


def test_a_table_with_a_trouble_of_its_own_is_told_and_the_others_are_searched() -> None:
    class Troubled(RegisterMap):
        async def ask(self, unit: int, request: Request) -> bytes | Reason:
            answer = await super().ask(unit, request)
            troubles = {"input": Reason.DEVICE_FAILURE, "discrete": Reason.ILLEGAL_FUNCTION}
            if request.table == "holding" and request.address == 125:
                return Reason.MISMATCH
            return troubles.get(request.table, answer)

    found = surveyed(Troubled())
    assert found is not None
    assert [(one.table, one.start, one.count) for one in found.ranges] == [("coil", 0, 140), ("holding", 0, 125)]
    assert found.remarks == ["input gave device_failure", "holding 125-139 gave mismatch"]


def test_a_busy_unit_is_asked_again() -> None:
    class Busy(RegisterMap):
        async def ask(self, unit: int, request: Request) -> bytes | Reason:
            answer = await super().ask(unit, request)
            return Reason.DEVICE_BUSY if len(self.asked) % 2 else answer

    found = surveyed(Busy())
    assert found is not None
    assert len(places(found)) == 4 * (LAST + 1)
    assert surveyed(RegisterMap(says=Reason.DEVICE_BUSY)) is not None


def test_the_last_address_of_all_is_where_a_search_ends() -> None:
    unit = RegisterMap()
    found = at_once(Surveyor(unit, StillClock(), first=65500, last=99999).survey(5))
    assert found is not None
    assert {(one.start, one.count) for one in found.ranges} == {(65500, 36)}
    assert max(request.stop for request in unit.asked) == 65536


def test_questions_keep_their_pace() -> None:
    unit, clock = RegisterMap(), StillClock()
    before = clock.ns
    at_once(Surveyor(unit, clock, last=LAST, pace_s=2.0).survey(5))
    assert clock.ns - before >= len(unit.asked) * 2_000_000_000


def test_what_was_found_is_said_in_the_terms_of_a_site_file() -> None:
    survey = UnitSurvey(
        3,
        [Range(3, "holding", 10, tuple(range(9))), Range(3, "coil", 4, (1, 0))],
        {"max_registers": 20},
        ["input gave timeout"],
    )
    found = proposed("10.1.2.3", 503, survey)
    assert found.remarks == (
        "holding 10-18: 0000 0001 0002 0003 0004 0005 0006 0007 …",
        "coil 4-5: 1 0",
        "input gave timeout",
    )
    device = Device.model_validate({"connection": "field", **found.settings})
    assert (device.host, device.port, device.unit, device.max_registers) == ("10.1.2.3", 503, 3, 20)
    points = [device.place(Point.model_validate(point)) for point in found.points]
    assert [(point.table, point.address) for point in points] == [
        *(("holding", 10 + n) for n in range(9)),
        ("coil", 4),
        ("coil", 5),
    ]


SETTINGS = Connection(protocol="modbus", timeout_s=0.3)


async def test_the_units_of_a_real_server_are_found() -> None:
    port = free_port()
    blocks = [
        SimData(0, values=[1, 2, 3], datatype=DataType.REGISTERS),
        SimData(40, values=[7] * 10, datatype=DataType.REGISTERS),
    ]
    async with serving(port, a_unit(1, 11, 12), SimDevice(4, blocks)):
        found = await scan(
            SETTINGS, SystemClock(), host="127.0.0.1", port=port, units=range(1, 6), last=99, pace_s=0
        )
    assert [one.settings["unit"] for one in found] == [1, 4]
    assert "holding 0-1: 000b 000c" in found[0].remarks
    assert {"holding 0-2: 0001 0002 0003", "holding 40-49: 0007 0007 0007 0007 0007 0007 0007 0007 …"} <= set(
        found[1].remarks
    )


async def test_a_scan_only_reads_and_asks_one_question_at_a_time() -> None:
    waiting = most = 0

    async def answer(frame: bytes) -> bytes:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0)
        waiting -= 1
        if frame[6] == 2:
            return refusal(frame, 11)
        held = int.from_bytes(frame[8:10], "big") + int.from_bytes(frame[10:12], "big") <= 30
        return proper(frame) if held else refusal(frame, 2)

    async with wire(answer) as server:
        where = {"host": "127.0.0.1", "port": server.port, "units": (1, 2), "last": 60, "pace_s": 0}
        found = await scan(SETTINGS, SystemClock(), **where)
    assert [one.settings["unit"] for one in found] == [1]
    assert len(found[0].points) == 4 * 30
    assert server.functions() == {1, 2, 3, 4}
    assert (most, server.connections) == (1, 1)


async def test_a_scan_of_a_place_where_nobody_is_says_so() -> None:
    with pytest.raises(ConnectionError, match="check host and port"):
        await scan(SETTINGS, SystemClock(), host="127.0.0.1", port=free_port())
