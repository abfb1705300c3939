"""How far a record reaches: the span of time of which it may change what was judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import tzinfo

from evaluators.facts import Facts
from evaluators.faults import names
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
    MeterChange,
    Plan,
    Staff,
    Survey,
    Training,
    ValueAdded,
    WorkOrder,
)
from evaluators.model.episodes import Episode, State
from evaluators.model.records import Record
from evaluators.model.site import Site
from evaluators.model.times import DAY_NS
from evaluators.recordbook import RecordBook, span

LASTING: frozenset[type[Body]] = frozenset(
    {Archive, Certificate, Commissioning, Contract, Document, ItemChange, MeterChange, Plan, Staff, ValueAdded}
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
"""An order may be made so long after its fault began, and still be part of what that fault's month rests on; where
telemetry shows an older outage, longer (`outage_began`)."""

SOUND_NS = 2 * DAY_NS
"""What an order speaks of began after the last time for which its equipment was known to work for so long."""

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


def outage_began(orders: Iterable[WorkOrder], facts: Facts, floor: int) -> int | None:
    """When the oldest outage began that one of some orders may belong to, ns UTC; None where there is none.

    An outage is that of an item that an order speaks of: from the first instant at which it was seen down since it
    last worked for `SOUND_NS`, to the order. It is looked for back to ``floor``, and no further than needed.
    """
    known = facts.telemetry.last_known()
    asked = {(key, order.reported_at) for order in orders for key in _items(order, facts.site, known)}
    found: list[int] = []
    back = ORDER_BEFORE_NS
    while asked:
        start = max(facts.as_of - back, floor)
        tracks = facts.telemetry.episodes(start, facts.as_of)
        for key, at in sorted(asked):
            began, is_whole = _began(tracks[key], at)
            if is_whole or start <= floor:
                asked.discard((key, at))
                found += [began] if began < at else []
        back *= 2
    return min(found, default=None)


def _items(order: WorkOrder, site: Site, known: Collection[str]) -> list[str]:
    """The items that an order may speak of, by key; those that were never seen are left out."""
    return [
        item.key
        for equipment in site.equipment
        if equipment.id == order.equipment
        for item in equipment.items
        if names(order, item.key)
        and (not item.conditions or any(condition.point in known for condition in item.conditions))
    ]


def _began(track: Sequence[Episode], at: int) -> tuple[int, bool]:
    """When an item was first seen down since it last worked for long, before ``at``; and whether the track reaches
    back so far."""
    began, sound = at, 0
    for episode in reversed(track):
        if episode.start >= at:
            continue
        if episode.state in (State.DOWN, State.UNKNOWN):
            sound = 0
            began = episode.start if episode.state is State.DOWN else began
        else:
            sound += min(episode.end, at) - episode.start
        if sound >= SOUND_NS:
            return began, True
    return began, False
