"""Repair rates beside the worked examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import load_catalogue
from evaluators.faults import USUAL, Gathering, gather
from evaluators.kinds.repair_rate import Parameters, Reading, judge, mistakes
from evaluators.model.bodies import WorkOrder
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS, MINUTE_NS, Limit
from evaluators.model.verdicts import Mark, Outcome, Verdict, Witness
from evaluators.repairs import cases
from tests.evaluators.cases import judged
from tests.evaluators.test_faults import PUMP, START, WINDOW, Changes, facts, minute, order, site
from tests.evaluators.test_response_time import LIFT, PIECES, Pieces, changes, downs

CLAUSE = next(clause for clause in load_catalogue() if clause.id == "1.4-repair")
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
DAY = 1440
LATE = START + 40 * DAY * MINUTE_NS


def verdict_of(
    items: Changes, records: Sequence[Record[WorkOrder]] = (), as_of: int = LATE, **more: Any
) -> Verdict:
    """The pump's verdict with other parameters."""
    assert isinstance(CLAUSE.parameters, Parameters)
    clause = replace(CLAUSE, parameters=replace(CLAUSE.parameters, **more))
    return next(iter(judge(clause, facts(site(PUMP), items, records=records, as_of=as_of), WINDOW)))


def test_normal_that_did_not_hold_is_no_repair() -> None:
    # Up for 20 minutes, unseen for an hour, then up for good a day after it began.
    items = {"pump/a": [(100, DOWN), (200, UP), (220, UNKNOWN), (100 + DAY + 5, UP)]}
    (line,) = verdict_of(items).lines
    assert line.mark is Mark.UNKNOWN
    items["pump/a"][-1] = (100 + DAY, UP)
    (line,) = verdict_of(items).lines
    assert line.mark is Mark.GOOD


def test_until_it_held_it_is_not_repaired() -> None:
    items = {"pump/a": [(100, DOWN), (100 + DAY - 10, UP)]}
    for now, mark in ((DAY + 119, Mark.RUNNING), (DAY + 120, Mark.GOOD)):
        (line,) = verdict_of(items, as_of=minute(now)).lines
        assert line.mark is mark
    (line,) = verdict_of(items, as_of=minute(DAY + 110)).lines
    assert line.due == minute(DAY + 120), "it has to hold until then"


def test_up_too_late_cannot_be_in_time_any_more() -> None:
    items = {"pump/a": [(100, DOWN), (100 + DAY + 1, UP)]}
    (line,) = verdict_of(items, as_of=minute(100 + DAY + 10)).lines
    assert line.mark is Mark.BAD


def test_a_wire_lost_for_good_leaves_it_open() -> None:
    items = {"pump/a": [(100, DOWN), (200, UNKNOWN)]}
    (line,) = verdict_of(items, as_of=minute(100 + DAY)).lines
    assert line.mark is Mark.RUNNING
    (line,) = verdict_of(items).lines
    assert (line.mark, line.done) == (Mark.UNKNOWN, None)
    assert "unknown time leaves open" in line.note


ALTERNATIVE = order("1", "pump", 101, alternative_at=300)


@pytest.mark.parametrize(
    ("steps", "record", "mark"),
    [
        # Whether the alternative came within a day depends on the start.
        (
            [(90, UNKNOWN), (700, DOWN), (90 + 3 * DAY, UP)],
            order("1", "pump", 700, alternative_at=600 + DAY),
            "unknown",
        ),
        # Too late.
        ([(100, DOWN), (100 + 3 * DAY, UP)], order("1", "pump", 101, alternative_at=101 + DAY), "bad"),
        # Somewhen, perhaps in time: in order either way, for the lenient reading.
        ([(100, DOWN), (200, UNKNOWN), (100 + 3 * DAY, UP)], ALTERNATIVE, "good"),
        # Perhaps never.
        ([(100, DOWN), (200, UNKNOWN)], ALTERNATIVE, "unknown"),
        ([(100, DOWN), (100 + 35 * DAY, UP)], ALTERNATIVE, "bad"),
    ],
)
def test_the_lenient_reading(steps: list[tuple[int, State]], record: Record[WorkOrder], mark: str) -> None:
    (line,) = verdict_of({"pump/a": steps}, [record], reading=Reading.EVENTUALLY).lines
    assert line.mark == mark


