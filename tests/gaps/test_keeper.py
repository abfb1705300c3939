"""Whenever the agent is killed or cannot write, each gap is in the ledger once, and ends once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from agent.clock_watch import ClockWatch
from agent.errors import JournalError
from agent.gaps.keeper import GapKeeper
from agent.gaps.lives import IN_ORDER, NOT_IN_ORDER, read_timeline
from agent.gaps.store import changed_gaps, read_gaps
from agent.history.history import History
from agent.journal.journal import Journal
from connectors.protocol import DeviceHealth, Link
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import SECOND_NS, instant
from tests.evaluators.building import site, works
from tests.time.clocks import SetClock

SITE = site([[works("d/0")]], hold=3 * SECOND_NS)
START = instant(datetime(2026, 3, 1, tzinfo=UTC))


class Lives:
    """One journal through several lives of an agent. Instants are seconds after `START`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = SetClock(START)
        self.journal = Journal.open(path, self.clock)
        self.journal.register([("d/0", ValueKind.INT)])

    async def again(self, at: int) -> None:
        """Another process opens the same journal and begins at an instant; how the last one ended is not said."""
        await self.journal.close()
        self.journal = Journal.open(self.path, self.clock)
        await self.begin(at)

    async def begin(self, at: int) -> None:
        """Collecting begins."""
        self.clock.pass_to(START + at * SECOND_NS)
        watch = ClockWatch(self.clock, await self.journal.write(read_timeline))
        self.keeper = GapKeeper(SITE, self.journal, watch)
        await self.keeper.begin()

    async def alive(self, at: int) -> None:
        """A sign of life is kept."""
        self.clock.pass_to(START + at * SECOND_NS)
        await self.keeper.alive()

    async def look(self, at: int, link: Link, good: int | None = None) -> None:
        """The device is looked at."""
        now = START + at * SECOND_NS
        self.clock.pass_to(now)
        last_good = None if good is None else START + good * SECOND_NS
        await self.keeper.look({"d": DeviceHealth("d", link, now, last_good, detail="why")})

    async def end(self, at: int) -> None:
        """Collecting ends in order."""
        self.clock.pass_to(START + at * SECOND_NS)
        await self.keeper.end()

    @property
    def gaps(self) -> list[Gap]:
        """The ledger, in seconds after the start."""
        with History.open(self.path) as history:
            noted = [gap for _, gap in read_gaps(history)]
        return [
            replace(gap, start=_seconds(gap.start), end=None if gap.end is None else _seconds(gap.end))
            for gap in noted
        ]


def _seconds(at: int) -> int:
    return (at - START) // SECOND_NS


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    """A journal that no agent ran on yet."""
    found = Lives(tmp_path / "journal.db")
    yield found
    await found.journal.close()


def stopped(start: int, end: int | None, detail: str) -> Gap:
    """The agent did not run."""
    return Gap(GapCause.STOPPED, start, end, detail=detail)


async def test_the_first_start_ever_ends_no_absence(lives: Lives) -> None:
    await lives.begin(1000)
    assert lives.gaps == []


