"""The runs of conditions, kept for ever, and how far judging has come. Blocking; writing within
`Journal.write`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import apsw

from agent.history.history import History
from evaluators.standing import StoredRun


class Position(NamedTuple):
    """The block and the record up to which judging has looked, the instant (ns UTC) it judged last, the one from
    which on it judges windows, and the revision of the ledger of gaps up to which it has looked."""

    block: int
    record: int
    at: int
    since: int
    gap: int = 0


def read_position(history: History) -> Position | None:
    """How far judging has come; None before the first time."""
    rows = history.query("SELECT block, record, at, since, gap FROM judged")
    return Position(*rows[0]) if rows else None


def store_position(connection: apsw.Connection, position: Position) -> None:
    """Note how far judging has come; to be done together with what it gave."""
    statement = (
        "INSERT INTO judged (id, block, record, at, since, gap) VALUES (1, ?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (id) DO UPDATE SET block = ?1, record = ?2, at = ?3, since = ?4, gap = ?5"
    )
    connection.execute(statement, position)


_RUNS = "SELECT subject, place, point, rule, start, until, reading FROM fold JOIN run ON run.fold = fold.id "


def read_runs(history: History) -> Iterator[StoredRun]:
    """Every run, by condition and time."""
    return (StoredRun(*row) for row in history.each(_RUNS + "ORDER BY fold.id, start"))


def runs_between(history: History, subject: str, start: int, end: int) -> Iterator[StoredRun]:
    """The runs of an item's or a watch's conditions that reach into the half-open ``[start, end)``, ns UTC, as far
    as they are kept: by condition and time, those of rules that it had before among them."""
    statement = _RUNS + "WHERE subject = ? AND reading >= 0 AND start < ? AND until >= ? ORDER BY fold.id, start"
    return (StoredRun(*row) for row in history.each(statement, (subject, end, start)))


def store_runs(connection: apsw.Connection, runs: Iterable[StoredRun]) -> None:
    """Keep new and longer runs, by the start that names each within its condition."""
    numbers: dict[tuple[str, int, int, str], int] = {}
    for run in runs:
        rule = (run.subject, run.place, run.point, run.rule)
        if rule not in numbers:
            connection.execute(
                "INSERT INTO fold (subject, place, point, rule) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rule
            )
            found = connection.execute(
                "SELECT id FROM fold WHERE subject = ? AND place = ? AND point = ? AND rule = ?", rule
            )
            numbers[rule] = int(found.get)
        connection.execute(
            "INSERT INTO run (fold, start, until, reading) VALUES (?1, ?2, ?3, ?4) "
            "ON CONFLICT (fold, start) DO UPDATE SET until = ?3, reading = ?4",
            (numbers[rule], run.start, run.end, run.reading),
        )