def test_readings_that_agree_need_no_note() -> None:
    verdict = verdict_of({"pump/a": [(100, DOWN), (200, UNKNOWN)]})
    assert (verdict.outcome, verdict.note) == (Outcome.UNDETERMINED, "")


def test_an_answer_that_one_reading_leaves_open() -> None:
    items = {
        "pump/a": [(100, DOWN), (200, UNKNOWN)],
        "pump/b": [(100, DOWN), (100 + 2 * DAY, UP)],
    }
    record = order("1", "pump", 101, item="b", alternative_at=300)
    verdict = verdict_of(items, [record])
    assert verdict.outcome is Outcome.UNDETERMINED
    assert "not_met if repaired within 1 d is meant, undetermined if repaired at all is meant" in verdict.note
    assert (verdict.low, verdict.high) == (Fraction(0), Fraction(1))


def test_the_due_time_of_the_lenient_reading_is_the_end_of_the_figure() -> None:
    (line,) = verdict_of({"pump/a": [(100, DOWN)]}, [ALTERNATIVE], as_of=minute(5 * DAY)).lines
    assert (line.mark, line.due) == (Mark.RUNNING, WINDOW.end + 24 * HOUR_NS)


def test_a_case_of_a_named_item_lives_on_in_its_reports() -> None:
    reports = [
        order("1", "pump", 100, item="a", verified_at=200),
        order("2", "pump", 200 + DAY, item="a", verified_at=300 + DAY),
        order("3", "pump", 301 + 2 * DAY, item="a", verified_at=400 + 2 * DAY),
        order("4", "pump", 100, verified_at=200),
        order("5", "pump", 201, verified_at=300),
    ]
    log = gather(facts(site(PUMP), records=reports), WINDOW, USUAL)
    assert [[o.id for o in case.orders] for case in cases(log.faults, 24 * HOUR_NS)] == [
        ["1", "2"],
        ["4"],
        ["5"],
        ["3"],
    ]


def test_whoever_looks_before_the_wire_sees_it_is_blind() -> None:
    items = {"pump/a": [(100, DOWN), (200, UNKNOWN), (300, UP)]}
    (line,) = verdict_of(items, [order("1", "pump", 101, verified_at=250)]).lines
    assert (line.mark, line.witness) == (Mark.GOOD, Witness.BLIND)


def test_a_report_verified_while_it_works_holds() -> None:
    report = order("1", "pump", 100, item="a", verified_at=200)
    (line,) = verdict_of({"pump/a": []}, [report], as_of=minute(210)).lines
    assert line.mark is Mark.RUNNING
    assert "works since" in line.note
    (line,) = verdict_of({"pump/a": []}, [report], as_of=minute(230)).lines
    assert (line.mark, line.done) == (Mark.GOOD, minute(200))


def test_a_report_on_a_pump_that_is_still_down_when_it_was_verified() -> None:
    # Reported before the wire saw anything, verified while it is down, and repaired in time after all.
    report = order("1", "pump", 100, item="a", verified_at=150)
    items = {"pump/a": [(140, DOWN), (300, UP)]}
    (line,) = verdict_of(items, [report], faults=replace(USUAL, report_minutes=10)).lines
    assert (line.mark, line.witness, line.done) == (Mark.GOOD, Witness.CONTRADICTED, minute(300))
    (line,) = verdict_of({"pump/a": [(140, DOWN)]}, [report], faults=replace(USUAL, report_minutes=10)).lines
    assert (line.mark, line.witness) == (Mark.BAD, Witness.CONTRADICTED)


def test_of_other_equipment_nothing_is_seen() -> None:
    (line,) = verdict_of({}, [order("1", "elsewhere", 100, item="x", verified_at=150)]).lines
    assert (line.mark, line.witness) == (Mark.GOOD, Witness.NOT_WITNESSABLE)


