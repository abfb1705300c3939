"""Preventive plans: each critical piece of equipment has a plan in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Plan
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.site import Equipment
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import listed
from evaluators.selection import by_reference, closing_instant, day_of, in_force, the_site
from evaluators.tally import by_share
from evaluators.windows import day_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is critical by its kind, and what a plan should plan."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    critical_kinds: tuple[str, ...] = ()
    """Kinds of equipment that are critical; that the ledger does not say so is a finding."""
    levels: tuple[str, ...] = ()
    """Levels of maintenance; that the plans in force leave one out is a finding."""
    notice_days: int = 60
    """So long before its end a plan is pointed out."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of critical equipment with a plan in force."""
    parameters = parameters_of(clause, Parameters)
    day = day_of(facts, window)
    plans = by_reference(facts.records.between(Plan, 0, closing_instant(window, facts.as_of) + 1), "equipment")
    lines: list[Line] = []
    for entry in facts.site.equipment:
        if entry.removed is not None and entry.removed <= day:
            continue
        if entry.critical:
            lines += _lines(parameters, facts, day, entry, plans.get(entry.id, []))
        elif entry.kind in parameters.critical_kinds:
            note = f"a {entry.kind}, but the ledger does not mark it as critical"
            lines.append(Line(about=f"{entry.id} not critical", mark=Mark.FINDING, note=note))
    yield by_share(clause, the_site(facts), window, facts.as_of, lines)


def _lines(
    parameters: Parameters, facts: Facts, day: date, entry: Equipment, plans: list[Record[Plan]]
) -> Iterator[Line]:
    """How one piece of equipment stands, and what is to be told of its plans."""
    valid = [plan for plan in plans if in_force(plan.body, day)]
    references = tuple(plan.reference for plan in valid or plans)
    ended = max((plan.body.valid_until for plan in plans if plan.body.valid_until is not None), default=None)
    if valid:
        mark, note = Mark.GOOD, listed(plan.name for plan in valid)
    else:
        mark, note = Mark.BAD, "no plan" if ended is None else f"its plan ended on {ended}"
    note = f"{entry.name}: {note}"
    yield Line(about=entry.id, mark=mark, note=note, owner=entry.maintainer, records=references)
    if not valid:
        return
    planned = {level for plan in valid for level in plan.body.levels}
    lacking = tuple(level for level in parameters.levels if level not in planned)
    if lacking:
        note = f"the plan does not say {listed(lacking)}"
        yield Line(about=f"{entry.id} levels", mark=Mark.FINDING, note=note, records=references)
    ends = [plan.body.valid_until for plan in valid]
    last = max((end for end in ends if end is not None), default=day) if None not in ends else None
    if last is not None and last <= day + timedelta(days=parameters.notice_days):
        yield Line(
            about=f"{entry.id} ends",
            mark=Mark.FINDING,
            due=day_start(last + timedelta(days=1), facts.zone),
            note=f"the plan is in force until {last}, to be renewed",
            records=references,
        )
