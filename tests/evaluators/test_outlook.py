"""Where a site stands, and what would fail if the evaluation were at once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from evaluators.model.clauses import Clause
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict
from evaluators.outlook import outlook, score, would_fail
from tests.evaluators.building import CLAUSE

SITE = Subject(Level.SITE, "tower")
MONTH = Window(WindowKind.MONTH, 0, 100)


def clause(clause_id: str, number: str = "一.4") -> Clause:
    """A row of a chapter."""
    return replace(CLAUSE, id=clause_id, number=number)


def verdict(
    clause_id: str,
    outcome: Outcome,
    low: str | None = None,
    lines: tuple[Line, ...] = (),
    subject: Subject = SITE,
    window: Window = MONTH,
) -> Verdict:
    """A verdict against 98 %."""
    value = None if low is None else Fraction(low)
    limit = Fraction(98, 100)
    return Verdict(clause_id, subject, outcome, value, value, limit, "1", window, None, 50, lines=lines)


def line(about: str, mark: Mark, due: int | None = None) -> Line:
    """A line of a verdict."""
    return Line(about=about, mark=mark, due=due)


def test_what_has_no_value_surely_reaches_nothing() -> None:
    assert not verdict("a", Outcome.UNDETERMINED).surely_reaches
    assert verdict("a", Outcome.MET, "98/100").surely_reaches
    assert not verdict("a", Outcome.NOT_MET, "97/100").surely_reaches
    assert replace(verdict("a", Outcome.MET, "98/100"), at_most=True).surely_reaches
    assert not replace(verdict("a", Outcome.NOT_MET, "99/100"), at_most=True).surely_reaches


def test_chapters_count_each_clause_once_by_the_verdict_on_the_site() -> None:
    clauses = [clause("a"), clause("b"), clause("c", "二.1"), clause("d", "二.1")]
    lift = Subject(Level.EQUIPMENT, "lift-1")
    found = outlook(
        clauses,
        [
            verdict("a", Outcome.MET, window=Window(WindowKind.INSTANT, 50, 50)),
            verdict("a", Outcome.NOT_MET, "0.5"),
            verdict("a", Outcome.MET, subject=lift),
            verdict("b", Outcome.MET),
            verdict("c", Outcome.NOT_APPLICABLE, window=Window(WindowKind.STANDING, 50, 50)),
        ],
    )
    first, second = found.chapters
    assert (first.number, first.outcomes[Outcome.NOT_MET], first.outcomes[Outcome.MET]) == ("一.4", 1, 1)
    assert second.outcomes[Outcome.NOT_APPLICABLE] == 1
    assert second.outcomes[Outcome.UNDETERMINED] == 1, "d has no verdict at all"
    assert sum(sum(chapter.outcomes.values()) for chapter in found.chapters) == len(clauses)


def test_concerns_are_ordered_by_what_is_worse_and_lines_by_urgency() -> None:
    lines = (
        line("late", Mark.RUNNING, 90),
        line("soon", Mark.RUNNING, 60),
        line("lapsed", Mark.BAD, 10),
        line("blind", Mark.UNKNOWN),
        line("fine", Mark.GOOD),
    )
    found = outlook(
        [clause("a"), clause("b"), clause("c")],
        [
            verdict("a", Outcome.PENDING, "0.5", lines),
            verdict("b", Outcome.NOT_MET, "0"),
            verdict("c", Outcome.PENDING, "1", (line("next", Mark.RUNNING, 70),)),
        ],
    )
    assert [concern.clause.id for concern in found.concerns] == ["b", "a"]
    concern = found.concerns[1]
    assert [entry.about for entry in concern.lost] == ["lapsed"]
    assert [entry.about for entry in concern.missing] == ["blind"]
    assert [entry.about for entry in concern.mendable] == ["soon", "late"]
    assert [(row.id, entry.about) for row, entry in found.running] == [("a", "soon"), ("c", "next"), ("a", "late")]


@pytest.mark.parametrize(
    ("outcome", "low", "fails"),
    [
        (Outcome.MET, "1", False),
        (Outcome.NOT_MET, "0", True),
        (Outcome.UNDETERMINED, "0.9", True),
        (Outcome.NOT_APPLICABLE, None, False),
        (Outcome.PENDING, "0.97", True),
        (Outcome.PENDING, "0.98", False),
        (Outcome.PENDING, None, False),
    ],
)
def test_what_would_fail(outcome: Outcome, low: str | None, fails: bool) -> None:
    assert would_fail(verdict("a", outcome, low)) is fails


def test_an_open_window_without_a_value_would_fail_for_want_of_evidence_alone() -> None:
    """Such as energy of a carrier that no factor converts; where nothing happened yet, nothing is wanting."""
    wanting = Line(about="carrier cooling", mark=Mark.UNKNOWN)
    assert would_fail(verdict("a", Outcome.PENDING, lines=(wanting,)))
    assert not would_fail(verdict("a", Outcome.PENDING, lines=(Line(about="meters", mark=Mark.FINDING),)))


def test_a_score_needs_weights_and_is_an_interval() -> None:
    verdicts = [
        verdict("a", Outcome.MET), verdict("b", Outcome.NOT_MET), verdict("c", Outcome.PENDING),
        verdict("d", Outcome.NOT_APPLICABLE),
    ]  # fmt: skip
    weighed = [
        replace(clause(name), weight=Fraction(weight)) for name, weight in zip("abcd", (4, 3, 2, 9), strict=True)
    ]
    assert score([*weighed, clause("e")], verdicts) == (Fraction(4, 9), Fraction(6, 9))
    assert score([replace(clause("gone"), weight=Fraction(1))], verdicts) == (Fraction(0), Fraction(1))
    assert score([clause("a")], verdicts) is None
    assert score(weighed[3:], verdicts) is None
