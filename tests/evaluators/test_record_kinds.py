"""What holds for every kind that judges by records, whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.docket import current
from evaluators.model.bodies import Body
from evaluators.model.clauses import Clause
from evaluators.model.records import Record
from evaluators.model.site import Equipment
from evaluators.model.verdicts import Mark, Outcome, Verdict
from evaluators.recordbook import RecordBook
from evaluators.registry import judge
from evaluators.windows import day_start
from tests.evaluators.bookkeeping import SITE, ZONE, facts_of, rows
from tests.evaluators.stories import FIRST, LAST, books

KINDS = {
    "attestation", "certificates", "count_per_period", "deadline", "deferred", "drill", "duty_coverage", "ledger",
    "oversight", "plan", "ratio", "renewal", "retention", "staffing", "traceability", "training_coverage",
    "training_pass", "uptake",
}  # fmt: skip
CLAUSES = [clause for clause in rows().values() if clause.kind in KINDS]
TOWER = replace(SITE, equipment=(Equipment("lift-1", "Lift", "all", (), "lift", critical=True),))
AS_OF = st.integers(FIRST, LAST)

EXAMPLES = settings(max_examples=8, deadline=None)
EVERY = pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)


def judged(clause: Clause, records: list[Record[Body]], as_of: int) -> tuple[Verdict, ...]:
    """Every verdict of the clause's window at an instant."""
    return judge(clause, facts_of(records, as_of, TOWER), current(clause, as_of, ZONE))


def test_there_is_a_clause_of_each_kind() -> None:
    assert {clause.kind for clause in CLAUSES} == KINDS


@EVERY
@EXAMPLES
@given(as_of=AS_OF, data=st.data())
def test_the_order_of_arrival_means_nothing(clause: Clause, as_of: int, data: st.DataObject) -> None:
    records = data.draw(books(clause.evidence))
    assert judged(clause, records, as_of) == judged(clause, data.draw(st.permutations(records)), as_of)


@EVERY
@EXAMPLES
@given(as_of=AS_OF, data=st.data())
def test_what_comes_after_the_instant_changes_nothing(clause: Clause, as_of: int, data: st.DataObject) -> None:
    records = data.draw(books(clause.evidence))
    book = RecordBook(ZONE)
    known = [record for record in records if book.anchor(record) <= as_of]
    assert judged(clause, records, as_of) == judged(clause, known, as_of)


@EVERY
@EXAMPLES
@given(as_of=AS_OF, data=st.data())
def test_a_verdict_is_sound(clause: Clause, as_of: int, data: st.DataObject) -> None:
    records = data.draw(books(clause.evidence))
    verdicts = judged(clause, records, as_of)
    assert str(verdicts[0].subject) == "site:tower"
    assert len({verdict.subject for verdict in verdicts}) == len(verdicts)
    for verdict in verdicts:
        assert verdict.coverage is None or 0 <= verdict.coverage <= 1
        check_interval(verdict, alone=len(verdicts) == 1 or verdict is not verdicts[0])
        check_lines(verdict, {record.reference for record in records})


def check_interval(verdict: Verdict, *, alone: bool) -> None:
    """The interval is one, and a verdict that stands for itself agrees with it."""
    if verdict.low is None or verdict.high is None:
        assert verdict.low is verdict.high
        return
    assert 0 <= verdict.low <= verdict.high
    if alone and verdict.outcome is Outcome.MET:
        assert verdict.low >= verdict.threshold
    if alone and verdict.outcome is Outcome.NOT_MET and verdict.window.end <= verdict.as_of:
        assert verdict.high < verdict.threshold


def check_lines(verdict: Verdict, references: set[str]) -> None:
    """Lines are counted, in order, each named once, and rest on records there are; what runs is still in time."""
    marks = [line.mark for line in verdict.lines]
    if verdict.tally is not None:
        counts = (verdict.tally.good, verdict.tally.bad, verdict.tally.unknown, verdict.tally.running)
        assert counts == tuple(marks.count(mark) for mark in (Mark.GOOD, Mark.BAD, Mark.UNKNOWN, Mark.RUNNING))
    assert list(verdict.lines) == sorted(verdict.lines, key=lambda line: (line.start or 0, line.about))
    assert len({line.about for line in verdict.lines}) == len(verdict.lines)
    for line in verdict.lines:
        assert set(line.records) <= references
        assert line.mark is not Mark.RUNNING or (line.due is not None and line.due >= verdict.as_of)
        assert line.done is None or line.done <= verdict.as_of


@pytest.mark.parametrize("clause", [c for c in CLAUSES if c.window.is_calendar], ids=lambda clause: clause.id)
@EXAMPLES
@given(data=st.data())
def test_what_was_decided_of_a_window_stands(clause: Clause, data: st.DataObject) -> None:
    """Judged again years later, without another record, it says the same unless a clock still ran at its end."""
    records = [record for record in data.draw(books(clause.evidence)) if RecordBook(ZONE).anchor(record) < LAST]
    window = current(clause, LAST, ZONE)
    late = day_start(date(2028, 3, 1), ZONE)
    first = judge(clause, facts_of(records, window.end, TOWER), window)
    again = judge(clause, facts_of(records, late, TOWER), window)
    for before, after in zip(first, again, strict=True):
        if not any(line.mark is Mark.RUNNING for line in before.lines):
            assert (before.outcome, before.low, before.high) == (after.outcome, after.low, after.high)
