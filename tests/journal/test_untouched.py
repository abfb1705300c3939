"""What only looks at the journal leaves it as it is; so does opening it again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

import apsw
import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.clock import SystemClock
from agent.journal.integrity import tables_of
from agent.journal.journal import Journal
from config.site import load_site
from evaluators.model.samples import Block, BlockBuilder, ValueKind
from tests.journal.rows import POINTS, levels, opened, times_and_values

DEMO = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"
LOOKS = {
    "status": ["--json"],
    "samples": ["--json"],
    "verdicts": ["--json"],
    "standing": ["--json"],
    "alerts": ["--all", "--json"],
    "explain": ["--json"],
    "energy": ["--json"],
    "waste": ["--json"],
    "gaps": ["--json"],
    "recompute": ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--json"],
}
"""The commands that only look, and what they are given beside the site file."""
OTHERS = {"run", "demo", "simulate", "check", "declare", "commission", "records", "read", "scan", "points"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The demo's site file in a folder of its own."""
    return Path(shutil.copy(DEMO, tmp_path / "site.toml"))


def look(site: Path, command: str) -> str:
    """Run a command that looks, in this process."""
    clause = ["1.4-response"] if command == "explain" else []
    done = CliRunner().invoke(app, [command, *clause, str(site), *LOOKS[command]])
    assert done.exit_code == 0, (command, done.output, done.exception)
    return done.stdout


def files(path: Path) -> list[bytes]:
    """The journal and its log."""
    return [Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal") if Path(f"{path}{suffix}").exists()]


def blocks(numbers: Iterable[int], first: int, count: int) -> list[Block]:
    """Blocks of one row for each point, a second apart."""
    found = []
    for at in range(first, first + count):
        builder = BlockBuilder("line")
        for number in numbers:
            builder.add(number, ValueKind.INT, at * 10**9, at)
        found.append(builder.build(at * 10**9))
    return found


def test_every_command_is_known_here() -> None:
    groups = {group.name for group in app.registered_groups}
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert commands | groups == LOOKS.keys() | OTHERS


@pytest.mark.parametrize("command", LOOKS)
async def test_a_command_that_looks_leaves_every_byte_as_it_is(site: Path, command: str) -> None:
    loaded = load_site(site)
    journal = Journal.open(loaded.journal_path, SystemClock())
    points = [(point.key, point.kind) for point in loaded.site.points]
    numbers = journal.register(points)
    whole = [numbers[key] for key, kind in points if kind is ValueKind.INT]
    for block in blocks(whole, 1_767_225_600, 5):
        await journal.put(block)
    before = files(loaded.journal_path)
    assert len(before) == 2
    await asyncio.to_thread(look, site, command)
    assert files(loaded.journal_path) == before
    await journal.close()


async def test_commands_that_look_disturb_nobody_who_writes(site: Path) -> None:
    loaded = load_site(site)
    journal = Journal.open(loaded.journal_path, SystemClock())
    points = [(point.key, point.kind) for point in loaded.site.points]
    whole = [number for key, number in journal.register(points).items() if dict(points)[key] is ValueKind.INT][:1]
    looking = asyncio.create_task(asyncio.to_thread(lambda: [look(site, command) for command in LOOKS]))
    written = 0
    while not looking.done() or written < 50:
        await journal.put(blocks(whole, 1_767_225_600 + written, 1)[0])
        written += 1
    await looking
    await journal.close()
    assert [value for _, value in times_and_values(loaded.journal_path)] == list(
        range(1_767_225_600, 1_767_225_600 + written)
    )


async def test_opened_again_with_the_same_points_it_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = opened(path)
    await journal.put(levels((1, 1), (2, 2)))
    await journal.close()
    before = files(path)
    for _ in range(3):
        journal = opened(path)
        journal.register(reversed(POINTS))
        await journal.close()
        assert files(path) == before


async def test_another_site_file_adds_points_and_touches_no_row(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = opened(path)
    await journal.put(levels((1, 1), (2, 2), source="old name"))
    await journal.close()
    before = everything(path)
    journal = Journal.open(path, SystemClock())
    assert journal.register([("plc/new", ValueKind.INT), POINTS[1]]) == {"plc/new": 4, "plc/flow": 2}
    await journal.put(levels((3, 3), source="new name"))
    await journal.close()
    after = everything(path)
    assert {table: rows[: len(before[table])] for table, rows in after.items()} == before


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {table: list(connection.execute(f"SELECT * FROM {table}")) for table in tables_of(connection)}
    connection.close()
    return found
