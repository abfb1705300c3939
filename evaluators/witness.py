"""Witnesses: what telemetry says of a record. A trace is looked for on the day of the record, in the site's zone.

====================  =====================================================================================
``CORROBORATED``      the trace is there, and lasted long enough
``CONTRADICTED``      it is not, telemetry was whole, and it shows the opposite of what the record states
``NO_TRACE``          it is not, and telemetry was whole
``BLIND``             it is not, but time that is unknown could hide it
``NOT_WITNESSABLE``   no wire could show it
====================  =====================================================================================

The opposite is shown where the record says ``normal`` and, throughout the time it states from begin to end, every
watch of its run was known to be still; or where, throughout that time (the whole day if no end is stated), a
functional item of the equipment was known to be down. Of a part: where it went into alarm or test and was known to
stay there. A record that leaves several traces needs each of them: the worst decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any, NamedTuple

from evaluators.facts import Facts, Tracks
from evaluators.model.bodies import Body, LinkageTest, Overhaul, Result, Service, Test
from evaluators.model.episodes import Episode, State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Item, Part, Site, Watch
from evaluators.model.times import Window
from evaluators.model.verdicts import Witness
from evaluators.windows import day_start, local_date

PANEL = "fire-panel"
"""The kind of equipment that every linkage test goes through."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A row of the table: such a record leaves this on equipment that has a watch of one of the categories.

    One of those watches is enough. ``any_length``: the watch's shortest time that counts does not matter.
    """

    record: type[Body]
    categories: tuple[Category, ...]
    when: Callable[[Any], bool] = lambda body: True
    """Of the record's body: whether it states what would leave the trace."""
    any_length: bool = False


TRACES = (
    Trace(Test, (Category.RUN,), lambda test: not test.part_kind),
    Trace(Test, (Category.PART_TEST,), lambda test: bool(test.part_kind)),
    Trace(Service, (Category.RUN,), lambda service: service.ran),
    Trace(Service, (Category.AT_WORK,)),
    Trace(Overhaul, (Category.AT_WORK,)),
    Trace(LinkageTest, (Category.RUN,), any_length=True),
    Trace(LinkageTest, (Category.FIRE_ALARM, Category.TEST_MODE), any_length=True),
)
"""Which record leaves which trace. Nothing else, such as a round, can be witnessed."""

_WORST_FIRST = (Witness.CONTRADICTED, Witness.NO_TRACE, Witness.BLIND, Witness.CORROBORATED)


class Stretch(NamedTuple):
    """One state over ``[start, end)``, ns UTC."""

    start: int
    end: int
    state: State


@dataclass(frozen=True, slots=True)
class Wire:
    """What telemetry said over ``[start, end)``; all time outside is unknown."""

    zone: tzinfo
    start: int
    end: int
    watches: Tracks
    items: Tracks

    def stretches(self, tracks: Tracks, key: str, start: int, end: int) -> list[Stretch]:
        """One watch's or item's states over ``[start, end)``, without holes."""
        episodes = tracks.get(key, ())
        found: list[Stretch] = []
        at = start
        for episode in episodes[_first_after(episodes, start) :]:
            if episode.start >= end:
                break
            if episode.start > at:
                found.append(Stretch(at, episode.start, State.UNKNOWN))
            at = min(episode.end, end)
            found.append(Stretch(max(episode.start, start), at, episode.state))
        return found if at >= end else [*found, Stretch(at, end, State.UNKNOWN)]

    def days(self, record: Record[Body]) -> tuple[int, int]:
        """From the first instant of the day a record begins on to the last of the day it ends on, half-open."""
        begin, end = stated(record)
        last = local_date(max(begin, end or begin), self.zone) + timedelta(days=1)
        return day_start(local_date(begin, self.zone), self.zone), day_start(last, self.zone)


def _first_after(episodes: Sequence[Episode], at: int) -> int:
    return bisect_right(episodes, at, key=lambda episode: episode.end)


def listen(facts: Facts, start: int, *, items: bool = True) -> Wire:
    """The wire from ``start`` to the instant judged at; ``items``: whether the functional items matter."""
    if start >= facts.as_of:
        return Wire(facts.zone, start, start, {}, {})
    watches = facts.telemetry.happenings(start, facts.as_of)
    states = facts.telemetry.episodes(start, facts.as_of) if items else {}
    return Wire(facts.zone, start, facts.as_of, watches, states)


