"""Opening a journal: new, older, newer, damaged, or something else."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any

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
from agent.journal import checkpoint
from agent.journal.database import SCHEMAS, mapped, open_for_reading
from agent.journal.integrity import APPLICATION_ID, tables_of
from agent.journal.journal import Journal
from tests.journal.rows import POINTS, levels, opened, stored

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_new_journal_is_marked_durable_and_has_the_newest_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.db"
    journal = opened(path)
    connection = journal._store.connection
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


@pytest.mark.parametrize("damage", ["newest = x'00'", "seq = seq + 1", "newest = zeroblob(100)"])
async def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "journal.db"
    await _new(path)
    connection = apsw.Connection(str(path))
    newest = checkpoint.encode({1: checkpoint.Newest(2, 1)}, 1)
    connection.execute("INSERT INTO checkpoint VALUES (1, 1, ?)", (newest,))
    connection.execute(f"UPDATE checkpoint SET {damage}")
    connection.close()
    journal = opened(path)
    await journal.put(levels((1, 1), (2, 2), (3, 3)))
    assert journal.duplicates == 2
    with History.open(path) as history:
        assert history.newest()[1].time == 3
    await journal.close()


def test_a_path_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be made"):
        Journal.open(tmp_path / "file" / "journal.db", SystemClock())


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
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), JournalCorrupt),
        (apsw.IOError("x"), JournalError),
    ],
)
def test_sqlites_errors_say_what_to_do(error: Exception, kind: type[JournalError]) -> None:
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


OLD = pytest.mark.parametrize("old", sorted(FIXTURES.glob("*.db")), ids=lambda path: path.stem)


def rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by the names of its columns."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables_of(connection):
        names = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        select = connection.execute(f"SELECT * FROM {table}")
        found[table] = [dict(zip(names, row, strict=True)) for row in select]
    connection.close()
    return found


def test_there_is_a_journal_of_every_older_schema() -> None:
    assert [path.stem for path in sorted(FIXTURES.glob("*.db"))] == [path.stem for path in _scripts()[:-1]]


def _scripts() -> list[Path]:
    return sorted(SCHEMAS.glob("*.sql"))


@OLD
async def test_a_journal_of_every_older_schema_is_migrated_with_all_it_holds(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(old, path)
    before = rows(path)
    with pytest.raises(JournalError, match="let the agent open it once"):
        open_for_reading(path)
    await Journal.open(path, SystemClock()).close()
    after = rows(path)
    for table, kept in before.items():
        assert [{name: row[name] for name in whole} for row, whole in zip(after[table], kept, strict=True)] == kept
    with History.open(path) as history:
        samples = history.samples([1, 2])
        assert [sample.value for sample in samples] == [0, "到", 1, "到", 2, "到"]
        assert history.cursors() == {"influxdb": 2}
        assert history.dead_letters() == [("influxdb", 1, 1_767_225_600 * 10**9, "line", "why")]
    journal = Journal.open(path, SystemClock())
    journal.register(POINTS)
    await journal.put(levels((1, 1)))
    assert journal.position == after["block"][-1]["seq"] + 1
    await journal.close()


@OLD
def test_a_fixture_holds_rows_in_every_table(old: Path) -> None:
    empty = {table for table, found in rows(old).items() if not found}
    assert empty <= {"checkpoint", "status"}
