"""By when things are due, with working days that are known, and with some that are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.dues import Due, due_of, stand
from evaluators.model.calendar import WorkCalendar
from evaluators.model.times import DAY_NS, HOUR_NS, Limit
from evaluators.model.verdicts import Mark
from evaluators.windows import due_at
from tests.evaluators.bookkeeping import ZONE, at, facts_of

STARTS = st.integers(at("2026-01-01 00:00"), at("2026-12-31 23:59"))
DAYS_OFF = st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=60)


def test_hours_run_through_the_night() -> None:
    due = due_of(at("2026-03-06 23:00"), Limit(hours=24), facts_of((), 0))
    assert due == Due(at("2026-03-07 23:00"))
    assert due.doubt == ""


def test_the_first_unknown_year_is_named() -> None:
    due = due_of(at("2026-12-31 10:00"), Limit(working_days=3), facts_of((), 0))
    assert due == Due(at("2027-01-04 00:00"), 2027)
    assert due.doubt == "no official working-day table for 2027"


@given(start=STARTS, days=st.integers(1, 15), off=DAYS_OFF, on=DAYS_OFF)
def test_with_all_years_known_it_is_when_the_limit_is_over(
    start: int, days: int, off: frozenset[date], on: frozenset[date]
) -> None:
    calendar = WorkCalendar(frozenset({2026, 2027}), off, on)
    limit = Limit(working_days=days)
    assert due_of(start, limit, facts_of((), 0, calendar=calendar)) == Due(
        due_at(start, limit, ZONE, calendar) or 0
    )


@given(start=STARTS, days=st.integers(1, 15), off=DAYS_OFF, on=DAYS_OFF)
def test_an_unknown_year_never_turns_what_was_in_time_into_late(
    start: int, days: int, off: frozenset[date], on: frozenset[date]
) -> None:
    later = WorkCalendar(frozenset({2026, 2027}), off, on)
    now = replace(later, years=frozenset({2026}))
    limit = Limit(working_days=days)
    early = due_of(start, limit, facts_of((), 0, calendar=now))
    real = due_of(start, limit, facts_of((), 0, calendar=later))
    assert early.at <= real.at
    assert (early.unknown_year is None) <= (early == real)


@pytest.mark.parametrize(
    ("done", "as_of", "known", "unknown"),
    [
        (10, 20, Mark.GOOD, Mark.GOOD),
        (11, 20, Mark.BAD, Mark.UNKNOWN),
        (None, 10, Mark.RUNNING, Mark.RUNNING),
        (None, 11, Mark.BAD, Mark.UNKNOWN),
    ],
)
def test_at_the_due_instant_is_still_in_time(done: int | None, as_of: int, known: Mark, unknown: Mark) -> None:
    assert (stand(done, Due(10), as_of), stand(done, Due(10, 2027), as_of)) == (known, unknown)


def test_limits_of_the_clock_do_not_need_a_calendar() -> None:
    start = at("2030-01-01 00:00")
    facts = facts_of((), 0, calendar=WorkCalendar())
    assert due_of(start, Limit(days=1, hours=1), facts) == Due(start + DAY_NS + HOUR_NS)
    assert due_of(start, Limit(), facts).at == start
