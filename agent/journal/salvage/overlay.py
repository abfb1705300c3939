"""A damaged file read as if the 100 bytes at its head were right: a VFS of SQLite, for reading only.

What the header says of a journal is known, but for its length, and that is the file's own. So a file with a broken
header, and one that was cut, can still be read as far as its pages go. The file itself is left as it is.
"""

from __future__ import annotations

import struct
from pathlib import Path

import apsw

NAME = "steward-salvage"
PAGE = 4096
HEADER = 100

_LAYOUT = struct.Struct(">16sHBBBBBBIIIIIIIIIIII20xII")
"""https://www.sqlite.org/fileformat2.html#the_database_header"""


def header(size: int) -> bytes:
    """The header of a journal of so many bytes."""
    return _LAYOUT.pack(
        b"SQLite format 3\0",
        PAGE, 2, 2, 0, 64, 32, 32,  # read and written by write-ahead log
        1, max(1, size // PAGE),
        0, 0,  # no free pages: none are wanted
        1, 4, 0, 0, 1, 0, 0, 0,  # schema format 4, UTF-8
        1, 3_051_003,
    )  # fmt: skip


class _File(apsw.VFSFile):
    def xRead(self, amount: int, offset: int) -> bytes:
        found = super().xRead(amount, offset)
        if offset >= HEADER:
            return found
        whole = header(self.xFileSize())
        return whole[offset : offset + amount] + found[max(0, HEADER - offset) :]


class _Salvage(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        kind = _File if flags[0] & apsw.SQLITE_OPEN_MAIN_DB else apsw.VFSFile
        return kind("", name, flags)


def open_damaged(path: Path) -> apsw.Connection:
    """A connection that reads what is left of a journal; close it and the VFS goes with it."""
    if NAME not in apsw.vfs_names():
        _vfs.append(_Salvage())
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "?immutable=1"
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(path.as_uri() + alone, flags=flags, vfs=NAME)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.config(
        apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1
    )  # a definition that cannot be read must not hide the others
    return connection


_vfs: list[_Salvage] = []
"""Registered when first needed, for as long as the process runs."""
