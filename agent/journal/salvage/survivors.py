"""The rows of a damaged table, as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import apsw

from agent.journal.integrity import TABLES
from evaluators.model.samples import INT64_MAX, INT64_MIN

Row = tuple[Any, ...]

FAILS = (apsw.Error, UnicodeDecodeError)
"""What reading a damaged row may raise."""
ODD_AT_MOST = 10_000
"""More rows than this out of order in one table: it leads in circles."""


@dataclass(slots=True)
class Survivors:
    """Reads what is left. ``holes`` collects the stretches that cannot be read, as the last number before each and
    the first after it; None where no row was found there."""

    connection: apsw.Connection
    holes: list[tuple[int | None, int | None]] = field(default_factory=list)

    def tables(self) -> frozenset[str]:
        """The names of the tables that can be found at all."""
        return frozenset(name for (name,) in self.all(TABLES))

    def all(self, statement: str, values: Row = ()) -> list[Row]:
        """The rows of a SELECT, up to the first that cannot be read."""
        return list(self._until_broken(statement, values))

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        return [name for (name,) in self.all("SELECT name FROM pragma_table_info(?)", (table,))]

    def value(self, statement: str) -> int:
        """One number; 0 where it cannot be read."""
        return next((found for (found,) in self.all(statement) if isinstance(found, int)), 0)

    def numbered(
        self, table: str, columns: str, low: int = INT64_MIN, high: int = INT64_MAX
    ) -> Iterator[tuple[int, Row]]:
        """The rows of a table with row numbers in ``[low, high]``, by number.

        Behind a stretch that cannot be read the next row that can is sought: by larger and larger steps, then by
        halving. A row whose number is out of order has a damaged number: such rows come last.
        """
        scan = _Scan(f"SELECT rowid, {columns} FROM {table} WHERE rowid >= ? ORDER BY rowid", low, high)
        while True:
            try:
                yield from scan.rows(self.connection)
            except FAILS:
                yield from scan.left()
                found = self._beyond(scan.select, scan.at, high)
                if found is not None:
                    scan.at, scan.broken = found, True
                    continue
                scan.broken = True
            if scan.broken:
                scan.holes.append((scan.last, None))
            self.holes += scan.holes
            yield from scan.odd
            return

    def keyed(self, table: str, columns: str, key: str) -> Iterator[Row]:
        """The rows of a table without row numbers: from its beginning as far as it goes, then from its end."""
        before = len(self.holes)
        yield from self._until_broken(f"SELECT {columns} FROM {table} ORDER BY {key}")
        if len(self.holes) > before:
            backwards = ", ".join(f"{name} DESC" for name in key.split(", "))
            yield from self._until_broken(f"SELECT {columns} FROM {table} ORDER BY {backwards}")

    def _beyond(self, select: str, at: int, high: int) -> int | None:
        """A number above ``at`` from which on rows can be read again; None where there is none."""
        bad, good, step = at, min(at + 1, high), 1
        while not self._can_begin(select, good):
            if good == high:
                return None
            bad, step = good, step * 2
            good = min(at + step, high)
        while good - bad > 1:
            middle = (good + bad) // 2
            if self._can_begin(select, middle):
                good = middle
            else:
                bad = middle
        return good

    def _can_begin(self, select: str, at: int) -> bool:
        try:
            self.connection.execute(select + " LIMIT 1", (at,)).fetchall()
        except FAILS:
            return False
        return True

    def _until_broken(self, statement: str, values: Row = ()) -> Iterator[Row]:
        try:
            yield from self.connection.execute(statement, values)
        except FAILS:
            self.holes.append((None, None))


@dataclass(slots=True)
class _Scan:
    """A table read by number. ``at``: where to go on; ``last``: the last number that was in order; ``broken``:
    whether what comes before the next row could not be read; ``odd``: rows whose numbers are out of order."""

    select: str
    at: int
    high: int
    last: int | None = None
    broken: bool = False
    odd: list[tuple[int, Row]] = field(default_factory=list)
    holes: list[tuple[int | None, int | None]] = field(default_factory=list)
    _held: tuple[int, Row] | None = None

    def rows(self, connection: apsw.Connection) -> Iterator[tuple[int, Row]]:
        """Each row once the next one shows that its number is in order. Ends at the second row above ``high``."""
        above = 0
        for number, *row in connection.execute(self.select, (self.at,)):
            above = above + 1 if number > self.high else 0
            if above > 1:
                break
            if self._held is not None and number < self._held[0]:
                self._put_by(self._held)
            else:
                yield from self.left()
            if number <= self.high:
                self._held = (number, tuple(row))
        yield from self.left()

    def left(self) -> Iterator[tuple[int, Row]]:
        """The row that waits for the next one."""
        held, self._held = self._held, None
        if held is None:
            return
        number = held[0]
        if number < self.at:
            self._put_by(held)
            return
        if self.broken:
            self.holes.append((self.last, number))
        self.last, self.broken = number, False
        self.at = number + 1 if number < INT64_MAX else number
        yield held

    def _put_by(self, row: tuple[int, Row]) -> None:
        if len(self.odd) == ODD_AT_MOST:
            raise apsw.CorruptError("the rows lead in circles")
        self.odd.append(row)
        self._held = None
