"""What judging looks at of a counter's readings: the first and the last good one of each hour. Pure.

That is enough for every amount between full hours, and the same whatever order the readings came in.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

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
        self.times = array("q")
        self.values: array[float] = array("q" if whole else "d")
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
        times = self.times
        if times and time <= times[-1]:
            self._take_late(time, value)
            return
        self._note(time)
        if times and time - times[-1] > SETTLED_NS:
            self._shaky = (times[-1], time + SETTLED_NS)
        if time <= self._shaky[1]:
            self.late = min(self.late, self._shaky[0])
        if len(times) > 1 and _stretch(times[-2]) == _stretch(time):
            self._note(times[-1])
            times[-1], self.values[-1] = time, value
            return
        times.append(time)
        self.values.append(value)

    def _take_late(self, time: int, value: float) -> None:
        times, begin = self.times, _stretch(time) * KEPT_NS
        place = bisect_left(times, time)
        if times[place] == time:
            if value > self.values[place]:  # of two at one time the larger one, whichever came first
                self.values[place] = value
                self._note(time)
                self.late = min(self.late, times[place - 1] if place else time)
            return
        left, right = bisect_right(times, begin), bisect_right(times, begin + KEPT_NS)
        if left < place < right:
            return  # between the first and the last
        self._note(time)
        self.late = min(self.late, times[place - 1] if place else time)
        if right - left == 2:  # the new one takes the place of the first, or of the last
            out = left if place == left else right - 1
            self._note(times[out])
            times[out], self.values[out] = time, value
            return
        times.insert(place, time)
        self.values.insert(place, value)

    def known_by(self, as_of: int) -> int:
        """How many of the kept readings, from the first on, are settled at ``as_of`` (ns UTC): those of stretches
        that are over by then, and the first of the one under way."""
        upto = bisect_right(self.times, _stretch(as_of) * KEPT_NS)
        return upto + (upto < len(self.times) and self.times[upto] < as_of)

    def since(self, time: int) -> Sequence[tuple[int, float]]:
        """The kept readings from a time on."""
        first = bisect_left(self.times, time)
        return list(zip(self.times[first:], self.values[first:], strict=True))

    def _note(self, time: int) -> None:
        self.revised = min(self.revised, time)


def _stretch(time: int) -> int:
    """The number of the stretch that holds a time."""
    return (time - 1) // KEPT_NS
