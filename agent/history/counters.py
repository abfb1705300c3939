"""The reader that keeps counters' readings at the ends of intervals, and means of other values, for ever.

Here the readings are read back too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import apsw

from agent.history import averages
from agent.history.history import History
from agent.history.intervals import INTERVAL_NS, Average, Reading, averages_of, readings_of
from agent.history.ranges import samples_of
from agent.journal.journal import Journal
from connectors.protocol import Clock
from evaluators.model.samples import Sample, Value

CURSOR = "counters"
BATCH = 500
"""Blocks that are read at once."""
EVERY_S = 10.0

T = TypeVar("T")


class At(NamedTuple):
    """A good reading of a counter: its time (ns UTC) and value."""

    time: int
    value: Value


class Register(NamedTuple):
    """A counter at an instant: the last good reading at or before it and the first one after, None without one."""

    before: At | None
    after: At | None


def readings(history: History, point: int, start: int, end: int) -> Iterator[Reading]:
    """The readings of the intervals that end in ``(start, end]``, ns UTC; of intervals without a good sample there
    are none."""
    rows = history.each(_SELECT + "AND until > ? AND until <= ? ORDER BY until", (point, start, end))
    return (Reading(*row) for row in rows)


def ends(history: History, point: int, length_ns: int) -> Iterator[tuple[At, At]]:
    """The first and the last good reading of each stretch of so many ns since the epoch that has one, in order;
    ``length_ns`` is a multiple of the interval's, and a reading at the end of a stretch is its own."""
    first, last = (
        history.each(f"SELECT {columns} FROM reading WHERE point = ? GROUP BY (until - 1) / ?", (point, length_ns))
        for columns in ("min(first_at), first", "max(last_at), last")  # SQLite takes the value from the same row
    )
    return ((At(*begin), At(*end)) for begin, end in zip(first, last, strict=True))


def register(history: History, point: int, at: int) -> Register:
    """A counter at the end of an interval; ValueError where ``at`` (ns UTC) is none."""
    if at % INTERVAL_NS:
        raise ValueError(f"{at} is no end of an interval; give a multiple of {INTERVAL_NS} ns")
    with history.snapshot():
        before = history.query(_SELECT + "AND until <= ? ORDER BY until DESC LIMIT 1", (point, at))
        after = history.query(_SELECT + "AND until > ? ORDER BY until LIMIT 1", (point, at))
    last = [At(reading.last_at, reading.last) for reading in (Reading(*row) for row in before)]
    first = [At(reading.first_at, reading.first) for reading in (Reading(*row) for row in after)]
    return Register(last[0] if last else None, first[0] if first else None)


_SELECT = "SELECT point, until, first_at, first, last_at, last FROM reading WHERE point = ? "


def keep(connection: apsw.Connection, found: Iterable[Reading]) -> None:
    """Put readings to those that are kept, within a transaction."""
    connection.executemany(
        "INSERT INTO reading (point, until, first_at, first, last_at, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT (point, until) DO UPDATE SET first_at = min(first_at, ?3), last_at = max(last_at, ?5), "
        "first = CASE WHEN ?3 < first_at THEN ?4 WHEN ?3 = first_at THEN max(first, ?4) ELSE first END, "
        "last = CASE WHEN ?5 > last_at THEN ?6 WHEN ?5 = last_at THEN max(last, ?6) ELSE last END",
        ((r.point, r.end, r.first_at, r.first, r.last_at, r.last) for r in found),
    )


