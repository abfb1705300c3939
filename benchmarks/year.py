"""What a year of 10,000 points costs, judged again month by month from state runs: site, systems and equipment.

One item a point, ten to a piece of equipment, 20 changes a point and year at random times. Beside it, in turn in
the same run and from the same changes: numpy, which only adds up the site's up time by month, and a plain loop
that does the same: neither knows of gaps, levels, minima, failures or verdicts. Run: python -m benchmarks.year
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from agent.memory import settle
from evaluators.facts import Facts
from evaluators.kinds.availability import judge
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.samples import Block, BlockBuilder, ValueKind
from evaluators.model.site import Condition, Equipment, Item, Point, Site, System
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.model.verdicts import Level
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from evaluators.windows import between

CLAUSE = Clause("1.4-availability", "一.4", "", "", "availability", Fraction(98, 100), "1", WindowKind.MONTH)

POINTS = 10_000
CHANGES = 20
YEAR_NS = 365 * DAY_NS
ZONE = ZoneInfo("UTC")
RUNS = 3


def building(count: int) -> Site:
    """One item a point, ten to a piece of equipment, ten systems."""
    points = tuple(Point(f"d/{n}", ValueKind.INT, "", "", YEAR_NS) for n in range(count))
    equipment = tuple(
        Equipment(
            f"e{first}",
            "",
            f"s{first // 10 % 10}",
            tuple(
                Item(f"e{first}/{n}", "", (Condition(f"d/{n}", one_of=(1,)),)) for n in range(first, first + 10)
            ),
        )
        for first in range(0, count, 10)
    )
    return Site("s", "", "UTC", tuple(System(f"s{n}", "") for n in range(10)), equipment, points)


def edges(rng: random.Random) -> list[int]:
    """When one point changes: outages of minutes to hours."""
    found = []
    for _ in range(CHANGES // 2):
        begin = rng.randrange(YEAR_NS - 4 * HOUR_NS)
        found += [begin, begin + rng.randrange(MINUTE_NS, 4 * HOUR_NS)]
    return sorted(found)


def blocks(changes: Sequence[Sequence[int]]) -> list[Block]:
    """A sample a change: up at first, then down and up in turn."""
    found = []
    for point, times in enumerate(changes):
        builder = BlockBuilder("bms")
        for place, at in enumerate([0, *times, YEAR_NS - 1]):
            builder.add(point, ValueKind.INT, at, (place + 1) % 2)
        found.append(builder.build(YEAR_NS))
    return found


def standing_of(site: Site, changes: Sequence[Sequence[int]]) -> Standing:
    """A standing that has folded the year."""
    standing = Standing(site, {point.key: n for n, point in enumerate(site.points)})
    for block in blocks(changes):
        standing.take(block)
    return standing


def months() -> list[Window]:
    """The year's."""
    return list(between(WindowKind.MONTH, 0, YEAR_NS, ZONE))


def facts_of(site: Site, standing: Standing, as_of: int) -> Facts:
    """What judging rests on."""
    records = RecordBook(ZONE)
    return Facts(site, ZONE, WorkCalendar(), records, standing.view(records, as_of, ZONE), as_of)


def judged(clause: Clause, facts: Facts, windows: Sequence[Window], *, items: bool) -> int:
    """How many verdicts there were."""
    count = 0
    for window in windows:
        for verdict in judge(clause, facts, window):
            if verdict.subject.level is Level.ITEM and not items:
                break
            count += 1
    return count


def with_numpy(changes: Sequence[Sequence[int]]) -> None:
    """The up time of all points by month."""
    starts, lengths = [], []
    for times in changes:
        for left, right in zip([0, *times[1::2]], [*times[::2], YEAR_NS], strict=True):
            starts.append(left)
            lengths.append(right)
    first, last = np.array(starts), np.array(lengths)
    for window in months():
        np.clip(np.minimum(last, window.end) - np.maximum(first, window.start), 0, None).sum()


def plain(changes: Sequence[Sequence[int]]) -> None:
    """The up time of all points by month, a span at a time."""
    sums = {window: 0 for window in months()}
    for times in changes:
        for place, (left, right) in enumerate(pairwise([0, *times, YEAR_NS])):
            for window in sums:
                if place % 2 == 0 and left < window.end and right > window.start:
                    sums[window] += min(right, window.end) - max(left, window.start)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    rng = random.Random(1)
    changes = [edges(rng) for _ in range(POINTS)]
    site = building(POINTS)
    standing = standing_of(site, changes)
    settle()

    def a_year() -> int:
        return judged(CLAUSE, facts_of(site, standing, YEAR_NS), months(), items=False)

    runs = [
        (
            seconds(a_year),
            seconds(lambda: with_numpy(changes)),
            seconds(lambda: plain(changes)),
        )
        for _ in range(RUNS)
    ]
    ours, array, loop = (statistics.median(column) for column in zip(*runs, strict=True))
    sys.stdout.write(
        f"a year of {POINTS} points, 12 months, {a_year()} verdicts: {ours:.2f} s; up time alone: numpy "
        f"{array:.2f} s ({ours / array:.0f}×), plain loop {loop:.2f} s ({ours / loop:.1f}×)\n"
    )
    small = building(1000)
    now = standing_of(small, changes[:1000])
    facts = facts_of(small, now, YEAR_NS - DAY_NS)
    window = months()[-1]
    tick = statistics.median(
        seconds(lambda: judged(CLAUSE, facts_of(small, now, facts.as_of), [window], items=True))
        for _ in range(RUNS)
    )
    sys.stdout.write(f"the running month of 1,000 items, every item, once: {tick * 1000:.0f} ms\n")


if __name__ == "__main__":
    main()
