"""Where the newest sample of each point is, as bytes and back. Pure."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Mapping
from typing import NamedTuple

from agent.errors import JournalCorrupt


class Newest(NamedTuple):
    """The source time of a point's newest sample (ns UTC) and the block that holds it."""

    time: int
    seq: int


def encode(newest: Mapping[int, Newest], seq: int | None = None) -> bytes:
    """All points, as packed columns; with the position ``seq`` that stands beside them, where one does."""
    columns = array("q")
    columns.extend(newest.keys())
    columns.extend(entry.time for entry in newest.values())
    columns.extend(entry.seq for entry in newest.values())
    if seq is not None:
        columns.append(seq)
    return zlib.compress(columns.tobytes(), 1)


def decode(packed: bytes, seq: int | None = None) -> dict[int, Newest]:
    """The points of `encode`; JournalCorrupt where a byte is missing or changed, or another ``seq`` was packed."""
    columns = array("q")
    try:
        columns.frombytes(zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise JournalCorrupt(f"the checkpoint cannot be unpacked: {error}") from error
    count, rest = divmod(len(columns), 3)
    if rest and columns.pop() != seq:
        raise JournalCorrupt("the checkpoint was cut, or its position was changed")
    rows = zip(columns[:count], columns[count : 2 * count], columns[2 * count :], strict=True)
    return {point: Newest(time, seq) for point, time, seq in rows}