class Counters:
    """Follows the journal and keeps the readings of ``points``, by number, and the averages of others. One that is
    new among them is read from its first sample on."""

    def __init__(
        self, journal: Journal, points: Collection[int], clock: Clock, averaged: Collection[int] = ()
    ) -> None:
        self._journal = journal
        self._points = frozenset(points)
        self._averaged = frozenset(averaged)
        self._clock = clock
        self._position = 0

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="counters")
        opened: list[History] = []
        try:
            await _in(thread, lambda: opened.append(History.open(self._journal.path)))
            (history,) = opened
            await self._begin(thread, history)
            while True:
                await self._catch_up(thread, history)
                await self._journal.grown(self._position)
                await self._clock.sleep(EVERY_S)
        finally:
            for history in opened:
                thread.submit(history.close)
            thread.shutdown(wait=False)

    async def _begin(self, thread: ThreadPoolExecutor, history: History) -> None:
        """Read what there is of new ones up to the cursor, from where all go on together."""
        cursor = (await _in(thread, history.cursors)).get(CURSOR)
        self._position = cursor or 0
        await self._journal.write(partial(averages.begin, points=self._averaged, cursor=cursor))
        await self._journal.write(partial(_leave, points=self._points))
        known = {point for (point,) in await _in(thread, partial(history.query, "SELECT point FROM counter"))}
        new = self._points - known
        if new:
            await self._read_on(thread, history, _Wanted(new), 0, self._position)
            await self._journal.write(partial(_note, points=new))
        for seq, late in await _in(thread, partial(averages.behind, history, self._averaged)):
            await self._read_on(thread, history, _Wanted(averaged=late), seq, self._position)
            await self._journal.write(partial(averages.catch_up, points=late))
        await self._journal.write(partial(_move, position=self._position))

    async def _catch_up(self, thread: ThreadPoolExecutor, history: History) -> None:
        wanted = _Wanted(self._points, self._averaged)
        self._position = await self._read_on(thread, history, wanted, self._position, None)

    async def _read_on(
        self, thread: ThreadPoolExecutor, history: History, wanted: _Wanted, after: int, upto: int | None
    ) -> int:
        """Keep what all blocks after a position say, up to another or to the end; the position reached. To the end
        the cursor moves with it."""
        while upto is None or after < upto:
            position, found = await _in(thread, partial(_read, history, wanted, after, upto))
            if position == after:
                break
            await self._journal.write(partial(_keep, found=found, position=position, moves=upto is None))
            after = position
        return after


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Points, by number."""

    counters: frozenset[int] = frozenset()
    averaged: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    readings: list[Reading]
    averages: list[Average]
    behind: frozenset[int] = frozenset()
    """The points whose averages these are, where they are behind the others."""


def _read(history: History, wanted: _Wanted, after: int, upto: int | None) -> tuple[int, _Found]:
    """What the next blocks say, and the position behind these."""
    samples: list[Sample] = []
    position = after
    points = wanted.counters | wanted.averaged
    for seq, block in history.blocks(after, BATCH):
        if upto is not None and seq > upto:
            position = upto
            break
        position = seq
        samples += samples_of(block, points)
    samples.sort(key=lambda sample: (sample.point, sample.time))
    found = _Found(
        list(readings_of(sample for sample in samples if sample.point in wanted.counters)),
        list(averages_of(sample for sample in samples if sample.point in wanted.averaged)),
        frozenset() if upto is None else wanted.averaged,
    )
    return position, found


def _leave(connection: apsw.Connection, points: frozenset[int]) -> None:
    """What is no counter any more is read from its first sample on where it becomes one again."""
    left = [point for (point,) in connection.execute("SELECT point FROM counter") if point not in points]
    connection.executemany("DELETE FROM counter WHERE point = ?", ((point,) for point in left))


def _note(connection: apsw.Connection, points: Iterable[int]) -> None:
    rows = ((point,) for point in points)
    connection.executemany("INSERT INTO counter (point) VALUES (?) ON CONFLICT DO NOTHING", rows)


def _keep(connection: apsw.Connection, found: _Found, position: int, moves: bool) -> None:
    keep(connection, found.readings)
    averages.add(connection, found.averages)
    averages.move(connection, found.behind, position)
    if moves:
        _move(connection, position)


def _move(connection: apsw.Connection, position: int) -> None:
    statement = "INSERT INTO cursor (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = ?2"
    connection.execute(statement, (CURSOR, position))


async def _in(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
