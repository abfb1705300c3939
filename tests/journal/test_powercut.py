"""The power is cut at any instant: what was promised is there, nothing is there twice, nothing is damaged."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest
from structlog.testing import capture_logs

from agent.clock import SystemClock
from agent.errors import JournalError
from agent.history.history import History
from agent.journal import blocks
from agent.journal.journal import DeadLetter, Journal
from agent.journal.quarantine import move_block
from tests.journal.powercut import FILES, Fate, Platter, Recorder, Recording
from tests.journal.rows import levels, opened

CUTS = int(os.environ.get("STEWARD_CUTS", "2000"))
FIXTURES = Path(__file__).parent / "fixtures"
SEED = 20260301

Work = Callable[[Path, Recording], Coroutine[None, None, None]]


async def puts(path: Path, recording: Recording) -> None:
    """Blocks of two rows, some of them several in one transaction and some of them twice; a restart within."""
    number = 0
    for _ in range(3):
        journal = opened(path)

        async def put(n: int, journal: Journal = journal) -> None:
            await journal.put(levels((2 * n, n), (2 * n + 1, n), received=n))
            recording.promise("put", n)

        for group in (1, 1, 4, 1, 6, 1, 1):
            await asyncio.gather(*(put(n) for n in range(number, number + group)))
            number += group - (group == 4)  # one of them is handed in again
        await journal.close()


async def forwards(path: Path, recording: Recording) -> None:
    """Blocks, with cursors and dead letters behind them."""
    journal = opened(path)
    for n in range(12):
        await journal.put(levels((2 * n, n), (2 * n + 1, n), received=n))
        recording.promise("put", n)
        if n % 3 == 1:
            await journal.dead_letter("influxdb", [DeadLetter(1, n, f"{n}", "why")])
            recording.promise("dead letter", n)
        await journal.set_cursor("influxdb", n)
        recording.promise("cursor", n)
    await journal.close()


async def prunes(path: Path, recording: Recording) -> None:
    """Blocks are let go behind new ones, and the log is written into the file in between."""
    journal = opened(path)
    for n in range(20):
        await journal.put(levels((2 * n, n), (2 * n + 1, n), received=n))
        recording.promise("put", n)
        if n % 5 == 4:
            recording.promise("letting go", n - 2)
            await journal.write(partial(execute, statement=f"DELETE FROM block WHERE received <= {n - 2}"))
            recording.promise("gone", n - 2)
        if n % 7 == 6:
            journal._store.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    await journal.close()


async def quarantines(path: Path, recording: Recording) -> None:
    """Blocks that are damaged on disk are moved aside."""
    journal = opened(path)
    for n in range(8):
        await journal.put(levels((2 * n, n), (2 * n + 1, n), received=n))
        recording.promise("put", n)
    for n in (2, 5):
        recording.promise("damaging", n)
        await journal.write(partial(execute, statement=f"UPDATE block SET payload = x'00' WHERE received = {n}"))
        await journal.write(partial(move_block, seq=n + 1, now=99))
        recording.promise("moved", n)
    await journal.close()


async def migrates(path: Path, recording: Recording) -> None:
    """An old journal is opened by this version, the oldest of them all."""
    journal = Journal.open(path, SystemClock())
    recording.promise("old rows", 6)
    for n in range(3):
        await journal.put(levels((10**19 // 2 + n, n)))
    await journal.close()


def execute(connection: apsw.Connection, statement: str) -> None:
    """For `Journal.write`."""
    connection.execute(statement)


WORKS: list[Work] = [puts, forwards, prunes, quarantines, migrates]


@contextmanager
def recorded(path: Path) -> Iterator[Recording]:
    """Whatever is done to the journal meanwhile is recorded."""
    before = {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in FILES if Path(f"{path}{suffix}").exists()}
    recorder = Recorder(Recording(path, before))
    try:
        yield recorder.recording
    finally:
        recorder.unregister()
        apsw.set_default_vfs("unix")


def record(work: Work, folder: Path) -> Recording:
    """What a workload does to the disk."""
    path = folder / "journal.db"
    if work is migrates:
        shutil.copy(FIXTURES / "0001.db", path)
    with recorded(path) as recording:
        asyncio.run(work(path, recording))
    return recording


def problems(recording: Recording, cuts: int) -> tuple[int, Counter[str]]:
    """How many cuts were tried, at most ``cuts`` evenly over the recording and its fates, and what was found."""
    found: Counter[str] = Counter()
    rng = random.Random(SEED)
    every = [(cut, fate) for cut in range(len(recording.steps) + 1) for fate in Fate]
    chosen = sorted(rng.sample(every, min(cuts, len(every))), key=lambda item: item[0])
    chosen += [(len(recording.steps), Fate.KEPT)]
    platter = Platter(recording)
    with TemporaryDirectory(dir=memory()) as name:
        for number, (cut, fate) in enumerate(chosen):
            platter.spin(cut)
            folder = Path(name) / str(number)
            folder.mkdir()
            for suffix, content in platter.after_power_cut(fate, rng).items():
                (folder / f"journal.db{suffix}").write_bytes(content)
            said = asyncio.run(look(folder / "journal.db", recording.promised(cut)))
            found.update(f"{problem}" for problem in said)
            shutil.rmtree(folder)
    return len(chosen), found


def memory() -> str | None:
    """A folder in memory, where there is one: these disks need no other durability than the replay's."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


