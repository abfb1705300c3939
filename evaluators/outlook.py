"""Where a site stands: by chapter of the source, and what would fail if the evaluation were at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.clauses import Clause
from evaluators.model.times import WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Chapter:
    """How many clauses of one chapter of the source stand how."""

    number: str
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class Concern:
    """A clause that would not be met if the evaluation were at once: why, and what can still be done.

    ``lost`` are lines that cannot be mended in this window, ``missing`` those that lack evidence, ``mendable``
    those that are still in time, the most urgent first.
    """

    clause: Clause
    verdict: Verdict
    lost: tuple[Line, ...]
    missing: tuple[Line, ...]
    mendable: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Chapters in the order of the catalogue, and concerns, the worst first."""

    chapters: tuple[Chapter, ...]
    concerns: tuple[Concern, ...]
    running: tuple[tuple[Clause, Line], ...]
    """Every clock and obligation that is still in time, the most urgent first."""


def of_site(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """The newest verdict on the whole site of each clause, snapshots of an instant left out."""
    found: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict.subject.level is Level.SITE and verdict.window.kind is not WindowKind.INSTANT:
            found[verdict.clause] = verdict
    return found


def outlook(clauses: Sequence[Clause], verdicts: Iterable[Verdict]) -> Outlook:
    """Where the site stands by the current verdict of each clause; a clause without one counts as undetermined."""
    by_clause = of_site(verdicts)
    counts: dict[str, dict[Outcome, int]] = {}
    concerns: list[Concern] = []
    running: list[tuple[Clause, Line]] = []
    for clause in clauses:
        verdict = by_clause.get(clause.id)
        outcome = verdict.outcome if verdict else Outcome.UNDETERMINED
        chapter = counts.setdefault(clause.number, dict.fromkeys(Outcome, 0))
        chapter[outcome] += 1
        if verdict is None:
            continue
        in_time = _marked(verdict, Mark.RUNNING)
        running += [(clause, line) for line in in_time]
        if would_fail(verdict):
            lost, missing = _marked(verdict, Mark.BAD), _marked(verdict, Mark.UNKNOWN)
            concerns.append(Concern(clause, verdict, lost, missing, in_time))
    concerns.sort(key=lambda concern: _SEVERITY[concern.verdict.outcome])
    running.sort(key=lambda entry: (_due(entry[1]), entry[0].id, entry[1].about))
    chapters = tuple(Chapter(number, outcomes) for number, outcomes in counts.items())
    return Outlook(chapters, tuple(concerns), tuple(running))


def would_fail(verdict: Verdict) -> bool:
    """Whether an evaluation at once could not find the clause met. Of an open window the running value counts, and
    what is still in time but not done counts as failing; without one, that it is for want of evidence."""
    if verdict.outcome in (Outcome.NOT_MET, Outcome.UNDETERMINED):
        return True
    if verdict.outcome is not Outcome.PENDING:
        return False
    if verdict.low is None:
        return any(line.mark is Mark.UNKNOWN for line in verdict.lines)
    return not verdict.surely_reaches


_SEVERITY = {
    Outcome.NOT_MET: 0,
    Outcome.UNDETERMINED: 1,
    Outcome.PENDING: 2,
    Outcome.MET: 3,
    Outcome.NOT_APPLICABLE: 4,
}


def _marked(verdict: Verdict, mark: Mark) -> tuple[Line, ...]:
    lines = (line for line in verdict.lines if line.mark is mark)
    return tuple(sorted(lines, key=lambda line: (_due(line), line.about)))


def _due(line: Line) -> int:
    return line.due if line.due is not None else line.start or 0


def score(clauses: Iterable[Clause], verdicts: Iterable[Verdict]) -> tuple[Fraction, Fraction] | None:
    """The share of the weights whose clauses are met, as ``[surely, possibly]``; None without weights.

    What is not applicable is left out; what is pending or undetermined counts for the upper end only. Weights are
    the site's own: there are none by default.
    """
    by_clause = of_site(verdicts)
    total = low = high = Fraction(0)
    for clause in clauses:
        verdict, weight = by_clause.get(clause.id), clause.weight
        outcome = verdict.outcome if verdict else Outcome.UNDETERMINED
        if weight is None or outcome is Outcome.NOT_APPLICABLE:
            continue
        total += weight
        low += weight * (outcome is Outcome.MET)
        high += weight * (outcome is not Outcome.NOT_MET)
    return (low / total, high / total) if total else None
