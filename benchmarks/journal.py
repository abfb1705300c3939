"""What a sample costs in the journal: bytes on disk and CPU, for a site of 10,000 points that is read each second.

Beside it, in turn in the same run and from the same samples: a row a sample in plain SQLite, and a floor that is
no database at all: the columns as they lie in memory, packed by zlib at level 1 and appended to a file with an
fsync. All three keep source time, receipt time, quality and reason, and are durable after each second's samples
(SQLite: WAL, synchronous=FULL). CPU is that of all threads, without the making of the samples.
Run: python -m benchmarks.journal
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import sys
import time
import zlib
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw

from agent.clock import SystemClock
from agent.journal.journal import Journal
from evaluators.model.samples import Block, BlockBuilder, Reason, Value, ValueKind

DEVICES = 20
REQUESTS = 4
"""A device answers so many requests a poll, a few ms apart …"""
KINDS = (*(ValueKind.FLOAT,) * 75, *(ValueKind.INT,) * 25, *(ValueKind.BOOL,) * 25)
"""… with these values each: 500 points a device, 10,000 in all."""
SECONDS = 40
RUNS = 5
START_NS = 1_767_225_600 * 10**9
MS_NS = 10**6

Cycle = list[Block]
"""One block a device: a second of the whole site."""
Cost = tuple[float, float]
"""Bytes and µs of CPU a sample."""


class Plant:
    """Values as a building has them: temperatures in tenths that drift, counters that rise, states that stay."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        count = DEVICES * REQUESTS
        self._values: list[list[Value]] = [[self._first(kind) for kind in KINDS] for _ in range(count)]

    def _first(self, kind: ValueKind) -> Value:
        if kind is ValueKind.FLOAT:
            return self._rng.randrange(150, 900) / 10
        return self._rng.randrange(10**6) if kind is ValueKind.INT else self._rng.random() < 0.5

    def _next(self, kind: ValueKind, value: Value) -> Value:
        chance = self._rng.random()
        if kind is ValueKind.FLOAT:
            return round(float(value) + self._rng.choice((-0.1, 0.1)), 1) if chance < 0.2 else value
        if kind is ValueKind.INT:
            return int(value) + 1 if chance < 0.3 else value
        return not value if chance < 0.001 else value

    def cycle(self, second: int) -> Cycle:
        """The next second's blocks. In one of fifty a device misses a point."""
        blocks = []
        for device in range(DEVICES):
            builder = BlockBuilder(f"line-{device % 4}")
            at = START_NS + second * 1000 * MS_NS + device * 37 * MS_NS + self._rng.randrange(MS_NS)
            for request in range(REQUESTS):
                self._add(builder, device * REQUESTS + request, at + request * 6 * MS_NS)
            blocks.append(builder.build(at + REQUESTS * 6 * MS_NS))
        return blocks

    def _add(self, builder: BlockBuilder, request: int, at: int) -> None:
        values = self._values[request]
        values[:] = map(self._next, KINDS, values)
        first = 1 + request * len(KINDS)
        for kind in (ValueKind.FLOAT, ValueKind.INT, ValueKind.BOOL):
            rows = [place for place, each in enumerate(KINDS) if each is kind]
            if kind is ValueKind.FLOAT and self._rng.random() < 0.02:
                builder.bad(first + rows.pop(), kind, at, Reason.TIMEOUT)
            builder.extend([first + row for row in rows], kind, at, [values[row] for row in rows])


def journal(folder: Path, cycles: Sequence[Cycle]) -> Cost:
    """Ours: the journal as the agent uses it, all devices of a second at once."""
    path = folder / "journal.db"

    async def run() -> Cost:
        ours = Journal.open(path, SystemClock())
        requests = range(DEVICES * REQUESTS)
        ours.register((f"d/{n}-{place}", kind) for n in requests for place, kind in enumerate(KINDS))
        await ours.close()
        before = path.stat().st_size
        ours = Journal.open(path, SystemClock())
        begin = time.process_time()
        for cycle in cycles:
            await asyncio.gather(*map(ours.put, cycle))
        spent = time.process_time() - begin
        await ours.close()
        return path.stat().st_size - before, spent

    return asyncio.run(run())


def rows(folder: Path, cycles: Sequence[Cycle]) -> Cost:
    """Plain use of SQLite: a row a sample, without any index."""
    path = folder / "rows.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "WAL")
    connection.pragma("synchronous", "FULL")
    columns = "point INTEGER, time INTEGER, received INTEGER, value, quality INTEGER, reason INTEGER"
    connection.execute(f"CREATE TABLE sample ({columns})")
    begin = time.process_time()
    for cycle in cycles:
        with connection:
            for block in cycle:
                for part in block.columns:
                    received = [block.received] * len(part)
                    each = (part.points, part.times, received, part.values, part.qualities, part.reasons)
                    connection.executemany("INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?)", zip(*each, strict=True))
    spent = time.process_time() - begin
    connection.close()
    return path.stat().st_size, spent


def floor(folder: Path, cycles: Sequence[Cycle]) -> Cost:
    """No database: nothing can be found in it but by reading all of it."""
    path = folder / "columns"
    begin = time.process_time()
    with path.open("ab", buffering=0) as file:
        for cycle in cycles:
            for block in cycle:
                parts = [block.received.to_bytes(8, "little", signed=True)]
                for part in block.columns:
                    assert isinstance(part.values, array)
                    parts += [column.tobytes() for column in (part.points, part.times, part.values)]
                    parts += [bytes(part.qualities), bytes(part.reasons)]
                packed = zlib.compress(b"".join(parts), 1)
                file.write(len(packed).to_bytes(4, "little") + packed)
            os.fsync(file.fileno())
    spent = time.process_time() - begin
    return path.stat().st_size, spent


WAYS: dict[str, Callable[[Path, Sequence[Cycle]], Cost]] = {
    "journal": journal,
    "a row a sample": rows,
    "columns, zlib 1": floor,
}


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    plant = Plant(1)
    cycles = [plant.cycle(second) for second in range(SECONDS)]
    samples = sum(len(block) for cycle in cycles for block in cycle)
    gc.collect()
    gc.freeze()
    found: dict[str, list[Cost]] = {name: [] for name in WAYS}
    for _ in range(RUNS):
        for name, way in WAYS.items():
            with TemporaryDirectory() as folder:
                size, spent = way(Path(folder), cycles)
            found[name].append((size / samples, spent / samples * 1e6))
    medians = {
        name: [statistics.median(column) for column in zip(*costs, strict=True)] for name, costs in found.items()
    }
    ours = medians["journal"]
    for name, (size, spent) in medians.items():
        sys.stdout.write(
            f"{name}: {size:.2f} bytes, {spent:.2f} µs a sample"
            f" (journal: {ours[0] / size:.2f}× the bytes, {ours[1] / spent:.2f}× the CPU)\n"
        )


if __name__ == "__main__":
    main()
