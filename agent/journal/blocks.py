"""Stored blocks: reading them in order of arrival, around an instant, or all that lie in a span of time."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator

import apsw

from agent.errors import JournalCorrupt
from agent.journal.encoding import decode
from evaluators.model.samples import INT64_MAX, INT64_MIN, Block, Sample
from evaluators.order import ContentKey, content_key

Identity = tuple[int, int]
"""The point's number and the source time, ns UTC."""

REACHES = range(17)
"""A block has the smallest reach with ``max_time - min_time < 16 ** reach``: all of int64 fits into 16."""

_SELECT = "SELECT seq, name, received, payload FROM block JOIN source ON source.id = source WHERE "


def reach(min_time: int, max_time: int) -> int:
    """How far apart a block's times lie, as a power of 16."""
    return ((max_time - min_time).bit_length() + 3) // 4


def after(connection: apsw.Connection, seq: int, limit: int) -> Iterator[tuple[int, Block]]:
    """Up to ``limit`` blocks that arrived after ``seq``, in order of arrival."""
    for row in connection.execute(_SELECT + "seq > ? ORDER BY seq LIMIT ?", (seq, limit)):
        yield _decoded(*row)


def one(connection: apsw.Connection, seq: int) -> Block:
    """The block with this number, which there must be."""
    (row,) = connection.execute(_SELECT + "seq = ?", (seq,))
    return _decoded(*row)[1]


def around(connection: apsw.Connection, first: int, last: int) -> Iterator[tuple[int, int]]:
    """(min_time, seq) of every block with times in or around the closed span, by ``min_time``.

    A block is found by the short stretch of ``min_time`` that its reach allows, so the cost does not grow with
    the journal. Snapshot: what is committed while the iteration goes on is not seen.
    """
    found = [
        connection.execute(
            "SELECT min_time, seq FROM block WHERE reach = ? AND min_time BETWEEN ? AND ? AND max_time >= ? "
            "ORDER BY min_time",
            (power, max(first - 16**power, INT64_MIN), last, first),
        )
        for power in REACHES
    ]
    yield from heapq.merge(*found)


def contents(
    connection: apsw.Connection, wanted: Collection[Identity]
) -> dict[Identity, dict[ContentKey, Sample]]:
    """Every stored sample of these identities, by content; identities that are not stored are left out."""
    seqs = {seq for time in {time for _, time in wanted} for _, seq in around(connection, time, time)}
    found: dict[Identity, dict[ContentKey, Sample]] = {}
    for seq in sorted(seqs):
        gather(one(connection, seq).samples(), wanted, found)
    return found


def gather(
    samples: Iterable[Sample], wanted: Collection[Identity], into: dict[Identity, dict[ContentKey, Sample]]
) -> None:
    """Add the samples that have a wanted identity."""
    for sample in samples:
        identity = (sample.point, sample.time)
        if identity in wanted:
            into.setdefault(identity, {}).setdefault(content_key(sample), sample)


def within(
    connection: apsw.Connection, points: Collection[int], start: int | None, end: int | None
) -> Iterator[tuple[int, Block]]:
    """(min_time, block) of every block with times in ``[start, end)``, cut down to ``points``, by ``min_time``."""
    first = INT64_MIN if start is None else start
    last = INT64_MAX if end is None else end - 1
    for min_time, seq in around(connection, first, last):
        yield min_time, one(connection, seq)


def _decoded(seq: int, source: str, received: int, payload: bytes) -> tuple[int, Block]:
    try:
        return seq, decode(payload, source, received)
    except JournalCorrupt as error:
        raise JournalCorrupt(f"block {seq}: {error}; set the journal aside and keep it") from error
