"""Clauses that are named but cannot be judged: they stay undetermined, and say why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import Window
from evaluators.model.verdicts import Outcome, Verdict
from evaluators.selection import the_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Why it cannot be judged."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    reason: str


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site, always undetermined: nothing is known of it."""
    yield Verdict(
        clause=clause.id,
        subject=the_site(facts),
        outcome=Outcome.UNDETERMINED,
        low=None,
        high=None,
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=Fraction(0),
        as_of=facts.as_of,
        note=parameters_of(clause, Parameters).reason,
    )
