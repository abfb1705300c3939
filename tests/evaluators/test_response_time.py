"""Response times beside the worked examples: every case that unknown time leaves possible, and what rows say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.catalogue import load_catalogue
from evaluators.debounce import Between
from evaluators.faults import FAULT, Fault
from evaluators.kinds.response_time import Case, Clock, Parameters, judge, mistakes
from evaluators.model.bodies import WorkOrder
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Watch
from evaluators.model.times import MINUTE_NS, Limit
from evaluators.model.verdicts import Mark, Outcome, Verdict
from evaluators.percentiles import percentile
from evaluators.responses import Answer, How, Race
from evaluators.wording import clock, lasting
from tests.evaluators.test_faults import PUMP, START, WINDOW, Changes, facts, item, minute, order, site

CLAUSE = next(clause for clause in load_catalogue() if clause.id == "1.4-response")
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def between(low: int, high: int) -> st.SearchStrategy[Between]:
    """Small intervals."""
    return st.tuples(st.integers(low, high), st.integers(0, 4)).map(lambda pair: Between(pair[0], sum(pair)))


@st.composite
def races(draw: st.DrawFn) -> Race:
    """Small races of which every case can be looked at."""
    start = draw(between(10, 14))
    end = draw(between(start.latest, start.latest + 10))
    answers = tuple(
        Answer(at, How.ARRIVED, own=own and at.is_exact)
        for at, own in draw(st.lists(st.tuples(between(5, 30), st.booleans()), max_size=3))
    )
    fault = Fault(
        about="x", kind=FAULT, equipment="x", item="x", start=start, end=end, certain=draw(st.booleans())
    )
    return Race(fault, answers, draw(st.integers(1, 8)), draw(st.booleans()), draw(st.sampled_from([20, 100])))


def every_case(race: Race) -> set[Mark]:
    """How the race stands in each case, told by the definition alone."""
    found = set() if race.fault.certain else {Mark.EXCLUDED}
    spans = [range(a.at.earliest, a.at.latest + 1) for a in race.answers]
    start, end = race.fault.start, race.fault.end
    for begun in range(start.earliest, start.latest + 1):
        for over in range(end.earliest, end.latest + 1):
            for times in product(*spans):
                counted = [
                    max(at, begun)
                    for answer, at in zip(race.answers, times, strict=True)
                    if answer.own or begun <= at <= over
                ]
                due = begun + race.limit
                if counted and min(counted) <= due:
                    found.add(Mark.GOOD)
                elif race.excusable and over <= due:
                    found.add(Mark.EXCLUDED)
                elif counted or race.as_of > due:
                    found.add(Mark.BAD)
                else:
                    found.add(Mark.RUNNING)
    return found


@settings(max_examples=400)
@given(races())
def test_a_mark_is_what_every_case_comes_to(race: Race) -> None:
    possible = every_case(race)
    mark = race.mark()
    if mark is Mark.RUNNING:
        assert Mark.RUNNING in possible
    elif mark is not Mark.UNKNOWN:
        assert possible == {mark}
    if possible == {Mark.RUNNING}:
        assert mark is Mark.RUNNING
    if all(answer.at.is_exact for answer in race.answers) and race.fault.end.is_exact and len(possible) == 1:
        assert mark in possible, "nothing is called unknown that every case agrees on"


# Tracks: what is known in turns, with gaps between; minutes from the window's start on.

Pieces = list[tuple[State, int, int]]
"""State, its length, and the gap before it; up lasts for over an hour, so that no two faults are told as one."""

PIECES: st.SearchStrategy[Pieces] = st.lists(
    st.tuples(st.integers(1, 90), st.integers(61, 200), st.integers(0, 120), st.integers(0, 120)),
    min_size=1,
    max_size=4,
).map(lambda rows: [p for down, up, g, h in rows for p in ((DOWN, down, g), (UP, up, h))])


def changes(pieces: Pieces, cuts: Sequence[int] | None = None) -> list[tuple[int, State]]:
    """The pieces as changes, their gaps unknown; with ``cuts`` (of 120ths of a gap) each gap is one change."""
    found: list[tuple[int, State]] = [(60, UP)]
    cursor = 120
    for number, (state, length, gap) in enumerate(pieces):
        begin = cursor + gap
        if cuts is None:
            found += [(cursor, UNKNOWN)] if gap else []
            found.append((begin, state))
        else:
            found.append((cursor + gap * cuts[number] // 120, state))
        cursor = begin + length
    return found


def downs(pieces: Pieces) -> Iterator[tuple[int, int]]:
    """The spans that are known to be down."""
    cursor = 120
    for state, length, gap in pieces:
        if state is DOWN:
            yield cursor + gap, cursor + gap + length
        cursor += gap + length


LIFT = Equipment(
    "lift", "Lift", "all", (item("lift/car"),), watches=(Watch("lift/work", "Work", Category.AT_WORK, ()),)
)


@given(PIECES, PIECES, st.data())
def test_every_filling_of_the_gaps_lies_in_the_interval(pieces: Pieces, work: Pieces, data: st.DataObject) -> None:
    """As long as a gap hides one change at most, and reports are made while the fault is seen."""
    orders = []
    for number, (low, high) in enumerate(downs(pieces)):
        if data.draw(st.booleans()):
            fields = {
                name: data.draw(st.integers(low - 60, high + 60))
                for name in ("accepted_at", "arrived_at")
                if data.draw(st.booleans())
            }
            reported = data.draw(st.integers(low, high))
            orders.append(order(str(number), "lift", reported, technician="Li", **fields))
    cuts = st.lists(st.integers(0, 120), min_size=len(pieces), max_size=len(pieces))
    work_cuts = st.lists(st.integers(0, 120), min_size=len(work), max_size=len(work))

    def verdict(items: list[tuple[int, State]], watches: list[tuple[int, State]]) -> Verdict:
        known = facts(site(LIFT), {"lift/car": items}, {"lift/work": watches}, orders)
        return next(iter(judge(CLAUSE, known, WINDOW)))

    def flipped(steps: list[tuple[int, State]]) -> list[tuple[int, State]]:
        return [(at, {UP: DOWN, DOWN: UP}.get(state, state)) for at, state in steps]

    honest = verdict(changes(pieces), flipped(changes(work)))
    filled = verdict(changes(pieces, data.draw(cuts)), flipped(changes(work, data.draw(work_cuts))))
    assert not honest.tally or not honest.tally.running
    if filled.low is None or filled.high is None:
        return
    assert honest.low is not None
    assert honest.high is not None
    assert honest.low <= filled.low <= filled.high <= honest.high
    if honest.outcome in (Outcome.MET, Outcome.NOT_MET):
        assert filled.outcome is honest.outcome


@given(PIECES, st.randoms(use_true_random=False))
def test_the_order_in_which_records_came_changes_nothing(pieces: Pieces, random: Any) -> None:
    orders = [
        order(str(n), "lift", low + n, technician="Li", accepted_at=low + 20, alternative_at=high)
        for n, (low, high) in enumerate(downs(pieces))
    ] + [order(f"x{n}", "lift", low, item="car", arrived_at=low + 31) for n, (low, _) in enumerate(downs(pieces))]
    items = {"lift/car": changes(pieces)}
    one = list(judge(CLAUSE, facts(site(LIFT), items, records=orders), WINDOW))
    random.shuffle(orders)
    assert list(judge(CLAUSE, facts(site(LIFT), items, records=orders), WINDOW)) == one


def verdict_of(
    items: Changes,
    records: Sequence[Record[WorkOrder]] = (),
    as_of: int = START + 40 * 1440 * MINUTE_NS,
    **more: Any,
) -> Verdict:
    """The pump's verdict with other parameters."""
    assert isinstance(CLAUSE.parameters, Parameters)
    clause = replace(CLAUSE, parameters=replace(CLAUSE.parameters, **more))
    return next(iter(judge(clause, facts(site(PUMP), items, records=records, as_of=as_of), WINDOW)))


