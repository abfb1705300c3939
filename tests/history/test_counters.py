"""Counters' readings at the ends of intervals: kept for ever, whatever order samples come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.history.counters import CURSOR, At, Counters, Register, keep, readings, register
from agent.history.counters import ends as ends_of
from agent.history.history import History
from agent.history.intervals import INTERVAL_NS, Reading, end_of, readings_of
from agent.journal.bounds import Readers
from agent.journal.database import SCHEMAS
from evaluators.model.samples import BlockBuilder, Quality, Reason, Sample, Value, ValueKind
from tests.journal.keeping import Kept
from tests.waiting import until

BIG = 2**62 + 1
"""No float holds it."""


def test_an_instant_belongs_to_the_interval_that_it_ends() -> None:
    assert [end_of(at) for at in (-1, 0, 1, INTERVAL_NS, INTERVAL_NS + 1)] == [
        0, 0, INTERVAL_NS, INTERVAL_NS, 2 * INTERVAL_NS
    ]  # fmt: skip


def good(time: int, value: Value, point: int = 1) -> Sample:
    """A good sample."""
    return Sample(point, time, value, Quality.GOOD, Reason.NONE, 0)


def test_only_good_samples_are_readings_and_of_equals_the_larger() -> None:
    bad = [Sample(1, at, None, Quality.BAD, Reason.TIMEOUT, 0) for at in (1, 9)]
    doubtful = Sample(1, 8, 7, Quality.UNCERTAIN, Reason.NOT_COMMISSIONED, 0)
    samples = [bad[0], good(2, 10), good(2, 11), good(5, 12), doubtful, bad[1]]
    assert list(readings_of(samples)) == [Reading(1, INTERVAL_NS, 2, 11, 5, 12)]
    assert list(readings_of(bad)) == []


times = st.integers(-3, 3).map(lambda n: n * INTERVAL_NS // 2) | st.integers(-2 * INTERVAL_NS, 2 * INTERVAL_NS)


@given(st.lists(st.tuples(times, st.integers(0, 3)), max_size=12), st.randoms(use_true_random=False))
def test_in_any_order_and_batches_readings_are_the_same(told: list[tuple[int, int]], rng: object) -> None:
    with apsw.Connection("") as connection:
        for script in sorted(SCHEMAS.glob("*.sql")):
            connection.execute(script.read_text(encoding="utf-8"))
        shuffled = [good(*each) for each in told + told[:3]]
        rng.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
        for first in range(0, len(shuffled), 4):
            keep(connection, readings_of(sorted(shuffled[first : first + 4], key=lambda s: s.time)))
        kept = [Reading(*row) for row in connection.execute("SELECT * FROM reading ORDER BY until")]
    assert kept == list(readings_of(sorted((good(*each) for each in told), key=lambda s: s.time)))


@asynccontextmanager
async def counting(kept: Kept, *points: int) -> AsyncIterator[None]:
    """The reader at work, until it has read all there was."""
    task = asyncio.create_task(Counters(kept.journal, points, kept.clock).run())
    end = kept.journal.position
    try:
        await until(lambda: position(kept) >= end or task.done())
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def position(kept: Kept) -> int:
    """How far the reader is."""
    with History.open(kept.path) as history:
        return history.cursors().get(CURSOR, 0)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """A journal with three points, of which 1 and 3 are counters."""
    found = Kept(tmp_path / "journal.db", Readers(within=(CURSOR,)))
    yield found
    await found.journal.close()


async def put(kept: Kept, time: int, value: Value, point: int = 1) -> None:
    """One old sample."""
    builder = BlockBuilder("line")
    builder.add(point, ValueKind.INT if point != 2 else ValueKind.FLOAT, time, value)
    await kept.journal.put(builder.build(0))


async def test_a_register_at_the_end_of_an_interval_is_known_after_its_samples_are_gone(kept: Kept) -> None:
    for at, value in ((INTERVAL_NS - 7, BIG), (INTERVAL_NS, BIG + 1), (INTERVAL_NS + 5, BIG + 2)):
        await put(kept, at, value)
    await put(kept, 5 * INTERVAL_NS, BIG + 9)
    await put(kept, 9 * INTERVAL_NS, BIG + 9)
    await kept.done()
    await kept.pruner.tidy()
    assert len(kept.seqs()) == 5, "not before the counters are read"
    async with counting(kept, 1, 3):
        pass
    await kept.pruner.tidy()
    assert len(kept.seqs()) == 1
    with History.open(kept.path) as history:
        assert register(history, 1, INTERVAL_NS) == Register(
            At(INTERVAL_NS, BIG + 1), At(INTERVAL_NS + 5, BIG + 2)
        )
        assert register(history, 1, 3 * INTERVAL_NS) == Register(
            At(INTERVAL_NS + 5, BIG + 2), At(5 * INTERVAL_NS, BIG + 9)
        )
        assert register(history, 1, 0) == Register(None, At(INTERVAL_NS - 7, BIG))
        assert register(history, 1, 9 * INTERVAL_NS).after is None
        assert [reading.end // INTERVAL_NS for reading in readings(history, 1, INTERVAL_NS, 5 * INTERVAL_NS)] == [
            2,
            5,
        ]
        with pytest.raises(ValueError, match="no end of an interval"):
            register(history, 1, 1)


async def test_a_point_that_becomes_a_counter_is_read_from_its_first_sample_on(kept: Kept) -> None:
    for at in range(3):
        await put(kept, at * INTERVAL_NS, at)
        await put(kept, at * INTERVAL_NS, 10 + at, point=3)
    async with counting(kept, 1):
        pass
    await put(kept, 3 * INTERVAL_NS, 3)
    async with counting(kept, 1, 3):
        await until(lambda: ends(kept, 3) == [0, 1, 2])
    assert ends(kept, 1) == [0, 1, 2, 3]
    await put(kept, INTERVAL_NS // 2, 99, point=3)
    async with counting(kept, 1, 3):
        pass
    with History.open(kept.path) as history:
        assert list(readings(history, 3, 0, INTERVAL_NS)) == [
            Reading(3, INTERVAL_NS, INTERVAL_NS // 2, 99, INTERVAL_NS, 11)
        ]


def ends(kept: Kept, point: int) -> list[int]:
    """Which intervals have readings."""
    with History.open(kept.path) as history:
        return [
            reading.end // INTERVAL_NS for reading in readings(history, point, -INTERVAL_NS, 100 * INTERVAL_NS)
        ]


async def test_followed_while_samples_come_it_is_what_all_of_them_say(kept: Kept) -> None:
    random = Random(1)
    told = [(random.randint(0, 6 * INTERVAL_NS), random.randint(0, 10**6)) for _ in range(60)]
    async with counting(kept, 1):
        for at, value in told:
            await put(kept, at, value)
            await put(kept, at, 0.5, point=2)
        await until(lambda: position(kept) == kept.journal.position)
    with History.open(kept.path) as history:
        found = list(readings(history, 1, -INTERVAL_NS, 10 * INTERVAL_NS))
        assert found == list(readings_of(history.samples([1])))
        assert list(readings(history, 2, -INTERVAL_NS, 10 * INTERVAL_NS)) == []
    await kept.journal.write(partial(keep, found=found))
    with History.open(kept.path) as history:
        assert list(readings(history, 1, -INTERVAL_NS, 10 * INTERVAL_NS)) == found


async def test_of_longer_stretches_the_first_and_the_last_are_read_back(kept: Kept) -> None:
    hour = 4 * INTERVAL_NS
    random = Random(7)
    told = sorted({random.randint(1, 5 * hour) for _ in range(40)} | {hour, hour + 1, 3 * hour})
    for at in told:
        await put(kept, at, at % 1000)
    async with counting(kept, 1):
        pass
    expected = []
    for _, group in groupby(told, lambda at: (at - 1) // hour):
        times = list(group)
        expected.append(tuple(At(at, at % 1000) for at in (times[0], times[-1])))
    with History.open(kept.path) as history:
        assert list(ends_of(history, 1, hour)) == expected
        assert list(ends_of(history, 3, hour)) == []
