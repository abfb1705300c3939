"""Faults: what equipment did, what called for help, and what people reported, each told once.

A report belongs to the fault of the same equipment (and item, where it names one) that lasted when it was made, or
nearly so: to the one with the nearest start, then the earliest, then by name. Each report serves one fault; a
fault may have several. A report without a fault on the wire is a fault by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, ClassVar

from evaluators.debounce import NEVER, Between, Delays, Phase, Spell, debounced, item_phases, spells
from evaluators.emergencies import alarms
from evaluators.facts import Facts, Tracks
from evaluators.model.bodies import WorkOrder
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment
from evaluators.model.times import DAY_NS, MINUTE_NS, SECOND_NS, Window, moment

Order = Record[WorkOrder]

FAULT = "fault"
"""The kind of what is no emergency watch's; those are called by their `Category`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering(Delays):
    """How faults are gathered."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    report_minutes: int = 30
    """A report belongs to a fault that begins up to so long after it was made."""
    lookback_days: int = 31
    """How long before a window telemetry is asked for faults that go on into it."""


USUAL = Gathering()


def gathering_mistakes(rules: Gathering) -> Iterator[tuple[str, str, str]]:
    """What cannot be gathered so: the key, what is wrong, what would be right."""
    if min(rules.on_s, rules.off_s, rules.chatter_s, rules.report_minutes) < 0:
        yield "faults", "a length of time is negative", "give whole numbers from 0"
    if rules.chatter_cycles < 2:
        yield "faults", "chatter_cycles is less than 2: every fault would chatter", "give 2 or more"
    if rules.lookback_days < 2:
        yield "faults", "lookback_days is less than 2: faults that come back would be missed", "give 2 or more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault or emergency; ``about`` names it: its item, watch or report, and when it was first seen."""

    about: str
    kind: str
    """`FAULT`, or the category of the watch."""
    equipment: str
    item: str
    """Its key; empty where a report names none, and for watches."""
    start: Between
    end: Between
    """Never before the start; ``latest`` is `NEVER` while it goes on or its end was not seen."""
    emergency: bool = False
    on_the_wire: bool = True
    """False: only people reported it."""
    chattering: bool = False
    certain: bool = True
    """False: it may have been too short to be a fault."""
    orders: tuple[Order, ...] = ()
    """The reports of it, by time and name."""
    flood: str = ""
    """What the first of more than ten alarms in ten minutes is about, for those that are among them."""


@dataclass(frozen=True, slots=True)
class FaultLog:
    """All faults by start, and the phases of each functional item, by its key."""

    faults: tuple[Fault, ...]
    phases: Mapping[str, Sequence[Phase]]
    happenings: Tracks


def gather(facts: Facts, window: Window, rules: Gathering) -> FaultLog:
    """The faults that began in the window, or before it within the look-back, as known at ``facts.as_of``."""
    since = window.start - rules.lookback_days * DAY_NS
    return facts.once(("faults", since, rules), lambda: _gathered(facts, since, rules))


def _gathered(facts: Facts, since: int, rules: Gathering) -> FaultLog:
    if since >= facts.as_of:
        return FaultLog((), {}, {})
    tracks = facts.telemetry.episodes(since, facts.as_of)
    happenings = facts.telemetry.happenings(since, facts.as_of)
    phases = {item.key: item_phases(tracks.get(item.key, ())) for item in facts.site.items()}
    seen = [
        *_of_items(facts, phases, rules),
        *(
            _fault(alarm.key, alarm.category, alarm.equipment, "", alarm.spell, True, facts.zone)
            for alarm in alarms(facts, happenings, rules)
        ),
    ]
    orders = tuple(facts.records.between(WorkOrder, since, facts.as_of + 1))
    served = _served(seen, orders, rules)
    alone = (order for order in orders if order.name not in served)
    found = [*_with_reports(seen, orders, served), *_by_report(alone, facts)]
    found.sort(key=lambda fault: (fault.start.latest, fault.about))
    return FaultLog(tuple(_in_floods(found)), phases, happenings)


def _of_items(facts: Facts, phases: Mapping[str, Sequence[Phase]], rules: Gathering) -> Iterator[Fault]:
    for equipment in facts.site.equipment:
        for item in equipment.items:
            for spell in debounced(spells(phases[item.key]), rules):
                yield _fault(item.key, FAULT, equipment.id, item.key, spell, item.emergency, facts.zone)


