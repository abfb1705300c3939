"""Blocks in the journal's file: written without doubles, read by arrival or by source time.

A point's times only grow, as a rule: for a row that is newer than all before it nothing is looked up. Any other
row is compared with what is stored of its point and time. A block that cannot be read is read as one without rows,
and told of (`damage`).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from operator import gt
from pathlib import Path

import apsw

from agent.errors import JournalCorrupt, UnknownPoint
from agent.journal import checkpoint, damage
from agent.journal.checkpoint import Newest
from agent.journal.encoding import encode
from agent.journal.seal import COLUMNS, BlockRow, check, opened, reach, seal_of, span_of
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

_SELECT = f"SELECT {COLUMNS} WHERE "
_INSERT = (
    "INSERT INTO block (seq, source, received, reach, min_time, max_time, rows, conflicts, payload, seal) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_NO_ROWS = Block("", 0, ())


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
        self._sources: dict[str, int] = {}
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
        writer.position = max(writer.position, last_number(connection))
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
        seq = self._insert(block, conflicts)
        self._times |= newest
        self._seqs |= dict.fromkeys(newest, seq)
        self._count(seq, len(block))
        self._write_checkpoint()

    def _insert(self, block: Block, conflicts: int) -> int:
        """The number of the new row."""
        seq = self.position + 1
        source = self._sources.get(block.source)
        if source is None:
            source = self._sources[block.source] = source_id(self._connection, block.source)
        payload, (first, last), rows = encode(block), span_of(block), len(block)
        seal = seal_of(seq, source, block.received, first, last, rows, conflicts)
        values = (
            seq, source, block.received, reach(first, last), first, last, rows, conflicts, payload, seal,
        )  # fmt: skip
        self._connection.execute(_INSERT, values)
        return seq

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
            (self.position, checkpoint.encode(newest, self.position)),
        )
        self._blocks = self._rows = 0


def _copy(part: Columns, row: int, into: Columns) -> None:
    into.points.append(part.points[row])
    into.times.append(part.times[row])
    into.values.append(part.values[row])  # type: ignore[arg-type]  # both columns are of one kind
    into.qualities.append(part.qualities[row])
    into.reasons.append(part.reasons[row])


def source_id(connection: apsw.Connection, name: str) -> int:
    """The number of a connection's name, for ever."""
    connection.execute("INSERT INTO source (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
    return int(connection.execute("SELECT id FROM source WHERE name = ?", (name,)).get)


def last_number(connection: apsw.Connection) -> int:
    """The number of the last block there ever was; 0 while there was none."""
    stored = connection.execute("SELECT coalesce(max(seq), 0) FROM block").get
    ever = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'block'").get
    return max(int(stored), int(ever or 0))


def read_blocks(connection: apsw.Connection, after: int, limit: int) -> Iterator[tuple[int, Block]]:
    """Up to ``limit`` blocks after a position, in order of arrival."""
    for row in connection.execute(_SELECT + "block.seq > ? ORDER BY block.seq LIMIT ?", (after, limit)):
        block = _opened(connection, BlockRow(*row))
        if block is not None:
            yield row[0], block
        elif connection.execute("SELECT count(*) FROM block WHERE seq = ?", (row[0],)).get:
            yield row[0], _NO_ROWS  # else its position is what is damaged, and nobody must go on from there


def check_blocks(connection: apsw.Connection, after: int, limit: int) -> int | None:
    """Hold up to ``limit`` blocks after a position against their checksums; the last position, None where there
    are no more."""
    last = None
    for row in connection.execute(_SELECT + "block.seq > ? ORDER BY block.seq LIMIT ?", (after, limit)):
        last = row[0]
        try:
            check(BlockRow(*row))
        except JournalCorrupt as error:
            damage.tell(connection.filename, last, str(error))
    return last


def read_block(connection: apsw.Connection, seq: int) -> Block:
    """The block at a position; one without rows where there is none."""
    for row in connection.execute(_SELECT + "block.seq = ?", (seq,)):
        block = _opened(connection, BlockRow(*row))
        return _NO_ROWS if block is None else block
    return _NO_ROWS


def blocks_between(connection: apsw.Connection, low: int, high: int) -> Iterator[tuple[int, Block]]:
    """Every block whose times reach into the closed span, by its earliest time, each with its position.

    The index gives, for each reach, the short stretch of earliest times that can hold it: what this costs does not
    grow with the journal. What is committed meanwhile is not seen.
    """
    for _, seq in between(connection, low, high):
        yield seq, read_block(connection, seq)


def between(connection: apsw.Connection, low: int, high: int) -> Iterator[tuple[int, int]]:
    """(earliest time, position) of the blocks of `blocks_between`, in that order."""
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
    seqs = {seq for time in {time for _, time in wanted} for _, seq in between(connection, time, time)}
    found: dict[Identity, dict[ContentKey, Sample]] = {}
    for seq in sorted(seqs):
        for sample in _wanted(read_block(connection, seq), wanted):
            found.setdefault((sample.point, sample.time), {}).setdefault(content_key(sample), sample)
    return found


def _wanted(block: Block, wanted: Collection[Identity]) -> Iterable[Sample]:
    return (sample for sample in block.samples() if (sample.point, sample.time) in wanted)


def identities(block: Block) -> Iterator[Identity]:
    """The point and time of every row, in the order of the rows."""
    return chain.from_iterable(zip(part.points, part.times, strict=True) for part in block.columns)


def read_checkpoint(connection: apsw.Connection) -> tuple[int, dict[int, Newest]]:
    """The last checkpoint: the position it was made at, and the newest sample of each point by then.

    All that is in it is in the blocks too: one that cannot be read is as good as none, but for the time it saves.
    """
    for seq, packed in connection.execute("SELECT seq, newest FROM checkpoint"):
        with suppress(JournalCorrupt):
            return seq, checkpoint.decode(packed, seq)
    return 0, {}


def newest_of(connection: apsw.Connection) -> dict[int, Newest]:
    """Where the newest sample of each point is now."""
    position, newest = read_checkpoint(connection)
    while batch := list(read_blocks(connection, position, 1000)):
        for position, block in batch:
            note_newest(newest, position, block)
    return newest


def note_newest(newest: dict[int, Newest], position: int, block: Block) -> None:
    """Bring ``newest`` up to date with one more block; of two samples of one identity the later one is noted."""
    for part in block.columns:
        for point, time in zip(part.points, part.times, strict=True):
            known = newest.get(point)
            if known is None or time >= known.time:
                newest[point] = Newest(time, position)


def _opened(connection: apsw.Connection, row: BlockRow) -> Block | None:
    """None where it cannot be read, which is told."""
    try:
        return opened(row)
    except JournalCorrupt as error:
        damage.tell(connection.filename, row.seq, str(error))
        return None