async def look(path: Path, promised: set[tuple[str, int]]) -> list[str]:
    """What is wrong with the journal that is found after a cut; it is opened and used as ever."""
    try:
        return await used(path, promised)
    except (apsw.Error, JournalError) as error:
        return [f"damaged: {type(error).__name__}"]


async def used(path: Path, promised: set[tuple[str, int]]) -> list[str]:
    """Open it, hold it against what was promised, and close it."""
    journal = Journal.open(path, SystemClock())
    found = []
    if list(path.parent.glob("*damaged*")):
        found.append("damaged: set aside")
    if await journal.write(lambda connection: connection.execute("PRAGMA integrity_check").get) != "ok":
        found.append("damaged: found by a check")
    with History.open(path) as history:
        stored = history.blocks(0, 10**6)
        rows = [(sample.time, sample.value) for _, block in stored for sample in block.samples()]
        cursors, letters = history.cursors(), {time for _, _, time, _, _ in history.dead_letters()}
        moved = {row[0] - 1 for row in history.query("SELECT seq FROM damaged_block")}
    await journal.close()
    twice = ["something is there twice"] if len(rows) != len(set(rows)) else []
    whole = {n for _, n in rows if isinstance(n, int) and {(2 * n, n), (2 * n + 1, n)} <= set(rows)}
    let_go = max((value for what, value in promised if what == "letting go"), default=-1)
    damaged = {value for what, value in promised if what == "damaging"}
    kept = {
        "put": whole | damaged | set(range(let_go + 1)),
        "cursor": set(range(cursors.get("influxdb", -1) + 1)),
        "dead letter": letters,
        "gone": set(range(100)) - whole,
        "moved": moved,
        "old rows": set(range(len(rows) + 1)),
    }
    return found + twice + [f"lost: {what}" for what, value in promised if value not in kept.get(what, {value})]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.__name__)
def test_wherever_the_power_is_cut_nothing_promised_is_lost(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "CHECKPOINT_BLOCKS", 4)
    monkeypatch.setattr(blocks, "CHECKPOINT_ROWS_A_POINT", 0)
    recording = record(work, tmp_path)
    tried, found = problems(recording, CUTS // len(WORKS))
    assert found == {}, f"in {tried} cuts of {len(recording.steps)} steps"
    assert tried > min(CUTS, 200) // len(WORKS)


def weakly(level: str) -> Work:
    """Blocks in a journal that syncs less than it should."""

    async def work(path: Path, recording: Recording) -> None:
        journal = opened(path)
        journal._store.connection.pragma("synchronous", level)
        for n in range(30):
            await journal.put(levels((2 * n, n), (2 * n + 1, n), received=n))
            recording.promise("put", n)
            if n % 10 == 9:
                journal._store.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        await journal.close()

    return work


def test_without_a_sync_for_each_commit_the_replay_shows_promised_rows_lost(tmp_path: Path) -> None:
    with capture_logs():  # some of these logs look as no power cut leaves one where each commit is synced
        _, found = problems(record(weakly("NORMAL"), tmp_path), 150)
    assert found["lost: put"]
    assert not found["damaged: found by a check"]


def test_without_any_sync_the_replay_shows_the_file_damaged(tmp_path: Path) -> None:
    with capture_logs():
        _, found = problems(record(weakly("OFF"), tmp_path), 150)
    assert {problem.partition(":")[0] for problem in found} >= {"damaged", "lost"}
