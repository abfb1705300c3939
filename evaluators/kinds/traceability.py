"""Traceable records: each record of a key operation says who did it and leads to its result.

Looked at are the records of the last ``days`` before the instant judged at. An operation that left none at all in
that time is unknown: whether it was owed is for its own clause to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, Refs
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import DAY_NS, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.operations import Operation, is_owed, records_of
from evaluators.phrases import listed
from evaluators.selection import (
    Mistake,
    check_fields,
    check_kind,
    check_where,
    closing_instant,
    day_of,
    is_filled,
    the_site,
)
from evaluators.tally import by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Which operations, and how far back."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    operations: tuple[Operation, ...]
    days: int = 365


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of those records that can be traced."""
    parameters = parameters_of(clause, Parameters)
    end = closing_instant(window, facts.as_of) + 1
    lines = []
    for operation in parameters.operations:
        found = records_of(facts, operation, end - parameters.days * DAY_NS, end)
        lines += [_line(facts, operation, record) for record in found]
        if not found and is_owed(facts, operation, day_of(facts, window)):
            lines.append(_none(facts, parameters, operation))
    yield by_share(clause, the_site(facts), window, facts.as_of, lines)


def _line(facts: Facts, operation: Operation, record: Record[Body]) -> Line:
    lacking = []
    if operation.who and not any(is_filled(record.body, name) for name in operation.who):
        lacking.append(f"nobody is named ({listed(operation.who)})")
    if not record.attachments and not any(is_filled(record.body, name) for name in operation.traced_by):
        lacking.append(f"no attachment and no {listed(operation.traced_by) or 'reference'}")
    return Line(
        about=record.name,
        mark=Mark.BAD if lacking else Mark.GOOD,
        start=facts.records.anchor(record),
        note=f"{operation.name}: {listed(lacking) or 'can be traced'}",
        owner=record.author,
        records=(record.reference,),
    )


def _none(facts: Facts, parameters: Parameters, operation: Operation) -> Line:
    since = facts.site.handed_over
    note = f"no record of it in the last {parameters.days} days"
    return Line(
        about=operation.name,
        mark=Mark.UNKNOWN,
        note=note if since is None else f"{note}; the building was handed over on {since}",
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with kinds, fields and periods of operations."""
    if not parameters.operations:
        yield "operations", "is empty", "name at least one operation"
    yield from mistakes_of(parameters.operations)


def mistakes_of(operations: tuple[Operation, ...]) -> Iterator[Mistake]:
    """What is wrong with kinds, fields and periods of operations."""
    for operation in operations:
        yield from check_kind("operations", operation.records)
        yield from check_where("operations", operation.records, operation.where)
        yield from check_fields("operations", operation.records, (*operation.who, *operation.traced_by))
        if operation.equipment and operation.records in BODIES:
            yield from check_fields("operations", operation.records, ("equipment",), str, Refs)
        if not operation.every.is_calendar:
            yield "operations", f"{operation.every} is no calendar period", "give day, month, quarter or year"
