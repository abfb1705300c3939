"""Which module judges which kind of clause. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from evaluators.facts import Facts
from evaluators.kinds import (
    attestation,
    availability,
    certificates,
    count_per_period,
    deadline,
    deferred,
    drill,
    duty_coverage,
    energy_intensity,
    ledger,
    oversight,
    plan,
    ratio,
    renewal,
    repair_rate,
    response_time,
    retention,
    schedule,
    staffing,
    submetering,
    traceability,
    training_coverage,
    training_pass,
    uptake,
)
from evaluators.model.clauses import Clause
from evaluators.model.site import Site
from evaluators.model.times import Window
from evaluators.model.verdicts import Level, Outcome, Subject, Verdict

Judge = Callable[[Clause, Facts, Window], Iterable[Verdict]]


Mistakes = Callable[[Any], Iterable[tuple[str, str, str]]]
"""What is wrong with parameters though each is of its type: the key, what is wrong, what would be right."""


Settling = Callable[[Any, Site], int]
"""How long after its window's end (ns) an answer may still become another without anything late, by the parameters
and the site."""


def _none(_: object) -> Iterable[tuple[str, str, str]]:
    return ()


def _at_once(_: object, __: Site) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Kind:
    """What a row may set, what judges it, and what its parameters may get wrong among themselves."""

    parameters: type
    judge: Judge
    mistakes: Mistakes = _none
    settling: Settling = _at_once
    meters: bool = False
    """Whether it looks at the registers of meters."""


def _kind(module: ModuleType) -> Kind:
    """A module's ``Parameters`` and ``judge``; ``mistakes``, ``settling`` and ``METERS`` where it has them."""
    return Kind(
        module.Parameters,
        module.judge,
        getattr(module, "mistakes", _none),
        getattr(module, "settling", _at_once),
        getattr(module, "METERS", False),
    )


KINDS: dict[str, Kind] = {
    "availability": _kind(availability),
    "repair_rate": _kind(repair_rate),
    "response_time": _kind(response_time),
    "schedule": _kind(schedule),
    "attestation": _kind(attestation),
    "certificates": _kind(certificates),
    "count_per_period": _kind(count_per_period),
    "deadline": _kind(deadline),
    "deferred": _kind(deferred),
    "drill": _kind(drill),
    "duty_coverage": _kind(duty_coverage),
    "energy_intensity": _kind(energy_intensity),
    "ledger": _kind(ledger),
    "oversight": _kind(oversight),
    "plan": _kind(plan),
    "ratio": _kind(ratio),
    "renewal": _kind(renewal),
    "retention": _kind(retention),
    "staffing": _kind(staffing),
    "submetering": _kind(submetering),
    "traceability": _kind(traceability),
    "training_coverage": _kind(training_coverage),
    "training_pass": _kind(training_pass),
    "uptake": _kind(uptake),
}
"""By the name that rows of the catalogue give as ``kind``."""


def judge(clause: Clause, facts: Facts, window: Window) -> tuple[Verdict, ...]:
    """Every verdict of a clause over a window at ``facts.as_of``, one a subject, the site's first.

    A threshold that nobody has confirmed decides nothing. A clause that the site has taken out is
    `not_applicable`, for the reason it gives.
    """
    if clause.not_applicable:
        return (_taken_out(clause, facts, window),)
    found = KINDS[clause.kind].judge(clause, facts, window)
    return tuple(found) if clause.verified else tuple(map(_held_back, found))


def _held_back(verdict: Verdict) -> Verdict:
    note = "threshold not confirmed" + (f"; {verdict.note}" if verdict.note else "")
    if verdict.outcome is Outcome.NOT_APPLICABLE:
        return replace(verdict, note=note)
    return replace(verdict, outcome=Outcome.UNDETERMINED, note=note)


def _taken_out(clause: Clause, facts: Facts, window: Window) -> Verdict:
    return Verdict(
        clause=clause.id,
        subject=Subject(Level.SITE, facts.site.id),
        outcome=Outcome.NOT_APPLICABLE,
        low=None,
        high=None,
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=None,
        as_of=facts.as_of,
        note=clause.not_applicable,
    )


def failed(clause: Clause, facts: Facts, window: Window, error: Exception) -> Verdict:
    """The verdict on a clause that could not be judged, by a mistake of this program."""
    site = Subject(Level.SITE, facts.site.id)
    note = f"cannot be judged: {type(error).__name__}: {error}"
    limit, unit = clause.threshold, clause.unit
    undetermined = Outcome.UNDETERMINED
    return Verdict(clause.id, site, undetermined, None, None, limit, unit, window, None, facts.as_of, note=note)
