"""What was put is on disk, once, and stays there."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agent.clock import SystemClock
from agent.errors import JournalError, SinkClosed, UnknownPoint
from agent.history.history import History
from agent.journal import blocks
from agent.journal.journal import DeadLetter, Journal
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, Sample, Value, ValueKind
from evaluators.order import ContentKey, content_key, order_key
from tests.journal.rows import levels, opened, stored, timeout, times_and_values
from tests.waiting import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "data" / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """An open journal."""
    journal = opened(path)
    yield journal
    await journal.close()


async def test_what_was_put_is_there_for_others_as_soon_as_put_returns(path: Path, journal: Journal) -> None:
    for at in range(20):
        await journal.put(levels((at, at * 10)))
        assert times_and_values(path)[-1] == (at, at * 10)
    assert journal.position == 20


async def test_puts_that_wait_together_are_committed_together(path: Path, journal: Journal) -> None:
    before = path.with_name("journal.db-wal").stat().st_size
    await journal.put(levels((0, 0)))
    alone = path.with_name("journal.db-wal").stat().st_size - before
    await asyncio.gather(*(journal.put(levels((at, at))) for at in range(1, 201)))
    together = path.with_name("journal.db-wal").stat().st_size - before - alone
    assert len(stored(path)) == 201
    assert together < 20 * alone


async def test_an_empty_block_is_not_stored(path: Path, journal: Journal) -> None:
    await journal.put(BlockBuilder("line").build(0))
    assert journal.position == 0


async def test_numbers_are_for_ever_and_another_kind_is_another_point(path: Path) -> None:
    journal = opened(path)
    assert journal.register([("plc/level", ValueKind.FLOAT), ("plc/new", ValueKind.BOOL)]) == {
        "plc/level": 4,
        "plc/new": 5,
    }
    await journal.close()
    journal = Journal.open(path, SystemClock())
    assert journal.register([("plc/new", ValueKind.BOOL), ("plc/level", ValueKind.INT)]) == {
        "plc/new": 5,
        "plc/level": 1,
    }
    await journal.close()


@pytest.mark.parametrize(("point", "kind"), [(99, ValueKind.INT), (1, ValueKind.FLOAT)])
async def test_a_point_that_was_never_registered_so_is_refused(
    path: Path, journal: Journal, point: int, kind: ValueKind
) -> None:
    builder = BlockBuilder("line")
    builder.add(1, ValueKind.INT, 1, 1)
    builder.add(point, kind, 1, 1)
    with pytest.raises(UnknownPoint, match=f"point {point} of line is not registered as {kind.name}"):
        await journal.put(builder.build(0))
    assert stored(path) == []


async def test_a_block_handed_in_again_is_stored_once(path: Path, journal: Journal) -> None:
    for received in range(3):
        await journal.put(levels((1, 10), (2, 20), received=received))
    await asyncio.gather(*(journal.put(levels((3, 30))) for _ in range(3)))
    await journal.put(levels((4, 40), (4, 40)))
    assert times_and_values(path) == [(1, 10), (2, 20), (3, 30), (4, 40)]
    assert (journal.duplicates, journal.conflicts) == (7, 0)


async def test_the_same_sample_over_another_connection_is_stored_once(path: Path, journal: Journal) -> None:
    await journal.put(levels((1, 10)))
    await journal.put(levels((1, 10), source="renamed"))
    assert len(stored(path)) == 1


async def test_other_content_at_the_same_time_is_kept_and_counted(path: Path, journal: Journal) -> None:
    await journal.put(levels((1, 10)))
    await journal.put(levels((1, 11), (1, 10), (1, 12)))
    await journal.put(timeout(1))
    await journal.put(timeout(1))
    assert times_and_values(path) == [(1, 10), (1, 11), (1, 12), (1, None)]
    assert (journal.duplicates, journal.conflicts) == (2, 3)


async def test_late_samples_are_kept_and_late_doubles_are_not(path: Path, journal: Journal) -> None:
    await journal.put(levels((10, 1), (2**60, 2)))
    await journal.put(levels((20, 3)))
    await journal.put(levels((10, 1), (20, 3), (15, 4)))
    assert times_and_values(path) == [(10, 1), (2**60, 2), (20, 3), (15, 4)]
    assert (journal.duplicates, journal.conflicts) == (2, 0)


async def test_doubles_are_known_after_opening_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "CHECKPOINT_BLOCKS", 4)
    for start in range(0, 30, 3):
        journal = opened(path)
        for at in range(max(0, start - 5), start + 3):
            await journal.put(levels((at, at)))
        await journal.close()
    assert times_and_values(path) == [(at, at) for at in range(30)]


async def test_opening_reads_no_further_back_than_the_checkpoint(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "CHECKPOINT_BLOCKS", 8)
    journal = opened(path)
    for at in range(50):
        await journal.put(levels((at, at)))
    await journal.close()
    with History.open(path) as history:
        seq, newest = blocks.read_checkpoint(history._connection)
    assert 50 - 8 <= seq <= 50
    assert newest == {1: (seq - 1, seq)}


async def test_cancelled_and_put_again_it_is_stored_once(path: Path, journal: Journal) -> None:
    for at in range(50):
        task = asyncio.create_task(journal.put(levels((at, at))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await journal.put(levels((at, at)))
    assert times_and_values(path) == [(at, at) for at in range(50)]


async def test_a_full_disk_reaches_who_puts_and_the_writer_goes_on(path: Path, journal: Journal) -> None:
    await journal.put(levels((1, 1)))
    text = BlockBuilder("line")
    for at in range(40):
        text.add(3, ValueKind.TEXT, at, random.Random(at).randbytes(7000).hex())
    large = text.build(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = path.with_name("journal.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal + 20_000, hard))
    try:
        with pytest.raises(JournalError, match=r"journal\.db"):
            await journal.put(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert times_and_values(path) == [(1, 1)]
    await journal.put(levels((1, 1), (2, 2)))
    await journal.put(large)
    assert len(stored(path)) == 42
    assert journal.duplicates == 1


async def test_closing_commits_what_was_put_and_takes_nothing_more(path: Path) -> None:
    journal = opened(path)
    puts = [asyncio.create_task(journal.put(levels((at, at)))) for at in range(100)]
    await asyncio.sleep(0)
    await journal.close()
    await asyncio.gather(*puts)
    assert not path.with_name("journal.db-wal").exists()
    assert len(stored(path)) == 100
    with pytest.raises(SinkClosed):
        await journal.put(levels((1000, 1)))
    await journal.close()


async def test_a_reader_hears_of_new_blocks(journal: Journal) -> None:
    heard: list[int] = []

    async def listen() -> None:
        while True:
            heard.append(await journal.grown(heard[-1] if heard else 0))

    task = asyncio.create_task(listen())
    for at in range(3):
        await journal.put(levels((at, at)))
        await until(lambda: heard and heard[-1] == journal.position)
    task.cancel()
    assert heard == [1, 2, 3]


async def test_cursors_status_and_dead_letters_are_kept(path: Path, journal: Journal) -> None:
    await journal.set_cursor("influxdb", 3)
    await journal.set_cursor("influxdb", 5)
    await journal.put_status("agent", {"name": "塔楼", "running": True})
    await journal.put_status("agent", {"name": "塔楼", "running": False})
    letter = DeadLetter(1, 10, "telemetry integer=1i 10", "field type conflict")
    await journal.dead_letter("influxdb", [letter])
    await journal.dead_letter("influxdb", [letter])
    with History.open(path) as history:
        assert history.cursors() == {"influxdb": 5}
        ((at, value),) = history.status().values()
        assert value == {"name": "塔楼", "running": False}
        assert abs(at - SystemClock().now()) < 60 * 10**9
        assert history.dead_letters() == [("influxdb", 1, 10, letter.line, letter.reason)]


async def test_what_cannot_be_written_down_reaches_who_asked_and_nobody_else(path: Path, journal: Journal) -> None:
    with pytest.raises((JournalError, TypeError)):
        await journal.put_status("agent", {"no json": object()})
    await journal.put(levels((1, 1)))
    assert len(stored(path)) == 1


async def test_what_fails_inside_the_writer_reaches_who_asked_and_the_writer_goes_on(
    path: Path, journal: Journal
) -> None:
    await journal.put(levels((1, 1)))
    with pytest.raises(JournalError, match="OverflowError"):
        await journal.set_cursor("influxdb", 2**70)
    await journal.put(levels((1, 1), (2, 2)))
    assert times_and_values(path) == [(1, 1), (2, 2)]


async def test_a_failure_while_a_block_is_damaged_does_not_stop_the_writer(path: Path, journal: Journal) -> None:
    await journal.put(levels((1, 1)))
    other = apsw.Connection(str(path))
    other.execute("UPDATE block SET payload = x'00'")
    other.close()
    with capture_logs() as logs:
        with pytest.raises(JournalError):
            await journal.set_cursor("influxdb", 2**70)
        await journal.put(levels((2, 2)))
    assert [entry["event"] for entry in logs] == ["a block cannot be read and is set aside"]
    assert journal.position == 2


ROWS = st.tuples(
    st.integers(1, 2),
    st.sampled_from([0, 1, 2, 3, 300, 70_000, 2**40, -(2**62)]),
    st.sampled_from([1, 2, None]),
)
STEPS = st.lists(st.one_of(st.just("reopen"), st.lists(ROWS, min_size=1, max_size=6)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_in_any_order_everything_is_stored_once_and_found_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | list[tuple[int, int, Value | None]]]
) -> None:
    """Whatever comes in whatever blocks, the journal is the set of what was put, and its readers agree with it."""
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    model: dict[tuple[int, int], dict[ContentKey, Sample]] = {}

    async def run() -> None:
        journal = opened(path)
        for step in steps:
            if isinstance(step, str):
                await journal.close()
                journal = opened(path)
            else:
                block = _block(step)
                await journal.put(block)
                for sample in block.samples():
                    model.setdefault((sample.point, sample.time), {}).setdefault(content_key(sample), sample)
        await journal.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "CHECKPOINT_BLOCKS", 2)
        patch.setattr(blocks, "CHECKPOINT_ROWS_A_POINT", 0)
        asyncio.run(run())
    expected = sorted((sample for same in model.values() for sample in same.values()), key=order_key)
    assert sorted(stored(path), key=order_key) == expected
    with History.open(path) as history:
        assert list(history.samples([1, 2])) == expected
        assert list(history.samples([2], 1, 2**40)) == [
            s for s in expected if s.point == 2 and 1 <= s.time < 2**40
        ]
        assert history.newest() == {sample.point: sample for sample in expected}


def _block(rows: list[tuple[int, int, Value | None]]) -> Block:
    builder = BlockBuilder("line")
    for point, time, value in rows:
        kind = ValueKind.INT if point == 1 else ValueKind.FLOAT
        mark = (Quality.BAD, Reason.TIMEOUT) if value is None else (Quality.GOOD, Reason.NONE)
        builder.add(point, kind, time, value, *mark)
    return builder.build(0)
