"""Blocks in the journal's file: written without doubles, read by arrival or by source time.

A point's times only grow, as a rule: for a row that is newer than all before it nothing is looked up. Any other
row is compared with what is stored of its point and time.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from operator import gt
from pathlib import Path

import apsw

from agent.errors import JournalCorrupt, UnknownPoint
from agent.journal import checkpoint
from agent.journal.checkpoint import Newest
from agent.journal.encoding import decode, encode
from evaluators.model.samples import INT64_MIN, Block, Columns, Sample, ValueKind
from evaluators.order import ContentKey, content_key

Identity = tuple[int, int]
"""A point's number and a source time, ns UTC."""

REACHES = range(17)
"""Of a block: the smallest with ``max_time - min_time < 16 ** reach``; all of int64 fits into 16."""

BEFORE_ALL = INT64_MIN - 1

CHECKPOINT_BLOCKS = 256
"""A checkpoint is written after so many blocks, provided that they held a few rows for each point …"""
CHECKPOINT_ROWS_A_POINT = 4
CHECKPOINT_BLOCKS_AT_MOST = 1024
"""… or after so many whatever they held: opening never has more to read than this."""

_SELECT = "SELECT seq, name, received, payload FROM block JOIN source ON source.id = block.source WHERE "


class BlockWriter:
    """Takes blocks within the caller's transaction. After a rollback it must be made anew by `resume`."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._times: dict[int, int] = {}
        """The newest source time of each point, and …"""
        self._seqs: dict[int, int] = {}
        """… the block that holds it."""
        self._blocks = self._rows = 0
        self.kinds: dict[int, ValueKind] = {}
        """The kind of every registered point, by number."""
        self.position = 0
        """The number of the last block written; 0 while there is none."""
        self.duplicates = 0
        """Rows dropped, because they were stored already."""
        self.conflicts = 0
        """Rows kept that share the identity of a stored row, but not its content."""

    @classmethod
    def resume(cls, connection: apsw.Connection, path: Path) -> BlockWriter:
        """A writer that knows what is stored; reads the last checkpoint and the blocks after it."""
        writer = cls(connection, path)
        rows = connection.execute("SELECT number, kind FROM point")
        writer.kinds = {number: ValueKind(kind) for number, kind in rows}
        writer.position, newest = read_checkpoint(connection)
        while batch := list(read_blocks(connection, writer.position, CHECKPOINT_BLOCKS)):
            for position, block in batch:
                note_newest(newest, position, block)
                writer._count(position, len(block))
        writer._times = {point: entry.time for point, entry in newest.items()}
        writer._seqs = {point: entry.seq for point, entry in newest.items()}
        return writer

    def check(self, block: Block) -> None:
        """UnknownPoint unless every point is registered with the kind of its column."""
        for part in block.columns:
            if set(map(self.kinds.get, part.points)) <= {part.kind}:
                continue
            for point in part.points:
                if self.kinds.get(point) is not part.kind:
                    raise UnknownPoint(
                        f"{self._path}: point {point} of {block.source} is not registered as {part.kind.name}; "
                        "register it first"
                    )

    def write(self, block: Block) -> None:
        """Store the rows that are not stored yet; nothing where all of them are."""
        late, newest = self._late(block)
        conflicts = 0
        if late:
            block, conflicts = self._without_doubles(block, late)
            newest = self._brought(block)
        if not len(block):
            return
        times = [time for part in block.columns for time in (min(part.times), max(part.times))]
        first, last = min(times), max(times)
        self._connection.execute("INSERT INTO source (name) VALUES (?) ON CONFLICT DO NOTHING", (block.source,))
        self._connection.execute(
            "INSERT INTO block (source, received, reach, min_time, max_time, rows, conflicts, payload) "
            "SELECT id, ?, ?, ?, ?, ?, ?, ? FROM source WHERE name = ?",
            (block.received, reach(first, last), first, last, len(block), conflicts, encode(block), block.source),
        )
        seq = self._connection.last_insert_rowid()
        self._times |= newest
        self._seqs |= dict.fromkeys(newest, seq)
        self._count(seq, len(block))
        self._write_checkpoint()

    def _late(self, block: Block) -> tuple[set[Identity], dict[int, int]]:
        """The identities that are not newer than everything known of their points; and, where there are none, the
        newest time of each point of the block."""
        late: set[Identity] = set()
        newest: dict[int, int] = {}
        for part in block.columns:
            known = [self._times.get(point, BEFORE_ALL) for point in part.points]
            brought = dict(zip(part.points, part.times, strict=True))
            if len(brought) == len(part) and all(map(gt, part.times, known)):
                newest |= brought
                continue
            for point, time, before in zip(part.points, part.times, known, strict=True):
                if time > newest.get(point, before):
                    newest[point] = time
                else:
                    late.add((point, time))
        return late, newest

    def _brought(self, block: Block) -> dict[int, int]:
        """The times of the rows that are now the newest of their points, also in a conflict with a stored one."""
        newest: dict[int, int] = {}
        for part in block.columns:
            for point, time in zip(part.points, part.times, strict=True):
                if time >= newest.get(point, self._times.get(point, BEFORE_ALL)):
                    newest[point] = time
        return newest

    def _without_doubles(self, block: Block, late: set[Identity]) -> tuple[Block, int]:
        """The block without rows that are stored or come twice in it, and how many of the others conflict."""
        seen = contents(self._connection, late)
        kept: list[Columns] = []
        conflicts = 0
        samples = block.samples()
        for part in block.columns:
            into = Columns.empty(part.kind)
            for row in range(len(part)):
                sample = next(samples)
                identity = (sample.point, sample.time)
                if identity in late:
                    others = seen.setdefault(identity, {})
                    key = content_key(sample)
                    if key in others:
                        self.duplicates += 1
                        continue
                    conflicts += bool(others)
                    others[key] = sample
                _copy(part, row, into)
            if len(into):
                kept.append(into)
        self.conflicts += conflicts
        return Block(block.source, block.received, tuple(kept)), conflicts

    def _count(self, seq: int, rows: int) -> None:
        self.position = seq
        self._blocks += 1
        self._rows += rows

    def _write_checkpoint(self) -> None:
        enough = self._rows >= CHECKPOINT_ROWS_A_POINT * len(self._times)
        if self._blocks < (CHECKPOINT_BLOCKS if enough else CHECKPOINT_BLOCKS_AT_MOST):
            return
        newest = {point: Newest(time, self._seqs[point]) for point, time in self._times.items()}
        self._connection.execute(
            "INSERT INTO checkpoint (id, seq, newest) VALUES (1, ?1, ?2) "
            "ON CONFLICT (id) DO UPDATE SET seq = ?1, newest = ?2",
            (self.position, checkpoint.encode(newest)),
        )
        self._blocks = self._rows = 0


def _copy(part: Columns, row: int, into: Columns) -> None:
    into.points.append(part.points[row])
    into.times.append(part.times[row])
    into.values.append(part.values[row])  # type: ignore[arg-type]  # both columns are of one kind
    into.qualities.append(part.qualities[row])
    into.reasons.append(part.reasons[row])


def reach(first: int, last: int) -> int:
    """How far apart a block's times lie, see `REACHES`."""
    return ((last - first).bit_length() + 3) // 4


