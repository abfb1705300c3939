"""A clause that asks for several things at once: each is judged apart, and the site by all of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from evaluators.model.clauses import Clause
from evaluators.model.times import Window
from evaluators.model.verdicts import Level, Outcome, Subject, Verdict
from evaluators.tally import tally

_ORDER = (Outcome.NOT_MET, Outcome.PENDING, Outcome.UNDETERMINED, Outcome.MET)
"""Of two parts, the one named first decides; what is not applicable decides nothing."""


def part(name: str) -> Subject:
    """One of the things asked for, as the subject of a verdict."""
    return Subject(Level.PART, name)


def all_of(
    clause: Clause, subject: Subject, window: Window, as_of: int, parts: Sequence[Verdict], note: str = ""
) -> Verdict:
    """The verdict that is met when every part is.

    Its value is the smallest of those parts that are measured as the clause is: in its unit, to its threshold.
    """
    outcomes = {each.outcome for each in parts}
    outcome = next((each for each in _ORDER if each in outcomes), Outcome.NOT_APPLICABLE)
    alike = [each for each in parts if (each.threshold, each.unit) == (clause.threshold, clause.unit)]
    lines = [line for each in parts for line in each.lines]
    counts = tally(lines)
    return Verdict(
        clause=clause.id,
        subject=subject,
        outcome=outcome,
        low=min((each.low for each in alike if each.low is not None), default=None),
        high=min((each.high for each in alike if each.high is not None), default=None),
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=Fraction(counts.good + counts.bad, counts.settled) if counts.settled else None,
        as_of=as_of,
        note=note,
        tally=counts,
        lines=tuple(sorted(lines, key=lambda line: (line.start or 0, line.about))),
        facts=tuple(fact for each in parts for fact in each.facts),
    )
