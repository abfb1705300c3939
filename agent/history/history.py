"""Reading what was taken, while it is written or afterwards. Nothing here can write."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import apsw

from agent.errors import JournalReplaced
from agent.history.ranges import in_order
from agent.journal import damage
from agent.journal.blocks import (
    Identity,
    blocks_between,
    check_blocks,
    contents,
    identities,
    newest_of,
    read_block,
    read_blocks,
)
from agent.journal.database import open_for_reading
from agent.journal.horizon import Pruned, holders, read_pruned
from evaluators.model.samples import Block, Sample, ValueKind


class PointRow(NamedTuple):
    """A point's number and the kind of its values."""

    number: int
    kind: ValueKind


class History:
    """A journal's readings. Use it from one thread at a time; close it, or use it as a context manager."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._opened = connection
        self._file = connection.filename
        self._generation = damage.generation(self._file)
        self._snapshots = 0
        self._pruned = Pruned()

    @property
    def _connection(self) -> apsw.Connection:
        if damage.generation(self._file) != self._generation:
            raise JournalReplaced(f"{self._file}: was damaged and begun anew: open it again")
        return self._opened

    @classmethod
    def open(cls, path: Path) -> History:
        """Open read-only; JournalMissing where there is no file, JournalForeign or -TooNew if it is no use."""
        return cls(open_for_reading(path))

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._opened.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within it all reads see the journal as it was at the first of them, whatever is let go meanwhile. While
        it lasts, the write-ahead log only grows: leave it soon beside a running agent."""
        if self._snapshots == 0:
            self._connection.execute("BEGIN")
        self._snapshots += 1
        try:
            yield
        finally:
            self._snapshots -= 1
            if self._snapshots == 0:
                with suppress(apsw.ConnectionClosedError):
                    self._connection.execute("COMMIT")

    def pruned(self) -> Pruned:
        """What was let go so far: a range that begins at or before a point's horizon is not whole."""
        with self.snapshot():
            now = self._connection.execute("SELECT coalesce(max(blocks), 0) FROM pruned").get
            if now != self._pruned.blocks:
                self._pruned = read_pruned(self._connection)
        return self._pruned

    def holders(self) -> frozenset[int]:
        """The blocks that hold the newest sample of a point, or another sample of the same identity."""
        with self.snapshot():
            return holders(self._connection)

    def used_bytes(self) -> int:
        """How much of the file holds something; the rest is used again before the file grows."""
        pages, free, size = (
            self._connection.pragma(name) for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def points(self) -> dict[str, PointRow]:
        """Every point there ever was, by key; of a key whose kind changed, the newest."""
        rows = self._connection.execute("SELECT key, number, kind FROM point ORDER BY number")
        return {key: PointRow(number, ValueKind(kind)) for key, number, kind in rows}

    def keys(self) -> dict[int, tuple[str, ValueKind]]:
        """The key and kind of every number there ever was."""
        rows = self._connection.execute("SELECT number, key, kind FROM point")
        return {number: (key, ValueKind(kind)) for number, key, kind in rows}

    def numbers_of(self, points: Iterable[tuple[str, ValueKind]]) -> dict[str, int]:
        """The number of each point (key, kind); one that was never journaled gets a number no sample has."""
        rows = self._connection.execute("SELECT key, kind, number FROM point")
        known = {(key, kind): number for key, kind, number in rows}
        return {key: known.get((key, int(kind)), -1 - place) for place, (key, kind) in enumerate(points)}

    def blocks(self, after: int, limit: int) -> list[tuple[int, Block]]:
        """Up to ``limit`` blocks after a position, in order of arrival, each with its own position."""
        return list(read_blocks(self._connection, after, limit))

    def check(self, after: int, limit: int) -> int | None:
        """Hold up to ``limit`` blocks after a position against their checksums, and tell of the damaged ones; the
        last position, None where there are no more."""
        return check_blocks(self._connection, after, limit)

    def last_seq(self) -> int:
        """The newest position; 0 while there is none."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM block").get)

    def samples(
        self, points: Collection[int], start: int | None = None, end: int | None = None
    ) -> Iterator[Sample]:
        """The samples of some points with source times in the half-open ``[start, end)``, in the order of judging.

        Found wherever they are, late ones too. None leaves that side open. Read as they are asked for, all from
        one `snapshot`, which ends with the last one: only blocks that overlap are held at once.
        """
        low, high = -(2**63) if start is None else start, 2**63 - 1 if end is None else end - 1
        with self.snapshot():
            blocks = (block for _, block in blocks_between(self._connection, low, high))
            yield from in_order(blocks, points, low, high)

    def newest(self) -> dict[int, Sample]:
        """The newest sample of each point by source time; of one identity the last in the order of judging."""
        with self.snapshot():
            return self._newest()

    def _newest(self) -> dict[int, Sample]:
        newest = newest_of(self._connection)
        found: dict[int, Sample] = {}
        for position in sorted({entry.seq for entry in newest.values()}):
            for sample in self._block(position).samples():
                entry = newest.get(sample.point)
                if entry is not None and (sample.time, position) == entry:
                    found[sample.point] = sample
            for (point, time), sample in self.winners(position - 1, position).items():
                if newest[point].time == time:
                    found[point] = sample
        return found

    def winners(self, after: int, upto: int) -> dict[Identity, Sample]:
        """Of every identity that conflicts in the blocks ``(after, upto]``: the sample that wins."""
        with self.snapshot():
            found = self.conflicting(after, upto)
            return self._winners({identity for seq in found for identity in identities(self._block(seq))})

    def conflicting(self, after: int, upto: int) -> list[int]:
        """The blocks ``(after, upto]`` that hold a sample in conflict with one that came before it."""
        statement = "SELECT seq FROM block INDEXED BY block_conflict WHERE conflicts > 0 AND seq > ? AND seq <= ?"
        return sorted(seq for (seq,) in self._connection.execute(statement, (after, upto)))

    def winners_among(self, blocks: Sequence[Block]) -> dict[Identity, Sample]:
        """Of every identity in these blocks that conflicts with a sample of any block, also of one that came
        later: the sample that wins."""
        times = [time for block in blocks for part in block.columns for time in (min(part.times), max(part.times))]
        if not times:
            return {}
        statement = "SELECT seq FROM block WHERE conflicts > 0 AND max_time >= ? AND min_time <= ?"
        with self.snapshot():
            found = [seq for (seq,) in self._connection.execute(statement, (min(times), max(times)))]
            if not found:
                return {}
            theirs = {identity for seq in found for identity in identities(self._block(seq))}
            return self._winners(theirs.intersection(chain.from_iterable(map(identities, blocks))))

    def _winners(self, wanted: Collection[Identity]) -> dict[Identity, Sample]:
        stored = contents(self._connection, wanted)
        return {identity: same[max(same)] for identity, same in stored.items() if len(same) > 1}

    def _block(self, position: int) -> Block:
        return read_block(self._connection, position)

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, for readers of the journal's other tables."""
        return list(self._connection.execute(statement, values))

    def each(self, statement: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, read as they are asked for."""
        return iter(self._connection.execute(statement, values))

    def status(self) -> dict[str, tuple[int, Any]]:
        """What the agent last wrote down of its parts: when (ns UTC) and what, by name."""
        rows = self._connection.execute("SELECT name, at, value FROM status")
        return {name: (at, json.loads(value)) for name, at, value in rows}

    def cursors(self) -> dict[str, int]:
        """How far each reader has come."""
        return dict(self._connection.execute("SELECT name, seq FROM cursor"))

    def dead_letters(self) -> list[tuple[str, int, int, str, str]]:
        """Rows that a sink refused for good: sink, point, source time, line, reason."""
        rows = self._connection.execute("SELECT sink, point, time, line, reason FROM dead_letter ORDER BY id")
        return [(sink, point, time, line, reason) for sink, point, time, line, reason in rows]
