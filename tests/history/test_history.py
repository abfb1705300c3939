"""Reading the journal, beside its writer and alone."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import apsw
import pytest

from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from evaluators.model.samples import BlockBuilder, Quality, Reason, Sample, ValueKind
from tests.journal.rows import levels, opened, timeout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


def content(path: Path) -> bytes:
    """The file itself."""
    return path.read_bytes()


async def test_points_are_found_by_key_by_number_and_by_kind(path: Path) -> None:
    journal = opened(path)
    journal.register([("plc/level", ValueKind.BOOL)])
    await journal.close()
    with History.open(path) as history:
        assert history.points()["plc/level"] == (4, ValueKind.BOOL)
        assert history.keys()[1] == ("plc/level", ValueKind.INT)
        asked = [("plc/level", ValueKind.INT), ("plc/unknown", ValueKind.INT), ("plc/other", ValueKind.INT)]
        found = history.numbers_of(asked)
    assert found["plc/level"] == 1
    assert len(set(found.values())) == 3
    assert all(found[key] not in range(5) for key in ("plc/unknown", "plc/other"))


async def test_blocks_come_in_the_order_of_arrival_after_a_position(path: Path) -> None:
    journal = opened(path)
    blocks = [levels((at, at), source=f"line-{at % 2}", received=100 + at) for at in (5, 3, 9, 1)]
    with History.open(path) as history:
        assert (history.blocks(0, 10), history.last_seq()) == ([], 0)
        for block in blocks:
            await journal.put(block)
        assert history.blocks(0, 10) == list(enumerate(blocks, start=1))
        assert history.blocks(1, 2) == [(2, blocks[1]), (3, blocks[2])]
        assert history.last_seq() == 4
    await journal.close()


async def test_samples_come_in_the_order_of_judging_however_late_they_arrived(path: Path) -> None:
    journal = opened(path)
    await journal.put(levels((10, 1), (30, 3)))
    await journal.put(levels((2**62, 9)))
    await journal.put(levels((20, 2), (10, 7)))
    await journal.put(timeout(10))
    other = BlockBuilder("line")
    other.add(2, ValueKind.FLOAT, 20, 0.5)
    await journal.put(other.build(0))
    await journal.close()
    with History.open(path) as history:
        found = history.samples([1], 10, 30)
        assert [(s.time, s.value) for s in found] == [(10, 1), (10, 7), (10, None), (20, 2)]
        assert [(s.time, s.point) for s in history.samples([1, 2], 20, 31)] == [(20, 1), (20, 2), (30, 1)]
        assert [s.time for s in history.samples([1], start=21)] == [30, 2**62]
        assert list(history.samples([], 0, 100)) == []
        assert list(history.samples([3])) == []


async def test_the_newest_sample_is_newest_by_source_time_and_of_equals_the_worse(path: Path) -> None:
    journal = opened(path)
    await journal.put(levels((10, 1)))
    await journal.put(timeout(10))
    await journal.put(levels((10, 5), received=7))
    await journal.put(levels((9, 4)))
    with History.open(path) as history:
        assert history.newest() == {1: Sample(1, 10, None, Quality.BAD, Reason.TIMEOUT, 0)}
        assert history.winners(0, 4)[1, 10].value is None
        assert history.winners(0, 1) == {}
        await journal.put(levels((11, 6), received=8))
        assert history.newest() == {1: Sample(1, 11, 6, Quality.GOOD, Reason.NONE, 8)}
    await journal.close()


async def test_a_reader_alone_reads_what_a_closed_journal_holds_and_leaves_it_as_it_is(path: Path) -> None:
    journal = opened(path)
    await journal.put(levels((1, 1)))
    await journal.close()
    before = content(path)
    for _ in range(2):
        with History.open(path) as history:
            assert history.last_seq() == 1
    assert content(path) == before
    journal = Journal.open(path, SystemClock())
    await journal.put(levels((1, 1), (2, 2)))
    assert journal.duplicates == 1
    await journal.close()


async def test_a_reader_cannot_write(path: Path) -> None:
    await opened(path).close()
    with History.open(path) as history, pytest.raises(apsw.ReadOnlyError):
        history._connection.execute("DELETE FROM block")


async def test_readers_in_other_threads_never_stop_the_writer_and_never_see_half_a_block(path: Path) -> None:
    journal = opened(path)
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        with History.open(path) as history:
            position = 0
            while not done.is_set() or history.last_seq() > position:
                for seq, block in history.blocks(position, 20):
                    assert len(block) == 3
                    seen.append(seq)
                    position = seq

    readers = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(3)]
    try:
        for at in range(0, 900, 3):
            await journal.put(levels((at, 1), (at + 1, 2), (at + 2, 3)))
    finally:
        done.set()
    await asyncio.gather(*readers)
    await journal.close()
    assert sorted(seen) == sorted(list(range(1, 301)) * 3)
