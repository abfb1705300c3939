"""What can still be read of a damaged file is taken over into the new one, the important first.

At once: everything but blocks, and the blocks that some reader has yet to read. The older blocks follow in slices
while the journal is at work again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from agent.gaps.store import add_gap
from agent.journal.salvage.blocks import end_at, last_block, take_blocks
from agent.journal.salvage.overlay import open_damaged
from agent.journal.salvage.survivors import Survivors
from agent.journal.salvage.tables import take_tables
from agent.journal.salvage.taken import Taken
from agent.journal.setaside import Note
from evaluators.model.gaps import Gap, GapCause

SLICE = 200
"""Blocks in one of the later transactions, …"""
SPARSE_SLICE = 100_000
"""… which looks at so many positions at most."""


def take_over(new: apsw.Connection, folder: Path, note: Note) -> Taken:
    """Take over all that is needed to go on, within the caller's transaction, and note the loss."""
    taken, upto = Taken(), 0
    with _damaged(folder / note.file) as old:
        if old is None:
            taken.holes = 1
        else:
            taken.add(take_tables(old, new))
            last = last_block(old, new)
            upto = max(0, min(_read_by_all(new), last - 1))  # the last one is there whatever it is
            taken.add(take_blocks(old, new, upto + 1, last, note.at))
            end_at(new, last, note.at)
    new.execute(
        "INSERT INTO set_aside (file, at, problem, seq, blocks, lost) VALUES (?, ?, ?, ?, ?, ?)",
        (note.file, note.at, note.problem, upto, taken.blocks, taken.lost),
    )
    add_gap(new, _gap(new, note, taken))
    return taken


def unfinished(connection: apsw.Connection) -> tuple[str, int] | None:
    """A file of which blocks are still to be taken over, and up to which; None where there is none."""
    row = connection.execute("SELECT file, seq FROM set_aside WHERE seq > 0 ORDER BY at LIMIT 1").fetchone()
    return None if row is None else (str(row[0]), int(row[1]))


def take_slice(new: apsw.Connection, folder: Path, now: int) -> bool:
    """Take over the next older blocks, within the caller's transaction; False once none are left."""
    found = unfinished(new)
    if found is None:
        return False
    file, upto = found
    taken, left = Taken(), 0
    with _damaged(folder / file) as old:
        if old is not None:
            left = upto
            while left and taken.blocks < SLICE and upto - left < SPARSE_SLICE:  # many may have been let go
                high, left = left, max(0, left - SLICE)
                taken.add(take_blocks(old, new, left + 1, high, now))
    new.execute(
        "UPDATE set_aside SET seq = ?, blocks = blocks + ?, lost = lost + ? WHERE file = ?",
        (left, taken.blocks, taken.lost, file),
    )
    return True


@contextmanager
def _damaged(path: Path) -> Iterator[Survivors | None]:
    """What is left of a file; None where nothing is."""
    try:
        connection = open_damaged(path)
    except apsw.Error:
        yield None
        return
    try:
        yield Survivors(connection)
    finally:
        connection.close()


def _read_by_all(new: apsw.Connection) -> int:
    """Up to which block every reader has come."""
    places = [seq for (seq,) in new.execute("SELECT seq FROM cursor UNION ALL SELECT block FROM judged")]
    return min(places, default=0)


def _gap(new: apsw.Connection, note: Note, taken: Taken) -> Gap:
    """From the last block that was taken over until the file was set aside: what came last may be lost."""
    last = new.execute("SELECT max(received) FROM block WHERE rows > 0 AND received <= ?", (note.at,)).get
    detail = f"{note.problem}; set aside as {note.file}, {taken.rows} rows and {taken.blocks} blocks taken over"
    if not taken.is_whole:
        detail += f", {taken.lost} rows and {taken.holes} stretches of rows lost"
    return Gap(GapCause.QUARANTINE, note.at if last is None else int(last), note.at, detail=detail)
