"""What is kept of a standing on disk: rows that can be put over older ones of the same name, and read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from evaluators.model.episodes import State
from evaluators.model.samples import INT64_MIN, Columns, Quality, Reason
from evaluators.states import ConditionFold, Reading, digest, encode


class StoredRun(NamedTuple):
    """A run of one condition, under subject (an item's or a watch's key), place of the condition in its rule,
    point and digest of the rule; among these by its start. ``end`` may grow. Times are ns UTC.

    A negative ``reading`` marks something else: that a run is no more (`GONE`), or, at the earliest time there is,
    that the fold is kept up (`KEPT_UP`) or no longer (`LEFT`).
    """

    subject: str
    place: int
    point: int
    rule: str
    start: int
    end: int
    reading: int


class Name(NamedTuple):
    """What names a fold."""

    subject: str
    place: int
    point: int
    rule: str


GONE = -1
KEPT_UP = -2
LEFT = -3

GOOD_RULE = "good"
"""In place of a digest: from a point's first good sample to its newest."""

_GOOD = encode(Reading(State.UP, True, Reason.NONE))


class Good:
    """The time of the first and of the newest good sample of each point."""

    def __init__(self) -> None:
        self.first: dict[int, int] = {}
        self.newest: dict[int, int] = {}

    def note(self, points: Iterable[int], time: int) -> None:
        """Each of the points gave a good sample at ``time``."""
        newest, first = self.newest, self.first
        for point in points:
            if point not in newest:
                newest[point] = first[point] = time
            elif time > newest[point]:
                newest[point] = time
            elif time < first[point]:
                first[point] = time

    def take(self, part: Columns) -> None:
        """Note every good row of a part."""
        for point, time, quality in zip(part.points, part.times, part.qualities, strict=True):
            if quality == Quality.GOOD:
                self.note((point,), time)


@dataclass(slots=True)
class _Kept:
    """A fold, and how much of it is on disk: its first ``count`` runs, the last of them up to ``end``."""

    name: Name
    fold: ConditionFold
    count: int = 0
    end: int = 0
    is_kept_up: bool = False
    awaited: bool = False
    """Not to be kept before it has been folded anew."""
    stale: set[int] = field(default_factory=set)
    """Starts on disk that may be no more."""

    def drain(self) -> Iterable[StoredRun]:
        """What is not on disk yet."""
        if self.awaited:
            return
        if not self.is_kept_up:
            yield StoredRun(*self.name, INT64_MIN, INT64_MIN, KEPT_UP)
            self.is_kept_up = True
        runs = self.fold.runs
        if self.stale:
            for start in sorted(self.stale.difference(runs.starts)):
                yield StoredRun(*self.name, start, start, GONE)
            self.stale.clear()
        if self.count and runs.ends[self.count - 1] != self.end:
            self.count -= 1
        for run in islice(runs, self.count, None):
            yield StoredRun(*self.name, *run)
        self._on_disk()

    def _on_disk(self) -> None:
        runs = self.fold.runs
        self.count = len(runs)
        self.end = runs.ends[-1] if runs.ends else 0

    def fill(self, rows: Iterable[StoredRun]) -> None:
        """Go on from what is on disk; rows in order of start."""
        for row in rows:
            self.fold.runs.append(row.start, row.end, row.reading)
        self.is_kept_up = True
        self._on_disk()

    def anew(self, stays: int) -> None:
        """What is on disk may be no more, but for the first ``stays`` runs; the last of these may end earlier."""
        self.stale.update(self.fold.runs.starts[stays : self.count])
        if stays <= self.count:
            self.count, self.end = stays, INT64_MIN
        self.awaited = False


