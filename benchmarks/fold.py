"""What judging costs a sample: `Standing.take` on whole poll cycles in which nothing changes.

Beside it, in the same run, a plain loop that only looks each sample up in a dict. Run: python -m benchmarks.fold
"""

from __future__ import annotations

import statistics
import sys
import time

from evaluators.model.samples import Block, BlockBuilder, ValueKind
from evaluators.model.site import Condition, Equipment, Item, Point, Site, System
from evaluators.model.times import SECOND_NS
from evaluators.standing import Standing

POINTS = 1000
CYCLES = 50
RUNS = 5


def building() -> Site:
    """One item a point."""
    points = tuple(Point(f"d/{n}", ValueKind.INT, "", "", 15 * SECOND_NS) for n in range(POINTS))
    items = tuple(Item(f"e/{n}", "", (Condition(f"d/{n}", one_of=(1,)),)) for n in range(POINTS))
    return Site("s", "", "UTC", (System("x", ""),), (Equipment("e", "", "x", items),), points)


def cycles() -> list[Block]:
    """Poll cycles five seconds apart."""
    blocks = []
    for cycle in range(CYCLES):
        builder = BlockBuilder("bms")
        for n in range(POINTS):
            builder.add(n, ValueKind.INT, cycle * 5 * SECOND_NS, 1)
        blocks.append(builder.build(cycle * 5 * SECOND_NS))
    return blocks


def fold(blocks: list[Block]) -> float:
    """Nanoseconds a sample."""
    site = building()
    standing = Standing(site, {point.key: n for n, point in enumerate(site.points)})
    begin = time.perf_counter()
    for block in blocks:
        standing.take(block)
    return (time.perf_counter() - begin) / (POINTS * CYCLES) * 1e9


def look_up(blocks: list[Block]) -> float:
    """Nanoseconds a sample."""
    seen = dict.fromkeys(range(POINTS), 1)
    begin = time.perf_counter()
    for block in blocks:
        for part in block.columns:
            for row, point in enumerate(part.points):
                seen[point] = int(part.values[row])
    return (time.perf_counter() - begin) / (POINTS * CYCLES) * 1e9


def main() -> None:
    """Print medians and their ratio, taken in turn in one run."""
    blocks = cycles()
    pairs = [(fold(blocks), look_up(blocks)) for _ in range(RUNS)]
    ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    sys.stdout.write(f"fold {ours:.0f} ns a sample, dict look-up {plain:.0f} ns, ratio {ours / plain:.1f}\n")


if __name__ == "__main__":
    main()
