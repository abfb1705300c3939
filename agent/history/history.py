"""Reading what was taken, while it is written or afterwards. Nothing here can write."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import apsw

from agent.journal.blocks import Identity, blocks_between, contents, note_newest, read_blocks, read_checkpoint
from agent.journal.database import open_for_reading
from evaluators.model.samples import Block, Sample, ValueKind
from evaluators.order import order_key


class PointRow(NamedTuple):
    """A point's number and the kind of its values."""

    number: int
    kind: ValueKind


class History:
    """A journal's readings. Use it from one thread at a time; close it, or use it as a context manager."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

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
        self._connection.close()

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

    def last_seq(self) -> int:
        """The newest position; 0 while there is none."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM block").get)

    def samples(self, points: Collection[int], start: int | None = None, end: int | None = None) -> list[Sample]:
        """The samples of some points with source times in the half-open ``[start, end)``, in the order of judging.

        Found wherever they are, late ones too. None leaves that side open.
        """
        low, high = -(2**63) if start is None else start, 2**63 - 1 if end is None else end - 1
        wanted = frozenset(points)
        found = [
            sample
            for _, block in blocks_between(self._connection, low, high)
            if any(not wanted.isdisjoint(part.points) for part in block.columns)
            for sample in block.samples()
            if sample.point in wanted and low <= sample.time <= high
        ]
        return sorted(found, key=order_key)

    def newest(self) -> dict[int, Sample]:
        """The newest sample of each point by source time; of one identity the last in the order of judging."""
        seq, newest = read_checkpoint(self._connection)
        while batch := self.blocks(seq, 1000):
            for position, block in batch:
                note_newest(newest, position, block)
                seq = position
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
        statement = "SELECT seq FROM block WHERE seq > ? AND seq <= ? AND conflicts > 0"
        found: list[int] = [seq for (seq,) in self._connection.execute(statement, (after, upto))]
        identities = {(sample.point, sample.time) for seq in found for sample in self._block(seq).samples()}
        stored = contents(self._connection, identities)
        return {identity: same[max(same)] for identity, same in stored.items() if len(same) > 1}

    def _block(self, position: int) -> Block:
        return next(block for _, block in read_blocks(self._connection, position - 1, 1))

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, for readers of the journal's other tables."""
        return list(self._connection.execute(statement, values))

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
