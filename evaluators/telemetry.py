"""Telemetry as known at an instant: folds spread over time, with what people stated laid over them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import ClassVar

from evaluators.declarations import declared, inspected, inspections_of, removals
from evaluators.energy.metering import Registers
from evaluators.energy.registers import Register, Replacement
from evaluators.gaps import GapLedger
from evaluators.keeping import Good
from evaluators.laying import Stretch, lay, reach_back
from evaluators.model.bodies import Body, Declaration, Inspection, ItemChange
from evaluators.model.energy import Meter
from evaluators.model.episodes import Declared, State
from evaluators.model.site import Item, Site, Watch, WeekHours
from evaluators.model.times import DAY_NS
from evaluators.recordbook import RecordBook
from evaluators.states import KNOWN, ConditionFold
from evaluators.tracks import Change, StateTracks, cut, joined, merged, only_while, pieces, spread
from evaluators.weekhours import hours
from evaluators.windows import day_start

Folds = Mapping[str, Sequence[ConditionFold]]

BEGINNING = -(2**62)
"""Before everything."""

REMEMBERED = 4
"""How many spans of tracks a view keeps."""

WEEK_NS = 8 * DAY_NS
"""What goes on for so long by a calendar of the week has always done so; an hour of summer time is allowed for."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What people stated of the items, by key."""

    KINDS: ClassVar[tuple[type[Body], ...]] = (Declaration, ItemChange, Inspection)
    """The records it is made of."""

    declared: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)
    out: Mapping[str, Sequence[tuple[int, int | None]]] = field(default_factory=dict)
    """Spans in which an item does not count; an end of None is open."""
    looks: Mapping[str, Sequence[tuple[int, bool]]] = field(default_factory=dict)
    """Inspections: when, and whether it was usable."""

    @classmethod
    def of(cls, declarations: Iterable[Declared]) -> Stated:
        """Declarations alone; those that came after their start do not count."""
        found: dict[str, list[Stretch]] = {}
        for each in declarations:
            if each.declared_at <= each.start:
                found.setdefault(each.item, []).append(Stretch(each.start, each.end, each.state))
        return cls(declared=found)


def stated_in(records: RecordBook, site: Site) -> Stated:
    """What the records of a site state."""
    out = {item: [(span.start, span.end) for span in spans] for item, spans in removals(records).items()}
    return Stated(Stated.of(declared(records, site)).declared, out, inspections_of(records))


@dataclass(frozen=True, slots=True)
class _ItemRule:
    """An item with its folds. ``is_plain``: its states are what its one fold says."""

    item: Item
    folds: Sequence[ConditionFold]
    required_from: int
    is_plain: bool


class Rules:
    """The folds of a site's items and watches, by key, with what else their states depend on."""

    def __init__(self, site: Site, items: Folds, watches: Folds) -> None:
        self.items = [_rule(site, item, items[item.key]) for item in site.items()]
        self.watches: dict[str, tuple[Watch, Sequence[ConditionFold]]] = {
            watch.key: (watch, watches[watch.key]) for watch in site.watches()
        }
        self.folds = [fold for folds in (*items.values(), *watches.values()) for fold in folds]
        self.removed = [
            (item.key, equipment.removed)
            for equipment in site.equipment
            if equipment.removed is not None
            for item in equipment.items
        ]


def required_from(site: Site, item: Item) -> int | None:
    """The instant (ns UTC) from which the item counts: the later of its hand-over and the start of judging."""
    starts = [at for at in (site.judged_from, item.required_from) if at is not None]
    return max(starts, default=None)


def _rule(site: Site, item: Item, folds: Sequence[ConditionFold]) -> _ItemRule:
    begins = required_from(site, item)
    is_plain = len(folds) == 1 and not (
        item.life_safety or item.stand_down or folds[0].condition.not_required_while
    )
    return _ItemRule(item, folds, BEGINNING if begins is None else begins, is_plain)


