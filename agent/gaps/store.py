"""The gap ledger in the journal. Writing is done within `Journal.write`, in its transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import apsw

from agent.history.history import History
from evaluators.model.gaps import Gap, GapCause

_NEXT = "(SELECT coalesce(max(revision), 0) + 1 FROM gap)"
_COLUMNS = "seq, cause, subject, points, start, until, lost, detail"


def add_gap(connection: apsw.Connection, gap: Gap) -> int:
    """Note a gap, ended or still open; its number, by which `end_gap` ends it."""
    connection.execute(
        "INSERT INTO gap (revision, cause, subject, points, start, until, lost, detail) "
        f"VALUES ({_NEXT}, ?, ?, ?, ?, ?, ?, ?)",
        (
            gap.cause.value,
            gap.subject,
            json.dumps(gap.points, ensure_ascii=False),
            gap.start,
            gap.end,
            gap.lost,
            gap.detail,
        ),
    )
    return connection.last_insert_rowid()


def end_gap(connection: apsw.Connection, seq: int, end: int, lost: int | None = None) -> None:
    """Note the end (ns UTC) of an open gap; one that has ended stays as it is."""
    connection.execute(
        f"UPDATE gap SET until = max(start, ?), lost = ?, revision = {_NEXT} WHERE seq = ? AND until IS NULL",
        (end, lost, seq),
    )


def go_on(connection: apsw.Connection, seq: int, detail: str) -> None:
    """A gap that has ended goes on after all; ``detail`` says why."""
    connection.execute(f"UPDATE gap SET until = NULL, detail = ?, revision = {_NEXT} WHERE seq = ?", (detail, seq))


def open_gaps(connection: apsw.Connection, causes: Collection[GapCause]) -> list[tuple[int, Gap]]:
    """The gaps of some causes that have not ended, by number."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM gap WHERE until IS NULL ORDER BY seq")
    return [(seq, gap) for seq, gap in map(_read, rows) if gap.cause in causes]


def read_gaps(history: History, after: int = 0) -> list[tuple[int, Gap]]:
    """Every gap with a number above ``after``, by number: the order in which they were noted."""
    rows = history.query(f"SELECT {_COLUMNS} FROM gap WHERE seq > ? ORDER BY seq", (after,))
    return [_read(row) for row in rows]


def changed_gaps(history: History, after: int) -> list[tuple[int, int, Gap]]:
    """Every gap noted or changed since revision ``after``: its revision, its number, and how it is now."""
    rows = history.query(f"SELECT revision, {_COLUMNS} FROM gap WHERE revision > ? ORDER BY revision", (after,))
    return [(revision, *_read(tuple(row))) for revision, *row in rows]


def _read(row: tuple[Any, ...]) -> tuple[int, Gap]:
    seq, cause, subject, points, start, end, lost, detail = row
    return seq, Gap(GapCause(cause), start, end, subject, tuple(json.loads(points)), lost, detail)
