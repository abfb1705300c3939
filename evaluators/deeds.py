"""From records to deeds: what a record must say to serve a task, and what telemetry makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import (
    Attendance,
    Body,
    LinkageTest,
    Overhaul,
    Review,
    Round,
    Service,
    Test,
)
from evaluators.model.records import Record
from evaluators.model.site import Equipment
from evaluators.model.times import HOUR_NS, MINUTE_NS
from evaluators.model.verdicts import Mark, Witness
from evaluators.obligations import Deed, Period, Task
from evaluators.recordbook import span


class Reading(StrEnum):
    """How "fire department" is read."""

    AUTHORITY = "authority"
    """The fire authority has to come."""
    IN_HOUSE = "in-house"
    """The site's own fire department is enough."""
    OPEN = "open"
    """Nobody has said: where the answer depends on it, there is none."""


_WORSE = (Mark.GOOD, Mark.UNKNOWN, Mark.BAD)
"""What a record can be worth, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a site or an evaluator may read differently about records."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    late_hours: int = 72
    """A record entered later than this after the work is marked late."""
    late_counts: bool = True
    """Whether a late record serves all the same."""
    contradicted: Mark = Mark.BAD
    """What a record is worth that telemetry contradicts: ``bad`` (it serves nothing) or ``unknown``."""
    no_trace: Mark = Mark.UNKNOWN
    """What it is worth when telemetry was whole and shows no trace: ``good``, ``unknown`` or ``bad``."""
    blind: Mark = Mark.GOOD
    """What it is worth when telemetry was not whole: ``good`` or ``unknown``."""
    attendance: Reading = Reading.OPEN
    """Who has to attend a linkage test."""

    def __post_init__(self) -> None:
        good, unknown, bad = _WORSE
        allowed = {"contradicted": (unknown, bad), "no_trace": _WORSE, "blind": (good, unknown)}
        for name, marks in allowed.items():
            if getattr(self, name) not in marks:
                raise ValueError(f"{name} must be {' or '.join(marks)}")


_SAYS = {
    Witness.CONTRADICTED: "telemetry contradicts it",
    Witness.NO_TRACE: "telemetry was whole and shows no trace of it",
    Witness.BLIND: "telemetry was not whole then",
}


def concerns(task: Task, record: Record[Body]) -> bool:
    """Whether a record is of the sort a task asks for; others are not even looked at."""
    body = record.body
    match body:
        case Test():
            fits = bool(body.part_kind) == bool(task.parts)
        case Review():
            fits = task.review in ("", body.review)
        case _:
            fits = True
    return fits and (not task.levels or getattr(body, "level", "") in task.levels)


def is_past(record: Record[Body], facts: Facts) -> bool:
    """Whether it speaks of what was over by the instant judged at; a date is taken as its first instant."""
    begin, end = facts.records.anchor(record), getattr(record.body, "finished_at", None)
    return max(begin, end or begin) <= facts.as_of


def deed(
    task: Task,
    record: Record[Body],
    equipment: Equipment | None,
    terms: Terms,
    facts: Facts,
    seen: Witness = Witness.NOT_WITNESSABLE,
) -> Deed:
    """What a record does for a task and one piece of equipment; None: for the site, a document.

    ``seen`` is what the wire says of it.
    """
    late = _late(record, terms, facts)
    refusals = list(_refusals(task, record, equipment, terms))
    if late and not terms.late_counts:
        refusals.append(late)
    doubts = list(_doubts(task, record, equipment, terms, seen))
    worth = Mark.BAD if refusals else Mark.UNKNOWN if doubts else Mark.GOOD
    judged = {
        Witness.CONTRADICTED: terms.contradicted,
        Witness.NO_TRACE: terms.no_trace,
        Witness.BLIND: terms.blind,
    }
    worth = max(worth, judged.get(seen, Mark.GOOD), key=_WORSE.index)
    remarks = [*refusals, *doubts, *([_SAYS[seen]] if seen in _SAYS else []), *_remarks(record)]
    if late and late not in remarks:
        remarks.append(late)
    return Deed(
        at=facts.records.anchor(record),
        source=record.source,
        id=record.id,
        worth=worth,
        note="; ".join(remarks),
        records=(record.reference,),
        witness=seen,
        late=bool(late),
    )


def sighting(at: int, claimed: tuple[Record[Body], ...]) -> Deed:
    """A test that the wire itself shows: a part came back at ``at``; with the records that claim it."""
    note = "seen on the wire" if claimed else "seen on the wire, without a record"
    references = tuple(sorted(record.reference for record in claimed))
    return Deed(at=at, source="", id="", note=note, records=references, witness=Witness.CORROBORATED)


def in_doubt(made: Deed, note: str) -> Deed:
    """The same deed, worth no more than a claim."""
    worth = max(made.worth, Mark.UNKNOWN, key=_WORSE.index)
    return replace(made, worth=worth, note="; ".join(filter(None, (note, made.note))))


def _refusals(task: Task, record: Record[Body], equipment: Equipment | None, terms: Terms) -> Iterator[str]:
    body = record.body
    if task.performers and isinstance(body, Round | Service) and body.performer not in task.performers:
        yield f"done by {body.performer}, not by {' or '.join(task.performers)}"
    if task.report and isinstance(body, Service | Overhaul) and not (body.report.strip() or record.attachments):
        yield "no report: neither its number nor an attachment"
    match body:
        case Overhaul():
            yield from _overhaul(task, body, equipment)
        case Test(finished_at=int(end)) if end - body.performed_at < task.minutes * MINUTE_NS:
            yield f"lasted {(end - body.performed_at) // MINUTE_NS} min of {task.minutes}"
        case LinkageTest(attendance=Attendance.NONE):
            yield "no fire department attended"
        case LinkageTest(attendance=Attendance.IN_HOUSE) if terms.attendance is Reading.AUTHORITY:
            yield "the fire authority did not attend"


def _overhaul(task: Task, body: Overhaul, equipment: Equipment | None) -> Iterator[str]:
    if task.period is Period.MONTH and not body.serves_month:
        yield "its checklist does not hold the monthly service"
    if task.assessed:
        yield from _assessor(body, equipment)


def _assessor(body: Overhaul, equipment: Equipment | None) -> Iterator[str]:
    assessor = _plain(body.assessor)
    if not assessor:
        yield "nobody is named who assessed it"
    elif assessor == _plain(body.organisation):
        yield f"assessed by {body.assessor}, which did the work itself"
    elif equipment is not None and assessor == _plain(equipment.maintainer):
        yield f"assessed by {body.assessor}, which maintains the equipment"


def _doubts(
    task: Task, record: Record[Body], equipment: Equipment | None, terms: Terms, seen: Witness
) -> Iterator[str]:
    body = record.body
    if task.assessed and equipment is not None and not _plain(equipment.maintainer):
        yield "the ledger does not say who maintains it, so nothing shows that the assessor is independent"
    if (
        isinstance(body, LinkageTest)
        and body.attendance is Attendance.IN_HOUSE
        and terms.attendance is Reading.OPEN
    ):
        yield DEPENDS
    if task.minutes and isinstance(body, Test) and body.finished_at is None and seen is not Witness.CORROBORATED:
        yield f"it does not say when it was over, so nothing shows the {task.minutes} min"


DEPENDS = "depends on the reading: the site's own fire department attended, not the authority"


def _remarks(record: Record[Body]) -> Iterator[str]:
    if isinstance(record.body, LinkageTest):
        yield f"attended by: {record.body.attendees or record.body.attendance}"


def _late(record: Record[Body], terms: Terms, facts: Facts) -> str:
    """How late a record was entered; empty where it was not. What was imported at go-live is never late."""
    if record.imported:
        return ""
    entered = record.received if record.made_at is None else record.made_at
    _, done = span(record, facts.zone)
    if entered - done <= terms.late_hours * HOUR_NS:
        return ""
    return f"late: entered {(entered - done) // HOUR_NS} h after the work"


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
