"""From lines to verdicts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Tally
from evaluators.tally import by_amount, by_share, share, tally
from tests.evaluators.building import CLAUSE

SITE = Subject(Level.SITE, "tower")
LETTERS = {
    "g": Mark.GOOD, "b": Mark.BAD, "?": Mark.UNKNOWN, "r": Mark.RUNNING, "x": Mark.EXCLUDED, "f": Mark.FINDING
}  # fmt: skip
CLOSED = Window(WindowKind.MONTH, 0, 100)


def lines(marks: str) -> list[Line]:
    """One line a letter."""
    return [Line(about=f"c:{number}", mark=LETTERS[letter]) for number, letter in enumerate(marks)]


@pytest.mark.parametrize(
    ("marks", "threshold", "low", "high", "outcome"),
    [
        ("gggg", "1", "1", "1", Outcome.MET),
        ("gggb", "1", "3/4", "3/4", Outcome.NOT_MET),
        ("gggb", "0.75", "3/4", "3/4", Outcome.MET),
        ("ggg?", "1", "3/4", "1", Outcome.UNDETERMINED),
        ("ggg?", "0.75", "3/4", "1", Outcome.MET),
        ("b???", "1", "0", "3/4", Outcome.NOT_MET),
        ("", "1", None, None, Outcome.NOT_APPLICABLE),
        ("xf", "0", None, None, Outcome.NOT_APPLICABLE),
        ("ggr", "1", "1", "1", Outcome.PENDING),
        ("gbr", "1", "1/2", "1/2", Outcome.NOT_MET),
        ("gbr", "0.6", "1/2", "1/2", Outcome.PENDING),
        ("gbbr", "0.6", "1/3", "1/3", Outcome.NOT_MET),
    ],
)
def test_shares_over_a_closed_window(
    marks: str, threshold: str, low: str | None, high: str | None, outcome: Outcome
) -> None:
    clause = replace(CLAUSE, threshold=Fraction(threshold))
    verdict = by_share(clause, SITE, CLOSED, 100, lines(marks))
    bounds = tuple(None if bound is None else Fraction(bound) for bound in (low, high))
    assert ((verdict.low, verdict.high), verdict.outcome) == (bounds, outcome)


@pytest.mark.parametrize(
    ("marks", "threshold", "all_known", "outcome"),
    [
        ("", "1", False, Outcome.PENDING),
        ("ggg", "1", False, Outcome.PENDING),
        ("ggb", "1", False, Outcome.NOT_MET),
        ("bbb", "0.98", False, Outcome.PENDING),
        ("gbb", "0.5", True, Outcome.NOT_MET),
        ("grb", "0.5", True, Outcome.PENDING),
        ("", "1", True, Outcome.PENDING),
    ],
)
def test_an_open_window_is_lost_only_when_nothing_can_mend_it(
    marks: str, threshold: str, all_known: bool, outcome: Outcome
) -> None:
    clause = replace(CLAUSE, threshold=Fraction(threshold))
    assert by_share(clause, SITE, CLOSED, 99, lines(marks), all_known=all_known).outcome is outcome


@pytest.mark.parametrize(
    ("low", "high", "as_of", "best", "outcome"),
    [
        ("2", "2", 100, None, Outcome.MET),
        ("1", "1", 100, None, Outcome.NOT_MET),
        ("1", "2", 100, None, Outcome.UNDETERMINED),
        ("2", "2", 99, None, Outcome.PENDING),
        ("0", "0", 99, "1", Outcome.NOT_MET),
        ("0", "0", 99, "2", Outcome.PENDING),
        (None, None, 100, None, Outcome.NOT_APPLICABLE),
    ],
)
def test_amounts(low: str | None, high: str | None, as_of: int, best: str | None, outcome: Outcome) -> None:
    clause = replace(CLAUSE, threshold=Fraction(2))
    interval = None if low is None or high is None else (Fraction(low), Fraction(high))
    most = None if best is None else Fraction(best)
    assert by_amount(clause, SITE, CLOSED, as_of, interval, [], best=most).outcome is outcome


@given(st.text("gb?rxf", max_size=12))
def test_the_interval_holds_the_share_however_the_unknown_turn_out(marks: str) -> None:
    counts = tally(lines(marks))
    interval = share(counts)
    if not counts.settled:
        assert interval is None
        return
    assert interval is not None
    for good in range(counts.unknown + 1):
        truth = Fraction(counts.good + good, counts.settled)
        assert interval[0] <= truth <= interval[1]


def test_lines_stand_in_the_order_of_their_starts_with_what_is_known_of_them() -> None:
    mixed = [Line(about="b", mark=Mark.GOOD, start=5), Line(about="a", mark=Mark.UNKNOWN, start=5)]
    verdict = by_share(CLAUSE, SITE, CLOSED, 100, [*mixed, Line(about="c", mark=Mark.FINDING, start=1)])
    assert [line.about for line in verdict.lines] == ["c", "a", "b"]
    assert verdict.tally == Tally(good=1, unknown=1)
    assert verdict.coverage == Fraction(1, 2)
