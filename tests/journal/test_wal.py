"""A damaged write-ahead log is told from one that a power cut left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.gaps.store import read_gaps
from agent.history.history import History
from agent.journal.wal import FRAME, HEADER, commits_lost
from evaluators.model.gaps import GapCause
from tests.journal.damaging import content, cut, flip
from tests.journal.rows import levels, opened, times_and_values

SIZE = FRAME + 4096
PUTS = 6


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """What a kill leaves: a journal whose last six transactions are in its log only."""
    live = tmp_path / "live.db"
    await opened(live).close()
    journal = opened(live)
    for at in range(PUTS):
        await journal.put(levels((at, at), received=at))
    path = tmp_path / "journal.db"
    for suffix in ("", "-wal"):
        shutil.copy(f"{live}{suffix}", f"{path}{suffix}")
    await journal.close()
    return path


def log_of(path: Path) -> Path:
    """Its log."""
    return path.with_name(f"{path.name}-wal")


def ends_of(log: bytes) -> list[int]:
    """The last frames of the transactions in a log that is whole."""
    count = (len(log) - HEADER) // SIZE
    return [n for n in range(count) if int.from_bytes(log[HEADER + n * SIZE + 4 :][:4], "big")]


async def test_a_whole_log_lost_nothing(path: Path) -> None:
    log = content(log_of(path))
    assert len(ends_of(log)) >= PUTS
    assert commits_lost(log) == commits_lost(b"") == commits_lost(log[:40]) == 0
    await opened(path).close()
    assert len(times_and_values(path)) == PUTS


async def test_a_power_cut_leaves_one_transaction_that_nobody_was_told_of(path: Path) -> None:
    log = content(log_of(path))
    before_last = ends_of(log)[-2]
    for frame in range(before_last + 1, ends_of(log)[-1] + 1):
        torn = bytearray(log)
        at = HEADER + frame * SIZE
        torn[at + 100 : at + 612] = bytes(512)
        assert commits_lost(bytes(torn)) == 0
        assert commits_lost(log[: at + 1000]) == 0


async def test_what_an_earlier_round_left_behind_it_says_nothing(path: Path) -> None:
    log = content(log_of(path))
    older = bytearray(log[HEADER:])
    for start in range(0, len(older), SIZE):
        older[start + 8] ^= 1
    assert commits_lost(log + bytes(older)) == 0


@pytest.mark.parametrize("place", [5, 8, 12, 18, 28, HEADER + 1, HEADER + 9, HEADER + 17, HEADER + FRAME + 3000])
async def test_a_bit_turned_over_at_its_beginning_loses_nearly_all_and_is_told(path: Path, place: int) -> None:
    log = bytearray(content(log_of(path)))
    log[place] ^= 1
    assert commits_lost(bytes(log)) == len(ends_of(content(log_of(path)))) - 1


async def test_what_was_lost_is_in_the_ledger_and_the_log_is_kept(path: Path) -> None:
    whole = content(log_of(path))
    flip(log_of(path), HEADER + (ends_of(whole)[2] + 1) * SIZE + FRAME + 50)
    damaged = content(log_of(path))
    with capture_logs() as logs:
        journal = opened(path)
    await journal.put(levels((100, 1)))
    await journal.close()
    assert times_and_values(path) == [(0, 0), (1, 1), (2, 2), (100, 1)]
    ((entry,),) = [logs]
    assert (entry["event"], entry["transactions"]) == ("the journal's write-ahead log was damaged", PUTS - 4)
    with History.open(path) as history:
        ((_, gap),) = read_gaps(history)
        assert (gap.cause, gap.start) == (GapCause.QUARANTINE, 2)
        assert history.query("SELECT file FROM set_aside") == [(entry["kept"],)]
    assert content(path.with_name(entry["kept"])) == damaged


async def test_a_log_that_was_cut_cannot_be_told_from_a_power_cut(path: Path) -> None:
    cut(log_of(path), HEADER + (ends_of(content(log_of(path)))[2] + 1) * SIZE + 7)
    await opened(path).close()
    assert times_and_values(path) == [(0, 0), (1, 1), (2, 2)]