def test_it_runs_as_long_as_it_may_be_in_time() -> None:
    items = {"pump/a": [(100, UNKNOWN), (140, DOWN)]}
    (line,) = verdict_of(items, as_of=minute(160)).lines
    assert (line.mark, line.due) == (Mark.RUNNING, minute(170))
    (line,) = verdict_of(items, as_of=minute(171)).lines
    assert line.mark is Mark.BAD


def test_a_late_answer_is_told_with_its_time() -> None:
    (line,) = verdict_of({"pump/a": [(100, DOWN)]}, [order("1", "pump", 101, arrived_at=140)]).lines
    assert (line.mark, line.done) == (Mark.BAD, minute(140))
    assert "no answer within 30 min but after 40 min" in line.note


def test_a_report_is_owed_an_answer_though_it_was_over() -> None:
    (line,) = verdict_of({}, [order("1", "pump", 100, verified_at=105)]).lines
    assert line.mark is Mark.BAD


def test_who_has_to_act() -> None:
    assert isinstance(CLAUSE.parameters, Parameters)
    pump = replace(PUMP, maintainer="Pump Co")
    known = facts(site(pump), {"pump/a": [(100, DOWN)]})
    assert next(iter(judge(CLAUSE, known, WINDOW))).lines[0].owner == "Pump Co"
    (line,) = verdict_of({"pump/a": [(100, DOWN)]}, [order("1", "pump", 101, technician="Li")]).lines
    assert line.owner == "Li"


