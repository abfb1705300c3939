"""Blocks that cannot be read are moved aside, within the writer's transaction.

The row is kept as it was found, in ``damaged_block``. In its place stays a block without rows, so that no position
is missing, and the loss is noted as a gap.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import apsw

from agent.errors import JournalCorrupt
from agent.gaps.store import add_gap
from agent.journal.blocks import source_id
from agent.journal.encoding import body_length, encode
from agent.journal.seal import COLUMNS, BlockRow, beside_fits, opened, reach, seal_of
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import INT64_MAX, Block


class Moved(NamedTuple):
    """A block that was moved aside: its position, what is wrong with it, and how many rows it had, where known."""

    seq: int
    problem: str
    lost: int | None


def move_block(connection: apsw.Connection, seq: int, now: int) -> Moved | None:
    """Move the block at a position aside (at the instant ``now``, ns UTC); None where it can be read after all."""
    found = connection.execute(f"SELECT {COLUMNS} WHERE block.seq = ?", (seq,)).fetchone()
    if found is None:
        return None
    row = BlockRow(*found)
    try:
        opened(row)
        return None
    except JournalCorrupt as error:
        moved = Moved(seq, str(error), rows_lost(row))
    keep_aside(connection, row, moved.problem, now)
    _leave_an_empty_one(connection, row)
    note_loss(connection, row, moved, now)
    return moved


def keep_aside(connection: apsw.Connection, row: BlockRow, problem: str, now: int) -> None:
    """Keep a row as it was found; the first finding of a position stays."""
    connection.execute(
        "INSERT INTO damaged_block (seq, at, problem, source, received, reach, min_time, max_time, rows, "
        "conflicts, payload, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (row.seq, now, problem, *row[1:10]),
    )


def note_loss(connection: apsw.Connection, row: BlockRow, moved: Moved, now: int) -> None:
    """Note the gap that a damaged block leaves: over its own times or, where these are damaged too, its
    neighbours'."""
    start, end = _span(connection, row, now)
    name = row.name if isinstance(row.name, str) else "an unknown connection"
    detail = f"block {row.seq} of {name}: {moved.problem}"
    add_gap(connection, Gap(GapCause.QUARANTINE, start, end, lost=moved.lost, detail=detail))


def insert_empty(connection: apsw.Connection, seq: int, source: int, received: int) -> None:
    """A block without rows at a position where there is none."""
    payload = encode(Block("", received, ()))
    values = (seq, source, received, reach(0, 0), received, received, 0, 0, payload)
    seal = seal_of(seq, source, received, received, received, 0, 0)
    connection.execute(
        "INSERT INTO block (seq, source, received, reach, min_time, max_time, rows, conflicts, payload, seal) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, seal),
    )


def _leave_an_empty_one(connection: apsw.Connection, row: BlockRow) -> None:
    if not _is_indexed(connection, row):  # else the index could not be kept in step with the row
        connection.execute("REINDEX block_time")
    connection.execute("DELETE FROM block WHERE seq = ?", (row.seq,))
    source = source_id(connection, row.name if isinstance(row.name, str) else "")
    received = row.received if isinstance(row.received, int) else 0
    insert_empty(connection, row.seq, source, received)


def _is_indexed(connection: apsw.Connection, row: BlockRow) -> bool:
    found: Any = connection.execute(
        "SELECT count(*) FROM block INDEXED BY block_time "
        "WHERE reach IS ? AND min_time IS ? AND max_time IS ? AND seq = ?",
        (row.reach, row.min_time, row.max_time, row.seq),
    ).get
    return bool(found)


def rows_lost(row: BlockRow) -> int | None:
    """How many rows the block held, where that can be believed."""
    if beside_fits(row):
        return int(row.rows)
    most = body_length(row.payload)
    return row.rows if isinstance(row.rows, int) and 0 < row.rows <= most else None


def _span(connection: apsw.Connection, row: BlockRow, now: int) -> tuple[int, int]:
    times = (row.min_time, row.max_time)
    if beside_fits(row) or (row.seal is None and all(isinstance(time, int) for time in times)):
        return min(times), min(max(times) + 1, INT64_MAX)
    neighbours = (
        connection.execute("SELECT received FROM block WHERE seq < ? ORDER BY seq DESC LIMIT 1", (row.seq,)).get,
        connection.execute("SELECT received FROM block WHERE seq > ? ORDER BY seq LIMIT 1", (row.seq,)).get,
    )
    before, after = (at if isinstance(at, int) else now for at in neighbours)
    return min(before, after), max(before, after)