class Keeper:
    """Knows what of the folds, and of the good samples, is on disk."""

    def __init__(self, good: Good) -> None:
        self._good = good
        self._kept: list[_Kept] = []
        self._by_fold: dict[int, _Kept] = {}
        self._left: list[Name] = []
        self._good_kept: dict[int, tuple[int, int]] = {}

    def add(self, subject: str, place: int, point: int, fold: ConditionFold) -> None:
        """Keep one more fold up."""
        kept = _Kept(Name(subject, place, point, digest(fold.condition, fold.hold_ns)), fold)
        self._kept.append(kept)
        self._by_fold[id(fold)] = kept

    def anew(self, fold: ConditionFold, stays: int = 0) -> None:
        """The fold is about to be folded anew after its first ``stays`` runs."""
        self._by_fold[id(fold)].anew(stays)

    def restore(self, stored: Iterable[StoredRun], horizon: Mapping[int, int]) -> frozenset[int]:
        """Fill the folds, which are empty; returns the points of those that nothing was kept for. Up to the
        ``horizon`` of its point such a fold has the runs of the rule before it: its samples are gone."""
        rows: dict[Name, dict[int, StoredRun]] = {}
        for row in stored:
            rows.setdefault(Name(*row[:4]), {})[row.start] = row
        self._restore_good(rows)
        if not rows:
            return frozenset()
        names = {kept.name for kept in self._kept}
        self._left = sorted(name for name, found in rows.items() if name not in names and _is_kept_up(found))
        for kept in self._kept:
            found = rows.get(kept.name, {})
            runs = [row for _, row in sorted(found.items()) if row.reading >= 0]
            if _is_kept_up(found):
                kept.fill(runs)
            else:
                kept.awaited = True
                kept.stale.update(row.start for row in runs)
                last = horizon.get(kept.name.point)
                for row in () if last is None else _before(kept.name, rows, last):
                    kept.fold.runs.append(row.start, row.end, row.reading)
        return frozenset(kept.name.point for kept in self._kept if kept.awaited)

    def _restore_good(self, rows: dict[Name, dict[int, StoredRun]]) -> None:
        for name in [name for name in rows if name.rule == GOOD_RULE]:
            for row in rows.pop(name).values():
                if row.reading >= 0:
                    self._good.first[name.point] = row.start
                    self._good.newest[name.point] = row.end
                    self._good_kept[name.point] = (row.start, row.end)

    def drain(self) -> tuple[StoredRun, ...]:
        """What is not on disk yet; from now on it counts as being there."""
        found = [StoredRun(*name, INT64_MIN, INT64_MIN, LEFT) for name in self._left]
        self._left = []
        for kept in self._kept:
            found += kept.drain()
        for point, newest in self._good.newest.items():
            first = self._good.first[point]
            before = self._good_kept.get(point)
            if before == (first, newest):
                continue
            if before is not None and before[0] != first:
                found.append(StoredRun("", 0, point, GOOD_RULE, before[0], before[0], GONE))
            found.append(StoredRun("", 0, point, GOOD_RULE, first, newest, _GOOD))
            self._good_kept[point] = (first, newest)
        return tuple(found)


def _is_kept_up(rows: Mapping[int, StoredRun]) -> bool:
    mark = rows.get(INT64_MIN)
    return mark is not None and mark.reading == KEPT_UP


def _before(name: Name, rows: Mapping[Name, Mapping[int, StoredRun]], last: int) -> list[StoredRun]:
    """The runs up to ``last`` of the rule that a new one, ``name``, comes after: of those at its place the one
    that was kept up, else the one with the newest run."""
    found = [
        (_is_kept_up(kept), max(kept), other)
        for other, kept in rows.items()
        if other[:3] == name[:3] and other.rule != name.rule
    ]
    if not found:
        return []
    *_, before = max(found)
    return upto((row for _, row in sorted(rows[before].items()) if row.reading >= 0), last)


def without_samples(stored: Iterable[StoredRun], horizon: Mapping[int, int]) -> Iterator[StoredRun]:
    """Of what was kept only that whose samples were let go: what was folded up to the ``horizon`` of its point."""
    for row in stored:
        if row.reading < 0 or (row.rule == GOOD_RULE and row.point in horizon):
            yield row
        elif row.point in horizon:
            yield from upto((row,), horizon[row.point])


def upto(runs: Iterable[StoredRun], last: int) -> list[StoredRun]:
    """What was folded up to ``last``, the time (ns UTC) of a sample that was taken."""
    return [run._replace(end=min(run.end, last)) for run in runs if run.start <= last]