async def test_a_stop_in_order_is_open_until_the_next_start(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.alive(1010)
    await lives.end(1020)
    await lives.alive(1025)
    assert lives.gaps == [stopped(1020, None, IN_ORDER)]
    await lives.again(1100)
    assert lives.gaps == [stopped(1020, 1100, IN_ORDER)]


async def test_after_a_kill_the_absence_begins_with_the_last_sign_of_life(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.alive(1010)
    builder = BlockBuilder("field")
    builder.add(1, ValueKind.INT, START + 1011 * SECOND_NS, 1)
    await lives.journal.put(builder.build(START + 1012 * SECOND_NS))
    await lives.again(1100)
    assert lives.gaps == [stopped(1012, 1100, NOT_IN_ORDER)]


async def test_the_journal_of_an_older_version_has_signs_of_life_too(lives: Lives) -> None:
    lives.clock.pass_to(START + 500 * SECOND_NS)
    await lives.journal.put_status("agent", {})
    await lives.begin(1000)
    assert lives.gaps == [stopped(500, 1000, NOT_IN_ORDER)]


async def test_a_clock_that_is_set_is_noted_with_what_the_clock_has_shown_since(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.look(1010, Link.UP, good=1010)
    lives.clock.step(3600 * SECOND_NS)
    await lives.look(4611, Link.UP, good=4611)
    assert [(gap.cause, gap.start, gap.end) for gap in lives.gaps] == [(GapCause.CLOCK_STEP, 1011, 4611)]
    await lives.again(4700)
    assert lives.gaps[1:] == [stopped(4611, 4700, NOT_IN_ORDER)], "the note of the step was a sign of life"


async def test_a_stop_before_the_clock_was_ever_right_notes_nothing(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.alive(1010)
    lives.clock.step(-START)
    await lives.journal.close()
    lives.journal = Journal.open(lives.path, lives.clock)
    watch = ClockWatch(lives.clock, await lives.journal.write(read_timeline))
    lives.keeper = GapKeeper(SITE, lives.journal, watch)
    await lives.keeper.begin()
    await lives.keeper.alive()
    await lives.keeper.end()
    lives.clock.step(START)
    await lives.again(1100)
    assert lives.gaps == [stopped(1010, 1100, NOT_IN_ORDER)]


async def test_killed_again_and_again_before_the_first_sign_of_life_nothing_is_doubled(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.alive(1010)
    await lives.again(1100)
    await lives.again(1200)
    assert lives.gaps == [stopped(1010, 1100, NOT_IN_ORDER), stopped(1100, 1200, NOT_IN_ORDER)]
    await lives.again(1200)
    assert len(lives.gaps) == 2


async def test_an_outage_is_one_row_over_all_looks_and_ends_with_the_agent(lives: Lives) -> None:
    await lives.begin(1000)
    for at in (1004, 1005, 1006):
        await lives.look(at, Link.DOWN, good=1001)
    outage = Gap(GapCause.UNREACHABLE, 1001, subject="d", detail="why")
    assert lives.gaps == [outage]
    await lives.alive(1010)
    await lives.again(1100)
    assert lives.gaps == [replace(outage, end=1010), stopped(1010, 1100, NOT_IN_ORDER)]
    await lives.look(1150, Link.DOWN)
    await lives.look(1160, Link.UP, good=1160)
    assert lives.gaps[2:] == [replace(outage, start=1100, end=1160)]
    await lives.look(1170, Link.DOWN, good=1165)
    assert lives.gaps[2].end is None, "it went on at once"
    await lives.end(1180)
    assert lives.gaps[2].end == 1180
    await lives.look(1190, Link.DOWN, good=1165)
    assert len(lives.gaps) == 4, "nothing is noted after the end"


async def test_what_could_not_be_written_is_written_at_the_next_look(lives: Lives) -> None:
    await lives.begin(1000)

    def refuse(connection: apsw.Connection) -> None:
        text = "CREATE TEMP TRIGGER refuse BEFORE INSERT ON gap BEGIN SELECT RAISE (ABORT, 'no room'); END"
        connection.execute(text).fetchall()

    await lives.journal.write(refuse)
    with pytest.raises(JournalError, match="no room"):
        await lives.look(1010, Link.DOWN)
    await lives.journal.write(lambda connection: connection.execute("DROP TRIGGER refuse").fetchall())
    await lives.look(1020, Link.DOWN)
    await lives.look(1030, Link.DOWN)
    assert lives.gaps == [Gap(GapCause.UNREACHABLE, 1000, subject="d", detail="why")]
    await lives.journal.write(refuse)
    await lives.end(1040)
    await lives.alive(1041)
    await lives.journal.write(lambda connection: connection.execute("DROP TRIGGER refuse").fetchall())
    await lives.again(1100)
    assert [(gap.start, gap.end, gap.detail) for gap in lives.gaps] == [
        (1000, 1041, "why"),
        (1041, 1100, NOT_IN_ORDER),
    ]


async def test_readers_follow_every_change_by_revision(lives: Lives) -> None:
    await lives.begin(1000)
    await lives.look(1010, Link.DOWN)
    with History.open(lives.path) as history:
        ((first, seq, gap),) = changed_gaps(history, 0)
        assert gap.end is None
        await lives.look(1020, Link.UP, good=1020)
        ((second, same, gap),) = changed_gaps(history, first)
        assert (same, gap.end) == (seq, START + 1020 * SECOND_NS)
        assert changed_gaps(history, second) == []
