"""How far a record reaches: the span of time of which it may change what was judged."""

from __future__ import annotations

from datetime import tzinfo

from evaluators.model.bodies import (
    Archive,
    Body,
    Certificate,
    Commissioning,
    Complaint,
    Contact,
    Contract,
    Document,
    ItemChange,
    Plan,
    Staff,
    Survey,
    Training,
    ValueAdded,
    WorkOrder,
)
from evaluators.model.records import Record
from evaluators.model.times import DAY_NS
from evaluators.recordbook import RecordBook, span

LASTING: frozenset[type[Body]] = frozenset(
    {Archive, Certificate, Commissioning, Contract, Document, ItemChange, Plan, Staff, ValueAdded}
)
"""What they state holds on after the times that they name."""

REFERS: dict[type[Body], tuple[str, type[Body]]] = {
    Contact: ("complaint", Complaint),
    Survey: ("complaint", Complaint),
    Certificate: ("staff", Staff),
    Training: ("retake_of", Training),
}
"""The field by which a record belongs to another one, and that one's kind."""

BEFORE_NS = 2 * DAY_NS
"""A record may belong to something that began so long before it."""

ORDER_BEFORE_NS = 62 * DAY_NS
"""An order may be made so long after its fault began, and still be part of what that fault's month rests on."""

AFTER_NS = 62 * DAY_NS
"""What follows may be measured from it: the next service is looked at together with the one before."""


def reach(record: Record[Body], book: RecordBook, zone: tzinfo) -> tuple[int, int | None]:
    """The first and the last instant that one version may matter to, ns UTC; None: from then on."""
    first, last = span(record, zone)
    refers = REFERS.get(type(record.body))
    if refers is not None:
        other = book.find(refers[1], getattr(record.body, refers[0]), record.source)
        if other is not None:
            begun, ended = span(other, zone)
            first, last = min(first, begun), max(last, ended)
    before = ORDER_BEFORE_NS if isinstance(record.body, WorkOrder) else BEFORE_NS
    return first - before, None if type(record.body) in LASTING else last + AFTER_NS