def test_what_was_over_before_the_window_is_no_matter_of_it() -> None:
    assert verdict_of({"pump/a": [(-300, DOWN), (-200, UP)]}).lines == ()


def test_who_has_to_act() -> None:
    pump = replace(PUMP, maintainer="Pump Co")
    known = facts(site(pump), {"pump/a": [(100, DOWN)]})
    assert next(iter(judge(CLAUSE, known, WINDOW))).lines[0].owner == "Pump Co"


@given(PIECES, st.data(), st.randoms(use_true_random=False))
def test_every_filling_lies_in_the_interval(pieces: Pieces, data: st.DataObject, random: Any) -> None:
    """Where nothing reopens and every normal holds: then a gap only moves the edges of a fault."""
    orders = [
        order(str(n), "lift", high, alternative_at=data.draw(st.integers(low, high + DAY)))
        for n, (low, high) in enumerate(downs(pieces))
    ]
    cuts = data.draw(st.lists(st.integers(0, 120), min_size=len(pieces), max_size=len(pieces)))
    assert isinstance(CLAUSE.parameters, Parameters)
    parameters = replace(CLAUSE.parameters, reopen_hours=0, limit=Limit(minutes=data.draw(st.integers(30, 200))))
    clause = replace(CLAUSE, parameters=parameters)

    def verdict(steps: list[tuple[int, State]]) -> Verdict:
        return next(iter(judge(clause, facts(site(LIFT), {"lift/car": steps}, records=orders), WINDOW)))

    honest, filled = verdict(changes(pieces)), verdict(changes(pieces, cuts))
    random.shuffle(orders)
    assert verdict(changes(pieces)) == honest
    if filled.low is None or filled.high is None:
        return
    assert honest.low is not None
    assert honest.high is not None
    assert honest.low <= filled.low <= filled.high <= honest.high


@pytest.mark.parametrize(
    ("parameters", "keys"),
    [
        (Parameters(), []),
        (Parameters(limit=Limit()), ["limit"]),
        (Parameters(limit=Limit(working_days=1)), ["limit"]),
        (Parameters(hold_minutes=-1), ["hold_minutes"]),
        (Parameters(reopen_hours=-1), ["reopen_hours"]),
        (Parameters(reopen_hours=24 * 31), ["reopen_hours"]),
        (Parameters(faults=Gathering(off_s=-1)), ["faults"]),
        (Parameters(faults=Gathering(chatter_cycles=1)), ["faults"]),
        (Parameters(faults=Gathering(lookback_days=1)), ["faults", "reopen_hours"]),
    ],
)
def test_mistakes_name_their_key(parameters: Parameters, keys: list[str]) -> None:
    assert [key for key, _, _ in mistakes(parameters)] == keys


def test_what_is_repaired_after_the_figure_is_final_changes_nothing() -> None:
    case: dict[str, Any] = {
        "clause": "1.4-repair",
        "zone": "UTC",
        "window": {"kind": "month", "at": datetime(2026, 10, 15, tzinfo=UTC)},
        "equipment": [
            {"id": "lift-1", "items": [{"key": "lift-1/works", "name": "", "conditions": [{"point": "b/l"}]}]}
        ],
        "episodes": {
            "lift-1/works": [
                [datetime(2026, 10, 1, tzinfo=UTC), "up"],
                [datetime(2026, 10, 30, tzinfo=UTC), "down"],
                [datetime(2026, 11, 5, tzinfo=UTC), "up"],
            ]
        },
    }
    final = judged({**case, "as_of": datetime(2026, 11, 2, 0, 30, tzinfo=UTC)})
    later = judged({**case, "as_of": datetime(2026, 11, 9, tzinfo=UTC)})
    assert final["site:tower"].lines[0].done is None
    assert {name: replace(found, as_of=0) for name, found in later.items()} == {
        name: replace(found, as_of=0) for name, found in final.items()
    }
