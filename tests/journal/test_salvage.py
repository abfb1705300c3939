"""A damaged file is set aside and kept; what can still be read of it stands in the new one, with its numbers."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from agent.clock import SystemClock
from agent.errors import JournalForeign, JournalReplaced, JournalTooNew
from agent.gaps.store import read_gaps
from agent.history.history import History
from agent.journal import setaside, store
from agent.journal.care import Care
from agent.journal.database import open_for_writing
from agent.journal.integrity import tables_of
from agent.journal.journal import DeadLetter, Journal
from agent.journal.salvage import salvage
from evaluators.model.gaps import GapCause
from evaluators.model.samples import ValueKind
from tests.journal.damaging import PAGE, break_page, break_payload, change, content, cut, flip, place_of
from tests.journal.rows import POINTS, levels, opened, stored, times_and_values
from tests.waiting import until

BLOCKS = 400
READ = 300
"""How far all readers have come."""
FLIPS = int(os.environ.get("STEWARD_FLIPS", "40"))
MANY = [(f"plc/{n}-{'x' * 60}", ValueKind.INT) for n in range(200)]
"""More points than fit into one page."""


class Hasty(SystemClock):
    """Nobody waits."""

    async def sleep(self, seconds: float) -> None:
        """Only let the others have their turn."""
        await asyncio.sleep(0)


Contents = dict[str, list[tuple[Any, ...]]]


async def fill(path: Path) -> None:
    """A journal with something in every table, closed."""
    journal = opened(path)
    journal.register(MANY)
    for at in range(1, BLOCKS + 1):
        await journal.put(levels(*((1000 * at + n, at * n) for n in range(20)), received=at))
    await journal.set_cursor("influxdb", READ)
    await journal.put_status("agent", {"running": True})
    await journal.dead_letter("influxdb", [DeadLetter(1, 10, "line", "why")])

    def rest(connection: apsw.Connection) -> None:
        for n in range(300):
            record = ("kind", "source", f"{n}", 1, n, n, "who", 0, 0, "{}" + " " * 50, "[]", f"{n}")
            connection.execute(f"INSERT INTO record VALUES (NULL, {', '.join('?' * 12)})", record)
        connection.execute("INSERT INTO fold VALUES (1, 'pump', 0, 1, 'rule')")
        connection.executemany("INSERT INTO run VALUES (1, ?, ?, 3)", [(n, n + 1) for n in range(2000)])
        judged = "INSERT INTO judged (id, block, record, at, since) VALUES (1, ?, 300, 7, 0)"
        connection.execute(judged, (READ + 50,))
        connection.execute("INSERT INTO alert VALUES (NULL, 'key', 1, 'opened', '{}')")
        connection.execute("INSERT INTO outbox (alert, next_at) VALUES (1, 1)")

    await journal.write(rest)
    await journal.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal as it was before."""
    path = tmp_path_factory.mktemp("whole") / "journal.db"
    asyncio.run(fill(path))
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    shutil.copy(whole, tmp_path / "journal.db")
    shutil.copy(whole.with_name("journal.db.lock"), tmp_path)
    return tmp_path / "journal.db"


