"""What judging looks at of a counter's readings: the first and the last good one of each hour. Pure.

That is enough for every amount between full hours, and the same whatever order the readings came in.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from evaluators.energy.readings import Readings
from evaluators.model.samples import INT64_MAX, INT64_MIN
from evaluators.model.times import HOUR_NS

KEPT_NS = HOUR_NS
"""Of each such stretch since the epoch, the first and the last reading are kept; one at its end is its own."""


SETTLED_NS = 3 * KEPT_NS
"""So long after an instant what a register says of it is settled, unless readings come late, or after a gap: a
single one far off is known for one by then."""


class Counter:
    """The kept readings of one point, in order of time."""

    def __init__(self, *, whole: bool) -> None:
        """``whole``: whether the point gives whole numbers, of at most 64 bits."""
        self.readings = Readings(whole=whole)
        self.newest = INT64_MIN
        """The time of the newest reading; the least time there is where there is none."""
        self.revised = INT64_MAX
        """From which time on the kept readings are others than when this was last set to the largest time there
        is."""
        self.late = INT64_MAX
        """From which time on a register may say something else of what was over before: a reading came late, or
        is among the first after a gap. Set back by whoever has looked."""
        self._shaky = (INT64_MAX, INT64_MIN)
        """Until the second time, readings may change what a register says from the first one on."""

    def take(self, time: int, value: float) -> None:
        """Keep a reading, if it is the first or the last of its stretch so far."""
        newest = self.newest
        if time <= newest:
            self._take_late(time, value)
            return
        if time < self.revised:
            self.revised = time
        if time - newest > SETTLED_NS and newest != INT64_MIN:
            self._shaky = (self._moved(value), time + SETTLED_NS)
        if time <= self._shaky[1]:
            self.late = min(self.late, self._shaky[0])
        self.newest = time
        part = self.readings.unpacked(time)
        times = part.times
        if len(times) > 1 and stretch(times[-2]) == stretch(time):
            self._note(times[-1])
            times[-1], part.cells[-1] = time, value
            return
        times.append(time)
        part.cells.append(value)

    def extend(self, times: array[int], values: array[float] | array[int]) -> None:
        """Keep readings of one part, in order of time, of each stretch one or two: the same as taking them one by
        one, and faster where they go on from those before them without a gap."""
        first, newest = times[0], self.newest
        if (
            first <= self._shaky[1]
            or first <= newest
            or stretch(first) == stretch(newest)
            or (first - newest > SETTLED_NS and newest != INT64_MIN)
            or values.typecode != self.readings.code
        ):
            for time, value in zip(times, values, strict=True):
                self.take(time, value)
            return
        self._note(first)
        self.newest = times[-1]
        part = self.readings.unpacked(first)
        part.times += times
        part.cells += values

    def _take_late(self, time: int, value: float) -> None:
        part = self.readings.unpacked(time)
        times, begin = part.times, stretch(time) * KEPT_NS
        place = bisect_left(times, time)
        if place < len(times) and times[place] == time:
            if value > part.cells[place]:  # of two at one time the larger one, whichever came first
                part.cells[place] = value
                self._note_late(time)
            return
        left, right = bisect_right(times, begin), bisect_right(times, begin + KEPT_NS)
        if left < place < right:
            return  # between the first and the last
        self._note_late(time)
        if right - left == 2:  # the new one takes the place of the first, or of the last
            out = left if place == left else right - 1
            self._note(times[out])
            times[out], part.cells[out] = time, value
            return
        times.insert(place, time)
        part.cells.insert(place, value)

    def _moved(self, value: float) -> int:
        """The time of the newest reading that is not this value, or of the oldest: what has stood still since then
        may be stuck."""
        newest = self.readings.before(self.newest)
        assert newest is not None
        while newest[1] == value and (before := self.readings.before(newest[0] - 1)) is not None:
            newest = before
        return newest[0]

    def _note_late(self, time: int) -> None:
        self._note(time)
        before = self.readings.before(time - 1)
        self.late = min(self.late, time if before is None else before[0])

    def known_by(self, as_of: int) -> int:
        """How many of the kept readings, from the first on, are settled at ``as_of`` (ns UTC): those of stretches
        that are over by then, and the first of the one under way."""
        newest = self.newest_by(as_of)
        return 0 if newest is None else self.readings.count(newest)

    def newest_by(self, as_of: int) -> int | None:
        """The time of the newest of these; None where there is none."""
        begun = stretch(as_of) * KEPT_NS
        under_way = self.readings.after(begun + 1)
        if under_way is not None and under_way[0] < as_of:
            return under_way[0]
        before = self.readings.before(begun)
        return None if before is None else before[0]

    def since(self, time: int) -> Sequence[tuple[int, float]]:
        """The kept readings from a time on."""
        parts = self.readings.after_all(time - 1, self.newest)
        return [each for times, values in parts for each in zip(times, values, strict=True)]

    def _note(self, time: int) -> None:
        self.revised = min(self.revised, time)


def stretch(time: int) -> int:
    """The number of the stretch that holds a time."""
    return (time - 1) // KEPT_NS
