"""The agent itself on a clock of the test: set an hour forward and back, and started in 1970."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from agent.alerting.store import all_alerts
from agent.app import Agent
from agent.cli.status import last_report
from agent.history.history import History
from agent.judged.runs import read_position
from config.site import load_site
from evaluators.model.gaps import GapCause
from evaluators.model.samples import Reason, Sample
from evaluators.model.times import HOUR_NS, SECOND_NS, instant
from tests.gaps.small import Small
from tests.time.clocks import SetClock
from tests.waiting import until

START = instant(datetime(2026, 3, 1, 12, tzinfo=UTC))


@asynccontextmanager
async def running(site: Small, clock: SetClock) -> AsyncIterator[Agent]:
    """The agent on this clock, stopped in order at the end."""
    agent = Agent(load_site(site.site_file), clock)
    work = asyncio.create_task(agent.run())
    try:
        yield agent
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def judged_at(site: Small) -> int:
    """The instant judged last that is on disk."""
    with History.open(site.journal) as history:
        position = read_position(history)
    return 0 if position is None else position.at


def newest(site: Small) -> Sample:
    """The sample that was taken last."""
    with History.open(site.journal) as history:
        ((_, block),) = history.blocks(history.last_seq() - 1, 1)
    return next(block.samples())


def clock_alerts(site: Small) -> list[str]:
    """What became of the alert on the clock."""
    with History.open(site.journal) as history:
        found = [each.event for each in all_alerts(history) if each.event.key == "agent/clock"]
    return [event.ending.value if event.ending else event.event.value for event in found]


async def test_a_start_in_1970_judges_nothing_until_the_clock_is_set(tmp_path: Path) -> None:
    site, clock = Small(tmp_path), SetClock(100 * SECOND_NS, runs=True)
    async with site.device(), running(site, clock) as agent:
        await until(lambda: site.answered > 3)
        await until(lambda: clock_alerts(site) == ["opened"])
        assert newest(site).reason is Reason.CLOCK_NOT_SET
        assert newest(site).time < 1000 * SECOND_NS
        assert agent.standing.as_of == 0
        assert site.gaps() == []
        await until(lambda: "1970-01-01" in last_report(agent.loaded, clock.now()).get("clock", ""))
        clock.step(START - clock.now())
        await until(lambda: agent.standing.as_of > START)
        await until(lambda: clock_alerts(site) == ["recovered"])
        clock.go_by(11 * SECOND_NS)
        await until(lambda: newest(site).reason is Reason.NONE)
        (gap,) = site.gaps()
    assert (gap.cause, gap.end) == (GapCause.CLOCK_STEP, START) or (gap.end or 0) - START < SECOND_NS
    assert START - 60 * SECOND_NS < gap.start < START
    assert "it had shown 1970-01-01" in gap.detail
    assert judged_at(site) > START


async def test_an_hour_forward_and_judging_goes_on(tmp_path: Path) -> None:
    site, clock = Small(tmp_path), SetClock(START, runs=True)
    async with site.device(), running(site, clock) as agent:
        await until(lambda: agent.standing.as_of)
        await until(lambda: site.answered > 3)
        clock.step(HOUR_NS)
        await until(lambda: agent.standing.as_of > START + HOUR_NS)
        await until(lambda: newest(site).reason is Reason.CLOCK_STEP)
        clock.go_by(11 * SECOND_NS)
        await until(lambda: newest(site).reason is Reason.NONE)
        await until(lambda: site.gaps())
        (gap,) = site.gaps()
        tracks = agent.standing.episodes["lift-1/car"]
    assert gap.cause is GapCause.CLOCK_STEP
    assert gap.end is not None
    assert abs(gap.end - gap.start - HOUR_NS) < SECOND_NS
    assert any(episode.cause and episode.cause.gap is GapCause.CLOCK_STEP for episode in tracks)
    assert all(before.end == after.start for before, after in pairwise(tracks))


async def test_an_hour_back_and_nothing_is_judged_before_what_was_judged(tmp_path: Path) -> None:
    site, clock = Small(tmp_path), SetClock(START, runs=True)
    async with site.device(), running(site, clock) as agent:
        await until(lambda: agent.standing.as_of)
        clock.go_by(2 * HOUR_NS)
        await until(lambda: agent.standing.as_of > START + 2 * HOUR_NS)
        clock.step(-HOUR_NS)
        await until(lambda: clock_alerts(site) == ["opened"])
        reached = agent.standing.as_of
        await until(lambda: newest(site).reason is Reason.CLOCK_NOT_SET)
        answered = site.answered
        await until(lambda: site.answered > answered + 4)
        assert agent.standing.as_of == reached, "nothing is judged meanwhile"
        await until(lambda: site.gaps())
        (gap,) = site.gaps()
        assert gap.cause is GapCause.CLOCK_STEP
        assert gap.end is not None
        assert abs(gap.end - gap.start - HOUR_NS) < SECOND_NS
    async with site.device(), running(site, clock) as agent:
        answered = site.answered
        await until(lambda: site.answered > answered + 3)
        assert agent.standing.as_of == 0, "a restart does not go back either"
        clock.go_by(HOUR_NS)
        await until(lambda: agent.standing.as_of > reached)
        await until(lambda: newest(site).reason is Reason.NONE)
        await until(lambda: clock_alerts(site) == ["recovered"])


async def test_a_suspended_machine_notes_that_it_was(tmp_path: Path) -> None:
    site, clock = Small(tmp_path), SetClock(START, runs=True)
    async with site.device(), running(site, clock) as agent:
        await until(lambda: agent.standing.as_of)
        clock.suspend(HOUR_NS)
        await until(lambda: site.gaps())
        (gap,) = site.gaps()
    assert (gap.cause, gap.detail) == (GapCause.STOPPED, "the machine was suspended")


def rounds(site: Small) -> list[tuple[str, str, str]]:
    """What happened to the alerts on the lift's daily round: event, stage, and the round that was due."""
    with History.open(site.journal) as history:
        rows = history.query(
            "SELECT event, json_extract(content, '$.stage'), json_extract(content, '$.about') FROM alert"
            " WHERE key LIKE '1.4-daily/lift-1 %' ORDER BY seq"
        )
    return [(event, stage, about) for event, stage, about in rows]


async def test_off_over_a_due_date_the_lapse_is_told_once_however_often_it_starts_again(tmp_path: Path) -> None:
    site, clock = Small(tmp_path), SetClock(START - 8 * HOUR_NS, runs=True)  # local noon, then off over midnight
    async with site.device():
        async with running(site, clock) as agent:
            await until(lambda: agent.standing.as_of)
        clock.go_by(16 * HOUR_NS)
        for _ in range(3):
            async with running(site, clock) as agent:
                began = clock.now()
                await until(lambda began=began, agent=agent: agent.standing.as_of > began)  # type: ignore[misc]
                clock.go_by(HOUR_NS // 60)
    lapses = [told for told in rounds(site) if told[1] == "lapsed"]
    assert lapses == [("opened", "lapsed", "lift-1 2026-03-01")]
