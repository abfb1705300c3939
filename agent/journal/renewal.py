"""Opening the journal for writing in whatever state its file is: a damaged one is set aside, a new one begun."""

from __future__ import annotations

from pathlib import Path

import apsw
import structlog

from agent.errors import JournalCorrupt, JournalError
from agent.gaps.store import add_gap
from agent.journal import damage, setaside
from agent.journal.database import mapped, open_for_writing
from agent.journal.integrity import VITAL, problem_of
from agent.journal.salvage.salvage import take_over
from agent.journal.setaside import Note
from agent.journal.wal import commits_lost
from connectors.protocol import Clock
from evaluators.model.gaps import Gap, GapCause

log = structlog.get_logger()


def open_whole(path: Path, clock: Clock) -> apsw.Connection:
    """The writing connection. What was under way when the last process ended is brought to an end."""
    note = setaside.go_on(path)
    if note is not None:
        return _begin_anew(path, note, clock)
    lost, kept = _look_at_log(path, clock)
    try:
        connection = _open_checked(path)
    except JournalCorrupt as error:
        return replace(path, str(error), clock)
    if lost:
        _note_log(connection, path, clock.now(), lost, kept)
    return connection


def replace(path: Path, problem: str, clock: Clock) -> apsw.Connection:
    """Set the file aside and begin a new one with what can still be read. No connection may be writing to it."""
    return _begin_anew(path, setaside.set_aside(path, problem, clock.now()), clock)


def _look_at_log(path: Path, clock: Clock) -> tuple[int, str]:
    """How many transactions of the last process's log cannot be had, and the name of the log's copy. To be asked
    before the journal is opened: that begins the log anew."""
    log_path = path.with_name(f"{path.name}-wal")
    content = log_path.read_bytes() if log_path.is_file() else b""
    lost = commits_lost(content)
    return lost, setaside.keep_log(path, content, clock.now()) if lost else ""


def _note_log(connection: apsw.Connection, path: Path, now: int, lost: int, kept: str) -> None:
    problem = f"the write-ahead log was damaged: {lost} transactions are lost"
    with connection:
        connection.execute("INSERT INTO set_aside VALUES (?, ?, ?, 0, 0, ?)", (kept, now, problem, lost))
        last = connection.execute("SELECT max(received) FROM block WHERE received <= ?", (now,)).get
        start = now if last is None else int(last)
        add_gap(connection, Gap(GapCause.QUARANTINE, start, now, detail=f"{problem}; kept as {kept}"))
    log.error("the journal's write-ahead log was damaged", journal=str(path), transactions=lost, kept=kept)


def _open_checked(path: Path) -> apsw.Connection:
    connection = open_for_writing(path)
    problem = problem_of(connection, VITAL)
    if problem:
        connection.close()
        raise JournalCorrupt(f"{path}: the journal is damaged ({problem})")
    return connection


def _begin_anew(path: Path, note: Note, clock: Clock) -> apsw.Connection:
    try:
        connection = open_for_writing(path)
    except JournalCorrupt:  # what was begun is damaged too, and holds nothing yet
        setaside.push_away(path, clock.now())
        connection = open_for_writing(path)
    try:
        with connection:
            over = connection.execute("SELECT count(*) FROM set_aside WHERE file = ?", (note.file,)).get
            taken = None if over else take_over(connection, path.parent, note)
        setaside.done(path)
    except apsw.Error as error:
        connection.close()
        raise mapped(error, path) from error
    except JournalError:
        connection.close()
        raise
    damage.replaced(connection.filename)
    if taken is not None:
        log.error(
            "the journal was damaged and is begun anew",
            journal=str(path),
            problem=note.problem,
            kept=note.file,
            rows=taken.rows,
            blocks=taken.blocks,
            lost=taken.lost,
            holes=taken.holes,
        )
    return connection
