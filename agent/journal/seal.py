"""A block's row: sealed when it is written, read only where the seal fits. Pure.

The payload has a checksum of its own; the seal is one of all that stands beside it. A row that an older version
wrote has none: there the payload must agree with what stands beside it.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

from agent.errors import JournalCorrupt
from agent.journal.encoding import decode, unpacked
from evaluators.model.samples import Block

COLUMNS = (
    "block.seq, block.source, received, reach, min_time, max_time, rows, conflicts, payload, seal, source.name "
    "FROM block LEFT JOIN source ON source.id = block.source"
)
"""What a SELECT of `BlockRow` asks for."""

_BESIDE = struct.Struct("<8q")


class BlockRow(NamedTuple):
    """A row as it is stored. What is damaged may be of any type."""

    seq: int
    source: Any
    received: Any
    reach: Any
    min_time: Any
    max_time: Any
    rows: Any
    conflicts: Any
    payload: Any
    seal: Any
    name: Any


def span_of(block: Block) -> tuple[int, int]:
    """The earliest and the latest source time, ns UTC; the time of receipt where there are no rows."""
    times = [time for part in block.columns if len(part) for time in (min(part.times), max(part.times))]
    return (min(times), max(times)) if times else (block.received, block.received)


def reach(first: int, last: int) -> int:
    """How far apart a block's times lie: the smallest power with ``last - first < 16 ** power``."""
    return ((last - first).bit_length() + 3) // 4


def seal_of(seq: int, source: int, received: int, first: int, last: int, rows: int, conflicts: int) -> int:
    """The seal of a row whose times are ``first`` to ``last``: 32 bits."""
    return zlib.crc32(_BESIDE.pack(seq, source, received, reach(first, last), first, last, rows, conflicts))


def beside_fits(row: BlockRow) -> bool:
    """Whether all that stands beside the payload is as it was written; never for a row without a seal."""
    try:
        return bool(zlib.crc32(_BESIDE.pack(*row[:8])) == row.seal)
    except struct.error:
        return False


def opened(row: BlockRow) -> Block:
    """The block of a row; JournalCorrupt where anything of it was changed."""
    name, received, payload = _parts(row)
    block = decode(payload, name, received)
    if row.seal is None and (*span_of(block), len(block)) != (row.min_time, row.max_time, row.rows):
        raise JournalCorrupt("the payload does not agree with the times or the number of rows beside it")
    return block


def check(row: BlockRow) -> None:
    """As `opened`, at a fraction of its cost: by the checksums alone, where there is a seal."""
    if row.seal is None:
        opened(row)
    else:
        unpacked(_parts(row)[2])


def _parts(row: BlockRow) -> tuple[str, int, bytes]:
    """Source, time of receipt and payload, if what stands beside the payload is as it was written."""
    if not isinstance(row.name, str):
        raise JournalCorrupt(f"it names the source {row.source!r}, and there is none")
    if row.seal is not None and not beside_fits(row):
        raise JournalCorrupt("what stands beside the payload was changed: the seal does not fit")
    if not isinstance(row.payload, bytes) or not isinstance(row.received, int):
        raise JournalCorrupt("there is no payload or no time of receipt")
    return row.name, row.received, row.payload
