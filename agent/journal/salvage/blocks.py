"""The blocks of a damaged file, taken over with their numbers. What cannot be read of them is a gap each time."""

from __future__ import annotations

import apsw

from agent.errors import JournalCorrupt
from agent.gaps.store import add_gap
from agent.journal.blocks import last_number, source_id
from agent.journal.quarantine import Moved, insert_empty, keep_aside, note_loss, rows_lost
from agent.journal.salvage.survivors import Survivors
from agent.journal.salvage.tables import name_point, number_above
from agent.journal.salvage.taken import Taken
from agent.journal.seal import BlockRow, opened
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Block

_COLUMNS = "source, received, reach, min_time, max_time, rows, conflicts, payload"
_INSERT = f"INSERT OR IGNORE INTO block (seq, {_COLUMNS}, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NOTED = (
    "SELECT coalesce(max(seq), 0) FROM cursor",
    "SELECT coalesce(max(block), 0) FROM judged",
    "SELECT coalesce(max(seq), 0) FROM checkpoint",
)
"""Where positions of blocks stand beside the blocks."""


def take_blocks(old: Survivors, new: apsw.Connection, low: int, high: int, now: int) -> Taken:
    """Take over the blocks ``[low, high]`` within the caller's transaction; its instant is ``now`` (ns UTC)."""
    taken, before = Taken(), len(old.holes)
    names: dict[int, str] = dict(new.execute("SELECT id, name FROM source"))
    points: set[int] = {number for (number,) in new.execute("SELECT number FROM point")}
    seal = "seal" if "seal" in old.columns("block") else "NULL"
    for seq, values in old.numbered("block", f"{_COLUMNS}, {seal}", low, high):
        row = BlockRow._make((seq, *values, names.get(values[0])))
        try:
            block = opened(row)
        except JournalCorrupt as error:
            _take_damaged(new, row, Moved(seq, str(error), rows_lost(row)), now)
            taken.lost += 1
            continue
        _name_points(new, block, points)
        new.execute(_INSERT, row[:10])
        taken.blocks += 1
    for start, end in old.holes[before:]:
        add_gap(new, _hole(new, start, end, now))
    taken.holes = len(old.holes) - before
    return taken


def last_block(old: Survivors, new: apsw.Connection) -> int:
    """The position of the last block there ever was, as far as anything says."""
    noted = [int(new.execute(statement).get) for statement in _NOTED]
    return max(old.value("SELECT max(seq) FROM block"), last_number(new), *noted)


def end_at(new: apsw.Connection, last: int, now: int) -> None:
    """Readers have been told of the last block there was: they find one there, and new ones come after it."""
    if not last:
        return
    if not new.execute("SELECT count(*) FROM block WHERE seq = ?", (last,)).get:
        insert_empty(new, last, source_id(new, ""), now)
    number_above(new, "block", last)


def _take_damaged(new: apsw.Connection, row: BlockRow, moved: Moved, now: int) -> None:
    if new.execute("SELECT count(*) FROM block WHERE seq = ?", (row.seq,)).get:
        return  # its number is another's
    keep_aside(new, row, moved.problem, now)
    received = row.received if isinstance(row.received, int) else now
    insert_empty(new, row.seq, source_id(new, row.name or ""), received)
    note_loss(new, row, moved, now)


def _name_points(new: apsw.Connection, block: Block, points: set[int]) -> None:
    for part in block.columns:
        for number in set(part.points) - points:
            name_point(new, number, part.kind)
            points.add(number)


def _hole(new: apsw.Connection, start: int | None, end: int | None, now: int) -> Gap:
    """Blocks between two positions cannot be read."""
    received = "SELECT received FROM block WHERE seq = ?"
    before = now if start is None else int(new.execute(received, (start,)).get)
    after = now if end is None else int(new.execute(received, (end,)).get)
    first = after if start is None else before
    detail = f"blocks after {start or 'the first'} and before {end or 'the last'} cannot be read"
    return Gap(GapCause.QUARANTINE, min(first, after), max(first, after), detail=detail)
