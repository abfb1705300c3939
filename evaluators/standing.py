"""The standing of a site: samples folded in, states of every functional item and watch out.

Feeding a `Standing` one block at a time, in any batches, or all at once gives the same; so does going on from
what was kept of it. A sample that comes late and changes the past is reported by `take`; its point must then be
folded anew (`refold`), from the samples around it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import groupby

from evaluators.cycles import Cycle, Row, one_time
from evaluators.energy.gathering import Gathering
from evaluators.energy.keeping import Counter
from evaluators.energy.metering import Registers
from evaluators.gaps import GapLedger
from evaluators.keeping import Good, Keeper, StoredRun
from evaluators.model.energy import Meter
from evaluators.model.episodes import Declared, Episode
from evaluators.model.samples import INT64_MAX, INT64_MIN, Block, Columns, Sample, Value, ValueKind
from evaluators.model.site import Condition, Site
from evaluators.recordbook import RecordBook
from evaluators.states import ConditionFold, Rewound
from evaluators.telemetry import Rules, Stated, View, stated_in

__all__ = ["Standing", "StoredRun"]

BEFORE_ALL = INT64_MIN - 1
NO_GAPS = GapLedger()

MOST_CYCLES = 4096
"""So many layouts are remembered; what comes ever new is no poll cycle."""

Layout = tuple[str, int, int]
"""Source, number of rows and first point."""


class Standing:
    """Folds of all conditions of a site's items and watches, and the readings of ``meters``. ``numbers``: the
    number in blocks of each point key."""

    def __init__(self, site: Site, numbers: Mapping[str, int], meters: Sequence[Meter] = ()) -> None:
        self._site = site
        holds = {point.key: point.hold_ns for point in site.points}
        self._by_point: dict[int, list[ConditionFold]] = {}
        self._keys = {number: key for key, number in numbers.items()}
        self._good = Good()
        self._keeper = Keeper(self._good)
        self._cycles: dict[Layout, Cycle] = {}
        whole = {point.key: point.kind is ValueKind.INT for point in site.points}
        self._counters = {numbers[meter.point]: Counter(whole=whole[meter.point]) for meter in meters}
        self._gathering = Gathering(self._counters)
        self._registers = Registers({meter.point: self._counters[numbers[meter.point]] for meter in meters})
        self._leaders: dict[int, Cycle] = {}
        """The cycle that is in step for a point."""
        self._stated: tuple[RecordBook, tuple[int, ...], Stated] | None = None
        self.unfolded: frozenset[int] = frozenset()
        """After `restore`: the points of rules that nothing kept holds for. Fold each anew from all of its
        samples."""
        self.horizon: Mapping[int, int] = {}
        """Of a point of which samples were let go: the time (ns UTC) of the newest of these. What was folded up to
        there stays as it is, whatever comes late."""
        self._rules = Rules(
            site,
            {item.key: self._fold(item.key, item.conditions, holds, numbers) for item in site.items()},
            {watch.key: self._fold(watch.key, watch.conditions, holds, numbers) for watch in site.watches()},
        )

    def _fold(
        self, subject: str, conditions: Sequence[Condition], holds: Mapping[str, int], numbers: Mapping[str, int]
    ) -> list[ConditionFold]:
        folds = [ConditionFold(condition, holds[condition.point]) for condition in conditions]
        for place, fold in enumerate(folds):
            point = numbers[fold.condition.point]
            self._by_point.setdefault(point, []).append(fold)
            self._keeper.add(subject, place, point, fold)
        return folds

    @classmethod
    def restore(
        cls,
        site: Site,
        numbers: Mapping[str, int],
        stored: Iterable[StoredRun],
        horizon: Mapping[int, int] | None = None,
        meters: Sequence[Meter] = (),
    ) -> Standing:
        """Go on from what `drain` gave, all of it, in any order, and the newest of each name.

        Where a rule of the site is new, or another than it was, its points are in ``unfolded``; but not where
        nothing was kept at all: such a standing has everything before it. Up to the ``horizon`` of its point such
        a rule takes over what was folded by the one before it.
        """
        standing = cls(site, numbers, meters)
        standing.horizon = horizon or {}
        standing.unfolded = standing._keeper.restore(stored, standing.horizon)
        return standing

    @property
    def points(self) -> frozenset[int]:
        """The points that some rule looks at."""
        return frozenset(self._by_point)

    def count(self, point: int, time: int, value: Value) -> None:
        """Take a good reading of a meter's point, by number, on its own."""
        if not isinstance(value, str):
            self._counters[point].take(time, value)

    def take_readings(self, block: Block) -> None:
        """Take of a block only what meters' points read."""
        for part in block.columns:
            self._gathering.take_all(part)

    def late_readings(self) -> int | None:
        """The time from which on meters may say something else than they did, of what was over before; None where
        they do not. To be asked once after each catching up."""
        self._gathering.settle()
        found = min((counter.late for counter in self._counters.values()), default=INT64_MAX)
        for counter in self._counters.values():
            counter.late = INT64_MAX
        return None if found == INT64_MAX else found

    def take(self, block: Block) -> frozenset[int]:
        """Fold a block in; returns the points that must be folded anew (`refold`), since the past changed."""
        late: set[int] = set()
        for part in block.columns:
            points = part.points
            if not points:
                continue
            layout = (block.source, len(points), points[0])
            cycle = self._cycles.get(layout)
            if cycle is None or not cycle.fits(part):
                cycle = self._begin(layout, part)
            time = part.times[0]
            is_one = one_time(part.times)
            self._gathering.take(layout, part, is_one=is_one)
            if not (is_one and cycle.follows(time)):
                self._one_by_one(cycle, part, late, is_one)
            elif not cycle.move(part, time):
                self._changed(cycle, part, time)
        return frozenset(late)

    def _begin(self, layout: Layout, part: Columns) -> Cycle:
        if layout in self._cycles:
            self._leave(self._cycles[layout])
        if len(self._cycles) >= MOST_CYCLES:
            for other in self._cycles.values():
                self._leave(other)
            self._cycles.clear()
            self._gathering.clear()
        rows: list[Row] = [
            (row, point, self._by_point[point]) for row, point in enumerate(part.points) if point in self._by_point
        ]
        cycle = self._cycles[layout] = Cycle(part, rows)
        self._gathering.begin(layout, part.points)
        return cycle

    def _changed(self, cycle: Cycle, part: Columns, time: int) -> None:
        """Take a part that follows, but says something else here and there."""
        for row, _, folds in cycle.changed(part):
            value, quality, reason = part.values[row], part.qualities[row], part.reasons[row]
            for fold in folds:
                fold.follow(cycle.time, time, value, quality, reason)
        good, before = cycle.good, cycle.time
        if cycle.follow(part, time):
            self._good.note(good, before)
            self._good.note(cycle.good, time)

    def _one_by_one(self, cycle: Cycle, part: Columns, late: set[int], is_one: bool) -> None:
        """Fold the rows of interest one by one; be in step afterwards where every fold is at the part's time."""
        self._leave(cycle)
        time = part.times[0]
        steady = is_one and cycle.is_distinct
        for row, point, folds in cycle.rows:
            leader = self._leaders.get(point)
            if leader is not None:
                self._leave(leader)
            at, value, quality, reason = part.times[row], part.values[row], part.qualities[row], part.reasons[row]
            for fold in folds:
                if not fold.take(at, value, quality, reason):
                    late.add(point)
                    steady = False
                elif fold.runs.ends[-1] != time:
                    steady = False
        self._good.take(part)
        if steady:
            cycle.begin(part, time)
            for _, point, _ in cycle.rows:
                self._leaders[point] = cycle

    def _leave(self, cycle: Cycle) -> None:
        """The cycle is in step no more."""
        if cycle.in_step:
            self._settle(cycle)
            cycle.in_step = False
            for _, point, _ in cycle.rows:
                del self._leaders[point]

    def _settle(self, cycle: Cycle) -> None:
        if cycle.time != cycle.said:
            self._good.note(cycle.good, cycle.time)
            cycle.settle()

    def _settle_all(self) -> None:
        for cycle in self._cycles.values():
            if cycle.in_step:
                self._settle(cycle)

    def needed_from(self, point: int, late: int) -> int:
        """The time from which `refold` needs samples of a point of which one came late, at ``late`` or after."""
        since = min(fold.needed_from(late) for fold in self._by_point[point])
        return max(since, self.horizon[point] + 1) if point in self.horizon else since

    def refold(self, point: int, samples: Iterable[Sample], late: int | None = None) -> None:
        """Fold one point anew, from all of its samples or, where the first that came late is at ``late``, from
        those since `needed_from`; in the order of judging. The last of one identity wins."""
        leader = self._leaders.get(point)
        if leader is not None:
            self._leave(leader)
        again = [self._rewound(fold, point, late) for fold in self._by_point[point]]
        for _, same in groupby(samples, key=lambda sample: sample.time):
            *_, winner = same
            for each in again:
                each.take(winner)

    def _rewound(self, fold: ConditionFold, point: int, late: int | None) -> Rewound:
        gone = self.horizon.get(point, BEFORE_ALL)
        since = INT64_MIN if late is None else fold.needed_from(late)
        rewound = fold.rewind(since) if since > gone else fold.rewind_to(gone)
        self._keeper.anew(fold, rewound.stays)
        fold.runs.cut(rewound.stays)
        return rewound

    def drain(self) -> tuple[StoredRun, ...]:
        """What changed since the last time, to be kept under subject, place, point, rule and start."""
        self._settle_all()
        return self._keeper.drain()

    def view(self, records: RecordBook, as_of: int, zone: tzinfo, gaps: GapLedger = NO_GAPS) -> View:
        """Telemetry as known at ``as_of`` (ns UTC), with what the records state; good until the next `take`.

        ``gaps`` explain why there was no sample, where they can.
        """
        revision = tuple(records.taken(kind) for kind in Stated.KINDS)
        if self._stated is None or self._stated[0] is not records or self._stated[1] != revision:
            self._stated = (records, revision, stated_in(records, self._site))
        return self._view(self._stated[2], as_of, zone, gaps)

    def episodes(
        self, start: int, end: int, declarations: Iterable[Declared] = ()
    ) -> dict[str, tuple[Episode, ...]]:
        """Every item's states over ``[start, end)``, by item key, as known at ``end``, with nothing stated
        beside."""
        return dict(self._view(Stated.of(declarations), end, UTC).episodes(start, end))

    def _view(self, stated: Stated, as_of: int, zone: tzinfo, gaps: GapLedger = NO_GAPS) -> View:
        self._settle_all()
        self._gathering.settle()
        return View(self._rules, stated, as_of, zone, self._good, self._keys, self._registers, gaps)
