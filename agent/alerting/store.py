"""Rows of alerts and of what is still to be told. Blocking; what takes a connection runs within `Journal.write`.

Events are appended, never changed. With a webhook an event and its row in the outbox are one transaction, so none
is forgotten and none is told that did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import apsw

from agent.alerting.content import StoredEvent, decode, encode
from agent.alerting.events import AlertEvent, Severity
from agent.history.history import History
from evaluators.model.times import MINUTE_NS, SECOND_NS

FLOOD_EVENTS = 10
"""More events than this within `FLOOD_NS` go out together."""
FLOOD_NS = 10 * MINUTE_NS
GATHER_NS = 30 * SECOND_NS
"""How long a message of a flood waits for more events; one with an emergency does not wait."""
MESSAGE_EVENTS = 500
"""How many events one message holds at most."""

_COLUMNS = "alert.seq, alert.key, alert.at, alert.event, alert.content"
_NEWEST = f"SELECT {_COLUMNS} FROM alert WHERE seq IN (SELECT max(seq) FROM alert GROUP BY key) ORDER BY seq"

Row = tuple[int, str, int, str, str]


def append(connection: apsw.Connection, events: Iterable[AlertEvent], *, tell: bool) -> None:
    """Keep events; with ``tell`` they are to be told elsewhere too."""
    for event in events:
        values = (event.key, event.at, event.event.value, encode(event))
        connection.execute("INSERT INTO alert (key, at, event, content) VALUES (?, ?, ?, ?)", values)
        if tell:
            seq = connection.last_insert_rowid()
            connection.execute("INSERT INTO outbox (alert, next_at) VALUES (?, ?)", (seq, event.at))


def newest_rows(connection: apsw.Connection) -> list[Row]:
    """The newest event of each key, as it is stored."""
    return list(connection.execute(_NEWEST))


def stored(row: Row) -> StoredEvent:
    """The event of a row."""
    return StoredEvent(row[0], decode(*row[1:]))


def open_alerts(history: History) -> list[StoredEvent]:
    """The newest event of each alert that is open, the one that was opened first first."""
    found = [stored(row) for row in history.query(_NEWEST)]
    return sorted((each for each in found if each.event.is_open), key=lambda each: each.event.since)


def all_alerts(history: History) -> list[StoredEvent]:
    """The newest event of each alert there ever was, a key that was opened again once for each time."""
    lives: dict[tuple[str, int], StoredEvent] = {}
    for row in history.query(f"SELECT {_COLUMNS} FROM alert ORDER BY seq"):
        each = stored(row)
        lives[each.event.key, each.event.since] = each
    return sorted(lives.values(), key=lambda each: each.event.since)


def event_numbered(history: History, number: int) -> StoredEvent | None:
    """One event, by its number in the journal."""
    rows = history.query(f"SELECT {_COLUMNS} FROM alert WHERE seq = ?", (number,))
    return stored(rows[0]) if rows else None


def newest_of(history: History, key: str, since: int | None = None) -> StoredEvent | None:
    """The newest event of a key; ``since``: of the alert that was opened then."""
    rows = history.query(f"SELECT {_COLUMNS} FROM alert WHERE key = ? ORDER BY seq DESC", (key,))
    return next((each for each in map(stored, rows) if since in (None, each.event.since)), None)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that was made up, and stays as it is until it is delivered. ``message`` numbers it."""

    message: int
    rows: tuple[Row, ...]
    attempts: int
    next_at: int
    """Not to be sent before this instant, ns UTC."""

    def events(self) -> list[StoredEvent]:
        """What is in it."""
        return [stored(row) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing to send yet: for so many ns, until a flood's events are gathered; None: until there is an event."""

    for_ns: int | None = None


def make_up(connection: apsw.Connection, now: int, *, gather: bool = True) -> Parcel | Waiting:
    """The message that is next in order at ``now`` (ns UTC): the one that was made up before, else a new one.

    Which events go into it is on disk before it is sent for the first time, so it is the same each time it is
    sent. Without ``gather`` a flood's message does not wait for more.
    """
    head = next(connection.execute("SELECT id, message FROM outbox ORDER BY id LIMIT 1"), None)
    if head is None:
        return Waiting()
    number, message = int(head[0]), head[1]
    if message is None:
        fresh = _fresh(connection)
        if len(fresh) > FLOOD_EVENTS or _is_flood(connection, now):
            wait = gathering_ns(fresh, now) if gather else 0
            if wait:
                return Waiting(wait)
        else:
            fresh = fresh[:1]
        update = "UPDATE outbox SET message = ? WHERE id = ?"
        connection.executemany(update, [(number, entry.place) for entry in fresh])
    return _parcel(connection, number)


class Fresh(NamedTuple):
    """A row of the outbox that is in no message yet: its id, and its event's instant and severity."""

    place: int
    at: int
    severity: str


def gathering_ns(fresh: Sequence[Fresh], now: int) -> int:
    """How long a message of a flood is to wait for more: 0 once it is full, old enough, or has an emergency."""
    urgent = any(entry.severity == Severity.EMERGENCY.value for entry in fresh)
    if urgent or len(fresh) >= MESSAGE_EVENTS:
        return 0
    return min(max(0, fresh[0].at + GATHER_NS - now), GATHER_NS)


def _fresh(connection: apsw.Connection) -> list[Fresh]:
    statement = (
        "SELECT outbox.id, alert.at, json_extract(alert.content, '$.severity') FROM outbox "
        "JOIN alert ON alert.seq = outbox.alert WHERE outbox.message IS NULL ORDER BY outbox.id LIMIT ?"
    )
    return [Fresh(*row) for row in connection.execute(statement, (MESSAGE_EVENTS,))]


def _is_flood(connection: apsw.Connection, now: int) -> bool:
    statement = "SELECT at FROM alert ORDER BY seq DESC LIMIT 1 OFFSET ?"
    return any(at > now - FLOOD_NS for (at,) in connection.execute(statement, (FLOOD_EVENTS,)))


def _parcel(connection: apsw.Connection, message: int) -> Parcel:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM outbox JOIN alert ON alert.seq = outbox.alert WHERE message = ? ORDER BY seq",
        (message,),
    )
    found = tuple(rows)
    tried = connection.execute("SELECT max(attempts), max(next_at) FROM outbox WHERE message = ?", (message,))
    attempts, next_at = next(tried)
    return Parcel(message, found, attempts, next_at)


def delivered(connection: apsw.Connection, message: int) -> None:
    """The other side has it."""
    connection.execute("DELETE FROM outbox WHERE message = ?", (message,))


def put_off(connection: apsw.Connection, message: int, next_at: int, problem: str) -> None:
    """It was tried in vain, and is to be tried again at ``next_at`` (ns UTC)."""
    statement = "UPDATE outbox SET attempts = attempts + 1, next_at = ?, problem = ? WHERE message = ?"
    connection.execute(statement, (next_at, problem, message))


def untold(history: History) -> int:
    """How many events the other side does not have yet."""
    return int(history.query("SELECT count(*) FROM outbox")[0][0])
