"""What folding costs a sample: `Standing.take` on whole poll cycles.

Three streams of the same size: nothing changes; one point in a hundred changes each cycle; every value changes, of
points that rules look at. Beside it, in turn in the same run: numpy comparing each cycle with the one before, and
a plain loop that looks each sample up in a dict. Run: python -m benchmarks.fold
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from evaluators.model.samples import Block, BlockBuilder, ValueKind
from evaluators.model.site import Condition, Equipment, Item, Point, Site, System
from evaluators.model.times import SECOND_NS
from evaluators.standing import Standing

POINTS = 1000
CYCLES = 100
RUNS = 5
PERIOD_NS = 5 * SECOND_NS

Content = Callable[[int, int], int]
"""The value of a point in a cycle."""


def building() -> Site:
    """One item a point."""
    points = tuple(Point(f"d/{n}", ValueKind.INT, "", "", 3 * PERIOD_NS) for n in range(POINTS))
    items = tuple(Item(f"e/{n}", "", (Condition(f"d/{n}", at_most=5),)) for n in range(POINTS))
    return Site("s", "", "UTC", (System("x", ""),), (Equipment("e", "", "x", items),), points)


def cycles(content: Content, device: int) -> list[Block]:
    """Poll cycles; ``device`` points come in one block."""
    blocks = []
    builder = BlockBuilder("bms")
    for cycle in range(CYCLES):
        at = cycle * PERIOD_NS
        for first in range(0, POINTS, device):
            for n in range(first, first + device):
                builder.add(n, ValueKind.INT, at, content(n, cycle))
            blocks.append(builder.build(at))
    return blocks


def fold(blocks: Sequence[Block]) -> float:
    """Nanoseconds a sample."""
    site = building()
    standing = Standing(site, {point.key: n for n, point in enumerate(site.points)})
    first = len(blocks) // CYCLES
    for block in blocks[:first]:
        standing.take(block)
    begin = time.process_time()
    for block in blocks[first:]:
        standing.take(block)
    return (time.process_time() - begin) / (POINTS * (CYCLES - 1)) * 1e9


def compare(blocks: Sequence[Block]) -> float:
    """Nanoseconds a sample: numpy finds what differs from the newest value of each point, and when it was seen."""
    newest, seen = np.zeros(POINTS, dtype=np.int64), np.zeros(POINTS, dtype=np.int64)
    begin = time.process_time()
    for block in blocks:
        for part in block.columns:
            points = np.frombuffer(part.points, dtype=np.uint32)
            values = np.frombuffer(memoryview(part.values), dtype=np.int64)  # type: ignore[arg-type]  # no text
            changed = np.flatnonzero(newest[points] != values)
            newest[points[changed]] = values[changed]
            seen[points] = np.frombuffer(part.times, dtype=np.int64)
    return (time.process_time() - begin) / (POINTS * CYCLES) * 1e9


def look_up(blocks: Sequence[Block]) -> float:
    """Nanoseconds a sample."""
    newest = dict.fromkeys(range(POINTS), 1)
    begin = time.process_time()
    for block in blocks:
        for part in block.columns:
            for row, point in enumerate(part.points):
                newest[point] = int(part.values[row])
    return (time.process_time() - begin) / (POINTS * CYCLES) * 1e9


STREAMS: dict[str, Content] = {
    "nothing changes": lambda n, cycle: 1,
    "1 % change": lambda n, cycle: 9 if (n + cycle) % 100 == 0 else 1,
    "everything changes": lambda n, cycle: 1 + (n + cycle) % 2,
}


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    for name, content in STREAMS.items():
        for device in (POINTS, 50):
            blocks = cycles(content, device)
            runs = [(fold(blocks), compare(blocks), look_up(blocks)) for _ in range(RUNS)]
            ours, array, plain = (statistics.median(column) for column in zip(*runs, strict=True))
            sys.stdout.write(
                f"{name}, {device} points a block: fold {ours:.0f} ns a sample, numpy compare {array:.0f} "
                f"({ours / array:.1f}×), dict look-up {plain:.0f} ({ours / plain:.2f}×)\n"
            )


if __name__ == "__main__":
    main()
