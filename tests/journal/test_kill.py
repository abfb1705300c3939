"""Killed at any instant, the journal holds everything it acknowledged, and nothing twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.errors import JournalLocked
from agent.journal.journal import Journal
from tests.journal.rows import opened, times_and_values

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STEWARD_KILLS", "6"))


class Writing:
    """A writing process; ``acknowledged`` is all it has said so far."""

    def __init__(self, path: Path, start: int) -> None:
        command = [sys.executable, "-m", "tests.journal.writing", str(path), str(start)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdout is not None
        self.acknowledged = [int(self._process.stdout.readline())]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                self.acknowledged.append(int(line))

    def kill(self, after_s: float = 0.0) -> None:
        """Kill it at that instant; returns once all it said is read."""
        self._reader.join(after_s)
        self._process.kill()
        self._reader.join()
        self._process.communicate()


@pytest.mark.slow
def test_killed_again_and_again_all_that_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    instants = random.Random(20260301)
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        writing = Writing(path, max(0, max(acknowledged, default=0) - 20))  # some are handed in again
        writing.kill(instants.uniform(0, 0.3))
        acknowledged |= set(writing.acknowledged)
    rows = times_and_values(path)
    found = set(rows)
    assert len(found) == len(rows), "a sample is in the journal twice"
    assert {(2 * n + half, n) for n in acknowledged for half in (0, 1)} <= found
    assert all((time ^ 1, n) in found for time, n in found), "half a block is in the journal"


async def test_a_second_writer_is_refused_until_the_first_is_gone_even_when_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    writing = Writing(path, 0)
    try:
        for _ in range(2):
            with pytest.raises(JournalLocked, match=r"journal\.db.*stop it first"):
                Journal.open(path, SystemClock())
    finally:
        writing.kill()
    journal = opened(path)
    with pytest.raises(JournalLocked):
        Journal.open(path, SystemClock())
    await journal.close()
    await opened(path).close()
