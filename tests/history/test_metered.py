"""Meters off a journal: what is kept by quarters of an hour and what is not kept yet are one, at every moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from agent import metered
from agent.alerting import waste_alarm
from agent.alerting.alerter import Alerter
from agent.alerting.waste_alarm import WasteAlarm
from agent.history.counters import CURSOR, Counters
from agent.history.history import History
from agent.history.intervals import INTERVAL_NS, Average, Reading
from agent.journal.journal import Journal
from agent.metered import Metered, behind
from config.site import LoadedSite
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.waste.scene import Quarter
from tests.config.site_file import changed, loaded
from tests.journal.keeping import StandingClock
from tests.waiting import until

PF = 'pf = { type = "float", address = 8, encoding = "float32" }\n'
SITE = changed(("fault = { type", f"{PF}fault = {{ type")) + (
    '[meters.main]\npoint = "meter/energy"\nunit = "kW.h"\npower_factor = "meter/pf"\n'
)
START = 1000 * INTERVAL_NS


@dataclass
class Plant:
    """A journal with a meter, and who keeps its quarters."""

    loaded: LoadedSite
    journal: Journal
    clock: StandingClock
    energy: int
    factor: int

    async def put(self, random: Random, count: int) -> None:
        """Readings at any times of two hours, in any order: the register counts a second as one."""
        for _ in range(count):
            at = START + random.randrange(8 * INTERVAL_NS)
            builder = BlockBuilder("field")
            builder.add(self.energy, ValueKind.INT, at, (at - START) // 10**9)
            builder.add(self.factor, ValueKind.FLOAT, at, random.choice([0.5, -0.75]))
            await self.journal.put(builder.build(at))

    async def keep(self) -> None:
        """Keep the quarters of all there is."""
        task = asyncio.create_task(Counters(self.journal, [self.energy], self.clock, [self.factor]).run())
        with History.open(self.journal.path) as history:
            await until(lambda: task.done() or history.cursors().get(CURSOR, 0) == self.journal.position)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def asked(self, history: History) -> tuple[list[int], list[Quarter]]:
        """The times that its register was read at, and its power factor by quarters."""
        meters = Metered(self.loaded, history, START + 9 * INTERVAL_NS)
        found = meters.register(self.loaded.site.meters[0], ())
        times = list(found.times_within(START, START + 9 * INTERVAL_NS))
        return times, meters.quarters("meter/pf", START, START + 9 * INTERVAL_NS)


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    found = loaded(tmp_path, SITE)
    clock = StandingClock(START)
    journal = Journal.open(found.journal_path, clock)
    numbers = journal.register([(point.key, point.kind) for point in found.site.points])
    yield Plant(found, journal, clock, numbers["meter/energy"], numbers["meter/pf"])
    await journal.close()


def test_readings_of_one_interval_are_added_in_any_order() -> None:
    early, late = Reading(1, 9, 2, 20, 5, 50), Reading(1, 9, 3, 30, 8, 80)
    assert early + late == late + early == Reading(1, 9, 2, 20, 8, 80)
    twice = Reading(1, 9, 2, 21, 2, 21)
    assert early + twice == twice + early == Reading(1, 9, 2, 21, 5, 50)


def test_averages_of_one_interval_are_added() -> None:
    assert Average(1, 9, 2, -5, 7) + Average(1, 9, 1, 4, 4) == Average(1, 9, 3, -1, 11)


async def test_what_waits_in_many_blocks_is_read_some_at_a_time(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant.put(Random(6), 20)
    with History.open(plant.journal.path) as history, history.snapshot():
        at_once = plant.asked(history)
        monkeypatch.setattr(metered, "BATCH", 1)
        found = plant.asked(history)
    assert found == at_once
    assert sum(quarter.count for quarter in found[1]) == 20


async def test_what_is_not_kept_yet_counts_as_what_is(plant: Plant) -> None:
    random = Random(3)
    await plant.put(random, 40)
    await plant.keep()
    await plant.put(random, 40)
    with History.open(plant.journal.path) as history:
        with history.snapshot():
            before = plant.asked(history)
            assert behind(history) == 40
        await plant.keep()
        assert behind(history) == 0
        with history.snapshot():
            assert plant.asked(history)[1] == before[1]
            kept = plant.asked(history)[0]
    assert set(kept) <= set(before[0])
    assert (kept[0], kept[-1]) == (before[0][0], before[0][-1])
    assert sum(quarter.count for quarter in before[1]) == 80


async def test_what_is_kept_while_somebody_asks_counts_once(plant: Plant) -> None:
    await plant.put(Random(4), 30)
    with History.open(plant.journal.path) as history, history.snapshot():
        meters = Metered(plant.loaded, history, START + 9 * INTERVAL_NS)
        await plant.keep()
        quarters = meters.quarters("meter/pf", START, START + 9 * INTERVAL_NS)
        assert sum(quarter.count for quarter in quarters) == 30


async def test_a_reading_at_the_instant_asked_for_is_not_known_yet(plant: Plant) -> None:
    builder = BlockBuilder("field")
    for at in (START, START + 7, START + 9):
        builder.add(plant.energy, ValueKind.INT, at, at - START)
    await plant.journal.put(builder.build(START))
    with History.open(plant.journal.path) as history, history.snapshot():
        found = Metered(plant.loaded, history, START + 9).register(plant.loaded.site.meters[0], ())
        assert found.newest == START + 7


async def test_no_alarm_reads_a_whole_journal(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waste_alarm, "MOST_BEHIND", 10)
    await plant.put(Random(5), 11)
    alerter = Alerter(plant.journal, None, "tower", plant.clock)
    alarm = WasteAlarm(alerter, plant.loaded, plant.clock.now)
    assert alarm._find(START + 9 * INTERVAL_NS) is None
    await plant.keep()
    assert alarm._find(START + 9 * INTERVAL_NS) == {}
