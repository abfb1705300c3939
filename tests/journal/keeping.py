"""A journal that is tidied: a clock that stands, positions of its readers, and a pruner."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import apsw

from agent.history.history import History
from agent.journal.bounds import Readers
from agent.journal.gate import Gate
from agent.journal.journal import Journal
from agent.journal.pruning import Pruner
from agent.judged.runs import Position, store_position
from config.tables import JournalTable
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import DAY_NS

NOW = 1_000 * DAY_NS
POINTS = [("plc/level", ValueKind.INT), ("plc/flow", ValueKind.FLOAT), ("gas/total", ValueKind.INT)]


class StandingClock:
    """A clock that is set by hand; sleeping only lets the others have a turn."""

    def __init__(self, now: int = NOW) -> None:
        self.at = now

    def now(self) -> int:
        """The instant, ns UTC."""
        return self.at

    def monotonic(self) -> float:
        """Seconds; they pass with the instant."""
        return self.at / 10**9

    async def sleep(self, seconds: float) -> None:
        """Let the others have a turn."""
        await asyncio.sleep(0)


class Kept:
    """A journal with `POINTS` as 1, 2 and 3, forwarded under the cursor ``influxdb``, and its pruner."""

    def __init__(self, path: Path, readers: Readers | None = None, **keeping: object) -> None:
        self.path = path
        self.clock = StandingClock()
        self.journal = Journal.open(path, self.clock)
        assert list(self.journal.register(POINTS).values()) == [1, 2, 3]
        self.gate = Gate(self.journal)
        self.hurried = 0
        table = JournalTable.model_validate({"keep_days": 1.0, **keeping})
        whose = Readers(beyond=("influxdb",)) if readers is None else readers
        self.pruner = Pruner(self.journal, self.gate, table, whose, self.clock, self._hurry)

    def _hurry(self) -> None:
        self.hurried += 1

    async def put(self, point: int, time: int, value: int = 1, age_days: float = 10.0, rows: int = 1) -> None:
        """A block of samples of one point at times from ``time`` on, received so long ago."""
        builder = BlockBuilder("line")
        for row in range(rows):
            builder.add(point, POINTS[point - 1][1], time + row, value)
        await self.gate.put(builder.build(NOW - round(age_days * DAY_NS)))

    async def done(self, judged: int | None = None, **cursors: int) -> None:
        """Judging and other readers are so far; judging, unless it is said, at the end."""
        at = self.journal.position if judged is None else judged
        await self.journal.write(partial(store_position, position=Position(at, 0, 0, 0)))
        for name, seq in cursors.items():
            await self.journal.set_cursor(name, seq)

    def seqs(self) -> list[int]:
        """The blocks that are left."""
        with History.open(self.path) as history:
            return [seq for (seq,) in history.query("SELECT seq FROM block ORDER BY seq")]

    def times(self, point: int = 1) -> list[int]:
        """The times of a point's samples that are left, in order."""
        with History.open(self.path) as history:
            return [sample.time for sample in history.samples([point])]


def rows_of(connection: apsw.Connection, statement: str) -> list[tuple[object, ...]]:
    """What a query gives."""
    return list(connection.execute(statement))
