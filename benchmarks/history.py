"""What reading and tidying the journal cost.

Newest samples of 10,000 points: looked for anew, and followed after each second's blocks, in turn. A point's range
over short and long journals: peak memory read as it is asked for and as a list. Letting go of old blocks beside a
writer: what a put takes meanwhile, and without. Run: python -m benchmarks.history
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.clock import SystemClock
from agent.history.history import History
from agent.history.newest import NewestView
from agent.journal.bounds import Readers
from agent.journal.gate import Gate
from agent.journal.journal import Journal
from agent.journal.pruning import Pruner
from agent.judged.runs import Position, store_position
from config.tables import JournalTable
from evaluators.model.samples import Block, BlockBuilder, Sample, ValueKind
from evaluators.model.times import DAY_NS, SECOND_NS

DEVICES, A_DEVICE = 200, 50
POINTS = DEVICES * A_DEVICE
SECONDS = 60
LONG = (500, 2000, 8000)


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def opened(path: Path) -> Journal:
    """A new journal that knows the points."""
    journal = Journal.open(path, SystemClock())
    journal.register((f"d{n // A_DEVICE}/{n}", ValueKind.FLOAT) for n in range(POINTS))
    return journal


def second(at: int, dice: random.Random) -> Iterator[Block]:
    """What all devices say at a time."""
    builder = BlockBuilder("line")
    for device in range(DEVICES):
        first = 1 + device * A_DEVICE
        values = [dice.random() for _ in range(A_DEVICE)]
        builder.extend(range(first, first + A_DEVICE), ValueKind.FLOAT, at + device, values)
        yield builder.build(at)


async def put(journal: Journal, at: int, dice: random.Random) -> None:
    """Journal it."""
    await asyncio.gather(*(journal.put(block) for block in second(at, dice)))


def timed_ms(work: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


async def newest(folder: Path) -> None:
    """Looked for anew against followed."""
    journal, dice = opened(folder / "newest.db"), random.Random(1)
    anew, followed = [], []
    with History.open(journal.path) as history:
        view = NewestView(history)
        view.samples()
        for n in range(20):
            await put(journal, n * SECOND_NS, dice)
            anew.append(timed_ms(history.newest))
            followed.append(timed_ms(view.samples))
    await journal.close()
    old, new = statistics.median(anew), statistics.median(followed)
    say(f"newest of {POINTS} points, each second: anew {old:.1f} ms, followed {new:.1f} ms ({new / old:.2f}×)")


def peak_mb(read: Callable[[], object]) -> float:
    """The most memory that Python holds meanwhile, beyond what it held."""
    tracemalloc.start()
    read()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


async def ranges(folder: Path) -> None:
    """Peak memory over longer and longer journals."""
    for blocks in LONG:
        journal = opened(folder / f"range-{blocks}.db")
        builder, dice = BlockBuilder("line"), random.Random(1)
        for n in range(blocks):
            values = [dice.random() for _ in range(A_DEVICE)]
            builder.extend(range(1, 1 + A_DEVICE), ValueKind.FLOAT, n * SECOND_NS, values)
            await journal.put(builder.build(n))
        await journal.close()
        with History.open(journal.path) as history:
            points = range(1, 1 + A_DEVICE)
            streamed = peak_mb(lambda: deque(history.samples(points), maxlen=0))  # noqa: B023  # called at once
            listed = peak_mb(lambda: list[Sample](history.samples(points)))  # noqa: B023  # the same
            took = timed_ms(lambda: deque(history.samples(points), maxlen=0))  # noqa: B023  # the same
        rows = blocks * A_DEVICE
        say(
            f"a range of {rows} samples: peak {streamed:.2f} MB streamed, {listed:.1f} MB as a list, "
            f"{took / rows * 1e6:.0f} ns a sample"
        )


async def tidying(folder: Path) -> None:
    """What a put takes while old blocks go."""
    journal, dice = opened(folder / "tidied.db"), random.Random(1)
    long_ago = time.time_ns() - 100 * DAY_NS
    for n in range(SECONDS):
        await put(journal, long_ago + n * SECOND_NS, dice)
    await journal.write(partial(store_position, position=Position(journal.position, 0, 0, 0)))
    pruner = Pruner(journal, Gate(journal), JournalTable(keep_days=1), Readers(), SystemClock())
    took: list[float] = []
    done = asyncio.Event()

    async def puts() -> None:
        builder = BlockBuilder("line")
        while not done.is_set():
            builder.extend(range(1, 1 + A_DEVICE), ValueKind.FLOAT, time.time_ns(), [1.0] * A_DEVICE)
            begun = time.perf_counter()
            await journal.put(builder.build(time.time_ns()))
            took.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(0.002)

    putting = asyncio.create_task(puts())
    await asyncio.sleep(1.0)
    before, took[:] = list(took), []
    begun = time.perf_counter()
    await pruner.tidy()
    seconds = time.perf_counter() - begun
    done.set()
    await putting
    gone, size = pruner.size.pruned_blocks, journal.path.stat().st_size
    for n in range(SECONDS):
        await put(journal, time.time_ns() + n * SECOND_NS, dice)
    await journal.close()
    say(
        f"letting {gone} blocks ({pruner.size.pruned_rows} samples) go: {seconds:.2f} s; a put takes "
        f"{statistics.median(before):.1f} ms (at most {max(before):.1f}) without, "
        f"{statistics.median(took):.1f} ms (at most {max(took):.1f}) meanwhile"
    )
    after = journal.path.stat().st_size
    say(f"the file: {size / 1e6:.1f} MB before as many came again, {after / 1e6:.1f} MB afterwards")


async def main() -> None:
    """Print the figures."""
    with TemporaryDirectory() as folder:
        for work in (newest, ranges, tidying):
            await work(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
