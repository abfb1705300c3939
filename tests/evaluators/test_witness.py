"""Witnesses: what telemetry says of single records, and of all records of a window."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.facts import Facts
from evaluators.model.bodies import (
    Attendance,
    Body,
    Instant,
    LinkageTest,
    Overhaul,
    Performer,
    Result,
    Round,
    Service,
    Test,
)
from evaluators.model.calendar import WorkCalendar
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Item, Part, PartKind, Site, Watch
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.model.verdicts import Witness
from evaluators.recordbook import RecordBook
from evaluators.windows import day_start
from evaluators.witness import (
    Hearing,
    Wire,
    equipment_of,
    false_claims,
    hearings,
    listen,
    may_leave_a_trace,
    part_witness,
    restored,
    witness,
)
from tests.evaluators.cases import Scripted

ZONE = ZoneInfo("Europe/Berlin")
DAY = Instant(day_start(date(2026, 3, 29), ZONE))
"""A day of 23 hours."""
NIGHT = DAY + 23 * HOUR_NS
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
Changes = list[tuple[int, State]]


def watch(name: str, category: Category, at_least_ns: int = 0) -> Watch:
    """A watch without conditions: the tests script it."""
    return Watch(f"pump-1/{name}", name, category, (), at_least_ns)


PUMP = Equipment(
    "pump-1",
    "Pump",
    "fire",
    (Item("pump-1/automatic", "Automatic", ()),),
    kind="fire-pump",
    watches=(watch("run", Category.RUN, 10 * MINUTE_NS), watch("work", Category.AT_WORK)),
    parts=(
        Part("pump-1/7", PartKind.SMOKE, watch("7", Category.PART_TEST)),
        Part("pump-1/8", PartKind.SMOKE),
        Part("pump-1/9", PartKind.HEAT),
    ),
)
PANEL = Equipment("panel-1", "Panel", "fire", (), kind="fire-panel")


def facts(
    records: list[Record[Body]] | None = None,
    as_of: int = NIGHT + DAY_NS,
    items: Changes | None = None,
    **watches: Changes,
) -> Facts:
    """Facts with the scripted watches of the pump; what is not scripted is unknown."""
    site = Site("tower", "Tower", ZONE.key, (), (PUMP, PANEL), ())
    scripted = Scripted(
        {"pump-1/automatic": items or []}, {f"pump-1/{name}": said for name, said in watches.items()}, {}
    )
    return Facts(site, ZONE, WorkCalendar(), RecordBook(ZONE, records or []), scripted, as_of)


def wire(**more: Any) -> Wire:
    """The wire from two days before the day."""
    return listen(facts(**more), DAY - 2 * DAY_NS)


def record(body: Body) -> Record[Body]:
    """A record of the day."""
    return Record(id="1", body=body, received=0)


def a_test(**more: Any) -> Record[Any]:
    """A test of the pump at two in the morning."""
    return record(Test(**{"equipment": "pump-1", "performed_at": DAY + HOUR_NS, **more}))


QUIET: Changes = [(DAY - 2 * DAY_NS, DOWN)]


def ran(start: int, end: int, before: State = DOWN, after: State = DOWN) -> Changes:
    """A run over a span."""
    return [(DAY - 2 * DAY_NS, before), (start, UP), (end, after)]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (ran(DAY, DAY + 10 * MINUTE_NS), Witness.CORROBORATED),
        (ran(DAY, DAY + 10 * MINUTE_NS - 1), Witness.NO_TRACE),
        (ran(DAY - 10 * MINUTE_NS + 1, DAY + 1), Witness.CORROBORATED),
        (ran(NIGHT - 1, NIGHT + 10 * MINUTE_NS), Witness.CORROBORATED),
        (ran(DAY - 20 * MINUTE_NS, DAY), Witness.NO_TRACE),
        (ran(NIGHT, NIGHT + 20 * MINUTE_NS), Witness.NO_TRACE),
        (ran(DAY, DAY + 9 * MINUTE_NS, after=UNKNOWN), Witness.BLIND),
        ([*ran(DAY + 1, DAY + 9 * MINUTE_NS, after=UNKNOWN), (DAY + 10 * MINUTE_NS, DOWN)], Witness.NO_TRACE),
        ([*ran(DAY + 1, DAY + 9 * MINUTE_NS, after=UNKNOWN), (DAY + 10 * MINUTE_NS + 1, DOWN)], Witness.BLIND),
        ([], Witness.BLIND),
        (QUIET, Witness.NO_TRACE),
    ],
)
def test_a_run_on_the_day_of_the_record(run: Changes, said: Witness) -> None:
    assert witness(a_test(), PUMP, wire(run=run)) is said


def test_a_day_that_is_not_over_could_still_hold_the_run() -> None:
    assert witness(a_test(), PUMP, wire(run=QUIET, as_of=NIGHT - HOUR_NS)) is Witness.BLIND


def test_a_longer_run_may_be_asked_for() -> None:
    run = wire(run=ran(DAY, DAY + 20 * MINUTE_NS))
    assert witness(a_test(), PUMP, run, 20 * MINUTE_NS) is Witness.CORROBORATED
    assert witness(a_test(), PUMP, run, 20 * MINUTE_NS + 1) is Witness.NO_TRACE


def test_a_test_over_midnight_is_looked_for_on_both_days() -> None:
    over = a_test(performed_at=NIGHT - HOUR_NS, finished_at=NIGHT + HOUR_NS)
    assert witness(over, PUMP, wire(run=ran(NIGHT + 5 * HOUR_NS, NIGHT + 6 * HOUR_NS))) is Witness.CORROBORATED


def test_still_throughout_the_stated_time_is_the_opposite() -> None:
    stated = {"performed_at": DAY + HOUR_NS, "finished_at": DAY + 2 * HOUR_NS}
    assert witness(a_test(**stated), PUMP, wire(run=QUIET)) is Witness.CONTRADICTED
    assert witness(a_test(**stated, result=Result.ABNORMAL), PUMP, wire(run=QUIET)) is Witness.NO_TRACE
    brief = ran(DAY + HOUR_NS, DAY + HOUR_NS + MINUTE_NS)
    assert witness(a_test(**stated), PUMP, wire(run=brief)) is Witness.NO_TRACE
    assert witness(a_test(), PUMP, wire(run=QUIET)) is Witness.NO_TRACE
    at_once = {"performed_at": DAY, "finished_at": DAY}
    assert witness(a_test(**at_once), PUMP, wire(run=QUIET)) is Witness.NO_TRACE


def test_an_item_known_to_be_down_is_the_opposite() -> None:
    down = [(DAY, DOWN), (NIGHT, UP)]
    assert witness(a_test(), PUMP, wire(run=QUIET, items=down)) is Witness.CONTRADICTED
    shorter = [(DAY, DOWN), (NIGHT - 1, UP)]
    assert witness(a_test(), PUMP, wire(run=QUIET, items=shorter)) is Witness.NO_TRACE
    late = [(DAY + 1, DOWN)]
    assert witness(a_test(), PUMP, wire(run=QUIET, items=late)) is Witness.NO_TRACE


def test_each_trace_of_a_record_has_to_be_there() -> None:
    body = {"equipment": ("pump-1",), "performed_at": DAY, "performer": Performer.MAKER}
    service, trial = record(Service(**body)), record(Service(**body, ran=True))  # type: ignore[arg-type]  # by name
    worked = {"work": ran(DAY, DAY + 1)}
    assert witness(service, PUMP, wire(**worked, run=QUIET)) is Witness.CORROBORATED
    assert witness(trial, PUMP, wire(**worked, run=QUIET)) is Witness.NO_TRACE
    assert witness(trial, PUMP, wire(**worked)) is Witness.BLIND
    assert witness(trial, PUMP, wire(**worked, run=ran(DAY, NIGHT))) is Witness.CORROBORATED
    overhaul = record(Overhaul(equipment=("pump-1",), performed_at=DAY, organisation="Kone"))
    assert witness(overhaul, PUMP, wire(work=QUIET, items=QUIET)) is Witness.NO_TRACE
    assert witness(overhaul, PUMP, wire(**worked)) is Witness.CORROBORATED


def test_what_no_wire_can_show() -> None:
    looked = record(Round(equipment=("pump-1",), performed_at=DAY, person="Li"))
    assert equipment_of(looked, facts().site) == []
    assert not may_leave_a_trace(looked, PUMP)
    assert witness(looked, PUMP, wire(run=QUIET)) is Witness.NOT_WITNESSABLE
    assert witness(a_test(), PANEL, wire(run=QUIET)) is Witness.NOT_WITNESSABLE
    assert witness(a_test(part_kind="heat"), PUMP, wire(run=QUIET)) is Witness.NOT_WITNESSABLE
    assert may_leave_a_trace(a_test(), PUMP)
    assert may_leave_a_trace(a_test(part_kind="smoke"), PUMP)
    assert not may_leave_a_trace(a_test(part_kind="heat"), PUMP)


@pytest.mark.parametrize(
    ("seven", "result", "said"),
    [
        ([(DAY, DOWN), (DAY + HOUR_NS, UP), (NIGHT - 1, DOWN)], Result.NORMAL, Witness.CORROBORATED),
        ([(DAY, DOWN), (DAY + HOUR_NS, UP), (NIGHT, DOWN)], Result.NORMAL, Witness.CONTRADICTED),
        ([(DAY, DOWN), (DAY + HOUR_NS, UP), (NIGHT, DOWN)], Result.ABNORMAL, Witness.NO_TRACE),
        ([(DAY, DOWN), (DAY + HOUR_NS - 2, UP), (DAY + HOUR_NS, DOWN)], Result.NORMAL, Witness.NO_TRACE),
        ([(DAY, DOWN), (NIGHT - 1, UNKNOWN)], Result.NORMAL, Witness.BLIND),
    ],
)
def test_a_part_goes_off_and_comes_back(seven: Changes, result: Result, said: Witness) -> None:
    heard = wire(**{"7": seven})
    claim = a_test(part_kind="smoke", result=result)
    assert part_witness(claim, PUMP.parts[0], heard) is said
    assert part_witness(claim, PUMP.parts[1], heard) is Witness.NOT_WITNESSABLE
    assert witness(claim, PUMP, heard) is said
    assert witness(a_test(part_kind="smoke", addresses=("8",)), PUMP, heard) is Witness.NOT_WITNESSABLE


def test_the_stated_end_of_a_part_test_is_still_in_it() -> None:
    back = wire(**{"7": [(DAY, DOWN), (DAY + HOUR_NS, UP), (DAY + 2 * HOUR_NS, DOWN)]})
    claim = {"part_kind": "smoke", "performed_at": DAY + HOUR_NS}
    assert witness(a_test(**claim, finished_at=DAY + 2 * HOUR_NS), PUMP, back) is Witness.CORROBORATED
    assert witness(a_test(**claim, finished_at=DAY + 2 * HOUR_NS - 1), PUMP, back) is Witness.CONTRADICTED


@given(st.lists(st.sampled_from([UP, DOWN, UNKNOWN]), max_size=30))
def test_a_part_comes_back_as_often_as_the_line_says(states: list[State]) -> None:
    changes = [(DAY + n, state) for n, state in enumerate(states)]
    drawn = "".join({UP: "U", DOWN: "D", UNKNOWN: ""}[state] for state in states)
    found = list(restored(PUMP.parts[0], wire(**{"7": changes}), DAY, NIGHT))
    assert len(found) == drawn.count("UD")
    assert all(states[at - DAY] is DOWN for at in found)


def test_a_part_without_a_wire_never_comes_back_on_it() -> None:
    assert list(restored(PUMP.parts[1], wire(), DAY, NIGHT)) == []


def test_every_record_of_a_window_with_its_witness() -> None:
    stated = {"performed_at": DAY + HOUR_NS, "finished_at": DAY + 2 * HOUR_NS}
    linkage = LinkageTest(performed_at=DAY, attendance=Attendance.NONE, parts=("pump-1",))
    records = [
        record(linkage),
        a_test(**stated),
        record(Round(equipment=("pump-1",), performed_at=DAY, person="Li")),
    ]
    window = Window(WindowKind.DAY, DAY, NIGHT)
    found = hearings(facts(records, run=QUIET), window)
    assert found == [
        Hearing("linkage-test:1@1", "panel-1", DAY, Witness.NOT_WITNESSABLE),
        Hearing("linkage-test:1@1", "pump-1", DAY, Witness.NO_TRACE),
        Hearing("test:1@1", "pump-1", DAY + HOUR_NS, Witness.CONTRADICTED),
    ]
    assert false_claims(found) == found[2:]
    assert hearings(facts([], run=QUIET), window) == []
    assert hearings(facts(records, as_of=DAY - 1), window) == []


def test_a_run_over_the_midnight_before_counts_with_its_full_length() -> None:
    window = Window(WindowKind.DAY, DAY, NIGHT)
    for length, said in ((10, Witness.CORROBORATED), (9, Witness.NO_TRACE)):
        run = ran(DAY - 5 * MINUTE_NS, DAY + (length - 5) * MINUTE_NS)
        (heard,) = hearings(facts([a_test()], run=run), window)
        assert heard.witness is said, length


def test_nothing_is_heard_after_the_instant_judged_at() -> None:
    assert listen(facts(as_of=DAY, run=QUIET), DAY) == Wire(ZONE, DAY, DAY, {}, {})


@given(st.lists(st.tuples(st.integers(1, 50), st.sampled_from([UP, DOWN, UNKNOWN])), max_size=8), st.data())
def test_stretches_have_no_holes(lengths: list[tuple[int, State]], data: st.DataObject) -> None:
    changes: Changes = []
    at: int = DAY
    for length, state in lengths:
        changes.append((at, state))
        at += length
    start = data.draw(st.integers(DAY - 20, DAY + 200))
    end = data.draw(st.integers(start + 1, DAY + 300))
    heard = listen(facts(as_of=DAY + 250, run=changes), DAY - 10)
    found = heard.stretches(heard.watches, "pump-1/run", start, end)
    assert found[0].start == start
    assert found[-1].end == end
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(each.start < each.end for each in found)
