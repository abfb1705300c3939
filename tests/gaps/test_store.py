"""What is noted of a gap is read again as it was."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agent.clock import SystemClock
from agent.gaps.store import add_gap, end_gap, read_gaps
from agent.history.history import History
from agent.journal.journal import Journal
from evaluators.model.gaps import Gap, GapCause


async def test_a_gap_ends_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path, SystemClock())
    whole = Gap(GapCause.DISK_FULL, 10, 20, lost=7, detail="no room")
    one = Gap(GapCause.UNREACHABLE, 30, subject="电梯-1", points=("电梯-1/mode",))
    await journal.write(partial(add_gap, gap=whole))
    seq = await journal.write(partial(add_gap, gap=one))
    with History.open(path) as history:
        assert read_gaps(history) == [(1, whole), (2, one)]
    await journal.write(partial(end_gap, seq=seq, end=40))
    await journal.write(partial(end_gap, seq=seq, end=50))
    await journal.close()
    with History.open(path) as history:
        assert read_gaps(history, after=1) == [(2, Gap(GapCause.UNREACHABLE, 30, 40, "电梯-1", one.points))]
