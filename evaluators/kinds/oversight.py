"""Oversight: the supervision has done its work in the window, and what it found is put right in time.

Inspections and surveys are the check of a loop of plan, do, check and act; follow-up, findings put right and a
management review close it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.kinds import attestation, deadline
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import Window
from evaluators.model.verdicts import Verdict
from evaluators.parts import all_of, part
from evaluators.selection import Mistake, the_site
from evaluators.tally import by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the supervision has to do, and by when findings are put right."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    requirements: tuple[attestation.Requirement, ...]
    findings: deadline.Parameters


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site, and apart from each other activities and findings."""
    parameters = parameters_of(clause, Parameters)
    stated = attestation.lines(parameters.requirements, facts, window)
    found = deadline.lines(parameters.findings, facts, window)
    done = by_share(clause, part("activities"), window, facts.as_of, stated, all_known=True)
    closed = by_share(clause, part("findings"), window, facts.as_of, found)
    yield all_of(clause, the_site(facts), window, facts.as_of, (done, closed))
    yield done
    yield closed


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with kinds and fields, as the bodies have them."""
    yield from attestation.mistakes_of(parameters.requirements)
    for key, wrong, right in deadline.mistakes(parameters.findings):
        yield "findings", f"{key}: {wrong}", right
