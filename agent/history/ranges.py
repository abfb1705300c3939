"""Samples of blocks that overlap in time, in the order of judging, without holding more than overlaps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

from evaluators.model.samples import Block, Quality, Reason, Sample
from evaluators.order import ContentKey, order_key

Entry = tuple[tuple[int, int, ContentKey], int, Sample]
"""A sample that waits: its place in the order of judging, and what tells equals apart."""


def in_order(blocks: Iterable[Block], points: Collection[int], low: int, high: int) -> Iterator[Sample]:
    """The samples of some points with source times in the closed ``[low, high]``, in the order of judging.

    ``blocks`` come by their earliest times: a sample that is older than the next block's earliest comes before all
    that is still to come.
    """
    wanted = frozenset(points)
    waiting: list[Entry] = []
    numbers = count()
    for block in blocks:
        if not block.columns:
            continue  # what is left of one that could not be read
        earliest = min(min(part.times) for part in block.columns)
        while waiting and waiting[0][2].time < earliest:
            yield heappop(waiting)[2]
        for sample in samples_of(block, wanted):
            if low <= sample.time <= high:
                heappush(waiting, (order_key(sample), next(numbers), sample))
    while waiting:
        yield heappop(waiting)[2]


def samples_of(block: Block, points: frozenset[int]) -> Iterator[Sample]:
    """The samples of some points in a block, row by row."""
    for part in block.columns:
        if points.isdisjoint(part.points):
            continue
        for row, point in enumerate(part.points):
            if point in points:
                quality, reason = Quality(part.qualities[row]), Reason(part.reasons[row])
                yield Sample(point, part.times[row], part.value_at(row), quality, reason, block.received)