def test_an_arrival_for_another_fault_of_the_equipment_counts_while_this_one_lasts() -> None:
    items = {"pump/a": [(100, DOWN), (110, UP)], "pump/b": [(100, DOWN)]}
    reports = [order("1", "pump", 101, item="b", technician="Li", accepted_at=102, arrived_at=115)]
    lines = {line.about.partition(" ")[0]: line for line in verdict_of(items, reports, excuse="none").lines}
    assert lines["pump/a"].mark is Mark.BAD, "it was over when somebody came, and nobody took it"
    assert lines["pump/b"].mark is Mark.GOOD
    items["pump/a"] = [(100, DOWN), (120, UP)]
    lines = {line.about.partition(" ")[0]: line for line in verdict_of(items, reports, excuse="none").lines}
    assert lines["pump/a"].mark is Mark.GOOD


def test_a_report_on_equipment_that_is_not_in_the_ledger_counts_for_the_site() -> None:
    known = facts(site(PUMP), records=[order("1", "unknown", 100)])
    site_verdict, *others = judge(CLAUSE, known, WINDOW)
    assert site_verdict.outcome is Outcome.NOT_MET
    assert {verdict.outcome for verdict in others} == {Outcome.NOT_APPLICABLE}


def test_a_technician_only_may_be_asked_for() -> None:
    reports = [order("1", "pump", 101, technician="Li", accepted_at=140, arrived_at=105)]
    assert verdict_of({"pump/a": [(100, DOWN)]}, reports).outcome is Outcome.MET
    assert verdict_of({"pump/a": [(100, DOWN)]}, reports, stops="accepted").outcome is Outcome.NOT_MET


@pytest.mark.parametrize(
    ("times", "percent", "expected"),
    [
        ([7], 50, 7),
        ([7], 95, 7),
        ([1, 2], 50, 1),
        ([1, 2, 3], 50, 2),
        (list(range(1, 21)), 95, 19),
        ([1, 2], 95, 2),
    ],
)
def test_percentile(times: list[int], percent: int, expected: int) -> None:
    assert percentile(times, percent) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (3605, "1 h"),
     (7380, "2 h 3 min"), (86400 + 59, "1 d"), (90000, "1 d 1 h")],
)  # fmt: skip
def test_lasting(seconds: int, expected: str) -> None:
    assert lasting(seconds * 10**9) == expected


def test_clock() -> None:
    from zoneinfo import ZoneInfo

    assert clock(0, ZoneInfo("Asia/Shanghai")) == "01-01 08:00"


def test_rows_of_the_catalogue_make_no_mistakes() -> None:
    rows = [clause.parameters for clause in load_catalogue() if clause.kind == "response_time"]
    assert len(rows) == 4
    for parameters in rows:
        assert isinstance(parameters, Parameters)
        assert list(mistakes(parameters)) == []


COMPLAINTS = Parameters(
    clock=Clock.RECORDS,
    records="complaint",
    start="received_at",
    stop="responded_at",
    limits=(Case(limit=Limit(minutes=5)),),
)


@pytest.mark.parametrize(
    ("parameters", "keys"),
    [
        (Parameters(clock=Clock.FAULTS), ["limit"]),
        (Parameters(clock=Clock.FAULTS, limit=Limit(working_days=1)), ["limit"]),
        (Parameters(clock=Clock.FAULTS, limit=Limit(minutes=1), emergency=Limit()), ["emergency"]),
        (Parameters(clock=Clock.FAULTS, limit=Limit(minutes=1), counts=()), ["counts"]),
        (Parameters(clock=Clock.RECORDS), ["records"]),
        (COMPLAINTS, []),
        (replace(COMPLAINTS, start="received"), ["start"]),
        (replace(COMPLAINTS, stop="channel"), ["stop"]),
        (replace(COMPLAINTS, owner="nobody"), ["owner"]),
        (replace(COMPLAINTS, owner="first_person"), []),
        (replace(COMPLAINTS, limits=()), ["limits"]),
        (replace(COMPLAINTS, limits=(Case(limit=Limit()),)), ["limits"]),
        (replace(COMPLAINTS, limits=(Case(limit=Limit(hours=1), where={"chanel": ("phone",)}),)), ["limits"]),
        (replace(COMPLAINTS, limits=(Case(limit=Limit(hours=1), where={"channel": ("telephone",)}),)), ["limits"]),
        (replace(COMPLAINTS, limits=(Case(limit=Limit(hours=1), where={"channel": ("phone",)}),)), []),
        (replace(COMPLAINTS, limits=(Case(limit=Limit(hours=1), where={"received_at": ("8",)}),)), ["limits"]),
        (replace(COMPLAINTS, limits=(Case(limit=Limit(hours=1), where={"first_person": ("Li",)}),)), []),
    ],
)
def test_mistakes_name_their_key(parameters: Parameters, keys: list[str]) -> None:
    assert [key for key, _, _ in mistakes(parameters)] == keys
