"""Key operations (关键操作): what is done to the building that has to leave a record that lasts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluators.facts import Facts
from evaluators.model.bodies import Body
from evaluators.model.records import Record
from evaluators.model.times import WindowKind
from evaluators.selection import Where, happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One of them, and what its records must say."""

    name: str
    """What it is called in the verdict, and by archives, if they do not name the kind of record."""
    records: str
    """The kind of record it leaves."""
    where: Where = field(default_factory=dict)
    """Which records of the kind."""
    equipment: tuple[str, ...] = ()
    """Kinds of equipment; only their records count, and without such equipment nothing is owed. None: whatever."""
    every: WindowKind = WindowKind.MONTH
    """The calendar period in each of which it leaves at least one record."""
    who: tuple[str, ...] = ()
    """Fields of which one must say who did it."""
    traced_by: tuple[str, ...] = ()
    """Fields of which one must lead to the result, such as the number of a report; an attachment does so too."""


def is_owed(facts: Facts, operation: Operation, day: date) -> bool:
    """Whether the site has, on a day, what the operation is done to."""
    return not operation.equipment or bool(_equipment(facts, operation, day))


def records_of(facts: Facts, operation: Operation, start: int, end: int) -> list[Record[Body]]:
    """The operation's records in ``[start, end)``, ns UTC, not after ``facts.as_of``."""
    found = happened(facts, operation.records, operation.where, start, end)
    if not operation.equipment:
        return found
    wanted = _equipment(facts, operation, None)
    return [record for record in found if wanted & set(_names(record.body))]


def _equipment(facts: Facts, operation: Operation, day: date | None) -> set[str]:
    return {
        each.id
        for each in facts.site.equipment
        if each.kind in operation.equipment and (day is None or each.removed is None or each.removed > day)
    }


def _names(body: Body) -> tuple[str, ...]:
    named: Any = getattr(body, "equipment", ())
    return (named,) if isinstance(named, str) else named
