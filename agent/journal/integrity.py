"""Whether a journal's file is whole, and whether a file that cannot be read was a journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

import apsw

APPLICATION_ID = 0x53545744
"""``STWD``: marks the file as ours."""

VITAL = ("point", "source", "cursor", "checkpoint", "judged")
"""What writing rests on: few rows, checked whenever the journal is opened for writing."""
EVIDENCE_BYTES = 1 << 20
"""How far into a file its tables' definitions are sought; they are written when it is made."""

_IDENTITY_AT = 68  # of the header, https://www.sqlite.org/fileformat2.html#the_database_header
_FIXED = (
    (0, b"SQLite format 3\0"), (16, b"\x10\0"), (20, b"\0\x40\x20\x20"), (52, bytes(4)), (64, bytes(4)),
)  # fmt: skip
"""What the header of every journal holds, and where: 4096 bytes a page, no vacuuming."""
_FORMAT_AT, _FORMATS = slice(44, 48), (bytes(4), b"\0\0\0\4")
_ENCODING_AT, _ENCODINGS = slice(56, 60), (bytes(4), b"\0\0\0\1")
"""Nothing as long as there is no table."""
_VERSIONS_AT = slice(18, 20)
_DEFINITIONS = (b"CREATE TABLE dead_letter (", b"CREATE TABLE checkpoint (")


UNREADABLE = (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError)
"""What reading a damaged file raises: SQLite's own findings, and text that is no text any more."""


def problem_of(connection: apsw.Connection, tables: Iterable[str]) -> str:
    """What is wrong with some of the tables or their indexes, the first finding; empty where nothing is. Every row
    is read, but for the blocks: each of these has a checksum for whoever reads it."""
    try:
        for table in tables:
            found = next(iter(connection.execute(f"PRAGMA integrity_check('{table}')")))[0]
            if found != "ok":
                return f"table {table}: {' '.join(str(found).split())}"
            if table != "block":
                deque(connection.execute(f"SELECT * FROM {table}"), maxlen=0)
    except UNREADABLE as error:
        return f"table {table}: {error}"
    return ""


TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT GLOB 'sqlite_*' ORDER BY name"


def tables_of(connection: apsw.Connection) -> list[str]:
    """The names of all tables but SQLite's own."""
    return [name for (name,) in connection.execute(TABLES)]


def has_header(path: Path) -> bool:
    """Whether the fixed parts of a file's header are a journal's; SQLite notices some of it late or not at all. A
    file that is empty as yet has none to be wrong."""
    with path.open("rb") as file:
        start = file.read(100)
    return not start or (
        all(start[at : at + len(fixed)] == fixed for at, fixed in _FIXED)
        and set(start[_VERSIONS_AT]) <= {1, 2}
        and start[_FORMAT_AT] in _FORMATS
        and start[_ENCODING_AT] in _ENCODINGS
    )


def was_journal(path: Path, mark: Path) -> bool:
    """Whether a file that SQLite cannot read was a journal: it has our mark, or our tables' definitions; or it is
    cut so short, or blank where these would be, that it shows nothing, and ``mark`` says that a journal stood
    here."""
    with path.open("rb") as file:
        start = file.read(EVIDENCE_BYTES)
    if start[_IDENTITY_AT : _IDENTITY_AT + 4] == APPLICATION_ID.to_bytes(4, "big"):
        return True
    if all(definition in start for definition in _DEFINITIONS):
        return True
    shows_nothing = len(start) <= _IDENTITY_AT or not any(start[:4096])
    return shows_nothing and mark.is_file() and mark.read_bytes().startswith(MARK)


MARK = b"steward journal\n"
"""What the lock file holds as soon as a journal was opened."""