def contents(path: Path) -> Contents:
    """Every row of every table that people or readers would miss."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = tables_of(connection)
    left_out = {"gap", "set_aside", "checkpoint", "status", "quarantine"}
    found = {name: list(connection.execute(f"SELECT * FROM {name}")) for name in names if name not in left_out}
    connection.close()
    return found


async def opened_and_used(path: Path) -> None:
    """Open it as the agent does, read and look after all of it, take one more block, and close it."""
    journal = Journal.open(path, SystemClock())
    numbers = journal.register([*POINTS, *MANY])
    builder = levels((10**9, 1))
    for part in builder.columns:
        part.points[0] = numbers["plc/level"]
    await journal.put(builder)
    while await journal.take_slice():
        pass
    for _ in range(2):  # what it finds may be another file, to be looked through again
        try:
            await Care(journal, Hasty()).look_through()
        except (apsw.Error, JournalReplaced, UnicodeDecodeError) as error:
            journal.noticed(error)
        await journal.write(lambda connection: None)
        while await journal.take_slice():
            pass
    await journal.close()


def aside(path: Path) -> list[Path]:
    """The files that were set aside, without their logs."""
    found = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    return [file for file in found if not file.name.endswith(("-wal", "-shm"))]


@pytest.mark.parametrize("at", range(100))
async def test_whatever_bit_of_the_header_is_turned_over_nothing_is_lost(whole: Path, path: Path, at: int) -> None:
    bit = random.Random(at).randrange(8)
    flip(path, at, bit)
    damaged = content(path)
    try:
        with capture_logs():
            await opened_and_used(path)
    except JournalTooNew:
        assert 60 <= at < 64, "only where its version says so"
        return
    before, after = contents(whole), contents(path)
    assert after["block"][:BLOCKS] == before["block"]
    assert all(after[name] == before[name] for name in before if name not in ("block", "source"))
    assert [content(file) for file in aside(path)] in ([], [damaged])


def places(size: int) -> Iterator[tuple[int, int]]:
    """Seeded places all over a file, and a bit each."""
    rng = random.Random(20260301)
    for _ in range(FLIPS):
        yield rng.randrange(100, size), rng.randrange(8)


async def test_whatever_bit_is_turned_over_all_else_stays_and_the_loss_is_in_the_ledger(
    whole: Path, tmp_path: Path
) -> None:
    before, right = contents(whole), set(stored(whole))
    for number, (at, bit) in enumerate(places(len(content(whole)))):
        path = tmp_path / f"{number}.db"
        shutil.copy(whole, path)
        flip(path, at, bit)
        with capture_logs():
            await opened_and_used(path)
        after = contents(path)
        lost = sum(len(set(before[name]) - set(after[name])) for name in before)
        wrong = {sample for sample in stored(path) if sample.time < 10**9} - right
        assert wrong == set(), f"bit {bit} of byte {at}: samples that were never taken"
        with History.open(path) as history:
            gaps = [gap for _, gap in read_gaps(history)]
        owner = owner_of(whole, at)
        said = f"bit {bit} of byte {at}, in {owner}: {lost} rows lost"
        accounted = right <= set(stored(path)) or gaps
        assert accounted or owner != "block", said  # other tables have no checksum for each row
        assert lost <= 300 or owner == "sqlite_schema", said  # no more than one page holds


def owner_of(path: Path, at: int) -> str:
    """The table or index whose page a place is in."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute("SELECT name FROM dbstat WHERE pageno = ?", (at // PAGE + 1,)).get
    connection.close()
    return str(found)


@pytest.mark.parametrize("pages", [0, 1, 20, 45, 60, 75])
@pytest.mark.parametrize("more", [0, 99, 2000])
async def test_a_file_that_was_cut_is_kept_and_collection_goes_on(
    whole: Path, path: Path, pages: int, more: int
) -> None:
    size = pages * PAGE + more
    cut(path, size)
    with capture_logs() as logs:
        await opened_and_used(path)
    assert logs[0]["event"] == "the journal was damaged and is begun anew"
    (kept,) = aside(path)
    assert content(kept) == content(whole)[:size]
    before, after = contents(whole), contents(path)
    assert (10**9, 1) in times_and_values(path)
    if pages >= 60:  # the definitions and the points are there
        assert after["point"] == before["point"]
        assert set(after["record"]) <= set(before["record"])
        assert {row for row in after["block"] if row[6] and row[0] <= BLOCKS} <= set(before["block"])


async def test_what_was_lost_and_what_was_kept_is_in_the_ledger_and_in_the_log(path: Path) -> None:
    break_page(path, place_of(path, "block", (200_000).to_bytes(3, "big")))
    with capture_logs() as logs:
        await opened_and_used(path)
    (entry,) = [entry for entry in logs if entry["event"] == "the journal was damaged and is begun anew"]
    assert entry["kept"] == aside(path)[0].name
    with History.open(path) as history:
        gaps = [gap for _, gap in read_gaps(history)]
    assert {gap.cause for gap in gaps} == {GapCause.QUARANTINE}
    (hole,) = [gap for gap in gaps if gap.detail.startswith("blocks after")]
    assert hole.end is not None
    assert hole.start <= 200 < hole.end
    assert any(aside(path)[0].name in gap.detail for gap in gaps)


async def test_a_point_that_is_lost_never_gives_its_number_to_another(path: Path) -> None:
    break_page(path, place_of(path, "point", MANY[-1][0].encode()))
    with capture_logs():
        journal = Journal.open(path, SystemClock())
    numbers = journal.register([*POINTS, *MANY, ("plc/new", ValueKind.INT)])
    await journal.close()
    before = {key: 4 + n for n, (key, _) in enumerate(MANY)}
    kept = {key for key, number in before.items() if numbers[key] == number}
    assert 100 < len(kept) < 200
    new = {number for key, number in numbers.items() if key not in kept and key not in dict(POINTS)}
    assert min(new) > 10**6


