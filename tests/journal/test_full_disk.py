"""On a real, small disk: nothing is lost when it is full, it is said once, and it ends by itself."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.clock import SystemClock
from agent.errors import JournalError, JournalFull
from agent.gaps.store import read_gaps
from agent.history.history import History
from agent.journal.journal import DeadLetter, Journal
from agent.journal.room import MB, Reserve
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Block, BlockBuilder, ValueKind
from tests.journal.damaging import flip
from tests.journal.rows import POINTS, levels, stored
from tests.services.small_disk import SmallDisk

pytestmark = pytest.mark.service

RESERVE = Reserve(ballast_bytes=MB, free_bytes=2 * MB)
BEGINS, ENDS = "the disk is full, nothing is taken until there is room", "there is room again"


@pytest.fixture
def path(small_disk: SmallDisk) -> Path:
    """Where the journal is."""
    return small_disk.folder / "journal.db"


def opened(path: Path, reserve: Reserve | None = RESERVE) -> Journal:
    """The journal, with a reserve."""
    journal = Journal.open(path, SystemClock(), reserve)
    journal.register(POINTS)
    return journal


def large(at: int) -> Block:
    """A block of 70 kB that cannot be packed much."""
    builder = BlockBuilder("line")
    for n in range(10):
        builder.add(3, ValueKind.TEXT, 10 * at + n, random.Random(10 * at + n).randbytes(7000).hex())
    return builder.build(at)


async def fill(journal: Journal) -> int:
    """Put until there is no room; how many blocks were taken."""
    for at in count():
        try:
            await journal.put(large(at))
        except JournalFull:
            return at
    raise AssertionError


async def take_all(journal: Journal) -> None:
    """Take over the older blocks of a file that was set aside."""
    while await journal.take_slice():
        pass


def gaps(path: Path) -> list[Gap]:
    """The ledger."""
    with History.open(path) as history:
        return [gap for _, gap in read_gaps(history)]


def ballast(path: Path) -> int:
    """How large it is; 0 where there is none."""
    file = path.with_name("journal.db.ballast")
    return file.stat().st_size if file.exists() else 0


async def test_it_stops_early_says_so_once_and_goes_on_by_itself(path: Path, small_disk: SmallDisk) -> None:
    small_disk.fill(left=9 * MB)
    journal = opened(path)
    assert ballast(path) == MB
    with capture_logs() as logs:
        taken = await fill(journal)
        for _ in range(3):
            with pytest.raises(JournalFull, match="make room"):
                await journal.put(large(taken))
        await journal.set_cursor("influxdb", 1)
        await journal.put_status("agent", {"running": True})
        await journal.dead_letter("influxdb", [DeadLetter(1, 1, "line", "why")])
    assert taken > 10
    assert [entry["event"] for entry in logs] == [BEGINS]
    assert ballast(path) == 0
    assert len(stored(path)) == 10 * taken
    (gap,) = gaps(path)
    assert (gap.cause, gap.end, gap.lost) == (GapCause.DISK_FULL, None, None)

    small_disk.empty()
    with capture_logs() as logs:
        for at in range(taken + 2):
            await journal.put(large(at))
    ((entry,),) = [logs]
    assert (entry["event"], entry["refused"]) == (ENDS, 40)
    assert ballast(path) == MB
    assert len(stored(path)) == 10 * (taken + 2)
    (gap,) = gaps(path)
    assert gap.end is not None
    await journal.close()


async def test_when_others_take_the_last_byte_it_can_still_write_down_what_happens(
    path: Path, small_disk: SmallDisk
) -> None:
    journal = opened(path)
    await journal.put(levels((1, 1)))
    small_disk.fill()
    with capture_logs() as logs:
        with pytest.raises(JournalFull):
            await journal.put(levels((2, 2)))
        for at in range(20):
            await journal.put_status("agent", {"at": at})
    assert [entry["event"] for entry in logs] == [BEGINS]
    assert [gap.cause for gap in gaps(path)] == [GapCause.DISK_FULL]
    small_disk.empty()
    await journal.put(levels((2, 2)))
    assert [sample.time for sample in stored(path)] == [1, 2]
    await journal.close()


async def test_a_restart_on_a_full_disk_goes_on_with_the_same_gap(path: Path, small_disk: SmallDisk) -> None:
    journal = opened(path)
    await journal.put(levels((1, 1)))
    await journal.close()
    small_disk.fill()
    for _ in range(2):
        with capture_logs():
            journal = opened(path)
            with pytest.raises(JournalFull):
                await journal.put(levels((2, 2)))
        await journal.close()
    (gap,) = gaps(path)
    assert gap.end is None
    small_disk.empty()
    journal = opened(path)
    await journal.put(levels((2, 2)))
    (gap,) = gaps(path)
    assert gap.end is not None
    await journal.close()


async def test_blocks_that_are_let_go_make_room_though_the_file_stays_as_large(path: Path) -> None:
    journal = opened(path)
    with capture_logs() as logs:
        taken = await fill(journal)
        await journal.write(
            lambda connection: connection.execute("DELETE FROM block WHERE seq <= ?", (taken - 10,))
        )
        for at in range(taken, taken + 10):
            await journal.put(large(at))
    assert [entry["event"] for entry in logs] == [BEGINS, ENDS]
    assert len(stored(path)) == 200
    await journal.close()


async def test_without_a_reserve_each_one_hears_of_it_and_later_it_goes_on(
    path: Path, small_disk: SmallDisk
) -> None:
    journal = opened(path, None)
    await journal.put(levels((1, 1)))
    small_disk.fill()
    with pytest.raises(JournalError, match=r"journal\.db"):
        await journal.put(large(1))
    small_disk.empty()
    await journal.put(large(1))
    assert len(stored(path)) == 11
    await journal.close()


async def test_where_the_water_mark_comes_too_late_a_commit_that_finds_no_room_begins_it(
    path: Path, small_disk: SmallDisk
) -> None:
    journal = opened(path, Reserve(ballast_bytes=2 * MB, free_bytes=0))
    await journal.put(levels((1, 1)))
    small_disk.fill(left=40_000)
    with capture_logs() as logs, pytest.raises(JournalFull):
        await journal.put(large(1))
    assert [entry["event"] for entry in logs] == [BEGINS]
    assert [gap.cause for gap in gaps(path)] == [GapCause.DISK_FULL]
    small_disk.empty()
    await journal.put(large(1))
    assert len(stored(path)) == 11
    await journal.close()


async def test_older_blocks_of_a_damaged_file_wait_for_room(path: Path, small_disk: SmallDisk) -> None:
    journal = opened(path)
    for at in range(45):
        await journal.put(large(at))
    await journal.set_cursor("influxdb", 45)
    await journal.close()
    flip(path, 0)
    small_disk.fill(left=3 * MB)
    with capture_logs():
        journal = opened(path)
        with pytest.raises(JournalFull):
            await take_all(journal)
        assert len(stored(path)) < 450
        small_disk.empty()
        await take_all(journal)
    assert len(stored(path)) == 450
    await journal.close()
