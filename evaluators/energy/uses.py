"""What went through a register over any span, by what is believed of its readings. Pure.

Where a span cuts a step between two readings, any part of the step may lie in it; where readings say too little,
more may have gone through. All numbers are whole. Times are ns UTC.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from evaluators.energy.account import Account
from evaluators.model.times import HOUR_NS


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of a register beforehand.

    ``hold_ns``: readings further apart leave a gap. ``wraps_at``: the count at which it begins at 0 again.
    ``most_an_hour``: more cannot go through it. ``stuck_ns``: one that stands still for longer is not believed.
    None: not known.
    """

    hold_ns: int
    wraps_at: int | None = None
    most_an_hour: int | None = None
    stuck_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What went through a meter over a span: ``[low, high]``; ``high`` is None where nobody can say.

    ``unread_ns``: how much of the span lies between readings too far apart, or beyond the first or last.
    """

    low: int
    high: int | None
    unread_ns: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def __add__(self, other: Use) -> Use:
        high = None if self.high is None or other.high is None else self.high + other.high
        return Use(self.low + other.low, high, self.unread_ns + other.unread_ns)


@dataclass(slots=True)
class Doubt:
    """A span in which up to ``extra`` more than was counted may have gone through; None: nobody can say.

    ``has_open_ends``: it may have begun since the reading before its first, and lasted until the one after its
    last.
    """

    start: int
    end: int
    extra: int | None
    has_open_ends: bool = False


class Uses:
    """Uses by an account of a register's readings, with what is in doubt beside it."""

    def __init__(self, nature: Nature, account: Account) -> None:
        self._nature = nature
        self._account = account
        self.doubts: list[Doubt] = []
        self.gaps: list[tuple[int, int]] = []
        """Spans between readings too far apart, in order."""

    def over(self, start: int, end: int) -> Use:
        """What went through over ``[start, end)``."""
        if end <= start:
            return Use(0, 0)
        if self._account.first is None or end <= self._account.first or start >= self._account.last[0]:
            return self._unseen(end - start)
        first, last = max(start, self._account.first), min(end, self._account.last[0])
        found = self._counted(first, last)
        for doubt in self.doubts:
            since, until = self._ends(doubt)
            if since < last and until > first:
                found += Use(0, self._capped(doubt.extra, min(until, last) - max(since, first)))
        for left, right in self.gaps:
            found += Use(0, 0, max(0, min(right, last) - max(left, first)))
        for unseen in (first - start, end - last):
            if unseen:
                found += self._unseen(unseen)
        return found

    def around(self, start: int, end: int) -> array[int]:
        """The times of the believed readings of ``[start, end]``, with the one before it and the one after it."""
        account = self._account
        if account.first is None:
            return array("q")
        first, newest = account.first, account.last[0]
        return account.times(min(max(start, first), newest), max(min(end, newest), first))

    def _ends(self, doubt: Doubt) -> tuple[int, int]:
        account = self._account
        if not doubt.has_open_ends:
            return doubt.start, doubt.end
        assert account.first is not None
        since = account.before(doubt.start - 1)[0] if doubt.start > account.first else doubt.start
        until = account.after(doubt.end + 1)[0] if doubt.end < account.last[0] else doubt.end
        return since, until

    def _unseen(self, length: int) -> Use:
        return Use(0, self._capped(None, length), length)

    def _capped(self, extra: int | None, length: int) -> int | None:
        """No more than ``extra``, and no more than can go through in that time."""
        if self._nature.most_an_hour is None:
            return extra
        most = self._nature.most_an_hour * length // HOUR_NS + 1
        return most if extra is None else min(extra, most)

    def _counted(self, first: int, last: int) -> Use:
        """What the readings counted over a span within them; of a step that the span cuts, any part."""
        left, right = self._account.before(first), self._account.after(last)
        low = high = 0
        if left[0] < first:
            inner = self._account.after(first)
            if inner == right:
                return Use(*self._part(left, right, last - first))
            low, high = self._part(left, inner, inner[0] - first)
            left = inner
        if right[0] > last:
            inner = self._account.before(last)
            less, more = self._part(inner, right, last - inner[0])
            low, high, right = low + less, high + more, inner
        whole = self._account.through(right) - self._account.through(left)
        return Use(low + whole, high + whole)

    def _part(self, left: tuple[int, int], right: tuple[int, int], length: int) -> tuple[int, int]:
        """How much of the step between two readings may fall into ``length`` of it."""
        grown = self._account.through(right) - self._account.through(left)
        elsewhere = self._capped(grown, right[0] - left[0] - length)
        here = self._capped(grown, length)
        assert elsewhere is not None
        assert here is not None
        return max(0, grown - elsewhere), here