async def test_a_block_of_a_lost_point_is_called_by_its_number(path: Path) -> None:
    change(path, "DELETE FROM point WHERE number = 1")
    break_page(path, place_of(path, "record", b"source"))
    with capture_logs():
        await opened_and_used(path)
    with History.open(path) as history:
        assert history.keys()[1] == ("lost/1", ValueKind.INT)


async def test_positions_go_on_above_the_old_ones_though_the_last_blocks_are_lost(path: Path) -> None:
    break_page(path, place_of(path, "block", (BLOCKS * 1000).to_bytes(3, "big")))
    with capture_logs():
        journal = opened(path)
    assert journal.position == BLOCKS
    await journal.put(levels((10**9, 1)))
    assert journal.position == BLOCKS + 1
    await journal.close()
    with History.open(path) as history:
        assert history.cursors() == {"influxdb": READ}
        assert [seq for seq, _ in history.blocks(BLOCKS - 1, 10)] == [BLOCKS, BLOCKS + 1]


async def test_what_readers_wait_for_is_there_at_once_and_older_blocks_follow(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(salvage, "SLICE", 40)
    flip(path, 0)
    with capture_logs():
        journal = opened(path)
    counts = [len(stored(path)) // 20]
    assert counts == [BLOCKS - READ]
    while await journal.take_slice():
        counts.append(len(stored(path)) // 20)
    assert counts == [100, 140, 180, 220, 260, 300, 340, 380, 400]
    await journal.close()
    assert len(set(stored(path))) == BLOCKS * 20


async def test_older_blocks_are_taken_over_after_a_restart_too(path: Path) -> None:
    flip(path, 0)
    with capture_logs():
        await opened(path).close()
    assert len(stored(path)) == (BLOCKS - READ) * 20
    journal = opened(path)
    care = Care(journal, Hasty())
    while await journal.take_slice():
        pass
    await care.look_through()
    await journal.close()
    assert len(stored(path)) == BLOCKS * 20


async def test_a_damaged_block_in_a_damaged_file_is_in_quarantine_with_its_gap(path: Path) -> None:
    break_payload(path, 350)
    break_payload(path, 50)
    flip(path, 0)
    with capture_logs():
        await opened_and_used(path)
    with History.open(path) as history:
        assert history.query("SELECT seq, rows FROM damaged_block ORDER BY seq") == [(50, 20), (350, 20)]
        lost = sorted(gap.lost for _, gap in read_gaps(history) if gap.lost)
    assert lost == [20, 20]


class TestWhileItRuns:
    """Damage that shows while the journal is in use."""

    @pytest.fixture
    async def journal(self, path: Path) -> Journal:
        """Open, with nothing read of its blocks so far."""
        return opened(path)

    async def test_a_commit_that_meets_it_is_done_on_the_new_file(self, path: Path, journal: Journal) -> None:
        reader = History.open(path)
        break_page(path, place_of_while_open(path, journal, "record"))
        with capture_logs() as logs:
            found = await journal.write(lambda connection: list(connection.execute("SELECT body FROM record")))
            await journal.put(levels((10**9, 1)))
        assert [entry["event"] for entry in logs] == ["the journal was damaged and is begun anew"]
        assert 100 < len(found) < 300, "done again on what was salvaged"
        assert journal.position == BLOCKS + 1
        with pytest.raises(JournalReplaced, match="open it again"):
            reader.blocks(0, 1)
        reader.close()
        await journal.close()
        assert times_and_values(path)[-1] == (10**9, 1)
        (kept,) = aside(path)
        assert kept.with_name(f"{kept.name}-wal").exists(), "with its log"

    async def test_what_a_reader_meets_is_examined_and_set_aside(self, path: Path, journal: Journal) -> None:
        break_page(path, place_of_while_open(path, journal, "record"))
        with History.open(path) as history, pytest.raises(apsw.CorruptError) as met:
            history.query("SELECT body FROM record")
        with capture_logs() as logs:
            journal.noticed(met.value)
            await until(lambda: aside(path))
            await journal.put(levels((10**9, 1)))
        assert [entry["event"] for entry in logs] == ["the journal was damaged and is begun anew"]
        await journal.close()

    async def test_where_the_file_is_whole_nothing_is_set_aside(self, path: Path, journal: Journal) -> None:
        journal.noticed(apsw.CorruptError("a bad cable"))
        journal.noticed(ValueError("something else"))
        await journal.put(levels((10**9, 1)))
        await journal.close()
        assert aside(path) == []

    async def test_points_that_are_lost_keep_the_numbers_that_connectors_have(
        self, path: Path, journal: Journal
    ) -> None:
        number = journal.register([("plc/new", ValueKind.INT)])["plc/new"]
        break_page(path, place_of_while_open(path, journal, "point", MANY[-1][0].encode()))
        with capture_logs():
            await journal.write(lambda connection: list(connection.execute("SELECT key FROM point NOT INDEXED")))
        assert journal.register([("plc/new", ValueKind.INT)])["plc/new"] == number
        await journal.put(levels((10**9, 1)))
        await journal.close()

    async def test_a_disk_that_spoils_every_file_is_not_filled_with_them(
        self, path: Path, journal: Journal
    ) -> None:
        def spoilt(connection: apsw.Connection) -> None:
            raise apsw.CorruptError("again")

        with capture_logs():
            for _ in range(5):
                with pytest.raises(Exception, match="damaged"):
                    await journal.write(spoilt)
        assert len(aside(path)) == 1
        await journal.put(levels((10**9, 1)))
        await journal.close()

    async def test_while_it_cannot_be_set_aside_nothing_is_acknowledged_and_later_it_goes_on(
        self, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "RENEW_EVERY_S", 0.0)
        break_page(path, place_of_while_open(path, journal, "record"))
        failing = [True]
        rename = Path.rename

        def may_fail(self: Path, target: Path) -> Path:
            if failing:
                raise PermissionError(1, "not permitted")
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", may_fail)
        with capture_logs() as logs:
            for _ in range(2):
                with pytest.raises(Exception, match="damaged"):
                    await journal.write(lambda connection: list(connection.execute("SELECT body FROM record")))
            assert {entry["event"] for entry in logs} == {"the damaged journal cannot be begun anew"}
            failing.clear()
            await journal.put(levels((10**9, 1)))
        await journal.close()
        assert times_and_values(path)[-1] == (10**9, 1)


def place_of_while_open(path: Path, journal: Journal, table: str, content: bytes = b"source") -> int:
    """Where a table holds something, the journal being open: all of it is brought into the file first."""
    journal._store.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    journal._store.connection.pragma("cache_size", 0)
    journal._store.connection.release_memory()
    return place_of(path, table, content)


@pytest.mark.parametrize("step", range(1, 13))
async def test_killed_at_any_step_of_it_the_next_start_goes_on(
    whole: Path, path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(path, 0)
    damaged = content(path)
    shutil.copy(__file__, path.with_name("journal.db-wal"))
    steps = 0

    class Killed(BaseException):
        """The end of the process."""

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **rest: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                raise Killed
            return work(*args, **rest)

        return run

    with monkeypatch.context() as patch, capture_logs():
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(setaside, "_sync", counted(setaside._sync))
        patch.setattr("agent.journal.renewal.open_for_writing", counted(open_for_writing))
        patch.setattr("agent.journal.renewal.take_over", counted(salvage.take_over))
        killed = False
        try:
            await Journal.open(path, SystemClock()).close()
        except Killed:
            killed = True
    assert killed == (step <= 11), f"there are {steps} steps"
    with capture_logs():
        await opened_and_used(path)
    before, after = contents(whole), contents(path)
    assert after["block"][:BLOCKS] == before["block"]
    assert after["record"] == before["record"]
    assert [content(file) for file in aside(path)] == [damaged]
    assert not setaside.note_path(path).exists()


async def test_what_was_set_aside_before_is_never_overwritten(path: Path) -> None:
    class Still(SystemClock):
        """Always the same second."""

        def now(self) -> int:
            return 1_767_225_600 * 10**9

    for _ in range(3):
        flip(path, 0)
        with capture_logs():
            await Journal.open(path, Still()).close()
    assert [file.name for file in aside(path)] == [
        f"journal.db.damaged-20260101T000000Z{suffix}" for suffix in ("", "-2", "-3")
    ]


async def test_a_new_file_that_was_damaged_at_once_is_begun_again(path: Path) -> None:
    flip(path, 0)
    note = setaside.set_aside(path, "a test", 0)
    shutil.copy(path.parent / note.file, path)
    with capture_logs():
        await opened_and_used(path)
    assert len(stored(path)) == BLOCKS * 20 + 1


def test_a_foreign_file_is_refused_though_a_journal_stood_there(path: Path) -> None:
    path.write_text("dear diary\n" * 1000)
    with pytest.raises(JournalForeign):
        Journal.open(path, SystemClock())
    assert aside(path) == []
    assert path.read_text().startswith("dear diary")
