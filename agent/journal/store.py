"""The journal's file as its writer has it: one connection, whatever becomes of the file or the disk.

A transaction that meets damage is done again on a new file; one that meets a full disk is done again without the
samples in it. For one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import structlog

from agent.errors import JournalCorrupt, JournalError, JournalFull
from agent.journal import damage
from agent.journal.blocks import BlockWriter
from agent.journal.database import close_whole, mapped
from agent.journal.integrity import UNREADABLE, problem_of, tables_of
from agent.journal.renewal import open_whole, replace
from agent.journal.room import Reserve
from agent.journal.salvage.blocks import end_at
from agent.journal.setaside import read_note
from agent.journal.shortage import Shortage
from connectors.protocol import Clock
from evaluators.model.samples import ValueKind

log = structlog.get_logger()

RENEW_EVERY_S = 60.0
"""A damaged file is set aside, and a suspected one examined, no more often than this while the process runs."""


@dataclass(slots=True)
class Job:
    """Something to do within a transaction. ``rows`` counts the samples it brings: on a full disk it is refused
    for them. After the commit it has a ``result`` or an ``error``."""

    work: Callable[[], Any]
    rows: int = 0
    result: Any = None
    error: JournalError | None = None


class Store:
    """The file at ``path``, opened for writing. ``hear`` is told of blocks that cannot be read, in any thread."""

    def __init__(self, path: Path, clock: Clock, reserve: Reserve | None, hear: damage.Hearing) -> None:
        self.path = path
        self._clock = clock
        self._shortage = Shortage(path, reserve, clock)
        self.connection = open_whole(path, clock)
        self._file = self.connection.filename
        self._points: dict[int, tuple[str, ValueKind]] = {}
        self._renewed: float | None = None
        self._examined: float | None = None
        damage.listen(self._file, hear)
        try:
            self.writer = self._resumed()
            self._shortage.resume(self.connection)
            self._shortage.look(self.connection)
        except BaseException:
            damage.leave(self._file)
            self.connection.close()
            raise

    def _resumed(self) -> BlockWriter:
        """At the start: a file whose end cannot be read is set aside."""
        try:
            return BlockWriter.resume(self.connection, self.path)
        except UNREADABLE as error:
            self.connection.close()
            self.connection = replace(self.path, f"{self.path}: the journal is damaged ({error})", self._clock)
            return BlockWriter.resume(self.connection, self.path)

    def commit(self, jobs: Sequence[Job]) -> None:
        """Do the jobs in one transaction; without those that bring samples where the disk is full."""
        try:
            self._refuse(jobs, self._shortage.look(self.connection))
            error = self._attempt(jobs)
            if isinstance(error, JournalFull) and self._shortage.hit(self.connection):
                self._refuse(jobs, full=True)
                error = self._attempt(jobs)
        except apsw.Error as failure:
            error = mapped(failure, self.path)
        except Exception as failure:  # noqa: BLE001  # the thread goes on, whatever it was
            error = JournalError(f"{self.path}: {type(failure).__name__}: {failure}")
        for job in jobs:
            job.error = job.error or error

    def register(self, points: Iterable[tuple[str, ValueKind]]) -> dict[str, int]:
        """The number of each point (key, kind), within a transaction; kept in mind for a file begun anew."""
        numbers: dict[str, int] = {}
        for key, kind in points:
            values = (key, int(kind))
            self.connection.execute("INSERT INTO point (key, kind) VALUES (?, ?) ON CONFLICT DO NOTHING", values)
            number: int = self.connection.execute(
                "SELECT number FROM point WHERE key = ? AND kind = ?", values
            ).get
            numbers[key] = number
            self._points[number] = (key, kind)
            self.writer.kinds[number] = kind
        return numbers

    def examine(self) -> None:
        """Look through the whole file, within a transaction; what is found is an error of it."""
        now = self._clock.monotonic()
        if self._examined is not None and now - self._examined < RENEW_EVERY_S:
            return
        self._examined = now
        problem = problem_of(self.connection, tables_of(self.connection))
        if problem:
            raise apsw.CorruptError(problem)

    def close(self) -> None:
        """Let the file go, whole."""
        damage.leave(self._file)
        close_whole(self.connection)

    def _refuse(self, jobs: Sequence[Job], full: bool) -> None:
        for job in jobs:
            if full and job.rows and job.error is None:
                self._shortage.refuse(job.rows)
                job.error = JournalFull(f"{self.path}: the disk is full: nothing was taken; make room")

    def _attempt(self, jobs: Sequence[Job]) -> JournalError | None:
        error = self._transact(jobs)
        if isinstance(error, JournalCorrupt) and self._renew(str(error)):
            error = self._transact(jobs)
        return error

    def _transact(self, jobs: Sequence[Job]) -> JournalError | None:
        """JournalCorrupt only where SQLite itself found the file damaged."""
        try:
            with self.connection:
                for job in jobs:
                    if job.error is None:
                        job.result = job.work()
        except apsw.ConnectionClosedError:  # it was damaged, and could not be begun anew so far
            return JournalCorrupt(f"{self.path}: the journal is damaged and cannot be begun anew yet")
        except UNREADABLE as error:
            found: JournalError = JournalCorrupt(f"{self.path}: the journal is damaged ({error})")
        except apsw.Error as error:
            found = mapped(error, self.path)
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
            found = JournalError(f"{self.path}: {type(error).__name__}: {error}")
        else:
            return None
        self._resume()
        return found

    def _resume(self) -> None:
        """What was rolled back must be forgotten: read the file's end again."""
        try:
            writer = BlockWriter.resume(self.connection, self.path)
        except (apsw.Error, JournalError, UnicodeDecodeError) as error:
            log.error("the journal cannot be read after a failed commit", error=str(error))
            return
        writer.duplicates, writer.conflicts = self.writer.duplicates, self.writer.conflicts
        self.writer = writer

    def _renew(self, problem: str) -> bool:
        """Set the damaged file aside and go on with a new one, in which all positions and numbers mean what they
        did. False where that cannot be done, or was done a moment ago."""
        now = self._clock.monotonic()
        if self._renewed is not None and now - self._renewed < RENEW_EVERY_S:
            return False
        self._renewed = now
        self.connection.close()
        try:
            begun = read_note(self.path) is not None
            self.connection = (
                open_whole(self.path, self._clock) if begun else replace(self.path, problem, self._clock)
            )
            with self.connection:
                end_at(self.connection, self.writer.position, self._clock.now())
                for number, (key, kind) in self._points.items():
                    self.connection.execute(
                        "INSERT OR REPLACE INTO point (number, key, kind) VALUES (?, ?, ?)",
                        (number, key, int(kind)),
                    )
            self._resume()
        except (apsw.Error, JournalError) as error:
            log.error("the damaged journal cannot be begun anew", journal=str(self.path), error=str(error))
            self.connection.close()
            return False
        return True
