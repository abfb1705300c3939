"""Poll cycles: parts of blocks that bring the same points again and again, mostly with nothing new.

A `Cycle` remembers the last part of one layout. While it is in step, the newest sample of each of its folds is at
the cycle's ``time``: a part that says the same again only moves that one number (`evaluators.standing` decides
when).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress
from operator import ne

from evaluators.model.samples import Columns, Quality
from evaluators.states import ConditionFold

CHUNK = 64
"""Rows that are compared at once where a part is not the same as the last one."""

Row = tuple[int, int, Sequence[ConditionFold]]
"""A row of interest: its place in the part, its point, and the folds that look at it."""

Cells = bytes | list[str]

Content = tuple[Cells, bytes, bytes]
"""Values, qualities and reasons of a part, as something that is quickly compared."""

NO_LIMIT = 2**63


class Cycle:
    """One layout: the points of a part, row by row. ``rows`` are those that some fold looks at."""

    __slots__ = (
        "_by_row", "_content", "folds", "good", "hold", "in_step", "is_distinct", "kind", "points", "rows",
        "said", "time",
    )  # fmt: skip

    def __init__(self, part: Columns, rows: Sequence[Row]) -> None:
        self.kind = part.kind
        self.points = part.points[:]
        self.rows = rows
        self.folds = [fold for _, _, folds in rows for fold in folds]
        self.hold = min((fold.hold_ns for fold in self.folds), default=NO_LIMIT)
        self.is_distinct = len({point for _, point, _ in rows}) == len(rows)
        self.in_step = False
        self.time = 0
        """In step: the time of the part that came last."""
        self.said = 0
        """The time up to which the folds know of it."""
        self.good: Sequence[int] = ()
        """The points whose sample was good in the part that came last."""
        self._content: Content = (b"", b"", b"")
        self._by_row = {row[0]: row for row in rows}

    def fits(self, part: Columns) -> bool:
        """Whether a part is of this layout."""
        return self.points == part.points and self.kind is part.kind

    def follows(self, time: int) -> bool:
        """Whether a part of this time is next: later than the last, and near enough for every fold."""
        return self.in_step and self.time < time <= self.time + self.hold

    def begin(self, part: Columns, time: int) -> None:
        """Be in step: the newest sample of every fold is that of ``part``, all of one ``time``."""
        self.in_step = True
        self.time = self.said = time
        self._content = content(part)
        self.good = good_points(part)

    def move(self, part: Columns, time: int) -> bool:
        """Take a part that follows and says the same as the last one; False where it does not: nothing is done."""
        values, qualities, reasons = self._content
        said = part.values
        if (
            (said if isinstance(said, list) else said.tobytes()) != values
            or part.qualities != qualities
            or part.reasons != reasons
        ):
            return False
        self.time = time
        return True

    def changed(self, part: Columns) -> Iterator[Row]:
        """The rows of interest that differ from the part before, each once."""
        if not self.rows:
            return
        before, now = self._content, content(part)
        found: set[int] = set()
        for old, new in zip(before, now, strict=True):
            if old != new:
                found.update(_differing(old, new, len(part)))
        rows = self._by_row
        for row in sorted(found):
            if row in rows:
                yield rows[row]

    def follow(self, part: Columns, time: int) -> bool:
        """Take a part that follows, of which the changed rows were folded one by one; whether ``good`` is
        another."""
        is_other = part.qualities != self._content[1]
        if is_other:
            self.good = good_points(part)
        self._content = content(part)
        self.time = time
        return is_other

    def settle(self) -> None:
        """Let the folds know the time of their newest sample."""
        for fold in self.folds:
            fold.runs.ends[-1] = self.time
        self.said = self.time


def content(part: Columns) -> Content:
    """A part's cells, column by column. Those that differ may yet be equal (0.0 and -0.0)."""
    values = part.values
    return values[:] if isinstance(values, list) else values.tobytes(), bytes(part.qualities), bytes(part.reasons)


def _differing(old: Cells, new: Cells, count: int) -> Iterator[int]:
    """The rows in which two columns of one kind, of ``count`` cells each, differ."""
    width = len(new) // count
    for row in range(0, count, CHUNK):
        first, last = row * width, (row + CHUNK) * width
        before, now = old[first:last], new[first:last]
        if before == now:
            continue
        if width > 1 and isinstance(before, bytes) and isinstance(now, bytes):
            yield from compress(range(row, count), map(ne, array("q", before), array("q", now)))
        else:
            yield from compress(range(row, count), map(ne, before, now))


def good_points(part: Columns) -> list[int]:
    """The points whose sample is good."""
    if not any(part.qualities):
        return part.points.tolist()
    return [point for point, quality in zip(part.points, part.qualities, strict=True) if quality == Quality.GOOD]


def one_time(times: array[int]) -> bool:
    """Whether some times, at least one, are all the same."""
    if len(times) == 1:
        return True
    cells = times.tobytes()
    width = times.itemsize
    return cells[width:] == cells[:-width]
