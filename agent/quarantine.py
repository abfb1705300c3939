"""Messages that could not be read, in the journal: kept for a person to look at, in bounded space.

Messages of one connection, topic and problem are one row, with the newest payload cut to `KEPT_BYTES`. Beyond
`MOST_KINDS` rows the one that was longest not seen goes, and only the number of its messages is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from agent.history.history import History
from connectors.protocol import Poison

KEPT_BYTES = 4096
"""Of a payload."""
MOST_KINDS = 1000
"""Rows, of all connections together."""
_MOST_TEXT = 1000
"""Characters of a topic or problem."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Messages alike. ``first`` and ``last`` are the receipts of the first and the newest, ns UTC; ``payload`` is
    the beginning of the newest, whose whole length in bytes is ``size``."""

    source: str
    topic: str
    problem: str
    first: int
    last: int
    count: int
    size: int
    payload: bytes


def keep_poison(connection: apsw.Connection, poison: Sequence[Poison]) -> None:
    """Count these messages in; to be done within the journal's transaction."""
    connection.executemany(
        "INSERT INTO quarantine (source, topic, problem, first, last, count, size, payload)"
        " VALUES (?1, ?2, ?3, ?4, ?4, 1, ?5, ?6) ON CONFLICT DO UPDATE SET first = min(first, ?4),"
        " last = max(last, ?4), count = count + 1, size = ?5, payload = ?6",
        [
            (
                message.source,
                _storable(message.topic),
                _storable(message.problem),
                message.received,
                message.size,
                message.payload[:KEPT_BYTES],
            )
            for message in poison
        ],
    )
    _make_room(connection)


def _make_room(connection: apsw.Connection) -> None:
    over = int(connection.execute("SELECT count(*) FROM quarantine").get) - MOST_KINDS
    if over <= 0:
        return
    oldest = connection.execute("SELECT id, source, count FROM quarantine ORDER BY last, id LIMIT ?", (over,))
    for number, source, count in list(oldest):
        connection.execute(
            "INSERT INTO quarantine_gone (source, count) VALUES (?1, ?2)"
            " ON CONFLICT (source) DO UPDATE SET count = count + ?2",
            (source, count),
        )
        connection.execute("DELETE FROM quarantine WHERE id = ?", (number,))


def _storable(text: str) -> str:
    return text[:_MOST_TEXT].encode(errors="backslashreplace").decode()


def read_quarantine(history: History) -> list[Quarantined]:
    """Every kind of message there is, the newest first."""
    rows = history.query(
        "SELECT source, topic, problem, first, last, count, size, payload FROM quarantine ORDER BY last DESC, id"
    )
    return [Quarantined(*row) for row in rows]


def quarantined(history: History, kinds: Iterable[Quarantined]) -> int:
    """How many messages there ever were: those of the kinds read, and those of rows that made room."""
    [(gone,)] = history.query("SELECT coalesce(sum(count), 0) FROM quarantine_gone")
    return int(gone) + sum(kind.count for kind in kinds)
