"""Opening a journal: new, older, newer, damaged, or something else."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import apsw
import pytest

from agent import errors
from agent.clock import SystemClock
from agent.errors import (
    JournalCorrupt,
    JournalError,
    JournalForeign,
    JournalFull,
    JournalLocked,
    JournalMissing,
    JournalTooNew,
    StewardError,
)
from agent.history.history import History
from agent.journal.database import APPLICATION_ID, SCHEMAS, mapped, open_for_reading
from agent.journal.journal import Journal
from tests.journal.rows import levels, opened, stored

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_new_journal_is_marked_durable_and_has_the_newest_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.db"
    journal = opened(path)
    connection = journal._connection
    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2  # FULL: a commit survives a power cut
    assert connection.pragma("user_version") == len(list(SCHEMAS.glob("*.sql")))
    assert {script.stem for script in SCHEMAS.glob("*.sql")} == {
        f"{n + 1:04}" for n in range(len(list(SCHEMAS.glob("*.sql"))))
    }


async def _new(path: Path) -> None:
    journal = opened(path)
    await journal.put(levels((1, 1), (2, 2)))
    await journal.close()


async def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await _new(path)
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 99)
    connection.close()
    for attempt in (lambda: Journal.open(path, SystemClock()), lambda: History.open(path)):
        with pytest.raises(JournalTooNew, match="schema 99"):
            attempt()


@pytest.mark.parametrize("content", ["text", "sqlite"])
def test_another_kind_of_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "journal.db"
    if content == "text":
        path.write_text("dear diary\n" * 1000)
    else:
        connection = apsw.Connection(str(path))
        connection.execute("CREATE TABLE diary (day, entry)")
        connection.close()
    before = path.read_bytes()
    for attempt in (lambda: Journal.open(path, SystemClock()), lambda: History.open(path)):
        with pytest.raises(JournalForeign, match=r"journal\.db"):
            attempt()
    assert path.read_bytes() == before


def test_no_journal_is_said_so_and_none_is_made_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with pytest.raises(JournalMissing, match="start the agent first"):
        History.open(path)
    assert not path.exists()


def test_a_folder_in_the_place_of_the_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=tmp_path.name):
        Journal.open(tmp_path, SystemClock())


async def test_a_path_with_syntax_in_it_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "100%20?mode=rwc#x" / "journal.db"
    await _new(path)
    assert len(stored(path)) == 2


def test_a_file_whose_tables_are_not_made_yet_is_left_to_the_agent(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = apsw.Connection(str(path))
    connection.pragma("application_id", APPLICATION_ID)
    connection.close()
    with pytest.raises(JournalError, match="let the agent open it once"):
        History.open(path)


async def test_an_opening_that_was_killed_half_way_is_finished_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = apsw.Connection(str(path))
    connection.pragma("application_id", APPLICATION_ID)
    connection.close()
    await _new(path)
    assert len(stored(path)) == 2


async def test_a_journal_whose_checkpoint_is_damaged_is_refused_and_free_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await _new(path)
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO checkpoint VALUES (1, 1, x'00')")
    for _ in range(2):
        with pytest.raises(JournalCorrupt, match="checkpoint"):
            Journal.open(path, SystemClock())
    connection.execute("DELETE FROM checkpoint")
    connection.close()
    await opened(path).close()


def test_a_path_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be made"):
        Journal.open(tmp_path / "file" / "journal.db", SystemClock())


async def test_a_changed_byte_in_a_block_is_named_and_never_read_as_something_else(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await _new(path)
    connection = apsw.Connection(str(path))
    (payload,) = (row[0] for row in connection.execute("SELECT payload FROM block WHERE seq = 1"))
    assert isinstance(payload, bytes)
    damaged = payload[:-1] + bytes([payload[-1] ^ 1])
    connection.execute("UPDATE block SET payload = ? WHERE seq = 1", (damaged,))
    connection.close()
    with pytest.raises(JournalCorrupt, match="block 1"):
        stored(path)


async def test_after_a_refused_opening_the_journal_is_free(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("dear diary\n" * 1000)
    with pytest.raises(JournalForeign):
        Journal.open(path, SystemClock())
    path.unlink()
    await opened(path).close()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (apsw.FullError("x"), JournalFull),
        (apsw.BusyError("x"), JournalLocked),
        (apsw.LockedError("x"), JournalLocked),
        (apsw.NotADBError("x"), JournalForeign),
        (apsw.CorruptError("x"), JournalCorrupt),
        (apsw.IOError("x"), JournalError),
    ],
)
def test_sqlites_errors_say_what_to_do(error: apsw.Error, kind: type[JournalError]) -> None:
    found = mapped(error, Path("journal.db"))
    assert type(found) is kind
    assert "journal.db" in str(found)


def test_the_tree_of_errors_is_drawn_whole() -> None:
    drawn = errors.__doc__ or ""
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(c, StewardError) for c in classes)
    assert {c.__name__ for c in classes} == {word for word in drawn.split() if word[0].isupper()} & {
        c.__name__ for c in classes
    }


@pytest.mark.parametrize("old", sorted(FIXTURES.glob("*.db")), ids=lambda path: path.stem)
async def test_a_journal_of_every_older_schema_is_migrated_with_all_it_holds(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(old, path)
    with pytest.raises(JournalError, match="let the agent open it once"):
        open_for_reading(path)
    await Journal.open(path, SystemClock()).close()
    with History.open(path) as history:
        samples = history.samples([1, 2])
        assert [sample.value for sample in samples] == [0, "到", 1, "到", 2, "到"]
        assert history.cursors() == {"influxdb": 2}
        assert history.dead_letters() == [("influxdb", 1, 1_767_225_600 * 10**9, "line", "why")]
        assert history.query("SELECT count(*) FROM record") == [(0,)]
