"""Means of momentary values by quarters of an hour: kept for ever, each good sample counted once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from agent.history import counters
from agent.history.averages import averages
from agent.history.counters import CURSOR, Counters
from agent.history.history import History
from agent.history.intervals import INTERVAL_NS, MILLION, Average, averages_of
from agent.journal.bounds import Readers
from evaluators.model.samples import BlockBuilder, Quality, Reason, Sample, Value, ValueKind
from tests.journal.keeping import Kept
from tests.waiting import until

FOREVER = 100 * INTERVAL_NS


def good(time: int, value: Value, point: int = 2) -> Sample:
    """A good sample."""
    return Sample(point, time, value, Quality.GOOD, Reason.NONE, 0)


def test_only_good_numbers_that_can_be_are_averaged() -> None:
    bad = Sample(2, 1, None, Quality.BAD, Reason.TIMEOUT, 0)
    doubtful = Sample(2, 2, 7.0, Quality.UNCERTAIN, Reason.NOT_COMMISSIONED, 0)
    odd = [good(3, 1e10), good(4, float("nan")), good(5, float("inf")), good(6, "text")]
    samples = [bad, doubtful, *odd, good(7, 0.5), good(8, -2), good(INTERVAL_NS + 1, 1.25)]
    assert list(averages_of(samples)) == [
        Average(2, INTERVAL_NS, 2, -1_500_000, 2_500_000),
        Average(2, 2 * INTERVAL_NS, 1, 1_250_000, 1_250_000),
    ]


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """A journal with three points, of which 1 is a counter."""
    found = Kept(tmp_path / "journal.db", Readers(within=(CURSOR,)))
    yield found
    await found.journal.close()


async def put(kept: Kept, time: int, value: float, point: int = 2) -> None:
    """One old sample."""
    builder = BlockBuilder("line")
    builder.add(point, ValueKind.FLOAT if point == 2 else ValueKind.INT, time, value)
    await kept.journal.put(builder.build(0))


async def follow(kept: Kept, *points: int) -> None:
    """The reader at work until it has read all there was."""
    task = asyncio.create_task(Counters(kept.journal, [1], kept.clock, points).run())
    end = kept.journal.position
    try:
        await until(lambda: task.done() or (position(kept) >= end and not behind(kept, points)))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def position(kept: Kept) -> int:
    """How far the reader is."""
    with History.open(kept.path) as history:
        return history.cursors().get(CURSOR, 0)


def behind(kept: Kept, points: tuple[int, ...]) -> bool:
    """Whether some of the points are not with the others yet."""
    with History.open(kept.path) as history:
        rows = dict(history.query("SELECT point, seq FROM averaged"))
    return any(rows.get(point, 0) is not None for point in points)


def found(kept: Kept, point: int = 2) -> list[Average]:
    """What is kept of a point."""
    with History.open(kept.path) as history:
        return list(averages(history, point, -FOREVER, FOREVER))


def all_of(kept: Kept, point: int = 2) -> list[Average]:
    """What all samples of it say."""
    with History.open(kept.path) as history:
        return list(averages_of(sorted(history.samples([point]), key=lambda sample: sample.time)))


async def told(kept: Kept, random: Random, count: int = 20) -> None:
    """Values at any times, in any order."""
    for _ in range(count):
        await put(kept, random.randint(0, 4 * INTERVAL_NS), random.randint(-99, 99) / 8)
        await put(kept, random.randint(0, 4 * INTERVAL_NS), random.randint(0, 99), point=3)


async def test_followed_and_gone_on_from_it_is_what_all_samples_say(kept: Kept) -> None:
    random = Random(1)
    for _ in range(3):
        await told(kept, random)
        await follow(kept, 2)
    assert found(kept) == all_of(kept)
    assert found(kept, 3) == []


async def test_a_point_that_comes_later_is_read_from_its_first_sample_on(kept: Kept) -> None:
    random = Random(2)
    await told(kept, random)
    await follow(kept, 2)
    await told(kept, random)
    await follow(kept, 2, 3)
    await told(kept, random)
    await follow(kept, 2, 3)
    assert (found(kept), found(kept, 3)) == (all_of(kept), all_of(kept, 3))


async def test_a_point_that_was_left_out_for_a_while_lacks_nothing(kept: Kept) -> None:
    random = Random(3)
    for points in ((2, 3), (2,), (3,), (2, 3)):
        await told(kept, random)
        await follow(kept, *points)
    assert (found(kept), found(kept, 3)) == (all_of(kept), all_of(kept, 3))


async def test_cut_off_anywhere_nothing_counts_twice(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "BATCH", 1)
    random = Random(4)
    for number in range(40):
        await told(kept, random, 2)
        task = asyncio.create_task(Counters(kept.journal, [1], kept.clock, [2] if number < 20 else [2, 3]).run())
        await asyncio.sleep(random.random() / 50)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await follow(kept, 2, 3)
    assert (found(kept), found(kept, 3)) == (all_of(kept), all_of(kept, 3))


@pytest.mark.parametrize("lost", ["cursor", "averaged"])
async def test_what_is_not_known_to_have_been_read_is_read_anew(kept: Kept, lost: str) -> None:
    await told(kept, Random(5))
    await follow(kept, 2)
    await kept.journal.write(lambda connection: connection.execute(f"DELETE FROM {lost}").get)
    await follow(kept, 2)
    assert found(kept) == all_of(kept)


async def test_a_counter_that_was_none_for_a_while_is_read_from_its_first_sample_on(kept: Kept) -> None:
    async def count(*points: int) -> None:
        task = asyncio.create_task(Counters(kept.journal, points, kept.clock).run())
        await until(lambda: task.done() or (position(kept) >= kept.journal.position and counted(kept) == points))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for at, points in enumerate(((1, 3), (1,), (1, 3))):
        await put(kept, at * INTERVAL_NS, at, point=3)
        await count(*points)
    with History.open(kept.path) as history:
        assert [end // INTERVAL_NS for _, end, *_ in history.query("SELECT * FROM reading WHERE point = 3")] == [
            0,
            1,
            2,
        ]


def counted(kept: Kept) -> tuple[int, ...]:
    """The counters that are kept."""
    with History.open(kept.path) as history:
        return tuple(point for (point,) in history.query("SELECT point FROM counter ORDER BY point"))


def test_sums_stay_within_64_bits() -> None:
    assert 10**9 * MILLION * 900 < 2**63
