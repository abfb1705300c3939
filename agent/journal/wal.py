"""Whether a write-ahead log lost something that was on disk for sure. Pure.

SQLite reads a log up to its first frame that is not whole and forgets the rest without a word. That is right after
a power cut: the rest is one transaction that nobody was told of. Each transaction is synced before the next one
begins, so where a whole further transaction lies behind the broken frame, the frame was damaged later.
The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = 32
FRAME = 24
MAGIC = 0x377F0682
"""Of a log with little-endian checksums; one more: big-endian."""

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")

Sums = tuple[int, int]


class Frame(NamedTuple):
    """A page as it was written. ``ends``: it is the last of its transaction; ``whole``: its checksum is right."""

    ends: bool
    whole: bool


def commits_lost(log: bytes) -> int:
    """How many transactions lie behind a broken frame, or with it, that were synced once; 0 where none does."""
    frames = list(_frames(log))
    ends = [place for place, frame in enumerate(frames) if frame.ends]
    first_broken = next((place for place, frame in enumerate(frames) if not frame.whole), len(frames))
    return sum(first_broken <= place < len(frames) - 1 for place in ends)


def _frames(log: bytes) -> Iterator[Frame]:
    """The frames of the last round: their salts are the header's or, where that is damaged, those of the first."""
    if len(log) < HEADER + FRAME:
        return
    magic, _, page, _, *salts, first, second = _HEADER.unpack_from(log)
    order = ">" if magic & 1 else "<"
    sums = _sums(order, log[: HEADER - 8], (0, 0))
    whole = magic | 1 == MAGIC | 1 and sums == (first, second)
    if not whole:
        page, salts = 4096, list(_FRAME.unpack_from(log, HEADER)[2:4])
    for start in range(HEADER, len(log) - FRAME - page + 1, FRAME + page):
        _, size, *salt, first, second = _FRAME.unpack_from(log, start)
        if salt != salts:  # of an earlier round, unless others of this one follow
            whole = False
            continue
        if whole:
            data = log[start : start + 8] + log[start + FRAME : start + FRAME + page]
            sums = _sums(order, data, sums)
            whole = sums == (first, second)
        yield Frame(size > 0, whole)


def _sums(order: str, data: bytes, sums: Sums) -> Sums:
    one, other = sums
    for even, odd in struct.iter_unpack(f"{order}2I", data):
        one = (one + even + other) & 0xFFFFFFFF
        other = (other + odd + one) & 0xFFFFFFFF
    return one, other
