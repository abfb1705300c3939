"""Somebody is told when samples are lost: once for each gap, and when it is over; restarts double nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agent.alerting.alerter import Alerter
from agent.alerting.loss_alarm import SEEN_NS, LossAlarm
from agent.alerting.store import all_alerts, open_alerts
from agent.clock import SystemClock
from agent.gaps.store import add_gap, end_gap
from agent.history.history import History
from agent.journal.journal import Journal
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import HOUR_NS, SECOND_NS


class Told(SystemClock):
    """A clock that is told the time."""

    at = 1_772_323_200 * SECOND_NS

    def now(self) -> int:
        """What it was told."""
        return self.at


def ringing(path: Path) -> list[tuple[str, str]]:
    """Key and note of every open alert."""
    with History.open(path) as history:
        return [(each.event.key, each.event.note) for each in open_alerts(history)]


async def test_a_loss_rings_until_a_day_after_it_is_over(tmp_path: Path) -> None:
    clock = Told()
    path = tmp_path / "journal.db"
    journal = Journal.open(path, clock)

    def alarm() -> LossAlarm:
        return LossAlarm(Alerter(journal, None, "tower", clock), path, clock, "tower")

    first = alarm()
    await first.look()
    assert ringing(path) == []
    full = await journal.write(partial(add_gap, gap=Gap(GapCause.DISK_FULL, clock.at, detail="the disk is full")))
    await journal.write(partial(add_gap, gap=Gap(GapCause.UNREACHABLE, clock.at, subject="plc")))
    damaged = Gap(GapCause.QUARANTINE, clock.at - 7, clock.at, lost=5, detail="block 3 of plc: damaged")
    await journal.write(partial(add_gap, gap=damaged))
    await first.look()
    await first.look()
    both = [
        ("agent/gap/1", "the disk is full"),
        ("agent/gap/3", "block 3 of plc: damaged; 5 samples lost"),
    ]
    assert ringing(path) == both
    again = alarm()
    await again.look()
    assert ringing(path) == both
    clock.at += SEEN_NS + SECOND_NS
    await again.look()
    assert ringing(path) == both[:1], "the disk is still full"
    await journal.write(partial(end_gap, seq=full, end=clock.at))
    clock.at += HOUR_NS
    await again.look()
    assert ringing(path) == both[:1]
    clock.at += SEEN_NS
    await again.look()
    await alarm().look()
    assert ringing(path) == []
    with History.open(path) as history:
        assert len(all_alerts(history)) == 2
    await journal.close()