class View:
    """A `Telemetry` as of an instant; good until the folds are fed again.

    Nothing at or after ``as_of`` is looked at, and tracks end there at the latest.
    """

    def __init__(
        self,
        rules: Rules,
        stated: Stated,
        as_of: int,
        zone: tzinfo,
        good: Good,
        keys: Mapping[int, str],
        registers: Registers,
        gaps: GapLedger,
    ) -> None:
        self._rules = rules
        self._stated = stated
        self._as_of = as_of
        self._zone = zone
        self._good = good
        self._keys = keys
        self._registers = registers
        self._gaps = gaps
        self._items: dict[tuple[int, int], StateTracks] = {}
        self._watches: dict[tuple[int, int], StateTracks] = {}
        self._hours: dict[tuple[tuple[WeekHours, ...], int, int], list[Stretch]] = {}
        self._out: dict[str, list[tuple[int, int | None]]] = {key: list(out) for key, out in stated.out.items()}
        for key, day in rules.removed:
            self._out.setdefault(key, []).append((day_start(day, zone), None))

    def episodes(self, start: int, end: int) -> StateTracks:
        """Every item's states over ``[start, end)`` without holes, by key: what its conditions or inspections say,
        with what was declared, the standing hours and the changes of the list laid over it."""
        end = max(start, min(end, self._as_of))
        found = self._items.get((start, end))
        if found is None:
            named = self._gaps.named
            tracks = {rule.item.key: named(self._track(rule, start, end), end) for rule in self._rules.items}
            found = _remember(self._items, StateTracks(start, end, tracks))
        return found

    def happenings(self, start: int, end: int) -> StateTracks:
        """Over ``[start, end)`` by key of the watch: ``up`` while all of its conditions hold, ``down`` while one
        is known to fail, else ``unknown``."""
        end = max(start, min(end, self._as_of))
        found = self._watches.get((start, end))
        if found is None:
            named = self._gaps.named
            tracks = {
                key: named(self._happening(key, start, end, self._as_of), end) for key in self._rules.watches
            }
            found = _remember(self._watches, StateTracks(start, end, tracks))
        return found

    def register(self, meter: Meter, changes: Sequence[Replacement], as_of: int) -> Register:
        """A meter's register, from its kept readings and its replacements before ``as_of``."""
        return self._registers.of(meter, changes, as_of)

    def last_known(self) -> Mapping[str, int]:
        """The time of the newest good sample before ``as_of`` of each point, by key.

        Of a point that went on giving good samples since, it is the first good sample it ever gave, or a later one
        where a rule looks at the point: what was between is not kept.
        """
        found = {}
        for number, newest in self._good.newest.items():
            key = self._keys.get(number)
            at = newest if newest < self._as_of else self._good.first[number]
            if key is not None and at < self._as_of:
                found[key] = at
        for fold in self._rules.folds:
            point, seen = fold.condition.point, self._seen(fold)
            if seen is not None and point in found:
                found[point] = max(seen, found[point])
        return found

    def _seen(self, fold: ConditionFold) -> int | None:
        runs = fold.runs
        for place in range(bisect_left(runs.starts, self._as_of) - 1, -1, -1):
            if runs.codes[place] & KNOWN and not fold.condition.accept_uncertain:
                return runs.ends[place] if runs.ends[place] < self._as_of else runs.starts[place]
        return None

    def _track(self, rule: _ItemRule, start: int, end: int) -> Sequence[Change]:
        if end <= start:
            return ()
        key = rule.item.key
        out = self._out.get(key, ())
        if rule.is_plain and rule.required_from <= start and not out and key not in self._stated.declared:
            return spread(rule.folds[0], start, end, self._as_of)
        found, begin = self._declared(rule, start, end)
        track = self._raw(rule, begin, end, self._as_of)
        if rule.required_from > begin:
            track = _blank(track, end, begin, rule.required_from)
        if found:
            track = lay(track, end, found, lambda at: self._open_fault(rule, at))
        for left, right in out:
            track = _blank(track, end, left, end if right is None else right)
        return cut(track, start)

    def _raw(self, rule: _ItemRule, start: int, end: int, horizon: int) -> list[Change]:
        """What conditions or inspections say, as known at ``horizon``."""
        item = rule.item
        if not rule.folds:
            return inspected(self._stated.looks.get(item.key, ()), item.inspected_days, start, end, horizon)
        tracks = []
        for fold in rule.folds:
            track = spread(fold, start, end, horizon)
            watch = fold.condition.not_required_while
            if watch:
                track = only_while(track, self._happening(watch, start, end, horizon), end)
            tracks.append(track)
        found = joined(tracks, start)
        if item.life_safety:
            found = merged((at, _REQUIRED.get(state, state), cause) for at, state, cause in found)
        return found

    def _happening(self, key: str, start: int, end: int, horizon: int) -> Sequence[Change]:
        if end <= start:
            return ()
        _, folds = self._rules.watches.get(key, (None, ()))
        found = joined([spread(fold, start, end, horizon) for fold in folds], start)
        return merged((at, _HAPPENING.get(state, state), cause) for at, state, cause in found)

    def _declared(self, rule: _ItemRule, start: int, end: int) -> tuple[list[Stretch], int]:
        """What is declared for an item within ``[start, end)``, and what leads up to it without a hole: stretches,
        and the instant that they have to be laid from."""
        item = rule.item
        declared = self._stated.declared.get(item.key, ())
        if item.life_safety:
            declared = [stretch for stretch in declared if stretch.state is not State.NOT_REQUIRED]
        begin = start
        while True:
            standing = [] if item.life_safety else self._standing(item, begin - WEEK_NS - DAY_NS, end)
            if standing and reach_back(standing, begin) <= begin - WEEK_NS:
                return [Stretch(BEGINNING, end, State.NOT_REQUIRED)], begin
            found = [stretch for stretch in declared if stretch.start < end and stretch.end >= begin] + standing
            reached = reach_back(found, begin)
            if reached == begin:
                return found, begin
            begin = reached

    def _standing(self, item: Item, start: int, end: int) -> list[Stretch]:
        """An item's standing hours; many items share theirs."""
        if not item.stand_down:
            return []
        rule = (item.stand_down, start, end)
        found = self._hours.get(rule)
        if found is None:
            spans = hours(item.stand_down, start, end, self._zone)
            found = self._hours[rule] = [Stretch(left, right, State.NOT_REQUIRED) for left, right in spans]
        return found

    def _open_fault(self, rule: _ItemRule, at: int) -> bool | None:
        """Whether a fault was open at an instant, as it was known then; None where that was not known."""
        if at <= rule.required_from or at <= BEGINNING:
            return False
        _, state, _ = self._raw(rule, at - 1, at, at)[-1]
        return None if state is State.UNKNOWN else state is State.DOWN


def _remember(cache: dict[tuple[int, int], StateTracks], found: StateTracks) -> StateTracks:
    """Keep tracks for whoever asks next, and let the oldest go."""
    if len(cache) >= REMEMBERED:
        del cache[next(iter(cache))]
    cache[found.start, found.end] = found
    return found


_REQUIRED = {State.NOT_REQUIRED: State.DOWN}
"""Life safety is always required."""

_HAPPENING = {State.NOT_REQUIRED: State.UNKNOWN}


def _blank(changes: Sequence[Change], end: int, left: int, right: int) -> list[Change]:
    """The track up to ``end`` with `State.NOT_REQUIRED` over ``[left, right)``."""
    found: list[Change] = []
    for (start, state, cause), until in pieces(changes, end):
        if start < left:
            found.append((start, state, cause))
        if max(start, left) < min(until, right):
            found.append((max(start, left), State.NOT_REQUIRED, None))
        if max(start, right) < until and until > left:
            found.append((max(start, right), state, cause))
    return merged(found)
