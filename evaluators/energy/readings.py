"""Readings of one point, packed: a year of hours in some hundred kilobytes. Pure.

They are held in parts of `SPAN_NS`. A part that is not worked on holds its values as what they are above its least
one, in as few bytes as that takes, and shares its times with every other part that has the same: meters that are
read at once are kept with one column of times.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from evaluators.model.times import HOUR_NS

SPAN_NS = 64 * HOUR_NS
"""Each such stretch since the epoch is a part; one at its end is its own."""

SHARED = 1024
"""So many columns of times are remembered to be shared."""

WIDTHS = (("B", 0xFF), ("H", 0xFFFF), ("I", 0xFFFF_FFFF))
"""Narrow columns, and the largest number in each."""

_number = attrgetter("number")


@dataclass(slots=True)
class Part:
    """Readings of one span: their times, and what each is above ``base``."""

    number: int
    times: array[int]
    base: int
    cells: array[Any]

    def values(self) -> list[Any]:
        """What was read."""
        base = self.base
        return [base + cell for cell in self.cells] if base else self.cells.tolist()


class Readings:
    """Readings in order of time, one a time."""

    def __init__(self, *, whole: bool) -> None:
        """``whole``: whether they are whole numbers, of at most 64 bits."""
        self.code = "q" if whole else "d"
        """The type of the column in which values are not packed."""
        self._parts: list[Part] = []
        self._unpacked: Part | None = None

    def unpacked(self, time: int) -> Part:
        """The part that holds a time, to be worked on until the next one is asked for: its ``cells`` are the
        values themselves. It must not be left empty."""
        number = span(time)
        part = self._unpacked
        if part is not None:
            if part.number == number:
                return part
            _pack(part)
        place = bisect_left(self._parts, number, key=_number)
        if place == len(self._parts) or self._parts[place].number != number:
            self._parts.insert(place, Part(number, array("q"), 0, array(self.code)))
        part = self._unpacked = self._parts[place]
        part.times, part.base, part.cells = part.times[:], 0, array(self.code, part.values())
        return part

    def before(self, at: int) -> tuple[int, Any] | None:
        """The newest reading at or before an instant."""
        place = bisect_right(self._parts, span(at), key=_number) - 1
        if place < 0:
            return None
        part = self._parts[place]
        row = bisect_right(part.times, at) - 1
        if row < 0:
            if not place:
                return None
            part = self._parts[place - 1]
        return part.times[row], part.base + part.cells[row]

    def after(self, at: int) -> tuple[int, Any] | None:
        """The first reading at or after an instant."""
        parts = self._parts
        place = bisect_left(parts, span(at), key=_number)
        if place == len(parts):
            return None
        part = parts[place]
        row = bisect_left(part.times, at)
        if row == len(part.times):
            if place + 1 == len(parts):
                return None
            part, row = parts[place + 1], 0
        return part.times[row], part.base + part.cells[row]

    def count(self, upto: int) -> int:
        """How many there are up to a time, with one at that time."""
        place = bisect_right(self._parts, span(upto), key=_number)
        found = sum(len(part.times) for part in self._parts[:place])
        if place:
            times = self._parts[place - 1].times
            found -= len(times) - bisect_right(times, upto)
        return found

    def within(self, first: int, last: int) -> array[int]:
        """The times of ``[first, last]``, in order."""
        found = array("q")
        place = bisect_left(self._parts, span(first), key=_number)
        for part in self._parts[place : bisect_right(self._parts, span(last), key=_number)]:
            times = part.times
            found += times[bisect_left(times, first) : bisect_right(times, last)]
        return found

    def after_all(self, time: int, upto: int) -> Iterator[tuple[array[int], list[Any]]]:
        """Times and values after one time and up to another, part by part."""
        place = bisect_left(self._parts, span(time + 1), key=_number)
        for part in self._parts[place : bisect_right(self._parts, span(upto), key=_number)]:
            rows = slice(bisect_right(part.times, time), bisect_right(part.times, upto))
            times = part.times[rows]
            if times:
                yield times, part.values()[rows]


def span(time: int) -> int:
    """The number of the part that holds a time."""
    return (time - 1) // SPAN_NS


def _pack(part: Part) -> None:
    """Take less room for what is not worked on."""
    part.times = _shared(part.times.tobytes())
    cells = part.cells
    if cells.typecode == "d":
        single = array("f", cells)
        part.cells = single if single == cells else cells[:]
        return
    least = min(cells)
    most = max(cells) - least
    code = next((code for code, largest in WIDTHS if most <= largest), None)
    if code is None:
        part.cells = cells[:]
    else:
        part.base, part.cells = least, array(code, [cell - least for cell in cells])


@lru_cache(SHARED)
def _shared(times: bytes) -> array[int]:
    return array("q", times)
