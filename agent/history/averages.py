"""Means of momentary values by quarters of an hour, kept for ever; each good sample counts once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import apsw

from agent.history.history import History
from agent.history.intervals import Average


def averages(history: History, point: int, start: int, end: int) -> Iterator[Average]:
    """The averages of the intervals that end in ``(start, end]``, ns UTC, the earliest first; of intervals without
    a good value there are none."""
    statement = (
        "SELECT point, until, count, total, magnitude FROM average "
        "WHERE point = ? AND until > ? AND until <= ? ORDER BY until"
    )
    return (Average(*row) for row in history.each(statement, (point, start, end)))


def begin(connection: apsw.Connection, points: Collection[int], cursor: int | None) -> None:
    """From now on these are averaged, by number; the blocks up to ``cursor`` were read of those that were averaged
    before. Without a cursor nothing is known to have been read, nor of a point that is not noted."""
    if cursor is None:
        connection.execute("DELETE FROM averaged")
    else:
        followed = connection.execute("SELECT point FROM averaged WHERE seq IS NULL")
        left = [point for (point,) in followed if point not in points]
        connection.executemany("UPDATE averaged SET seq = ? WHERE point = ?", ((cursor, point) for point in left))
    connection.execute(
        "DELETE FROM average WHERE point NOT IN (SELECT point FROM averaged)"
    )  # else they count twice
    rows = ((point, 0 if cursor else None) for point in sorted(points))
    connection.executemany("INSERT INTO averaged (point, seq) VALUES (?, ?) ON CONFLICT DO NOTHING", rows)


def behind(history: History, points: Collection[int]) -> list[tuple[int, frozenset[int]]]:
    """Those of the points that are not with the others yet, by the position up to which they were read."""
    found: dict[int, set[int]] = {}
    for point, seq in history.query("SELECT point, seq FROM averaged WHERE seq IS NOT NULL"):
        if point in points:
            found.setdefault(seq, set()).add(point)
    return [(seq, frozenset(late)) for seq, late in sorted(found.items())]


def add(connection: apsw.Connection, found: Iterable[Average]) -> None:
    """Add to what is kept, within a transaction."""
    connection.executemany(
        "INSERT INTO average (point, until, count, total, magnitude) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (point, until) DO UPDATE SET count = count + excluded.count, "
        "total = total + excluded.total, magnitude = magnitude + excluded.magnitude",
        ((a.point, a.end, a.count, a.total, a.magnitude) for a in found),
    )


def move(connection: apsw.Connection, points: Iterable[int], position: int) -> None:
    """Those that are behind were read up to a position, within the transaction that adds what was found."""
    connection.executemany("UPDATE averaged SET seq = ? WHERE point = ?", ((position, point) for point in points))


def catch_up(connection: apsw.Connection, points: Iterable[int]) -> None:
    """From now on they are read with the others."""
    connection.executemany("UPDATE averaged SET seq = NULL WHERE point = ?", ((point,) for point in points))
