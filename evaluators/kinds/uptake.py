"""Uptake: the share of companies, and of employees, that took part in the value-added services of a window.

The last count of the window counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Participation
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.parts import all_of, part
from evaluators.selection import the_site
from evaluators.tally import by_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Nothing to set."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site, and companies and employees apart."""
    parameters_of(clause, Parameters)
    counts = facts.records.between(Participation, window.start, min(window.end, facts.as_of + 1))
    parts = [
        _judged(
            clause,
            facts,
            window,
            name,
            [(each, getattr(each.body, took), getattr(each.body, name)) for each in counts],
        )
        for name, took in (("companies", "companies_took_part"), ("employees", "employees_took_part"))
    ]
    yield all_of(clause, the_site(facts), window, facts.as_of, parts)
    yield from parts


Count = tuple[Record[Participation], int, int]
"""A count: its record, how many took part, of how many."""


def _judged(clause: Clause, facts: Facts, window: Window, name: str, counts: list[Count]) -> Verdict:
    interval = _interval(counts)
    lines = [
        _line(clause, facts, window, name, count, interval if count is counts[-1] else None) for count in counts
    ]
    if not counts:
        note = "nobody has counted who took part"
        mark = Mark.RUNNING if window.end > facts.as_of else Mark.UNKNOWN
        lines = [Line(about=name, mark=mark, start=window.start, due=window.end, note=note)]
    return by_amount(clause, part(name), window, facts.as_of, interval, lines)


def _interval(counts: list[Count]) -> tuple[Fraction, Fraction] | None:
    """Of the last count; anything where there is none or where more took part than could; None of nobody."""
    _, took, total = counts[-1] if counts else (None, 1, 0)
    if took > total or took < 0:
        return Fraction(0), Fraction(1)
    return (Fraction(took, total), Fraction(took, total)) if total else None


def _line(
    clause: Clause,
    facts: Facts,
    window: Window,
    name: str,
    count: Count,
    interval: tuple[Fraction, Fraction] | None,
) -> Line:
    record, took, total = count
    note = f"{took} of {total} {name}"
    if interval is None:
        mark = Mark.EXCLUDED
        note += ": counted again since" if total else ""
    elif interval[0] != interval[1]:
        mark, note = Mark.UNKNOWN, f"{note}: more than there are"
    elif interval[0] >= clause.threshold:
        mark = Mark.GOOD
    else:
        mark = Mark.RUNNING if window.end > facts.as_of else Mark.BAD
    return Line(
        about=f"{name} {record.name}",
        mark=mark,
        start=facts.records.anchor(record),
        due=window.end,
        note=note,
        records=(record.reference,),
    )
