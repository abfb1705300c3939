"""``steward waste`` off real journals, with what is kept by quarters and what is not kept yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.history.counters import CURSOR, Counters
from agent.history.history import History
from agent.journal.journal import Journal
from config.site import LoadedSite
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, instant
from tests.config.site_file import RIGHT, changed, loaded
from tests.journal.keeping import StandingClock
from tests.waiting import until

SITE = """
[meters.main]
point = "meter/energy"
unit = "W.h"
power_factor = "meter/pf"

[meters.tower]
carrier = "water"
point = "gw/water"
unit = "m3"

[energy]
open = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00" }]

[tariff]
prices = { electricity = "2" }
"""
PF = 'pf = { type = "float", address = 8, encoding = "float32" }\n'
CAR = 'car = { type = "int", path = "car" }'
WATER = 'water = { type = "int", path = "w" }'
POINTS = changed(("fault = { type", f"{PF}fault = {{ type"), (CAR, f"{CAR}\n{WATER}"))
MONDAY = instant(datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai")))
AT = "2026-03-05T00:30:00+08:00"


@dataclass
class Plant:
    """A journal with readings of three days: 100 kW in open hours, 60 in closed ones, at a power factor of 0.8."""

    path: Path
    journal: Journal
    points: dict[str, int]
    loaded: LoadedSite
    clock: StandingClock = field(default_factory=lambda: StandingClock(MONDAY))

    async def put(self, since: int, until: int) -> None:
        """The readings of ``(since, until]``, each quarter of an hour."""
        builder = BlockBuilder("field")
        for at in range(since + 15 * MINUTE_NS, until + 1, 15 * MINUTE_NS):
            builder.add(self.points["meter/energy"], ValueKind.INT, at, counted(at))
            builder.add(self.points["meter/pf"], ValueKind.FLOAT, at - MINUTE_NS, -0.8)
        await self.journal.put(builder.build(until))

    def told(self, *options: str) -> dict[str, Any]:
        """What the command says."""
        done = CliRunner().invoke(app, ["waste", str(self.path), "--at", AT, "--json", *options])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)  # type: ignore[no-any-return]  # an object


def read_upto(plant: Plant) -> int:
    """How far the reader is."""
    with History.open(plant.journal.path) as history:
        return history.cursors().get(CURSOR, 0)


def counted(at: int) -> int:
    """W.h since Monday."""
    total = 0
    for start in range(MONDAY, at, 15 * MINUTE_NS):
        total += 25_000 if 8 * HOUR_NS <= (start - MONDAY) % DAY_NS < 18 * HOUR_NS else 15_000
    return total


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    found = loaded(tmp_path, POINTS + SITE)
    clock = StandingClock(MONDAY)
    journal = Journal.open(found.journal_path, clock)
    points = journal.register([(point.key, point.kind) for point in found.site.points])
    yield Plant(found.path, journal, points, found, clock)
    await journal.close()


async def test_what_is_found_is_told_with_its_price(plant: Plant) -> None:
    await plant.put(MONDAY, MONDAY + 3 * DAY_NS)
    said = plant.told("--last", "3")
    assert said["span"] == ["2026-03-02T00:00:00.000000+08:00", "2026-03-05T00:00:00.000000+08:00"]
    night = next(each for each in said["findings"] if each["rule"] == "night-load")
    assert night["meter"] == "main"
    assert night["measured"] == [0.6, 0.6]
    closed = 36 - 0.25
    assert night["wasted"] == pytest.approx([25 * closed] * 2), "all but the quarter before the first reading"
    assert night["cost"] == pytest.approx([50 * closed] * 2)
    assert night["currency"] == "CNY"
    factor = next(each for each in said["findings"] if each["rule"] == "power-factor")
    assert factor["measured"] == pytest.approx([0.8, 0.8], abs=1e-5)
    assert {(each["rule"], each["meter"]) for each in said["untold"]} == {
        ("demand-peak", ""),
        ("night-flow", "tower"),
    }


async def test_what_is_kept_and_what_is_not_yet_are_one(plant: Plant) -> None:
    await plant.put(MONDAY, MONDAY + DAY_NS + 7 * MINUTE_NS)
    averaged = {plant.points["meter/pf"]}
    reader = asyncio.create_task(
        Counters(plant.journal, [plant.points["meter/energy"]], plant.clock, averaged).run()
    )
    await until(lambda: reader.done() or read_upto(plant) == plant.journal.position)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    await plant.put(MONDAY + DAY_NS, MONDAY + 3 * DAY_NS)
    split = plant.told("--last", "3")
    assert [each["rule"] for each in split["findings"]] == ["night-load", "power-factor"]
    assert next(each for each in split["findings"])["wasted"] == pytest.approx([25 * 35.75] * 2)


async def test_the_table_has_the_dearest_first_and_says_what_nobody_checked(plant: Plant) -> None:
    await plant.put(MONDAY, MONDAY + 3 * DAY_NS)
    done = CliRunner().invoke(app, ["waste", str(plant.path), "--at", AT, "--last", "3"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "2026-03-02 00:00 to 2026-03-05 00:00"
    rows = [line.split()[0] for line in lines if "main" in line and "not told" not in line]
    assert rows == ["夜间基础负荷", "功率因数偏低"]
    assert "figures nobody has checked against a source: night-load, power-factor" in done.stdout
    assert "not told of night-flow, tower: what it counts in open hours is not known" in done.stdout


async def test_nothing_found_is_said_so(plant: Plant) -> None:
    await plant.put(MONDAY, MONDAY + 3 * DAY_NS)
    done = CliRunner().invoke(app, ["waste", str(plant.path), "--at", "2026-03-02T12:00:00+08:00"])
    assert done.exit_code == 0, done.output
    assert "nothing was found" in done.stdout


def test_a_site_without_meters_is_told_how_to_name_them(tmp_path: Path) -> None:
    path = loaded(tmp_path, RIGHT).path
    done = CliRunner().invoke(app, ["waste", str(path)])
    assert done.exit_code == 2
    assert "[meters.X]" in done.output
