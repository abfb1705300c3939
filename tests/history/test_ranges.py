"""Ranges in the order of judging, read as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.history.history import History
from agent.history.ranges import in_order
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, ValueKind
from evaluators.order import order_key
from tests.journal.rows import levels, opened

rows = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=8)


def block_of(drawn: list[tuple[int, int, int]], number: int) -> Block:
    """A block of ints and floats, some of them bad."""
    builder = BlockBuilder("line")
    for point, time, value in drawn:
        kind = ValueKind.FLOAT if point == 3 else ValueKind.INT
        if value == 2:
            builder.add(point, kind, time, value, Quality.UNCERTAIN, Reason.OVERRIDDEN)
        else:
            builder.add(point, kind, time, value)
    return builder.build(number)


def earliest(block: Block) -> int:
    """The earliest time in it."""
    return min(min(part.times) for part in block.columns)


@given(st.lists(rows, max_size=12), st.sets(st.integers(1, 3)), st.integers(0, 30), st.integers(0, 30))
def test_overlapping_blocks_give_one_order(
    drawn: list[list[tuple[int, int, int]]], points: set[int], low: int, high: int
) -> None:
    blocks = sorted((block_of(each, number) for number, each in enumerate(drawn)), key=earliest)
    found = list(in_order(blocks, points, low, high))
    expected = [
        s for block in blocks for s in block.samples() if s.point in points and low <= s.time <= high
    ]  # fmt: skip
    assert [order_key(s) for s in found] == sorted(order_key(s) for s in expected)
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_no_more_is_held_than_overlaps() -> None:
    taken: list[int] = []

    def blocks() -> Iterator[Block]:
        for number in range(1000):
            taken.append(number)
            yield levels((10 * number, 1), (10 * number + 25, 1))

    reading = in_order(blocks(), [1], 0, 10**6)
    for number, sample in enumerate(reading):
        assert len(taken) - number / 2 < 5
        assert sample.time <= 10 * len(taken) + 25


async def test_a_range_that_is_left_off_lets_the_journal_go(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.db")
    for at in range(5):
        await journal.put(levels((at, at)))
    history = History.open(journal.path)
    one, other = iter(history.samples([1])), iter(history.samples([1], 3))
    assert (next(one).value, next(other).value) == (0, 3)
    await journal.put(levels((7, 7)))
    assert [s.value for s in one] == [1, 2, 3, 4], "one snapshot while any of them is read"
    assert [s.value for s in other] == [4]
    assert [s.value for s in history.samples([1], 4)] == [4, 7]
    left = iter(history.samples([1]))
    next(left)
    history.close()
    del left
    await journal.close()
