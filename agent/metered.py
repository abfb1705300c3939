"""What meters counted and their points said, from what is kept by quarters of an hour and what is not kept yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from agent.history.averages import averages
from agent.history.counters import CURSOR, readings
from agent.history.history import History
from agent.history.intervals import INTERVAL_NS, Average, Reading, averages_of, readings_of
from agent.history.ranges import samples_of
from agent.records.store import newest_of_kind
from config.site import LoadedSite
from evaluators.energy.metering import count, nature, replacements
from evaluators.energy.registers import Register, Replacement
from evaluators.facts import Facts, Tracks
from evaluators.model.bodies import MeterChange
from evaluators.model.energy import Meter
from evaluators.model.samples import INT64_MAX, INT64_MIN, Sample
from evaluators.model.times import DAY_NS
from evaluators.model.waste import Span
from evaluators.recordbook import RecordBook
from evaluators.waste.registry import reference_days
from evaluators.waste.scene import Quarter, Scene

BATCH = 500


def behind(history: History) -> int:
    """How many blocks are not kept by quarters yet: so many would be read."""
    return history.last_seq() - history.cursors().get(CURSOR, 0)


R = TypeVar("R", Reading, Average)
ByPoint = dict[int, dict[int, R]]
"""What each point said in intervals, by their ends."""


class Metered:
    """The meters of a site as known at ``as_of`` (ns UTC), from a journal; read when asked for.

    To be made and asked within one `snapshot` of the history: else what is kept meanwhile would count twice.
    """

    def __init__(self, loaded: LoadedSite, history: History, as_of: int) -> None:
        self._loaded = loaded
        self._history = history
        self._as_of = as_of
        self._numbers = history.numbers_of([(point.key, point.kind) for point in loaded.site.points])
        site = loaded.site
        counted = {self._numbers[meter.point] for meter in site.meters}
        averaged = {self._numbers[key] for meter in site.meters for key in meter.momentary}
        self._readings: ByPoint[Reading] = defaultdict(dict)
        self._averages: ByPoint[Average] = defaultdict(dict)
        for samples in self._unread(frozenset(counted | averaged)):
            _add(self._readings, readings_of(each for each in samples if each.point in counted))
            _add(self._averages, averages_of(each for each in samples if each.point in averaged))
        self.records = RecordBook(ZoneInfo(site.zone), newest_of_kind(history, MeterChange))
        """What is stated of meters."""

    def register(self, meter: Meter, changes: Iterable[Replacement], since: int = INT64_MIN) -> Register:
        """A meter's register from its readings of quarters that end after ``since`` (ns UTC)."""
        point = self._numbers[meter.point]
        upto = min(self._as_of + INTERVAL_NS, INT64_MAX)
        kept = (*readings(self._history, point, since, upto), *self._readings.get(point, {}).values())
        told: dict[int, float] = {}
        for reading in kept:
            for at, value in ((reading.first_at, reading.first), (reading.last_at, reading.last)):
                if at < self._as_of and isinstance(value, int | float):
                    told[at] = max(value, told.get(at, value))
        times = sorted(told)
        known = [change for change in changes if change.at < self._as_of]
        found = Register(replace(nature(meter), hold_ns=INTERVAL_NS + meter.hold_ns), known)
        found.take(times, [count(meter, told[at]) for at in times])
        return found

    def quarters(self, key: str, start: int, end: int) -> list[Quarter]:
        """The averages of a point's quarters that end in ``(start, end]`` (ns UTC), in order."""
        point = self._numbers[key]
        found: dict[int, Quarter] = {}
        unread = (each for each in self._averages.get(point, {}).values() if start < each.end <= end)
        for each in (*averages(self._history, point, start, end), *unread):
            before = found.get(each.end, Quarter(each.end, 0, 0, 0))
            found[each.end] = Quarter(
                each.end,
                before.count + each.count,
                before.total + each.total,
                before.magnitude + each.magnitude,
            )
        return [found[at] for at in sorted(found)]

    def facts(self, since: int = INT64_MIN) -> Facts:
        """What a report of the meters rests on: their registers from ``since`` (ns UTC) on, no other telemetry."""
        site = self._loaded.site
        telemetry = _Meters(self, since)
        return Facts(site, ZoneInfo(site.zone), self._loaded.calendar, self.records, telemetry, self._as_of)

    def scenes(self, *spans: Span) -> list[Scene]:
        """What rules of waste look at, over each of the spans."""
        site, waste = self._loaded.site, self._loaded.waste
        since = min(span.start for span in spans) - (reference_days(waste.rules) + 1) * DAY_NS
        registers = {
            meter.id: self.register(meter, replacements(meter, self.records), since) for meter in site.meters
        }
        points = sorted({key for meter in site.meters for key in meter.momentary})
        return [
            Scene(
                meters=site.meters,
                span=span,
                zone=ZoneInfo(site.zone),
                registers=registers,
                quarters={key: self.quarters(key, span.start, span.end) for key in points},
                open_hours=waste.open_hours,
                calendar=self._loaded.calendar,
                tariff=waste.tariff,
            )
            for span in spans
        ]

    def _unread(self, points: frozenset[int]) -> Iterator[list[Sample]]:
        """The samples that nobody has kept by quarters yet, by point and time, some blocks at a time."""
        position = self._history.cursors().get(CURSOR, 0)
        while batch := self._history.blocks(position, BATCH):
            position = batch[-1][0]
            found = [sample for _, block in batch for sample in samples_of(block, points)]
            yield sorted(found, key=lambda sample: (sample.point, sample.time))


class _Meters:
    """The telemetry of meters alone."""

    def __init__(self, metered: Metered, since: int) -> None:
        self._metered = metered
        self._since = since

    def episodes(self, start: int, end: int) -> Tracks:
        """None."""
        return {}

    def happenings(self, start: int, end: int) -> Tracks:
        """None."""
        return {}

    def register(self, meter: Meter, changes: Sequence[Replacement], as_of: int) -> Register:
        """From the quarters of an hour."""
        return self._metered.register(meter, changes, self._since)

    def last_known(self) -> Mapping[str, int]:
        """Of none."""
        return {}


def _add(to: ByPoint[R], found: Iterable[R]) -> None:
    for each in found:
        ends = to[each.point]
        ends[each.end] = ends[each.end] + each if each.end in ends else each
