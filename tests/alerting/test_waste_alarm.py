"""The alerts that energy goes for nothing: off real journals, through the reader that keeps means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.alerting.alerter import Alerter
from agent.alerting.events import Event, Severity
from agent.alerting.store import all_alerts, open_alerts
from agent.alerting.waste_alarm import WasteAlarm
from agent.history.history import History
from agent.journal.journal import Journal
from config.site import LoadedSite
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, instant
from tests.config.site_file import RIGHT, loaded
from tests.journal.keeping import StandingClock

SITE = """
[meters.main]
point = "meter/energy"
unit = "W.h"

[energy]
open = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00" }]

[tariff]
prices = { electricity = "2" }

[waste.demand-peak]
on = false
"""
MONDAY = instant(datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai")))


@dataclass
class Plant:
    """A journal with a meter's readings, and the alarm that looks at them."""

    loaded: LoadedSite
    journal: Journal
    clock: StandingClock
    point: int
    read_upto: int = MONDAY
    count: int = 0

    def alarm(self) -> WasteAlarm:
        """One that knows nothing but the journal."""
        alerter = Alerter(self.journal, None, "tower", self.clock)
        return WasteAlarm(alerter, self.loaded, self.clock.now)

    async def run(self, upto: int, night_kw: int) -> None:
        """Until then, 100 kW in open hours and so much in closed ones, read each quarter of an hour."""
        builder = BlockBuilder("field")
        while self.read_upto < upto:
            since = (self.read_upto - MONDAY) % DAY_NS
            self.count += (100 if 8 * HOUR_NS <= since < 18 * HOUR_NS else night_kw) * 250
            self.read_upto += 15 * MINUTE_NS
            builder.add(self.point, ValueKind.INT, self.read_upto, self.count)
        await self.journal.put(builder.build(upto))
        self.clock.at = upto + MINUTE_NS

    def ringing(self) -> list[tuple[str, str]]:
        """Key and note of every open alert."""
        with History.open(self.journal.path) as history:
            return [(each.event.key, each.event.note) for each in open_alerts(history)]


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    found = loaded(tmp_path, RIGHT + SITE)
    clock = StandingClock(MONDAY)
    journal = Journal.open(found.journal_path, clock)
    numbers = journal.register([(point.key, point.kind) for point in found.site.points])
    yield Plant(found, journal, clock, numbers["meter/energy"])
    await journal.close()


async def test_it_rings_from_the_night_that_wastes_until_a_day_does_not(plant: Plant) -> None:
    alarm = plant.alarm()
    await alarm.look()
    assert plant.ringing() == [], "nothing was read yet"
    await plant.run(MONDAY + DAY_NS, 20)
    await alarm.look()
    assert plant.ringing() == []
    await plant.run(MONDAY + DAY_NS + 7 * HOUR_NS, 80)
    await alarm.look()
    (ring,) = plant.ringing()
    assert ring == (
        "waste/night-load/main",
        "main: 0.8, the limit is 0.35; about 315 kW.h, 630 CNY",
    )
    await plant.alarm().look()
    assert plant.ringing() == [ring], "a restart doubles nothing"
    await plant.run(MONDAY + 3 * DAY_NS, 20)
    again = plant.alarm()
    await again.look()
    assert plant.ringing() == []
    with History.open(plant.journal.path) as history:
        events = [each.event for each in all_alerts(history)]
    assert [event.severity for event in events] == [Severity.INFO]
    assert [event.event for event in events] == [Event.RESOLVED]


async def test_while_the_clock_cannot_be_right_it_does_not_look(plant: Plant) -> None:
    await plant.run(MONDAY + DAY_NS, 80)
    alerter = Alerter(plant.journal, None, "tower", plant.clock)
    await WasteAlarm(alerter, plant.loaded, lambda: None).look()
    assert plant.ringing() == []
    await plant.alarm().look()
    assert len(plant.ringing()) == 1
