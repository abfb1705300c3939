"""Duty round the clock, held against counting every hour."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from evaluators.kinds.duty_coverage import uncovered
from evaluators.model.bodies import Duty, Instant
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS, Window, WindowKind
from evaluators.model.verdicts import Outcome
from evaluators.registry import judge
from tests.evaluators.bookkeeping import at, facts_of, row

START = at("2026-03-01 00:00")
DAY = Window(WindowKind.DAY, START, START + 24 * HOUR_NS)
SHIFTS = st.lists(
    st.tuples(st.integers(-4, 28), st.integers(0, 12), st.sampled_from(("Li", "Wu", ""))), max_size=6
)


def shifts(drawn: list[tuple[int, int, str]]) -> list[Record[Duty]]:
    """Shifts from an hour of the day on, of so many hours."""
    return [
        Record(
            id=str(number),
            received=0,
            body=Duty(
                start=Instant(START + first * HOUR_NS),
                end=Instant(START + (first + hours) * HOUR_NS),
                person=person,
            ),
        )
        for number, (first, hours, person) in enumerate(drawn)
    ]


def on_duty(drawn: list[tuple[int, int, str]], hour: int) -> int:
    """How many different people are on duty in an hour; one without a name is somebody else each time."""
    there = [(n, person) for n, (first, hours, person) in enumerate(drawn) if first <= hour < first + hours]
    return len({person or n for n, person in there})


@given(drawn=SHIFTS, people=st.integers(1, 3))
def test_holes_are_the_hours_with_too_few_people(drawn: list[tuple[int, int, str]], people: int) -> None:
    holes = uncovered([(DAY.start, DAY.end)], shifts(drawn), people)
    hours = [hour for start, end in holes for hour in range((start - START) // HOUR_NS, (end - START) // HOUR_NS)]
    assert hours == [hour for hour in range(24) if on_duty(drawn, hour) < people]
    assert all(end < start for (_, end), (start, _) in pairwise(holes))


@given(drawn=SHIFTS, as_of=st.integers(1, 24))
def test_the_share_is_that_of_covered_hours(drawn: list[tuple[int, int, str]], as_of: int) -> None:
    (verdict,) = judge(row("2.1.2-hotline"), facts_of(shifts(drawn), START + as_of * HOUR_NS), DAY)
    touching = [s for s in drawn if s[0] < as_of and s[0] + s[1] > 0]
    covered = Fraction(sum(on_duty(drawn, hour) > 0 for hour in range(as_of)), as_of)
    assert (verdict.low, verdict.high) == ((covered, covered) if touching else (0, 1))
    open_outcome = Outcome.PENDING if covered == 1 or not touching else Outcome.NOT_MET
    closed = Outcome.UNDETERMINED if not touching else Outcome.MET if covered == 1 else Outcome.NOT_MET
    assert verdict.outcome is (open_outcome if as_of < 24 else closed)


def test_a_window_that_has_just_begun() -> None:
    """No time has passed, so nobody was missing yet."""
    drawn = [(-2, 8, "Li")]
    (verdict,) = judge(row("2.1.2-hotline"), facts_of(shifts(drawn), START), DAY)
    assert (verdict.outcome, verdict.low, verdict.high) == (Outcome.PENDING, None, None)