def stated(record: Record[Body]) -> tuple[int, int | None]:
    """When a record of the table says that its work began, and when it was over, if it says so; ns UTC."""
    begin: int = record.body.performed_at  # type: ignore[attr-defined]  # every kind of the table has it
    return begin, getattr(record.body, "finished_at", None)


def may_leave_a_trace(record: Record[Body], equipment: Equipment) -> bool:
    """Whether a wire could witness the record on this equipment."""
    return any(watches for _, watches in expected(record, equipment))


def witness(record: Record[Any], equipment: Equipment, wire: Wire, at_least_ns: int = 0) -> Witness:
    """What telemetry says of a record and one piece of the equipment it names.

    ``at_least_ns``: how long a run must last, where that is longer than its watch says.
    """
    found: list[Witness] = []
    for trace, watches in expected(record, equipment):
        if trace.categories == (Category.PART_TEST,):
            found += (part_witness(record, part, wire) for part in equipment.parts if claims(record, part))
        elif watches:
            found.append(_trace_witness(trace, watches, record, equipment, wire, at_least_ns))
    return worst(found)


def expected(record: Record[Any], equipment: Equipment) -> Iterator[tuple[Trace, tuple[Watch, ...]]]:
    """The rows of the table that the record falls under, each with the equipment's watches for it."""
    for trace in TRACES:
        if type(record.body) is trace.record and trace.when(record.body):
            parts = (part.watch for part in equipment.parts if part.watch and claims(record, part))
            watches = parts if trace.categories == (Category.PART_TEST,) else iter(equipment.watches)
            yield trace, tuple(watch for watch in watches if watch.category in trace.categories)


def _trace_witness(
    trace: Trace,
    watches: Sequence[Watch],
    record: Record[Body],
    equipment: Equipment,
    wire: Wire,
    at_least_ns: int,
) -> Witness:
    start, end = wire.days(record)
    could_be_hidden = False
    for watch in watches:
        need = 0 if trace.any_length else max(watch.at_least_ns, at_least_ns)
        around = wire.stretches(wire.watches, watch.key, start - need, end + need)
        if longest(around, {State.UP}, start, end) >= max(need, 1):
            return Witness.CORROBORATED
        could_be_hidden |= longest(around, set(State) - {State.DOWN}, start, end) >= max(need, 1)
    if could_be_hidden:
        return Witness.BLIND
    runs = trace.categories == (Category.RUN,)
    return Witness.CONTRADICTED if runs and _opposite(watches, record, equipment, wire) else Witness.NO_TRACE


def longest(stretches: Iterable[Stretch], states: Collection[State], start: int, end: int) -> int:
    """The longest time (ns) without a break in the states, among those that touch ``[start, end)``."""
    best = length = 0
    touches = False
    for stretch in stretches:
        if stretch.state not in states:
            length, touches = 0, False
            continue
        length += stretch.end - stretch.start
        touches = touches or (stretch.start < end and start < stretch.end)
        best = max(best, length if touches else 0)
    return best


def _opposite(watches: Sequence[Watch], record: Record[Any], equipment: Equipment, wire: Wire) -> bool:
    """Whether telemetry shows that what a record calls a normal run cannot have been one."""
    if record.body.result is not Result.NORMAL:
        return False
    begin, over = stated(record)
    has_span = over is not None and over > begin
    still = has_span and all(_throughout(wire, wire.watches, watch.key, begin, over or begin) for watch in watches)
    return still or bool(down_throughout(record, equipment, wire))


def down_throughout(record: Record[Any], equipment: Equipment, wire: Wire) -> list[Item]:
    """The functional items known to be down throughout the time that a record states, or else all of its days."""
    begin, over = stated(record)
    start, end = (begin, over) if over is not None and over > begin else wire.days(record)
    return [item for item in equipment.items if _throughout(wire, wire.items, item.key, start, end)]


def _throughout(wire: Wire, tracks: Tracks, key: str, start: int, end: int) -> bool:
    return all(stretch.state is State.DOWN for stretch in wire.stretches(tracks, key, start, end))


