"""Blocks into counters: what the meters of a layout read is gathered, and kept part by part. Pure.

Devices give the same points again and again, all at one time. So long as they do, and the same rows are good, the
first and the last of each hour are gathered for all rows at once, and each counter then takes many together.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from evaluators.energy.keeping import SETTLED_NS, Counter, stretch
from evaluators.energy.readings import span
from evaluators.model.samples import Columns, Quality


class Gathering:
    """Parts of blocks into ``counters``, by number of the point. What is gathered is in them after `settle`."""

    def __init__(self, counters: Mapping[int, Counter]) -> None:
        self._counters = counters
        self._gathers: dict[Hashable, _Gather] = {}
        self._owners: dict[int, _Gather] = {}
        """The first layout that has a point."""

    def begin(self, layout: Hashable, points: Sequence[int]) -> None:
        """From now on parts of this layout have these points, row by row."""
        before = self._gathers.get(layout)
        if before is not None:
            before.settle()
            for point in before.points:
                if self._owners.get(point) is before:
                    del self._owners[point]
        new = self._gathers[layout] = _Gather(points, self._counters)
        for point in new.points:
            owner = self._owners.setdefault(point, new)
            if owner is not new:
                owner.settle()
                owner.is_alone = new.is_alone = False

    def take(self, layout: Hashable, part: Columns, *, is_one: bool) -> None:
        """Take a part of a layout. ``is_one``: all of its rows are of one time."""
        self._gathers[layout].take(part, is_one=is_one)

    def take_all(self, part: Columns) -> None:
        """Take a part of any layout."""
        rows = ((row, self._counters.get(point)) for row, point in enumerate(part.points))
        _take_good(part, [(row, counter) for row, counter in rows if counter is not None])

    def settle(self) -> None:
        """Give the counters what is gathered."""
        for gather in self._gathers.values():
            gather.settle()

    def clear(self) -> None:
        """Forget all layouts."""
        self.settle()
        self._gathers.clear()
        self._owners.clear()


class _Gather:
    """What the rows of one layout read that count, those with one of ``counters``."""

    def __init__(self, layout: Sequence[int], counters: Mapping[int, Counter]) -> None:
        rows = [row for row, point in enumerate(layout) if point in counters]
        self.points = [layout[row] for row in rows]
        """Those that count."""
        self._counters = [(row, counters[point]) for row, point in zip(rows, self.points, strict=True)]
        self._rows = None if len(rows) == len(layout) else rows
        """None: all of them."""
        self.is_alone = True
        """Whether no other layout has a point of this one: in between nothing else is taken."""
        self._times = array("q")
        """Of each stretch the first and the last, in order."""
        self._values: array[Any] = array("q")
        """Time by time those of all counting rows."""
        self._qualities = bytearray()
        """What those of every row were, all the time."""

    def take(self, part: Columns, *, is_one: bool) -> None:
        """Take a part of the layout."""
        if not self._counters:
            return
        values: array[Any] | list[str] = part.values
        time, times = part.times[0], self._times
        if isinstance(values, list) or not (is_one and self.is_alone):
            self.settle()
            _take_good(part, self._counters)
            return
        if not times or part.qualities != self._qualities or not self._goes_on(time):
            self.settle()
            self._qualities, self._values = part.qualities[:], array(values.typecode)
        if self._rows is not None:
            values = array(values.typecode, map(values.__getitem__, self._rows))
        if len(times) > 1 and stretch(times[-2]) == stretch(time):
            times[-1] = time
            self._values[-len(values) :] = values
        else:
            times.append(time)
            self._values += values

    def settle(self) -> None:
        """Give the counters what is gathered."""
        times, count = self._times, len(self._counters)
        if times:
            for place, (row, counter) in enumerate(self._counters):
                if self._qualities[row] == Quality.GOOD:
                    counter.extend(times, self._values[place::count])
            del times[:]

    def _goes_on(self, time: int) -> bool:
        """Whether a time is of the span that is gathered, and comes soon enough after what is there."""
        newest = self._times[-1]
        return newest < time <= newest + SETTLED_NS and span(time) == span(newest)


def _take_good(part: Columns, counters: Sequence[tuple[int, Counter]]) -> None:
    """Take good numbers row by row."""
    for row, counter in counters:
        value = part.values[row]
        if part.qualities[row] == Quality.GOOD and not isinstance(value, str):
            counter.take(part.times[row], value)
