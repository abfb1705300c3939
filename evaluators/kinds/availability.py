"""Availability of functional items, systems and the site; the arithmetic is in `evaluators.availability`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from typing import Any, ClassVar

from evaluators import reliability
from evaluators.availability import (
    Figures,
    figures,
    half_used,
    missing,
    snapshot,
    swing,
    total,
)
from evaluators.availability import (
    judge as verdict_on,
)
from evaluators.declarations import Removal, late, named, removals
from evaluators.facts import Facts, Tracks
from evaluators.model.clauses import Clause
from evaluators.model.episodes import State
from evaluators.model.site import Item, WeekHours
from evaluators.model.times import HOUR_NS, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Missing, Subject, Verdict
from evaluators.telemetry import required_from
from evaluators.tracks import changes_of
from evaluators.weekhours import hours
from evaluators.windows import day_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Nothing to set: both readings of planned time are worked out."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


Group = tuple[Subject, tuple[Item, ...]]


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict a subject: site, systems, equipment, items.

    At an instant it is on the snapshot, as just before it; over a window on the time-weighted mean so far.
    """
    if window.kind is WindowKind.INSTANT:
        yield from _at_instant(clause, facts, window)
    else:
        yield from _over(clause, facts, window)


def _at_instant(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    tracks = facts.telemetry.episodes(window.start - 1, window.start)
    states = {item.key: _last(tracks, item.key) for item in facts.site.items()}
    for subject, items in subjects(facts):
        counted = snapshot(states[item.key] for item in items)
        yield verdict_on(clause, subject, counted, window, facts.as_of)


def _last(tracks: Tracks, key: str) -> State:
    changes = changes_of(tracks, key)
    return changes[-1][1] if changes else State.UNKNOWN


def subjects(facts: Facts) -> Iterator[Group]:
    """The site, its systems, equipment and items, each with the items it is made of."""
    site = facts.site
    yield Subject(Level.SITE, site.id), tuple(site.items())
    by_system: dict[str, list[Item]] = {system.id: [] for system in site.systems}
    for equipment in site.equipment:
        by_system.setdefault(equipment.system, []).extend(equipment.items)
    for system in site.systems:
        yield Subject(Level.SYSTEM, system.id), tuple(by_system[system.id])
    for equipment in site.equipment:
        yield Subject(Level.EQUIPMENT, equipment.id), equipment.items
    for item in site.items():
        yield Subject(Level.ITEM, item.key), (item,)


@dataclass(slots=True)
class _Sum:
    """What one subject comes to: figures, required time still to come (ns), and what is to be told."""

    figures: Figures
    coming: int
    lines: Sequence[Line]


def _over(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """Each item is looked at once; equipment sums its items, a system its equipment, the site everything."""
    site = facts.site
    end = min(window.end, facts.as_of)
    looked = _figures(facts.telemetry.episodes(window.start, end), site.items(), end)
    coming = _coming(facts, window)
    told = _told(facts, window)

    def one(item: Item) -> _Sum:
        return _Sum(looked[item.key], coming.get(item.key, 0), told.get(item.key, ()))

    def several(items: Sequence[Item], parts: Iterable[Figures]) -> _Sum:
        lines = dict.fromkeys(line for item in items for line in told.get(item.key, ())) if told else ()
        return _Sum(total(parts), sum(coming[item.key] for item in items) if coming else 0, tuple(lines))

    sums = {each.id: several(each.items, [looked[i.key] for i in each.items]) for each in site.equipment}
    systems = {}
    for system in site.systems:
        members = [each for each in site.equipment if each.system == system.id]
        items = [item for each in members for item in each.items]
        systems[system.id] = several(items, (sums[each.id].figures for each in members))
    whole = several(list(site.items()), (found.figures for found in sums.values()))
    yield _verdict(clause, Subject(Level.SITE, site.id), whole, window, facts.as_of)
    for name, found in systems.items():
        yield _verdict(clause, Subject(Level.SYSTEM, name), found, window, facts.as_of)
    for name, found in sums.items():
        yield _verdict(clause, Subject(Level.EQUIPMENT, name), found, window, facts.as_of)
    for item in site.items():
        yield _verdict(clause, Subject(Level.ITEM, item.key), one(item), window, facts.as_of)


def _figures(tracks: Tracks, items: Iterable[Item], end: int) -> dict[str, Figures]:
    """The figures of each item. Most are in one state throughout: these share one object for each such state."""
    shared: dict[object, Figures] = {}
    found = {}
    for item in items:
        changes = changes_of(tracks, item.key)
        if len(changes) != 1:
            found[item.key] = figures(changes, end)
            continue
        only = changes[0]
        if only not in shared:
            shared[only] = figures(changes, end)
        found[item.key] = shared[only]
    return found


def _verdict(clause: Clause, subject: Subject, found: _Sum, window: Window, as_of: int) -> Verdict:
    counted = found.figures.account
    end = min(window.end, as_of)
    lacking: tuple[Missing, ...] = ()
    lines = tuple(found.lines)
    if counted.unknown:
        lacking = missing(found.figures.missing)
        lines += tuple(_margin(clause, subject, found, window, lacking))
    moved = swing(found.figures, window.start, max(end, window.start), clause.threshold)
    beside = reliability.facts(found.figures.outages, counted.up, counted.unknown)
    return verdict_on(clause, subject, counted, window, as_of, found.coming, lacking, lines, beside, moved)


def _margin(
    clause: Clause, subject: Subject, found: _Sum, window: Window, lacking: Sequence[Missing]
) -> Iterator[Line]:
    counted = found.figures.account
    margin = half_used(counted, found.coming, clause.threshold)
    if margin is not None:
        worst = lacking[0].cause
        unknown, left = _hours(counted.unknown), _hours(margin)
        gap = f": {worst.gap.label}" if worst and worst.gap else ""
        point = f"; mostly {worst.point}{gap}" if worst else ""
        yield Line(
            about=f"unknown {subject}",
            mark=Mark.FINDING,
            start=window.start,
            note=f"{unknown} h are unknown, of {left} h that the threshold leaves{point}",
        )


def _hours(length: Fraction | int) -> str:
    tenths = int(length * 10 // HOUR_NS)
    return f"{tenths // 10}.{tenths % 10}"


def _coming(facts: Facts, window: Window) -> dict[str, int]:
    """By item the most required time that an open window may yet add: without standing hours, or what is out.
    Nothing for a closed one."""
    if window.end <= facts.as_of:
        return {}
    out = _out(facts)
    off: dict[tuple[tuple[WeekHours, ...], int], int] = {}
    found = {}
    for item in facts.site.items():
        begin = max(facts.as_of, required_from(facts.site, item) or 0)
        if item.key in out:
            taken = (_overlap(span.start, span.end, begin, window.end) for span in out[item.key])
            found[item.key] = max(0, window.end - begin - sum(taken))
        elif item.stand_down and not item.life_safety:
            rule = (item.stand_down, begin)
            if rule not in off:
                off[rule] = _standing(item.stand_down, begin, window.end, facts.zone)
            found[item.key] = max(0, window.end - begin - off[rule])
        else:
            found[item.key] = max(0, window.end - begin)
    return found


def _overlap(left: int, right: int | None, start: int, end: int) -> int:
    return max(0, (end if right is None else min(right, end)) - max(left, start))


def _standing(stand_down: tuple[WeekHours, ...], start: int, end: int, zone: tzinfo) -> int:
    """The standing hours within ``[start, end)``, ns, overlaps once."""
    length = 0
    for left, right in sorted(hours(stand_down, start, end, zone)):
        left, right = max(left, start), min(right, end)
        if left < right:
            length += right - left
            start = right
    return length


def _out(facts: Facts) -> dict[str, list[Removal]]:
    """When items do not count, by key: by a record, or since their equipment is gone by the ledger."""
    found = {key: list(spans) for key, spans in removals(facts.records).items()}
    for equipment in facts.site.equipment:
        if equipment.removed is not None:
            gone = Removal(day_start(equipment.removed, facts.zone), None, None)
            for item in equipment.items:
                found.setdefault(item.key, []).append(gone)
    return found


def _told(facts: Facts, window: Window) -> Mapping[str, Sequence[Line]]:
    """By item what is worth telling: that it was taken out of the list, or that a declaration came late."""
    found: dict[str, list[Line]] = {}
    for key, spans in _out(facts).items():
        for span in spans:
            if span.start < min(window.end, facts.as_of) and (span.end is None or span.end > window.start):
                found.setdefault(key, []).append(_taken_out(key, span, window))
    for record in late(facts.records, window.start, min(window.end, facts.as_of)):
        line = Line(
            about=record.name,
            mark=Mark.FINDING,
            start=record.body.start,
            done=record.received,
            note="declared after its start: it does not count",
            owner=record.author,
            records=(record.reference,),
        )
        for item in named(record.body.items, facts.site):
            found.setdefault(item.key, []).append(line)
    return found


def _taken_out(key: str, span: Removal, window: Window) -> Line:
    """What comes back after the window is not told in it: nothing later may change what a closed window says."""
    record = span.record
    back = None if span.end is None or span.end >= window.end else span.end
    return Line(
        about=key,
        mark=Mark.EXCLUDED,
        start=span.start,
        done=back,
        note=f"taken out of the list, approved by {record.body.approved_by}" if record else "gone by the ledger",
        records=(record.reference,) if record else (),
    )
