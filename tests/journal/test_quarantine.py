"""A block that cannot be read is skipped by every reader and moved aside by the writer; nothing else is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.clock import SystemClock
from agent.errors import JournalError
from agent.gaps.store import read_gaps
from agent.history.history import History
from agent.journal.care import Care
from agent.journal.damage import unheard
from agent.journal.journal import Journal
from agent.journal.quarantine import move_block
from evaluators.model.gaps import Gap, GapCause
from tests.journal.damaging import break_payload, change, flip, heard, place_of
from tests.journal.rows import levels, opened, stored, times_and_values
from tests.waiting import until

COLUMNS = ("source", "received", "reach", "min_time", "max_time", "rows", "conflicts", "seal")


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A closed journal of three blocks with two rows each; the second one came when the clock said 20."""
    path = tmp_path / "journal.db"
    journal = opened(path)
    for at in (1, 2, 3):
        await journal.put(levels((10 * at, at), (10 * at + 5, at), received=10 * at))
    await journal.close()
    return path


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """The journal, open, with its second block damaged since."""
    journal = opened(path)
    break_payload(path, 2)
    yield journal
    await journal.close()


def quarantined(path: Path) -> list[int]:
    """The positions in quarantine."""
    with History.open(path) as history:
        return [seq for (seq,) in history.query("SELECT seq FROM damaged_block")]


@pytest.mark.parametrize("column", COLUMNS)
async def test_nothing_of_a_block_can_change_unseen(path: Path, column: str) -> None:
    change(path, f"UPDATE block SET {column} = {column} + 1 WHERE seq = 2")
    with heard(path) as blocks:
        assert times_and_values(path) == [(10, 1), (15, 1), (30, 3), (35, 3)]
    assert blocks == [2]


async def test_readers_go_on_before_the_writer_has_moved_it(path: Path) -> None:
    break_payload(path, 2)
    with heard(path) as blocks, History.open(path) as history:
        assert [(seq, len(block)) for seq, block in history.blocks(0, 10)] == [(1, 2), (2, 0), (3, 2)]
        assert [seq for seq, _ in history.blocks(1, 1)] == [2], "the position is there, so nobody waits for it"
        assert [sample.time for sample in history.samples([1])] == [10, 15, 30, 35]
        assert history.newest()[1].time == 35
        assert history.winners(0, 3) == {}
    assert set(blocks) == {2}


async def test_a_point_whose_newest_sample_is_lost_has_none_until_the_next(path: Path) -> None:
    break_payload(path, 3)
    change(path, "UPDATE checkpoint SET newest = x'00'")
    with heard(path), History.open(path) as history:
        assert history.newest()[1].time == 25


async def test_where_nobody_listens_it_can_be_asked_for_once(path: Path) -> None:
    break_payload(path, 2)
    stored(path)
    ((file, found),) = unheard().items()
    assert (file, list(found)) == (str(path), [2])
    assert unheard() == {}


async def test_whoever_meets_it_the_writer_moves_it_aside_once(path: Path, journal: Journal) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            assert len(stored(path)) == 4
        await until(lambda: quarantined(path) == [2])
        assert len(stored(path)) == 4
        await journal.put(levels((40, 4)))
    ((entry, *more),) = [logs]
    assert more == []
    assert (entry["event"], entry["block"], entry["rows"]) == ("a block cannot be read and is set aside", 2, 2)
    with History.open(path) as history:
        assert [(seq, len(block)) for seq, block in history.blocks(0, 10)] == [(1, 2), (2, 0), (3, 2), (4, 1)]
        ((_, gap),) = read_gaps(history)
        assert gap == Gap(GapCause.QUARANTINE, 20, 26, lost=2, detail=gap.detail)
        assert "block 2 of line" in gap.detail
        ((payload, received, rows),) = history.query("SELECT payload, received, rows FROM damaged_block")
        assert len(payload) > 20
        assert (received, rows) == (20, 2)


async def test_the_writer_meets_it_itself_when_a_late_row_is_looked_up(path: Path, journal: Journal) -> None:
    await journal.put(levels((20, 2), (12, 1)))
    await until(lambda: quarantined(path) == [2])
    assert times_and_values(path) == [(10, 1), (15, 1), (30, 3), (35, 3), (20, 2), (12, 1)]


async def test_care_finds_it_though_nobody_reads(path: Path, journal: Journal) -> None:
    await Care(journal, SystemClock()).look_through()
    await until(lambda: quarantined(path) == [2])


async def test_found_at_the_start_it_keeps_nothing_from_starting(path: Path) -> None:
    break_payload(path, 3)
    with capture_logs() as logs:
        journal = opened(path)
        await until(lambda: quarantined(path) == [3])
    assert [entry["event"] for entry in logs] == ["a block cannot be read and is set aside"]
    await journal.put(levels((40, 4)))
    assert journal.position == 4
    await journal.close()
    with capture_logs() as logs:
        await opened(path).close()
    assert logs == []


@pytest.mark.parametrize(
    ("statement", "span", "lost"),
    [
        ("UPDATE block SET payload = x'00' WHERE seq = 2", (20, 26), 2),
        ("UPDATE block SET seal = NULL, payload = x'00' WHERE seq = 2", (20, 26), None),
        ("UPDATE block SET received = 7 WHERE seq = 2", (10, 30), 2),
        ("UPDATE block SET min_time = 7, rows = 99999 WHERE seq = 2", (10, 30), None),
        ("UPDATE block SET source = 99, rows = 0 WHERE seq = 2", (10, 30), None),
    ],
)
async def test_its_gap_spans_its_times_or_where_these_are_damaged_its_neighbours(
    path: Path, statement: str, span: tuple[int, int], lost: int | None
) -> None:
    change(path, statement)
    journal = opened(path)
    await until(lambda: quarantined(path) == [2])
    await journal.close()
    with History.open(path) as history:
        ((_, gap),) = read_gaps(history)
    assert ((gap.start, gap.end), gap.lost) == (span, lost)


async def test_the_index_is_right_again_after_a_time_was_damaged_on_disk(path: Path) -> None:
    journal = opened(path)
    await journal.put(levels((0x1122334455667788, 4)))
    await journal.close()
    stored_as = (0x1122334455667788).to_bytes(8, "big")
    flip(path, place_of(path, "block", stored_as) + 7)
    journal = opened(path)
    await until(lambda: quarantined(path) == [4])
    assert await journal.write(lambda connection: connection.execute("PRAGMA integrity_check").get) == "ok"
    assert list(path.parent.glob("*damaged*")) == [], "the file is as good as before"
    await journal.close()


@pytest.mark.parametrize("seq", [1, 9])
async def test_a_block_that_can_be_read_or_is_not_there_is_left_alone(
    path: Path, journal: Journal, seq: int
) -> None:
    assert await journal.write(lambda connection: move_block(connection, seq, 1000)) is None
    assert quarantined(path) == []


async def test_a_move_that_failed_is_done_when_it_is_met_again(path: Path, journal: Journal) -> None:
    change(path, "CREATE TRIGGER no_room BEFORE INSERT ON damaged_block BEGIN SELECT RAISE (FAIL, 'no room'); END")
    stored(path)
    with pytest.raises(JournalError):
        await journal.write(lambda connection: move_block(connection, 2, 1000))
    change(path, "DROP TRIGGER no_room")
    stored(path)
    await until(lambda: quarantined(path) == [2])
