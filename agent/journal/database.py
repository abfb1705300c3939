"""The journal's file: opening, settings, migrations. Every access to it goes through apsw."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import apsw

from agent.errors import (
    JournalCorrupt,
    JournalError,
    JournalForeign,
    JournalFull,
    JournalLocked,
    JournalMissing,
    JournalTooNew,
)
from agent.journal.integrity import APPLICATION_ID, MARK, UNREADABLE, has_header, was_journal

SCHEMAS = Path(__file__).parent / "schema"
BUSY_MS = 5000


def lock_path(path: Path) -> Path:
    """The file whose lock the writing process holds; it also says that a journal stood here."""
    return path.with_name(f"{path.name}.lock")


def mapped(error: Exception, path: Path) -> JournalError:
    """What an error of SQLite means to the caller."""
    if isinstance(error, apsw.FullError):
        return JournalFull(f"{path}: the disk is full: nothing was taken; make room")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return JournalLocked(f"{path}: another process holds the journal; stop it first")
    if isinstance(error, apsw.NotADBError) and not (path.is_file() and was_journal(path, lock_path(path))):
        return JournalForeign(f"{path}: this is no journal; name another file")
    if isinstance(error, UNREADABLE):
        return JournalCorrupt(f"{path}: the journal is damaged ({error}); the agent sets it aside: steward run")
    return JournalError(f"{path}: {error}")


def open_for_writing(path: Path) -> apsw.Connection:
    """The one writing connection, in WAL mode with full synchronisation, migrated to the newest schema.

    Closing it leaves the write-ahead log beside the file, unless `close_whole` does it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_header(path)
        connection = apsw.Connection(str(path))
    except OSError as error:
        raise JournalError(
            f"{path}: cannot be made ({error.strerror}); name a folder this user can write"
        ) from error
    except apsw.Error as error:
        raise mapped(error, path) from error
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # what is damaged is kept as it is
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("synchronous", "EXTRA")  # else the rollback journal may come back after a power cut
        _claim(connection, path)
        connection.pragma("journal_mode", "WAL")
        connection.pragma("synchronous", "FULL")
        _migrate(connection, path)
        _mark(lock_path(path))
    except apsw.Error as error:
        connection.close()
        raise mapped(error, path) from error
    except JournalError:
        connection.close()
        raise
    return connection


def _mark(lock: Path) -> None:
    """Note that a journal stands here. Without room for it, it is noted another time."""
    with suppress(OSError):
        if not lock.is_file() or not lock.stat().st_size:
            lock.write_bytes(MARK)


def close_whole(connection: apsw.Connection) -> None:
    """Close the writing connection, with all that is in the write-ahead log brought into the file."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    connection.close()


def open_for_reading(path: Path) -> apsw.Connection:
    """A connection that cannot write; JournalMissing where there is no file."""
    if not path.is_file():
        raise JournalMissing(f"{path}: there is no journal; start the agent first: steward run")
    _check_header(path)
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise mapped(error, path) from error
    try:
        connection.set_busy_timeout(BUSY_MS)
        version = _check_identity(connection, path)
        if version < _newest():
            raise JournalError(
                f"{path}: has schema {version}, not {_newest()} yet; let the agent open it once: steward run"
            )
    except apsw.Error as error:
        connection.close()
        raise mapped(error, path) from error
    except JournalError:
        connection.close()
        raise
    return connection


def _check_identity(connection: apsw.Connection, path: Path) -> int:
    """The version of the file's schema; JournalForeign or JournalTooNew where it cannot be used."""
    identity, version = connection.pragma("application_id"), connection.pragma("user_version")
    if identity != APPLICATION_ID:
        if _is_ours(connection):
            raise JournalCorrupt(f"{path}: the journal's mark is damaged; the agent sets it aside: steward run")
        raise JournalForeign(f"{path}: this is no journal; name another file")
    newest = _newest()
    if version > newest:
        raise JournalTooNew(f"{path}: has schema {version}, this version knows {newest}; upgrade Steward")
    return int(version)


def _check_header(path: Path) -> None:
    if not path.is_file() or not was_journal(path, lock_path(path)):
        return
    if not path.stat().st_size or not has_header(path):
        raise JournalCorrupt(f"{path}: the journal's header is damaged; the agent sets it aside: steward run")


def _is_ours(connection: apsw.Connection) -> bool:
    """Whether a file without our mark has our tables, to the letter."""
    script = (SCHEMAS / "0001.sql").read_text(encoding="utf-8")
    found = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name IN ('point', 'checkpoint', 'dead_letter')"
    )
    ours = [str(sql) in script for (sql,) in found]
    return len(ours) == 3 and all(ours)


def _claim(connection: apsw.Connection, path: Path) -> None:
    """Mark an empty file as ours; any other must be ours already. A foreign file is left as it is."""
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").get
    if empty and connection.pragma("application_id") == 0:
        connection.pragma("application_id", APPLICATION_ID)
    _check_identity(connection, path)


def _migrate(connection: apsw.Connection, path: Path) -> None:
    for version in range(_check_identity(connection, path) + 1, _newest() + 1):
        script = (SCHEMAS / f"{version:04}.sql").read_text(encoding="utf-8")
        try:
            with connection:
                connection.execute(script)
                connection.pragma("user_version", version)
        except apsw.SQLError as error:  # such a table is there already, or one that must be there is not
            raise JournalCorrupt(f"{path}: cannot be brought to schema {version} ({error})") from error


def _newest() -> int:
    return max(int(script.stem) for script in SCHEMAS.glob("*.sql"))