def worst(found: Collection[Witness]) -> Witness:
    """What several witnesses of one record come to; those that nothing can show do not matter."""
    return next((each for each in _WORST_FIRST if each in found), Witness.NOT_WITNESSABLE)


def restored(part: Part, wire: Wire, start: int, end: int) -> Iterator[int]:
    """When, within ``[start, end)``, a part that had been in alarm or test came back, ns UTC."""
    if part.watch is None:
        return
    seen = False
    for stretch in wire.stretches(wire.watches, part.watch.key, start, end):
        if stretch.state is State.UP:
            seen = seen or stretch.end - stretch.start >= part.watch.at_least_ns
        elif stretch.state is State.DOWN and seen:
            yield stretch.start
            seen = False


def part_window(record: Record[Test], wire: Wire) -> tuple[int, int]:
    """The time in which a test of parts must have left its traces: to its end, or that of its day; half-open."""
    begin, end = stated(record)
    return begin, wire.days(record)[1] if end is None else end + 1


def part_witness(record: Record[Test], part: Part, wire: Wire, within: tuple[int, int] | None = None) -> Witness:
    """What the wire says of one part that a test claims; ``within`` is its `part_window`, if at hand."""
    if part.watch is None:
        return Witness.NOT_WITNESSABLE
    start, end = within or part_window(record, wire)
    if any(True for _ in restored(part, wire, start, end)):
        return Witness.CORROBORATED
    states = [stretch.state for stretch in wire.stretches(wire.watches, part.watch.key, start, end)]
    if any(state not in (State.UP, State.DOWN) for state in states):
        return Witness.BLIND
    stuck = states[-1] is State.UP and record.body.result is Result.NORMAL
    return Witness.CONTRADICTED if stuck else Witness.NO_TRACE


def claims(record: Record[Test], part: Part) -> bool:
    """Whether a test speaks of a part: by its address, with or without the equipment, or of all of its kind."""
    body = record.body
    if body.part_kind != part.kind or body.equipment != part.equipment:
        return False
    return not body.addresses or bool({part.key, part.key.partition("/")[2]} & set(body.addresses))


@dataclass(frozen=True, slots=True)
class Hearing:
    """What telemetry says of one record and one piece of equipment; ``at`` is when it says that it began."""

    record: str
    """As ``kind:id@version``."""
    equipment: str
    at: int
    witness: Witness


def hearings(facts: Facts, window: Window) -> list[Hearing]:
    """Every record of the table that began in the window, with its witness, by time, record and equipment."""
    end = min(window.end, facts.as_of + 1)
    records = [
        record
        for kind in dict.fromkeys(trace.record for trace in TRACES)
        for record in facts.records.between(kind, window.start, end)
    ]
    if not records:
        return []
    wire = listen(facts, earliest(records, facts))
    found = [
        Hearing(record.reference, equipment.id, stated(record)[0], witness(record, equipment, wire))
        for record in records
        for equipment in equipment_of(record, facts.site)
    ]
    return sorted(found, key=lambda each: (each.at, each.record, each.equipment))


def false_claims(found: Iterable[Hearing]) -> list[Hearing]:
    """Those that telemetry contradicts."""
    return [each for each in found if each.witness is Witness.CONTRADICTED]


def earliest(records: Iterable[Record[Body]], facts: Facts, at_least_ns: int = 0) -> int:
    """From when on the wire must be heard to witness the records: the longest run before their first day."""
    longest = max(at_least_ns, *(watch.at_least_ns for watch in facts.site.watches()), 0)
    first = min(stated(record)[0] for record in records)
    return day_start(local_date(first, facts.zone), facts.zone) - longest


def equipment_of(record: Record[Body], site: Site) -> list[Equipment]:
    """The equipment of the ledger on which a record can be witnessed; a linkage test takes each panel in."""
    body = record.body
    if not any(type(body) is trace.record for trace in TRACES):
        return []
    if isinstance(body, LinkageTest):
        return [each for each in site.equipment if each.id in body.parts or each.kind == PANEL]
    named = body.equipment  # type: ignore[attr-defined]  # every other kind of the table has it
    ids = {named} if isinstance(named, str) else set(named)
    return [each for each in site.equipment if each.id in ids]
