"""Opening the journal's file: for its one writer, for readers, and what SQLite's errors mean.

Every access goes through apsw: two builds of SQLite in one process do not see each other's locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from agent.errors import (
    JournalCorrupt,
    JournalError,
    JournalForeign,
    JournalFull,
    JournalMissing,
    JournalTooNew,
)

APPLICATION_ID = 0x53545744
"""``STWD``: marks the file as a journal of this program."""
BUSY_TIMEOUT_MS = 2000
SCHEMA = Path(__file__).parent / "schema"

_MEANINGS: dict[type[apsw.Error], type[JournalError]] = {
    apsw.NotADBError: JournalForeign,
    apsw.CorruptError: JournalCorrupt,
    apsw.FullError: JournalFull,
}
_ADVICE = {
    JournalForeign: "it is no journal; name another file",
    JournalCorrupt: "it is damaged; set the file aside and keep it",
    JournalFull: "there is no room; make some, it is tried again",
}


def migrations() -> list[tuple[int, str]]:
    """The schema's versions with what makes each from the one before, in order."""
    return [(int(path.stem), path.read_text(encoding="utf-8")) for path in sorted(SCHEMA.glob("*.sql"))]


def known_version() -> int:
    """The newest schema that this program knows."""
    return migrations()[-1][0]


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into the agent's, naming the file."""
    try:
        yield
    except apsw.Error as error:
        raise journal_error(error, path) from error


def journal_error(error: Exception, path: Path) -> JournalError:
    """What an error means to the caller; the error itself where it already says so."""
    if isinstance(error, JournalError):
        return error
    kind = _MEANINGS.get(type(error), JournalError) if isinstance(error, apsw.Error) else JournalError
    return kind(f"{path}: {_ADVICE.get(kind, 'try again later')} ({type(error).__name__}: {error})")


def open_for_writing(path: Path) -> apsw.Connection:
    """The writing connection, its schema brought up to date. The caller holds the `WriterLock`.

    JournalForeign, JournalTooNew, JournalCorrupt: see `agent.errors`.
    """
    with errors_of(path):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            _check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path) -> apsw.Connection:
    """A read-only connection, beside the writer or alone; JournalMissing where there is nothing yet."""
    if not path.is_file():
        raise JournalMissing(
            f"{path}: there is no journal; let the agent run first, or name the journal that it writes"
        )
    with errors_of(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            if _check(connection, path) < known_version():
                raise JournalMissing(f"{path}: its tables are not made yet; let the agent open it first")
        except BaseException:
            connection.close()
            raise
    return connection


def _check(connection: apsw.Connection, path: Path) -> int:
    """The schema's version; 0 for an empty file."""
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if application != APPLICATION_ID and (application, version, tables) != (0, 0, 0):
        raise JournalForeign(f"{path}: this SQLite file is not a journal; name another file")
    if version > known_version():
        raise JournalTooNew(
            f"{path}: the journal has schema {version}, this version knows up to {known_version()}; "
            "upgrade, or name another journal"
        )
    return int(version)


def _migrate(connection: apsw.Connection) -> None:
    for version, statements in migrations():
        if version > connection.pragma("user_version"):
            with connection:
                connection.execute(statements)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version}")
