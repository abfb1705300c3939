"""The same year end to end: its readings in a journal, its records through the intake, and the command asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.history.counters import CURSOR, Counters
from agent.history.history import History
from agent.journal.journal import Journal
from agent.records.intake import RecordIntake
from evaluators.model.samples import Block, BlockBuilder, Value, ValueKind
from simulators.energy.calendar import A_DAY
from simulators.energy.writing import FILES
from tests.energy.year.feeding import Metered, happened
from tests.journal.keeping import StandingClock
from tests.waiting import until

pytestmark = pytest.mark.slow
ENVELOPE = ("version", "received")
"""What a line of a simulated year says beside a record as people hand it in."""


def blocks(year: Metered, numbers: dict[str, int]) -> Iterator[Block]:
    """A block a day, of everything that was read on it, in order of time."""
    columns = [(numbers[point.key], point.kind, year.readings[point.key]) for point in year.loaded.site.points]
    for first in range(0, len(year.times), A_DAY):
        builder = BlockBuilder("meters")
        for place in range(first, min(first + A_DAY, len(year.times))):
            cells: dict[ValueKind, tuple[list[int], list[Value]]] = {}
            for number, kind, column in columns:
                value = column[place]
                if value is not None:
                    points, values = cells.setdefault(kind, ([], []))
                    points.append(number)
                    values.append(value)
            for kind, (points, values) in cells.items():
                builder.extend(points, kind, year.times[place], values)
        yield builder.build(year.times[min(first + A_DAY, len(year.times)) - 1])


async def journaled(year: Metered, folder: Path) -> Path:
    """A folder with the site file and its journal, as an agent leaves it that was there all the year."""
    site_file = folder / "site.toml"
    site_file.write_bytes((year.folder / "site.toml").read_bytes())
    clock, site = StandingClock(year.judged_at), year.loaded.site
    journal = Journal.open(folder / "journal.db", clock)
    numbers = journal.register((point.key, point.kind) for point in site.points)
    for block in blocks(year, numbers):
        await journal.put(block)
    lines = (year.folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    stated = [{key: told for key, told in json.loads(line).items() if key not in ENVELOPE} for line in lines]
    (folder / "changes.json").write_text(json.dumps(stated), encoding="utf-8")
    report = await RecordIntake(site, journal, clock).take_file(folder / "changes.json")
    assert (report.clean, len(report.taken.added)) == (True, 2), report
    await counted(journal, [numbers[meter.point] for meter in site.meters], clock)
    await journal.close()
    return site_file


async def counted(journal: Journal, points: list[int], clock: StandingClock) -> None:
    """Keep what the registers read at the ends of quarters, of all of the journal."""
    reading = asyncio.create_task(Counters(journal, points, clock).run())
    with History.open(journal.path) as history:
        await until(lambda: reading.done() or history.cursors().get(CURSOR, 0) >= journal.position, 60)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


def asked(site_file: Path, *words: str) -> dict[str, Any]:
    """What ``steward energy`` says in JSON."""
    done = CliRunner().invoke(app, ["energy", str(site_file), *words, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def holds(ends: list[float | None], truth: Fraction) -> bool:
    """Whether the truth lies between the ends, each the nearest float."""
    low, high = ends
    assert low is not None
    return low <= float(truth) and (high is None or float(truth) <= high)


async def test_the_command_tells_the_truth_of_a_journaled_year(year: Metered, tmp_path: Path) -> None:
    site_file = await journaled(year, tmp_path)
    found = asked(site_file, "--by", "month", "--last", "13", "--at", "2027-01-01T01:00:00+08:00")
    assert len(found["windows"]) == 13, "the twelve, and the hour of the next year"
    truths = year.truth["meters"]
    for row in found["meters"]:
        truth = truths[row["id"]]
        assert row["unit"] == truth["unit"]
        for (month, used), ends in zip(truth["months"].items(), row["amounts"][:12], strict=True):
            if month in truth["exact"]:
                assert ends == [float(used), float(used)], (row["id"], month)
            else:
                assert holds(ends, Fraction(used)), (row["id"], month)
    adds_up = {row["id"]: row["adds_up"][:12] for row in found["meters"] if "adds_up" in row}
    assert adds_up["main"] == [True] * 12
    zone = ZoneInfo(year.loaded.site.zone)
    told = {(each["meter"], datetime.fromisoformat(each["at"]), each["what"]) for each in found["events"]}
    assert told == {
        (meter, datetime.fromtimestamp(at // 10**9, zone), what.value) for meter, at, what in happened(year)
    }
    assert len(told) == len(found["events"])


def test_the_files_are_all_that_is_written(year: Metered) -> None:
    assert {path.name for path in year.folder.iterdir()} == set(FILES)
    assert sum(path.stat().st_size for path in year.folder.iterdir()) < 20_000_000