def _fault(key: str, kind: str, equipment: str, item: str, spell: Spell, emergency: bool, zone: tzinfo) -> Fault:
    called = f"{key} {kind}" if kind == Category.FIRE_ALARM else key
    return Fault(
        about=f"{called} {moment(spell.start.latest).astimezone(zone).isoformat()}",
        kind=kind,
        equipment=equipment,
        item=item,
        start=spell.start,
        end=spell.end,
        emergency=emergency,
        chattering=spell.chattering,
        certain=spell.certain,
    )


def names(order: WorkOrder, item: str) -> bool:
    """Whether a report may speak of an item (its key) of its equipment: by its key or its id, or for all of them.

    Without an item on either side, it may.
    """
    return not order.item or not item or order.item in (item, item.partition("/")[2])


def _served(seen: Iterable[Fault], orders: Iterable[Order], rules: Gathering) -> dict[str, Fault]:
    """The fault on the wire that each report belongs to, by the report's name; of the others there is none."""
    by_equipment: dict[str, list[Fault]] = {}
    for fault in seen:
        by_equipment.setdefault(fault.equipment, []).append(fault)
    found: dict[str, Fault] = {}
    for order in orders:
        nearest = _nearest(order.body, by_equipment.get(order.body.equipment, ()), rules)
        if nearest is not None:
            found[order.name] = nearest
    return found


def _nearest(order: WorkOrder, faults: Iterable[Fault], rules: Gathering) -> Fault | None:
    at = order.reported_at
    first, last = at - rules.off_s * SECOND_NS, at + rules.report_minutes * MINUTE_NS
    near = [
        fault
        for fault in faults
        if fault.start.earliest <= last and first <= fault.end.latest and names(order, fault.item)
    ]
    return min(near, key=lambda fault: (_distance(fault.start, at), fault.start.latest, fault.about), default=None)


def _distance(start: Between, at: int) -> int:
    return max(start.earliest - at, at - start.latest, 0)


def _with_reports(seen: Iterable[Fault], orders: Iterable[Order], served: Mapping[str, Fault]) -> Iterator[Fault]:
    """The faults on the wire with their reports: somebody noticed them no later than they were reported."""
    by_fault: dict[str, list[Order]] = {}
    for order in orders:
        if order.name in served:
            by_fault.setdefault(served[order.name].about, []).append(order)
    for fault in seen:
        reports = by_fault.get(fault.about, [])
        if not reports:
            yield fault
            continue
        noticed = min(order.body.reported_at for order in reports)
        yield replace(
            fault,
            start=Between(min(fault.start.earliest, noticed), min(fault.start.latest, noticed)),
            emergency=fault.emergency or any(order.body.emergency for order in reports),
            certain=True,
            orders=tuple(sorted(reports, key=lambda order: (order.body.reported_at, order.name))),
        )


def _by_report(orders: Iterable[Order], facts: Facts) -> Iterator[Fault]:
    """What people alone reported: it began when they did, and is over once somebody found it to work again."""
    equipment = {each.id: each for each in facts.site.equipment}
    for order in orders:
        body = order.body
        verified = body.verified_at
        over = verified is not None and body.reported_at <= verified <= facts.as_of
        yield Fault(
            about=order.name,
            kind=FAULT,
            equipment=body.equipment,
            item=_key(body),
            start=Between.exactly(body.reported_at),
            end=Between.exactly(verified) if over and verified is not None else Between(facts.as_of, NEVER),
            emergency=body.emergency or _is_urgent(body, equipment.get(body.equipment)),
            on_the_wire=False,
            orders=(order,),
        )


def _is_urgent(order: WorkOrder, equipment: Equipment | None) -> bool:
    """Whether every item that a report may speak of is one of life safety, or one whose fault is an emergency."""
    items = [item for item in equipment.items if names(order, item.key)] if equipment else []
    return bool(items) and all(item.emergency or item.life_safety for item in items)


def _key(order: WorkOrder) -> str:
    if not order.item or "/" in order.item:
        return order.item
    return f"{order.equipment}/{order.item}"


FLOOD_ALARMS = 10
FLOOD_NS = 10 * MINUTE_NS
"""More alarms than that in so long are a flood: they are told together, but each keeps its clock."""


def _in_floods(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Faults in order of their starts, each with the flood it is in."""
    floods = [""] * len(faults)
    for last in range(FLOOD_ALARMS, len(faults)):
        first = last - FLOOD_ALARMS
        if faults[last].start.latest - faults[first].start.latest < FLOOD_NS:
            name = next((flood for flood in floods[first:last] if flood), faults[first].about)
            floods[first : last + 1] = [flood or name for flood in floods[first : last + 1]]
    return (replace(fault, flood=flood) for fault, flood in zip(faults, floods, strict=True))
