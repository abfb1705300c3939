"""Counts a period: how often, or how much, each thing of a kind has had in each period of its life.

Such as two contacts a day for each open complaint, or forty hours a year for each member of customer service. The
threshold is owed by each of them: the site's value is the smallest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, Instant, Refs
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.selection import (
    LAST_DAY,
    Mistake,
    Where,
    by_reference,
    check_fields,
    check_kind,
    check_where,
    fits,
    is_kept,
    life,
    referring,
    the_site,
)
from evaluators.tally import by_amount
from evaluators.windows import between, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is counted, for what, and in which periods."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    records: str
    """The kind of record that is counted, by its anchor."""
    refers: str
    """The field by which it names what it is counted for; a list counts for each of its entries."""
    each: str
    """The kind of record for each of which the threshold is owed, from its anchor on."""
    until: str
    """The field of ``each`` that ends it."""
    where: Where = field(default_factory=dict)
    """Which records are counted."""
    each_where: Where = field(default_factory=dict)
    """For which it is owed."""
    amount: str = ""
    """The number that is added up; without it, records are counted. 0 stands for "not said"."""
    period: WindowKind | None = None
    """The calendar period in which it is owed; without it, the clause's own window."""
    first_counts: bool = False
    """Whether the whole threshold is owed in a period in the middle of which the thing began."""
    owner: str = ""
    """The field of ``each`` that says who has to act."""


@dataclass(frozen=True, slots=True)
class _Count:
    """What was found for one thing in one period."""

    line: Line
    least: Fraction
    most: Fraction


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the smallest amount that anything has had, in its periods so far."""
    parameters = parameters_of(clause, Parameters)
    counts = _counts(clause, parameters, facts, window)
    lines = [count.line for count in counts]
    counted = [count for count in counts if count.line.mark is not Mark.EXCLUDED]
    interval = None
    if counted:
        interval = min(count.least for count in counted), min(count.most for count in counted)
    if parameters.each in BY_REGISTER and not is_kept(facts, parameters.each, window):
        note = f"no {parameters.each} record: nobody knows for whom it is owed"
        lines, interval = (
            [Line(about=parameters.each, mark=Mark.UNKNOWN, note=note)],
            (Fraction(0), clause.threshold),
        )
    best = min((count.most for count in counts if count.line.mark is Mark.BAD), default=None)
    yield by_amount(clause, the_site(facts), window, facts.as_of, interval, lines, best=best)


BY_REGISTER = frozenset(body.KIND for body in LAST_DAY)
"""Kinds of which there is always some, so that none on record means that nobody keeps them."""


def _counts(clause: Clause, parameters: Parameters, facts: Facts, window: Window) -> list[_Count]:
    counted = by_reference(
        (each for each in _until_now(facts, parameters.records) if fits(each.body, parameters.where)),
        parameters.refers,
    )
    found = []
    for record in _until_now(facts, parameters.each):
        if not fits(record.body, parameters.each_where):
            continue
        begin, end = life(facts, record, parameters.until)
        for period in _periods(parameters, facts, window, begin, end):
            within = [each for each in referring(counted, record) if period.holds(facts.records.anchor(each))]
            found.append(_count(clause, parameters, facts, record, (begin, end), period, within))
    return found


def _until_now(facts: Facts, kind: str) -> list[Record[Body]]:
    return facts.records.between(BODIES[kind], 0, facts.as_of + 1)


def _periods(
    parameters: Parameters, facts: Facts, window: Window, begin: int, end: int | None
) -> Iterator[Window]:
    """The periods of the window that have begun and that share an instant with the thing's life."""
    last = facts.as_of if end is None else end
    if max(window.start, begin) >= min(window.end, last):
        return
    if parameters.period is None:
        yield window
        return
    yield from between(parameters.period, max(window.start, begin), min(window.end, last), facts.zone)


def _count(
    clause: Clause,
    parameters: Parameters,
    facts: Facts,
    record: Record[Body],
    lasted: tuple[int, int | None],
    period: Window,
    within: list[Record[Body]],
) -> _Count:
    amounts = [_amount(parameters, each) for each in within]
    least = sum(amounts, Fraction(0))
    silent = parameters.amount != "" and Fraction(0) in amounts
    most = max(least, clause.threshold) if silent else least
    mark = _mark(clause, parameters, facts, lasted, period, least, most)
    of_it = f" {local_date(period.start, facts.zone).isoformat()}" if parameters.period else ""
    line = Line(
        about=f"{record.name}{of_it}",
        mark=mark,
        start=max(period.start, lasted[0]),
        due=period.end,
        note=_note(clause, parameters, lasted, period, least, silent),
        owner=str(getattr(record.body, parameters.owner)) if parameters.owner else "",
        records=(record.reference, *(each.reference for each in within)),
    )
    return _Count(line, least, most)


def _amount(parameters: Parameters, record: Record[Body]) -> Fraction:
    return Fraction(getattr(record.body, parameters.amount)) if parameters.amount else Fraction(1)


def _mark(
    clause: Clause,
    parameters: Parameters,
    facts: Facts,
    lasted: tuple[int, int | None],
    period: Window,
    least: Fraction,
    most: Fraction,
) -> Mark:
    begin, end = lasted
    if (end is not None and end < period.end) or (begin > period.start and not parameters.first_counts):
        return Mark.EXCLUDED
    if least >= clause.threshold:
        return Mark.GOOD
    if period.end > facts.as_of:
        return Mark.RUNNING
    return Mark.UNKNOWN if most >= clause.threshold else Mark.BAD


def _note(
    clause: Clause,
    parameters: Parameters,
    lasted: tuple[int, int | None],
    period: Window,
    least: Fraction,
    silent: bool,
) -> str:
    begin, end = lasted
    unit = f" {clause.unit}" if clause.unit != "1" else ""
    said = [f"{least} of {clause.threshold}{unit}"]
    if silent:
        said.append(f"a record does not say its {parameters.amount}")
    if end is not None and end < period.end:
        said.append("ended within the period: not counted")
    elif begin > period.start:
        counts = "owed in full, the clause says nothing of shares" if parameters.first_counts else "not counted"
        said.append(f"began within the period: {counts}")
    return "; ".join(said)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields and periods, as the bodies have them."""
    yield from check_kind("records", parameters.records)
    yield from check_where("where", parameters.records, parameters.where)
    yield from check_fields("refers", parameters.records, (parameters.refers,), str, Refs)
    yield from check_fields("amount", parameters.records, filter(None, (parameters.amount,)), int, Fraction)
    yield from check_kind("each", parameters.each)
    yield from check_where("each_where", parameters.each, parameters.each_where)
    ends = (LAST_DAY[BODIES[parameters.each]],) if parameters.each in BY_REGISTER else ()
    if parameters.until not in ends:
        yield from check_fields("until", parameters.each, (parameters.until,), Instant)
    yield from check_fields("owner", parameters.each, filter(None, (parameters.owner,)), str)
    if parameters.period is not None and not parameters.period.is_calendar:
        yield "period", f"{parameters.period} is no calendar period", "give day, month, quarter or year"
