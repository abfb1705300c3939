"""Deadlines: edges, and what unknown records do to the share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.kinds.deadline import Allowed
from evaluators.model.bodies import Contract, Instant, Request
from evaluators.model.bodies.tenants import Difficulty
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS, Limit, WindowKind
from evaluators.model.verdicts import Mark, Verdict
from evaluators.registry import judge
from evaluators.windows import containing
from tests.evaluators.bookkeeping import ZONE, at, facts_of, row

SIGNED = at("2026-03-03 10:00")
DAY = 24 * HOUR_NS


def judged(records: list[Record[Contract]], as_of: int, **changes: Any) -> Verdict:
    """The verdict on tenants' files in March."""
    window = containing(WindowKind.MONTH, SIGNED, ZONE)
    (verdict,) = judge(row("2.1.1-profile", **changes), facts_of(records, as_of), window)
    return verdict


def contract(name: str, profile_at: int | None, signed_at: int = SIGNED) -> Record[Contract]:
    """A contract whose file was made at an instant."""
    made = None if profile_at is None else Instant(profile_at)
    return Record(id=name, received=0, body=Contract(tenant=name, signed_at=Instant(signed_at), profile_at=made))


@pytest.mark.parametrize(
    ("done", "as_of", "mark", "note"),
    [
        (SIGNED, SIGNED, Mark.GOOD, "in time: took 0 s"),
        (SIGNED + DAY, SIGNED + DAY, Mark.GOOD, "in time: took 1 d"),
        (SIGNED + DAY, SIGNED + DAY - 1, Mark.RUNNING, "due 2026-03-04 10:00"),
        (SIGNED + DAY + 1, SIGNED + 2 * DAY, Mark.BAD, "0 s late, was due 2026-03-04 10:00"),
        (None, SIGNED + DAY, Mark.RUNNING, "due 2026-03-04 10:00"),
        (None, SIGNED + DAY + 1, Mark.BAD, "not done, was due 2026-03-04 10:00"),
        (SIGNED - 1, SIGNED + DAY, Mark.UNKNOWN, "the record contradicts itself: profile_at before signed_at"),
    ],
)
def test_the_edges_of_a_clock(done: int | None, as_of: int, mark: Mark, note: str) -> None:
    (line,) = judged([contract("A", done)], as_of).lines
    assert (line.mark, line.note, line.due) == (mark, note, SIGNED + DAY)


def test_a_clock_that_begins_at_the_end_of_the_month_is_of_the_next_one() -> None:
    end = at("2026-04-01 00:00")
    assert [
        line.about for line in judged([contract("A", None, end - 1), contract("B", None, end)], end).lines
    ] == ["contract:A"]


def test_a_record_that_no_limit_fits_is_not_counted() -> None:
    nobody = (Allowed(limit=Limit(hours=1), where={"tenant": ("Nobody",)}),)
    (line,) = judged([contract("A", None)], SIGNED, limits=nobody).lines
    assert (line.mark, line.note) == (Mark.EXCLUDED, "the clause sets no limit for it")


def test_what_is_solved_before_it_came_contradicts_itself() -> None:
    request = Request(
        received_at=Instant(SIGNED), difficulty=Difficulty.SIMPLE, done_at=Instant(SIGNED - 2), replied_at=None
    )
    record = Record(id="R", received=0, body=request)
    window = containing(WindowKind.MONTH, SIGNED, ZONE)
    clause = row("2.1.2-reply", start="done_at", stop=("confirmed_at",))
    (verdict,) = judge(clause, facts_of([record], SIGNED), window)
    (line,) = verdict.lines
    assert (line.mark, line.note) == (Mark.UNKNOWN, "the record contradicts itself: done_at before received_at")


def test_the_first_person_asked_is_the_one_who_has_to_act() -> None:
    request = Request(received_at=Instant(SIGNED), difficulty=Difficulty.SIMPLE, first_person="Li")
    window = containing(WindowKind.MONTH, SIGNED, ZONE)
    (verdict,) = judge(row("2.1.2-reply"), facts_of([Record(id="R", received=0, body=request)], SIGNED), window)
    assert verdict.lines[0].owner == "Li"


HOURS = st.lists(st.none() | st.integers(0, 48), min_size=1, max_size=8)


@given(hours=HOURS, as_of=st.integers(0, 60), changed=st.integers(0, 7))
def test_a_record_that_contradicts_itself_only_widens_the_interval(
    hours: list[int | None], as_of: int, changed: int
) -> None:
    now = SIGNED + as_of * HOUR_NS
    records = [contract(f"{n}", None if h is None else SIGNED + h * HOUR_NS) for n, h in enumerate(hours)]
    place = changed % len(records)
    before = judged(records, now)
    if before.lines[place].mark is Mark.RUNNING:
        return
    unknown = replace(records[place], body=replace(records[place].body, profile_at=Instant(SIGNED - 1)))
    after = judged([*records[:place], unknown, *records[place + 1 :]], now)
    assert before.low is not None
    assert before.high is not None
    assert after.low is not None
    assert after.high is not None
    assert after.low <= before.low <= before.high <= after.high


@given(hours=HOURS, as_of=st.integers(0, 60))
def test_every_clock_is_counted_once(hours: list[int | None], as_of: int) -> None:
    records = [contract(f"{n}", None if h is None else SIGNED + h * HOUR_NS) for n, h in enumerate(hours)]
    verdict = judged(records, SIGNED + as_of * HOUR_NS)
    assert verdict.tally is not None
    assert verdict.tally.settled + verdict.tally.running == len(records) == len(verdict.lines)


@given(hours=HOURS, sooner=st.integers(0, 60), later=st.integers(0, 60))
def test_what_is_decided_of_a_clock_stands(hours: list[int | None], sooner: int, later: int) -> None:
    """A clock that is in time or late stays so; one that runs comes to either."""
    records = [contract(f"{n}", None if h is None else SIGNED + h * HOUR_NS) for n, h in enumerate(hours)]
    first, last = sorted((sooner, later))
    before = judged(records, SIGNED + first * HOUR_NS).lines
    after = judged(records, SIGNED + last * HOUR_NS).lines
    for early, late in zip(before, after, strict=True):
        assert early.mark in (late.mark, Mark.RUNNING)
