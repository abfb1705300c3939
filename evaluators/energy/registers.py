"""Cumulative registers: what went through a meter between readings, as an interval that holds the truth. Pure.

A register only grows, except where it turns over, is reset, or its meter is replaced; and a reading may be wrong.
What two believed readings differ by is exact, however far apart they are; how it spreads between them is not
known. Nothing is ever booked that may not have been used: where a register begins anew, what it counted meanwhile
is not known.

A single reading off the others is not believed. Three things no readings can tell apart, and are taken so: what
falls from the last tenth of a register into its first has turned over, and was not reset there; a reset shows,
since the register falls, and is not outgrown before the next reading; and where the greatest rate is not known, a
register that falls back, but not below the reading before the last, was misread there, and not reset.

All numbers are whole, in one unit of the register's choosing, so that sums are exact. Times are ns UTC.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from operator import sub

from evaluators.energy.account import Account, Counts
from evaluators.energy.readings import SHARED, Readings
from evaluators.energy.uses import Doubt, Nature, Use, Uses
from evaluators.model.times import HOUR_NS

TURNING = 10
"""A register that falls from its last tenth of so many into its first has turned over; any other has not."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A meter was replaced at ``at``: the old one's last count, and the new one's first; None: nobody noted it."""

    at: int
    final: int | None = None
    initial: int | None = None


class Happening(StrEnum):
    """What is told of a register besides its use."""

    TURNED = "turned_over"
    RESET = "reset"
    """It begins anew, and no record says that the meter was replaced."""
    JUMP = "jump"
    """It grew by more than can go through the meter, and stayed there."""
    SPIKE = "spike"
    """One reading far off, not believed."""
    BACKWARD = "backward"
    """It fell back a little and went on: which of two readings was wrong is not known, so neither is believed."""
    REPLACED = "replaced"
    MISNOTED = "misnoted"
    """The record of a replacement does not fit the readings."""
    STUCK = "stuck"
    """It stood still for longer than its load ever rests."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a register: the counts before and after it."""

    at: int
    what: Happening
    before: int
    after: int


