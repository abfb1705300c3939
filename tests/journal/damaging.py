"""Damage done to a journal's file on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from agent.journal import damage

PAGE = 4096


def content(path: Path) -> bytes:
    """A file, whole."""
    return path.read_bytes()


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Turn over one bit of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def cut(path: Path, size: int) -> None:
    """Leave only the first bytes."""
    path.write_bytes(path.read_bytes()[:size])


def change(path: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    """Change rows behind the journal's back."""
    connection = apsw.Connection(str(path))
    connection.execute(statement, values)
    connection.close()


def break_payload(path: Path, seq: int) -> None:
    """Turn over a bit in the payload of a block."""
    connection = apsw.Connection(str(path))
    payload = connection.execute("SELECT payload FROM block WHERE seq = ?", (seq,)).get
    connection.execute(
        "UPDATE block SET payload = ? WHERE seq = ?", (payload[:-1] + bytes([payload[-1] ^ 1]), seq)
    )
    connection.close()


def place_of(path: Path, table: str, content: bytes) -> int:
    """Where in a file that is closed a table holds ``content``."""
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))
    starts = [(int(number) - 1) * PAGE for (number,) in rows]
    connection.close()
    data = path.read_bytes()
    return next(at for at in (data.find(content, start, start + PAGE) for start in starts) if at >= 0)


def break_page(path: Path, at: int) -> None:
    """Blank the head of the page around a place: SQLite finds the file damaged as soon as it is read."""
    with path.open("r+b") as file:
        file.seek(at // PAGE * PAGE)
        file.write(b"\xff" * 8)


@contextmanager
def heard(path: Path) -> Iterator[list[int]]:
    """The blocks that were told of as damaged meanwhile."""
    blocks: list[int] = []
    damage.listen(str(path), lambda block, _: blocks.append(block))
    yield blocks
    damage.leave(str(path))
