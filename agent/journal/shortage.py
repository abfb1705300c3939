"""The disk is full: from the moment it is seen until there is room again. For the writer's thread."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import apsw
import structlog

from agent.gaps.store import add_gap, end_gap
from agent.journal.room import Reserve, Room
from connectors.protocol import Clock
from evaluators.model.gaps import Gap, GapCause

log = structlog.get_logger()


class Shortage:
    """Sees to it that what cannot be kept is said: a gap in the ledger, one line when it begins, one when it ends.

    To be made before the journal is opened: it lets the ballast go where there is no room to open it.
    """

    def __init__(self, path: Path, reserve: Reserve | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._room = Room(path, reserve)
        self._room.look(lambda: 0)
        self._gap: int | None = None
        self._began: int | None = None
        self._refused = 0

    def resume(self, connection: apsw.Connection) -> None:
        """Know again of one that was not over when the last process ended."""
        row = connection.execute(
            "SELECT seq, start FROM gap WHERE cause = ? AND until IS NULL ORDER BY seq LIMIT 1",
            (GapCause.DISK_FULL.value,),
        ).fetchone()
        if row is not None:
            self._gap, self._began = row

    @property
    def is_on(self) -> bool:
        """Whether nothing is taken."""
        return self._room.is_full

    def look(self, connection: apsw.Connection) -> bool:
        """See how the disk is, outside of a transaction; whether it is full."""
        spare = partial(_spare, connection)
        if not self._room.is_full and self._room.is_short(spare):
            _drain(connection)  # the log's own room may be enough
        if self._room.look(spare):
            self._begin(connection)
        elif self._began is not None:
            self._end(connection)
        return self._room.is_full

    def hit(self, connection: apsw.Connection) -> bool:
        """A transaction found no room. Whether there is some now, for what must be written all the same."""
        if self._room.is_full or not self._room.fill():
            return False
        self._begin(connection)
        return True

    def refuse(self, rows: int) -> None:
        """Count samples that were not taken."""
        self._refused += rows

    def _begin(self, connection: apsw.Connection) -> None:
        new = self._began is None
        began = self._began = self._began or self._clock.now()
        if new:
            _drain(connection)
        if self._gap is None:
            with suppress(apsw.FullError):  # else noted as soon as there is room for it
                self._note(connection, began)
        if new:
            free = self._room.free()
            log.error("the disk is full, nothing is taken until there is room", journal=str(self._path), free=free)

    def _note(self, connection: apsw.Connection, began: int) -> int:
        gap = Gap(GapCause.DISK_FULL, began, detail="the disk is full")
        with connection:
            self._gap = seq = add_gap(connection, gap)
        return seq

    def _end(self, connection: apsw.Connection) -> None:
        now, began = self._clock.now(), self._began
        assert began is not None
        try:
            gap = self._gap or self._note(connection, began)
            with connection:
                end_gap(connection, gap, now)
        except apsw.FullError:
            self._room.fill()
            return
        log.info(
            "there is room again", journal=str(self._path), seconds=(now - began) // 10**9, refused=self._refused
        )
        self._gap = self._began = None
        self._refused = 0


def _spare(connection: apsw.Connection) -> int:
    """Bytes free within the file, to be used before it grows."""
    pages: int = connection.pragma("freelist_count")
    size: int = connection.pragma("page_size")
    return pages * size


def _drain(connection: apsw.Connection) -> None:
    """Bring the write-ahead log into the file and cut it, as far as that goes."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error:
        return
