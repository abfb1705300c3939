"""What people stated of functional items, as judging counts it: declarations, removals, inspections.

The rule for declarations, item by item, over all versions of a record in order (`in_force`):

- A version counts where it was received at or before its start. One that came later and amends nothing that runs
  counts for nothing: what is declared afterwards was not declared.
- An amendment says anew what counts from its receipt on. Of the time before, it may only take away.
- So it extends what was declared only while that still runs (at its end at the latest).
- A withdrawal, or an amendment that no longer names the item, ends what runs at its receipt, and what has not
  begun never begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evaluators.model.bodies import Declaration, Inspection, ItemChange
from evaluators.model.episodes import Declared, State
from evaluators.model.records import Record
from evaluators.model.site import Item, Site
from evaluators.model.times import DAY_NS
from evaluators.recordbook import RecordBook
from evaluators.tracks import Change, cut, merged


def named(refs: Iterable[str], site: Site) -> Iterator[Item]:
    """The items that some ids name, each an item's own or that of a piece of equipment, in the order of the
    site."""
    wanted = set(refs)
    concerned = {ref.partition("/")[0] for ref in wanted}
    for equipment in site.equipment:
        if equipment.id in concerned:
            yield from (item for item in equipment.items if equipment.id in wanted or item.key in wanted)


def declared(records: RecordBook, site: Site) -> tuple[Declared, ...]:
    """Everything that was declared in time, by item and start."""
    found: list[Declared] = []
    for history in records.histories(Declaration):
        refs = {ref for version in history for ref in version.body.items}
        for item in named(refs, site):
            found += in_force(history, item.key)
    return tuple(sorted(found, key=lambda d: (d.item, d.start, d.end, d.state)))


def in_force(history: Sequence[Record[Declaration]], item: str) -> list[Declared]:
    """What the versions of one record, the oldest first, come to for one item."""
    pieces: list[Declared] = []
    for version in _in_turn(history):
        body, at = version.body, version.received
        refers = item in body.items or item.partition("/")[0] in body.items
        if version.withdrawn or not refers:
            pieces = list(_cut(pieces, None, at))
            continue
        runs = any(piece.start < at <= piece.end for piece in pieces)
        waits = any(at <= piece.start for piece in pieces)
        pieces = [cut for kept in _cut(pieces, None, at) for cut in _cut([kept], body.start, body.end)]
        if at <= body.start or runs or waits:
            start = max(body.start, at)
            if start < body.end:
                pieces.append(Declared(item, body.state, start, body.end, at, version.author))
    return _joined(pieces)


def _in_turn(history: Sequence[Record[Declaration]]) -> list[Record[Declaration]]:
    """The versions that were ever the newest there was, the oldest first."""
    found: list[Record[Declaration]] = []
    for version in reversed(history):
        if not found or version.received < found[-1].received:
            found.append(version)
    return found[::-1]


def _cut(pieces: Iterable[Declared], start: int | None, end: int) -> Iterator[Declared]:
    for piece in pieces:
        left = piece.start if start is None else max(piece.start, start)
        right = min(piece.end, end)
        if left < right:
            yield Declared(piece.item, piece.state, left, right, piece.declared_at, piece.author)


def _joined(pieces: Iterable[Declared]) -> list[Declared]:
    found: list[Declared] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and last.end == piece.start and last.state is piece.state:
            found[-1] = Declared(last.item, last.state, last.start, piece.end, last.declared_at, last.author)
        else:
            found.append(piece)
    return found


def late(records: RecordBook, start: int, end: int) -> Iterator[Record[Declaration]]:
    """The declarations that begin within ``[start, end)`` and count for nothing, since each version came late."""
    for record in records.between(Declaration, start, end):
        if all(version.received > version.body.start for version in records.versions(record)):
            yield record


@dataclass(frozen=True, slots=True)
class Removal:
    """An item does not count over ``[start, end)``; None: for good. ``record`` says so, or the ledger."""

    start: int
    end: int | None
    record: Record[ItemChange] | None


def removals(records: RecordBook) -> dict[str, tuple[Removal, ...]]:
    """When each item was taken out of the list, by key, in order.

    Only an approved change counts. An item is out from the time that the record names, but no sooner than the
    record was received (what was imported at go-live excepted); it is in again from the time named.
    """
    found: dict[str, list[Removal]] = {}
    for record in records.all(ItemChange):
        body = record.body
        spans = found.setdefault(body.item, [])
        is_out = bool(spans) and spans[-1].end is None
        if body.counts and is_out:
            spans[-1] = Removal(spans[-1].start, max(spans[-1].start, body.at), spans[-1].record)
        elif not body.counts and not is_out and body.approved_by.strip():
            start = body.at if record.imported else max(body.at, record.received)
            spans.append(Removal(start, None, record))
    return {
        item: tuple(span for span in spans if span.end is None or span.start < span.end)
        for item, spans in found.items()
    }


def inspected(looks: Iterable[tuple[int, bool]], days: int, start: int, end: int, as_of: int) -> list[Change]:
    """The track over ``[start, end)`` of an item that lives by inspections, as known at ``as_of``.

    ``looks`` are times (ns UTC) and whether the item was usable then, in any order; of two at one time the worse
    counts. A result holds until the next one, but no longer than ``days`` of 24 hours; otherwise all is unknown.
    """
    known = sorted((at, not usable) for at, usable in looks if at < min(end, as_of))
    found: list[Change] = [(min(start, known[0][0]) if known else start, State.UNKNOWN, None)]
    for place, (at, failed) in enumerate(known):
        lapse = at + days * DAY_NS
        found.append((at, State.DOWN if failed else State.UP, None))
        following = known[place + 1][0] if place + 1 < len(known) else end
        if lapse < following:
            found.append((lapse, State.UNKNOWN, None))
    return cut(merged(found), start)


def inspections_of(records: RecordBook) -> dict[str, tuple[tuple[int, bool], ...]]:
    """When each item was looked at, by key, and whether it was usable."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for record in records.all(Inspection):
        found.setdefault(record.body.item, []).append((record.body.performed_at, record.body.usable))
    return {item: tuple(entries) for item, entries in found.items()}
