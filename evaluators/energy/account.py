"""What is believed of a register's readings: not the readings, but what is remarkable of them. Pure.

Nearly each reading is simply the next one, and what went through is what two of them differ by. So only those
are noted that are not believed, and those from which on the register counts from elsewhere; all else is asked for
where the readings are kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import Protocol

Reading = tuple[int, int]
"""Time (ns UTC) and count."""


class Counts(Protocol):
    """What a register read, believed or not, in order of time."""

    def before(self, at: int) -> Reading | None:
        """The newest at or before an instant."""

    def after(self, at: int) -> Reading | None:
        """The first at or after an instant."""

    def within(self, first: int, last: int) -> array[int]:
        """The times of ``[first, last]``."""


class Account:
    """The believed ones among ``counts``, which must hold each that is noted. Instants asked for lie between the
    first and the newest of them."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.first: int | None = None
        """The time of the first; None before there is one."""
        self.last: Reading = (0, 0)
        """The newest."""
        self.last_but_one: Reading | None = None
        """The one before it, where that is known."""
        self.passed = False
        """Whether there may be readings after the newest."""
        self._skips: list[tuple[int, int]] = []
        """Spans between two of them in which no reading is believed."""
        self._shifts: list[tuple[int, int]] = []
        """From which one on what surely went through is what is read and so much more."""

    def begin(self, reading: Reading) -> None:
        """Believe the first one."""
        self.first, self.last = reading[0], reading

    def believe(self, reading: Reading, grown: int) -> None:
        """Believe the next one, by which so much more surely went through."""
        if self.passed:
            self._skips.append((self.last[0], reading[0]))
        if grown != reading[1] - self.last[1]:
            self._shifts.append((reading[0], self.through(self.last) + grown - reading[1]))
        self.last_but_one, self.last = self.last, reading

    def go_on(self, last_but_one: Reading, last: Reading) -> None:
        """Believe all readings up to these two: each went through as it reads."""
        self.last_but_one, self.last = last_but_one, last

    def take_back(self, before: Reading) -> None:
        """Believe the newest no longer, which was plainly the next after the one ``before`` it."""
        if self._skips and self._skips[-1][1] == self.last[0]:
            self._skips.pop()
        self.last, self.last_but_one = before, None

    def through(self, reading: Reading) -> int:
        """What surely went through by one of them, from any one instant on."""
        place = bisect_left(self._shifts, (reading[0] + 1,)) - 1
        return reading[1] + (self._shifts[place][1] if place >= 0 else 0)

    def before(self, at: int) -> Reading:
        """The newest at or before an instant."""
        skip = self._skip(at)
        found = self._counts.before(at if skip is None else skip[0])
        assert found is not None
        return found

    def after(self, at: int) -> Reading:
        """The first at or after an instant."""
        skip = self._skip(at)
        found = self._counts.after(at if skip is None else skip[1])
        assert found is not None
        return found

    def times(self, first: int, last: int) -> array[int]:
        """Their times, from the one at or before an instant to the one at or after another."""
        begin, end = self.before(first)[0], self.after(last)[0]
        found = self._counts.within(begin, end)
        for place in range(bisect_left(self._skips, (begin,)), bisect_left(self._skips, (end,))):
            left, right = self._skips[place]
            del found[bisect_right(found, left) : bisect_left(found, right)]
        return found

    def _skip(self, at: int) -> tuple[int, int] | None:
        """The span without believed readings that an instant lies within."""
        place = bisect_left(self._skips, (at,)) - 1
        return self._skips[place] if place >= 0 and self._skips[place][1] > at else None