def read_blocks(connection: apsw.Connection, after: int, limit: int) -> Iterator[tuple[int, Block]]:
    """Up to ``limit`` blocks after a position, in order of arrival; JournalCorrupt where one cannot be read."""
    for row in connection.execute(_SELECT + "seq > ? ORDER BY seq LIMIT ?", (after, limit)):
        yield _decoded(*row)


def blocks_between(connection: apsw.Connection, low: int, high: int) -> Iterator[tuple[int, Block]]:
    """Every block whose times reach into the closed span, by its earliest time, each with its position.

    The index gives, for each reach, the short stretch of earliest times that can hold it: what this costs does not
    grow with the journal. What is committed meanwhile is not seen.
    """
    for _, seq in _between(connection, low, high):
        (row,) = connection.execute(_SELECT + "seq = ?", (seq,))
        yield _decoded(*row)


def _between(connection: apsw.Connection, low: int, high: int) -> Iterator[tuple[int, int]]:
    """(earliest time, position) of the blocks of `blocks_between`."""
    statement = (
        "SELECT min_time, seq FROM block WHERE reach = ? AND min_time BETWEEN ? AND ? AND max_time >= ? "
        "ORDER BY min_time"
    )
    stretches = [(power, max(low - 16**power, INT64_MIN), high, low) for power in REACHES]
    return heapq.merge(*(connection.execute(statement, stretch) for stretch in stretches))


def contents(
    connection: apsw.Connection, wanted: Collection[Identity]
) -> dict[Identity, dict[ContentKey, Sample]]:
    """Every stored sample of these identities, by content; an identity that is not stored is left out."""
    seqs = {seq for time in {time for _, time in wanted} for _, seq in _between(connection, time, time)}
    found: dict[Identity, dict[ContentKey, Sample]] = {}
    for seq in sorted(seqs):
        (row,) = connection.execute(_SELECT + "seq = ?", (seq,))
        for sample in _wanted(_decoded(*row)[1], wanted):
            found.setdefault((sample.point, sample.time), {}).setdefault(content_key(sample), sample)
    return found


def _wanted(block: Block, wanted: Collection[Identity]) -> Iterable[Sample]:
    return (sample for sample in block.samples() if (sample.point, sample.time) in wanted)


def read_checkpoint(connection: apsw.Connection) -> tuple[int, dict[int, Newest]]:
    """The last checkpoint: the position it was made at, and the newest sample of each point by then."""
    for seq, packed in connection.execute("SELECT seq, newest FROM checkpoint"):
        return seq, checkpoint.decode(packed)
    return 0, {}


def note_newest(newest: dict[int, Newest], position: int, block: Block) -> None:
    """Bring ``newest`` up to date with one more block; of two samples of one identity the later one is noted."""
    for part in block.columns:
        for point, time in zip(part.points, part.times, strict=True):
            known = newest.get(point)
            if known is None or time >= known.time:
                newest[point] = Newest(time, position)


def _decoded(seq: int, source: str, received: int, payload: bytes) -> tuple[int, Block]:
    try:
        return seq, decode(payload, source, received)
    except JournalCorrupt as error:
        raise JournalCorrupt(f"block {seq}: {error}; set the journal aside and keep it") from error