class Register:
    """Readings of one register, fed in the order of their times; what it says of an instant may change with the
    next reading, since a single one far off is not believed.

    ``counts``: where its readings are kept; `judge` looks at more of them. Without it, it keeps what `take` feeds
    it.
    """

    def __init__(
        self, nature: Nature, replacements: Iterable[Replacement] = (), counts: Counts | None = None
    ) -> None:
        self._nature = nature
        self._replacements = sorted(replacements, key=lambda each: each.at, reverse=True)
        self._own = Readings(whole=True)
        self._account = Account(self._own if counts is None else counts)
        """Of the believed readings."""
        self._uses = Uses(nature, self._account)
        self._doubtful: tuple[int, int] | None = None
        """A reading that the next one decides about."""
        self._either: tuple[int, int] | None = None
        """The reading before that one, where one of the two is wrong."""
        self._moved = 0
        """The time of the first reading of those that all read the same as the newest."""
        self.events: list[Event] = []
        """What happened, in order."""

    @property
    def newest(self) -> int | None:
        """The time of the newest reading, believed or not."""
        if self._doubtful is not None:
            return self._doubtful[0]
        return None if self._account.first is None else self._account.last[0]

    @property
    def oldest(self) -> int | None:
        """The time of the first reading."""
        return self._account.first

    @property
    def gaps(self) -> Sequence[tuple[int, int]]:
        """Spans between readings too far apart, in order."""
        return self._uses.gaps

    def take(self, times: Sequence[int], counts: Sequence[int]) -> None:
        """Feed readings, each later than all before it, to a register that keeps its own."""
        for at, count in zip(times, counts, strict=True):
            part = self._own.unpacked(at)
            part.times.append(at)
            part.cells.append(count)
        self.judge(times, counts)

    def judge(self, times: Sequence[int], counts: Sequence[int]) -> None:
        """Look at readings, each later than all before it, that are among its counts."""
        if len(times) > 1 and self._are_plain(times, counts):
            self._go_on(times, counts)
            return
        account, hold, stuck = self._account, self._nature.hold_ns, self._nature.stuck_ns
        most = self._nature.most_an_hour
        for at, count in zip(times, counts, strict=True):
            if account.first is None:
                self._begin(at, count)
                continue
            since, before = account.last
            grown, lasted = count - before, at - since
            if (
                self._doubtful is not None
                or grown < 0
                or lasted > hold
                or (most is not None and grown * HOUR_NS > most * lasted)
                or (self._replacements and self._replacements[-1].at <= at)
                or (stuck is not None and not grown)
            ):
                self._consider(at, count)
                continue
            if grown:
                self._moved = at
            account.go_on(account.last, (at, count))

    def _are_plain(self, times: Sequence[int], counts: Sequence[int]) -> bool:
        """Whether each of these is for certain no more than the next reading."""
        if self._account.first is None or self._doubtful is not None:
            return False
        if self._replacements and self._replacements[-1].at <= times[-1]:
            return False
        nature, (since, before) = self._nature, self._account.last
        shortest, longest = _steps(array("q", times).tobytes())
        grown = list(map(sub, counts, chain((before,), counts)))
        return (
            min(grown) >= (nature.stuck_ns is not None)
            and max(times[0] - since, longest) <= nature.hold_ns
            and (
                nature.most_an_hour is None
                or max(grown) * HOUR_NS <= nature.most_an_hour * min(times[0] - since, shortest)
            )
        )

    def _go_on(self, times: Sequence[int], counts: Sequence[int]) -> None:
        """Believe two or more readings that are plain."""
        before, newest = self._account.last[1], counts[-1]
        if newest > before:
            self._moved = times[bisect_left(counts, newest)]
        self._account.go_on((times[-2], counts[-2]), (times[-1], newest))

    def use(self, start: int, end: int) -> Use:
        """What went through over ``[start, end)``."""
        return self._uses.over(start, end)

    def believed(self, start: int, end: int) -> array[int]:
        """The times of the believed readings of ``[start, end]``, with the one before it and the one after it."""
        return self._uses.around(start, end)

    def times_within(self, start: int, end: int) -> Sequence[int]:
        """The times of the believed readings in the closed ``[start, end]``, in order."""
        found = self.believed(start, end)
        return found[bisect_left(found, start) : bisect_right(found, end)]

    def count_at(self, at: int) -> tuple[int, int] | None:
        """The newest believed reading at or before an instant: its time and count."""
        if self._account.first is None or at < self._account.first:
            return None
        return self._account.last if at >= self._account.last[0] else self._account.before(at)

    def _begin(self, at: int, count: int) -> None:
        while self._replacements and self._replacements[-1].at <= at:
            self._replacements.pop()
        self._account.begin((at, count))
        self._moved = at

    def _consider(self, at: int, count: int) -> None:
        """A reading that may not be the plain next one."""
        new = (at, count)
        if self._replacements and self._replacements[-1].at <= at:
            self._replaced(at, count)
        elif self._doubtful is not None:
            self._decide(self._doubtful, new, self._grown(self._account.last, new))
        elif (grown := self._grown(self._account.last, new)) is not None:
            self._step(at, count, grown)
        else:
            self._doubtful = new
            self._either = self._taken_back(count)
        self._account.passed = self._doubtful is not None

    def _decide(self, doubtful: tuple[int, int], new: tuple[int, int], grown: int | None) -> None:
        """What to make of a doubtful reading, now that there is another after it."""
        last, either = self._account.last, self._either
        self._doubtful = self._either = None
        after = self._grown(doubtful, new)
        if grown is None and after is None:
            self._note(doubtful[0], Happening.SPIKE, last[1], doubtful[1])
            self._doubtful = new
        elif grown is None:
            assert after is not None
            if either is not None:
                self._step(*either, either[1] - last[1])
            self._break(*doubtful)
            self._step(*new, after)
        elif either is None:
            self._note(doubtful[0], Happening.SPIKE, last[1], doubtful[1])
            if after is not None:
                self._doubt_reset(last, doubtful, new[0])
            self._step(*new, grown)
        else:
            self._fell_back(either, doubtful, new, grown)

    def _fell_back(
        self, either: tuple[int, int], doubtful: tuple[int, int], new: tuple[int, int], grown: int
    ) -> None:
        """Of two readings in a row one is too high or the other too low, and the next goes on from before both."""
        first = self._grown(self._account.last, doubtful)
        after = self._grown(doubtful, new)
        if either[1] > new[1] and first is not None and after is not None and self._nature.most_an_hour is None:
            self._note(either[0], Happening.SPIKE, self._account.last[1], either[1])
            self._step(*doubtful, first)
            self._step(*new, after)
            return
        self._note(doubtful[0], Happening.BACKWARD, either[1], doubtful[1])
        self._doubt_reset(either, doubtful, new[0])
        self._step(*new, grown)

    def _doubt_reset(self, before: tuple[int, int], fallen: tuple[int, int], upto: int) -> None:
        """Where a fall to so low a count may as well have been a reset, more may have gone through."""
        most = self._nature.most_an_hour
        if most is not None and fallen[1] < before[1] and fallen[1] * HOUR_NS <= most * (fallen[0] - before[0]):
            self._uses.doubts.append(Doubt(self._account.last[0], upto, None))

    def _grown(self, before: tuple[int, int], after: tuple[int, int]) -> int | None:
        """By how much a register may have grown from one reading to another; None where that cannot be."""
        nature = self._nature
        grown, lasted = after[1] - before[1], after[0] - before[0]
        if grown < 0:
            if nature.wraps_at is None:
                return None
            tenth = nature.wraps_at // TURNING
            if before[1] < nature.wraps_at - tenth or after[1] > tenth:
                return None
            grown += nature.wraps_at
        if nature.most_an_hour is not None and grown * HOUR_NS > nature.most_an_hour * lasted:
            return None
        return grown

    def _taken_back(self, count: int) -> tuple[int, int] | None:
        """The newest believed reading, no longer believed, where a count below it is not below the one before: one
        of the two is wrong. None where it stays."""
        before, off = self._account.last_but_one, self._account.last
        if before is None or not before[1] <= count < off[1] or off[0] == self._settled_upto():
            return None
        self._account.take_back(before)
        self._moved = before[0]
        if self._uses.gaps and self._uses.gaps[-1][1] == off[0]:
            self._uses.gaps.pop()
        return off

    def _settled_upto(self) -> int | None:
        """The time up to which steps were decided by more than two readings, and stay."""
        return self._uses.doubts[-1].end if self._uses.doubts else self._account.first

    def _step(self, at: int, count: int, grown: int) -> None:
        """Believe a reading."""
        nature, (since, before) = self._nature, self._account.last
        if at - since > nature.hold_ns:
            self._uses.gaps.append((since, at))
        if count < before:
            self._note(at, Happening.TURNED, before, count)
        if nature.wraps_at is not None and nature.most_an_hour is not None:
            rounds = (nature.most_an_hour * (at - since) // HOUR_NS - grown) // nature.wraps_at
            if rounds > 0:
                self._uses.doubts.append(Doubt(since, at, rounds * nature.wraps_at))
        self._append(at, count, grown)

    def _append(self, at: int, count: int, grown: int) -> None:
        if grown:
            self._moved = at
        self._account.believe((at, count), grown)
        if not grown and self._nature.stuck_ns is not None:
            self._stand_still(at, count)

    def _stand_still(self, at: int, count: int) -> None:
        assert self._nature.stuck_ns is not None
        since = self._moved
        if at - since < self._nature.stuck_ns:
            return
        last = self._uses.doubts[-1] if self._uses.doubts else None
        if last is not None and last.start == since:
            last.end = at
            return
        self._uses.doubts.append(Doubt(since, at, None, has_open_ends=True))
        self._note(since, Happening.STUCK, count, count)

    def _break(self, at: int, count: int) -> None:
        """The register goes on from another count: what went through meanwhile is not known."""
        since, before = self._account.last
        if at - since > self._nature.hold_ns:
            self._uses.gaps.append((since, at))
        self._note(at, Happening.RESET if count < before else Happening.JUMP, before, count)
        self._uses.doubts.append(Doubt(since, at, None))
        self._moved = at
        self._append(at, count, 0)

    def _replaced(self, at: int, count: int) -> None:
        """The first reading after a meter was replaced; of several replacements between readings only that is
        known which the records say."""
        since, before = self._account.last
        if self._doubtful is not None:
            self._note(self._doubtful[0], Happening.SPIKE, before, self._doubtful[1])
            self._doubtful = self._either = None
        surely, is_known, fits = 0, True, True
        counted_from: int | None = before
        while self._replacements and self._replacements[-1].at <= at:
            change = self._replacements.pop()
            part = None if change.final is None or counted_from is None else change.final - counted_from
            fits = fits and (part is None or part >= 0)
            is_known = is_known and part is not None and part >= 0
            surely += max(0, part or 0)
            counted_from = change.initial
        part = None if counted_from is None else count - counted_from
        fits = fits and (part is None or part >= 0)
        is_known = is_known and part is not None and part >= 0
        surely += max(0, part or 0)
        most = self._nature.most_an_hour
        if most is not None and surely * HOUR_NS > most * (at - since):
            surely, is_known, fits = 0, False, False
        self._note(at, Happening.REPLACED if fits else Happening.MISNOTED, before, count)
        if at - since > self._nature.hold_ns:
            self._uses.gaps.append((since, at))
        self._uses.doubts.append(Doubt(since, at, 0 if is_known else None))
        self._moved = at
        self._account.believe((at, count), surely if fits else 0)

    def _note(self, at: int, what: Happening, before: int, after: int) -> None:
        self.events.append(Event(at, what, before, after))


@lru_cache(SHARED)
def _steps(times: bytes) -> tuple[int, int]:
    """The shortest and the longest step between two or more times: one answer for meters that are read at once."""
    found = array("q", times)
    steps = list(map(sub, found[1:], found))
    return min(steps), max(steps)
