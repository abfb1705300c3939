"""The journal's file: opening, settings, migrations. Every access to it goes through apsw."""

from __future__ import annotations

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

APPLICATION_ID = 0x53545744
"""``STWD``: marks the file as ours."""

SCHEMAS = Path(__file__).parent / "schema"
BUSY_MS = 5000


def mapped(error: apsw.Error, path: Path) -> JournalError:
    """What an error of SQLite means to the caller."""
    if isinstance(error, apsw.FullError):
        return JournalFull(f"{path}: the disk is full: nothing was taken; make room")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return JournalLocked(f"{path}: another process holds the journal; stop it first")
    if isinstance(error, apsw.NotADBError):
        return JournalForeign(f"{path}: this is no journal; name another file")
    if isinstance(error, apsw.CorruptError):
        return JournalCorrupt(f"{path}: the journal is damaged ({error}); set the file aside and keep it")
    return JournalError(f"{path}: {error}")


def open_for_writing(path: Path) -> apsw.Connection:
    """The one writing connection, in WAL mode with full synchronisation, migrated to the newest schema."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path))
    except OSError as error:
        raise JournalError(
            f"{path}: cannot be made ({error.strerror}); name a folder this user can write"
        ) from error
    except apsw.Error as error:
        raise mapped(error, path) from error
    try:
        connection.set_busy_timeout(BUSY_MS)
        _claim(connection, path)
        connection.pragma("journal_mode", "WAL")
        connection.pragma("synchronous", "FULL")
        _migrate(connection, path)
    except apsw.Error as error:
        connection.close()
        raise mapped(error, path) from error
    except JournalError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> apsw.Connection:
    """A connection that cannot write; JournalMissing where there is no file."""
    if not path.is_file():
        raise JournalMissing(f"{path}: there is no journal; start the agent first: steward run")
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
        raise JournalForeign(f"{path}: this is no journal; name another file")
    newest = _newest()
    if version > newest:
        raise JournalTooNew(f"{path}: has schema {version}, this version knows {newest}; upgrade Steward")
    return int(version)


def _claim(connection: apsw.Connection, path: Path) -> None:
    """Mark an empty file as ours; any other must be ours already. A foreign file is left as it is."""
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").get
    if empty and connection.pragma("application_id") == 0:
        connection.pragma("application_id", APPLICATION_ID)
    _check_identity(connection, path)


def _migrate(connection: apsw.Connection, path: Path) -> None:
    for version in range(_check_identity(connection, path) + 1, _newest() + 1):
        script = (SCHEMAS / f"{version:04}.sql").read_text(encoding="utf-8")
        with connection:
            connection.execute(script)
            connection.pragma("user_version", version)


def _newest() -> int:
    return max(int(script.stem) for script in SCHEMAS.glob("*.sql"))
