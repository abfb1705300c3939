"""Drills: so many a window, which together cover the whole building."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Drill
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.parts import all_of, part
from evaluators.selection import Mistake, Where, check_where, fits, the_site
from evaluators.tally import by_amount, by_share

WHOLE = "all"
"""What a drill covers that covers the whole building."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Which drills count, and what they have to cover."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    where: Where = field(default_factory=dict)
    """Which drills, by their fields."""
    whole: tuple[str, ...] = ()
    """The parts of the building that together are the whole; without them only a drill of ``all`` covers it."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site, and apart from each other the number of drills and what they cover."""
    parameters = parameters_of(clause, Parameters)
    drills = [
        drill
        for drill in facts.records.between(Drill, window.start, min(window.end, facts.as_of + 1))
        if fits(drill.body, parameters.where)
    ]
    count = Fraction(len(drills))
    held = [_held(drill) for drill in drills]
    number = by_amount(clause, part("number"), window, facts.as_of, (count, count), held)
    covered = by_share(
        replace(clause, threshold=Fraction(1), unit="1"),
        part("whole-building"),
        window,
        facts.as_of,
        _covered(parameters, facts, window, drills),
        all_known=True,
    )
    yield all_of(clause, the_site(facts), window, facts.as_of, (number, covered))
    yield number
    yield covered


def _held(drill: Record[Drill]) -> Line:
    people = "" if drill.body.participants is None else f", {drill.body.participants} people"
    covers = ", ".join(drill.body.covers) or "does not say what it covered"
    return Line(
        about=drill.name,
        mark=Mark.GOOD,
        start=drill.body.performed_at,
        done=drill.body.performed_at,
        note=f"{drill.body.subject} drill: {covers}{people}",
        owner=drill.body.person,
        records=(drill.reference,),
    )


def _covered(parameters: Parameters, facts: Facts, window: Window, drills: list[Record[Drill]]) -> list[Line]:
    """One line for each part of the building, or one for the whole where no parts are named."""
    said = [(name, drill.reference) for drill in drills for name in drill.body.covers]
    silent = any(not drill.body.covers for drill in drills)
    found = []
    for place in parameters.whole or (WHOLE,):
        by = tuple(reference for name, reference in said if name in (place, WHOLE))
        some = bool(said) and not parameters.whole
        note = (
            "some parts, but the clause's parameters do not say which parts are the whole" if some else "no drill"
        )
        if by:
            mark, note = Mark.GOOD, f"drills: {len(by)}"
        elif window.end > facts.as_of:
            mark = Mark.RUNNING
        elif silent or some:
            mark, note = Mark.UNKNOWN, "a drill does not say what it covered" if silent else note
        else:
            mark = Mark.BAD
        found.append(
            Line(about=f"covers {place}", mark=mark, start=window.start, due=window.end, note=note, records=by)
        )
    return found


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields, as a drill has them."""
    yield from check_where("where", Drill.KIND, parameters.where)
