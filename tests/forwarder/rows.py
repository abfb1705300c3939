"""Journals with known samples, a clock whose waits are short, and what InfluxDB should hold in the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from agent.clock import SystemClock
from agent.forwarder import Forwarder
from agent.history.history import History
from agent.journal.journal import Journal
from agent.lineprotocol import PointTags
from config.influxdb import InfluxSettings
from evaluators.model.samples import Block, BlockBuilder, Columns, Value, ValueKind
from tests.services.influxdb import InfluxServer, Key

START = 1_700_000_000_123_456_789
KINDS = {"f": ValueKind.FLOAT, "i": ValueKind.INT, "b": ValueKind.BOOL, "t": ValueKind.TEXT}
FIELDS = {"f": "float", "i": "integer", "b": "boolean", "t": "string"}
"""The InfluxDB field of each point."""


class ShortWaits(SystemClock):
    """The machine's clock, but a wait is a hundredth of what is asked for; notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Wait a hundredth of it."""
        self.asked.append(seconds)
        await asyncio.sleep(seconds / 100)


class Setting:
    """An open journal with one device's points ``f``, ``i``, ``b`` and ``t``."""

    def __init__(self, folder: Path) -> None:
        self.clock = ShortWaits()
        self.path = folder / "journal.db"
        self.journal = Journal.open(self.path, self.clock)
        registered = self.journal.register([(f"plc/{point}", kind) for point, kind in KINDS.items()])
        self.numbers = {point: registered[f"plc/{point}"] for point in KINDS}
        self.tags = {number: PointTags("tower", "hvac", "plc", point) for point, number in self.numbers.items()}

    def block(self, rows: Iterable[tuple[str, int, Value]], received: int = 0) -> Block:
        """Good rows: point, time after `START`, value; received so long after `START`."""
        builder = BlockBuilder("line")
        for point, offset, value in rows:
            builder.add(self.numbers[point], KINDS[point], START + offset, value)
        return builder.build(START + received)

    async def put(self, *rows: tuple[str, int, Value]) -> None:
        """Journal good rows as one block."""
        await self.journal.put(self.block(rows))

    async def put_at(self, received: int, *rows: tuple[str, int, Value]) -> None:
        """The same, received so long after `START`."""
        await self.journal.put(self.block(rows, received))

    async def put_floats(self, first: int, rows: int) -> None:
        """Journal one block of good rows with times and values from ``first`` on, received a second a block."""
        part = Columns.empty(ValueKind.FLOAT)
        part.points.extend([self.numbers["f"]] * rows)
        part.times.extend(range(START + first, START + first + rows))
        part.values.extend(map(float, range(first, first + rows)))  # type: ignore[arg-type]  # an array of floats
        part.qualities.extend(bytes(rows))
        part.reasons.extend(bytes(rows))
        await self.journal.put(Block("line", START + first // rows * 10**9, (part,)))

    def forwarder(self, settings: InfluxSettings) -> Forwarder:
        """A forwarder of this journal."""
        return Forwarder(self.journal, self.path, settings, self.tags, self.clock)

    def history(self) -> History:
        """A reader of this journal."""
        return History.open(self.path)

    def cursor(self) -> int:
        """The position that the forwarder has acknowledged."""
        with self.history() as history:
            return history.cursors().get("influxdb", 0)

    def delivered(self) -> bool:
        """Whether everything in the journal was acknowledged."""
        with self.history() as history:
            return history.cursors().get("influxdb", 0) == history.last_seq()

    def journaled(self, point: str) -> dict[Key, Value | None]:
        """Every good sample of a point."""
        with self.history() as history:
            samples = history.samples([self.numbers[point]])
            return {("plc", point, sample.time): sample.value for sample in samples}


@asynccontextmanager
async def running(forwarder: Forwarder) -> AsyncIterator[None]:
    """The forwarder at work; what it raises comes out."""
    task = asyncio.create_task(forwarder.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def stored(bucket: InfluxServer, point: str) -> dict[Key, Value]:
    """Every value of a point in InfluxDB."""
    return {key: value for key, value in bucket.field(FIELDS[point]).items() if key[1] == point}
