"""The agent as a process: what it says of its own absence and of its device's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluators.model.episodes import State
from evaluators.model.gaps import GapCause
from evaluators.model.samples import Quality
from evaluators.model.times import SECOND_NS
from tests.e2e.site import ROOT, end
from tests.gaps.small import HOLD_S, Small
from tests.waiting import until

STARTS_WITHIN_S = 30.0


@contextmanager
def agent(site: Small) -> Iterator[subprocess.Popen[str]]:
    """``steward run``; killed at the end, where it still runs."""
    command = [sys.executable, "-m", "steward", "run", str(site.site_file)]
    with (site.folder / "agent.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True)
    try:
        yield process
    finally:
        end(process, signal.SIGKILL)


async def seen_anew(site: Small) -> None:
    """Wait until the device is read again."""
    before = site.answered
    await until(lambda: site.answered > before + 1, STARTS_WITHIN_S)


async def test_a_kill_and_a_stop_are_each_one_gap_that_says_which(tmp_path: Path) -> None:
    site = Small(tmp_path)
    async with site.device():
        with agent(site) as first:
            await seen_anew(site)
            end(first, signal.SIGKILL)
        killed = time.time_ns()
        assert site.gaps() == [], "the first start ever ends no absence"
        with agent(site) as second:
            await seen_anew(site)
            end(second, signal.SIGTERM)
        stopped = time.time_ns()
        (_, open_gap) = site.gaps()
        assert (open_gap.cause, open_gap.end, open_gap.detail) == (GapCause.STOPPED, None, "stopped in order")
        with agent(site):
            await seen_anew(site)
        last = [sample.time for sample in site.samples() if sample.quality is Quality.GOOD]
    by_kill, by_stop = site.gaps()
    assert (by_kill.cause, by_stop.cause) == (GapCause.STOPPED, GapCause.STOPPED)
    assert by_kill.detail == "ended without a stop: killed, crashed, or without power"
    assert killed - 3 * SECOND_NS < by_kill.start < killed < (by_kill.end or 0)
    assert stopped - 5 * SECOND_NS < by_stop.start < stopped < (by_stop.end or 0)
    taken = [time for time in last for gap in (by_kill, by_stop) if gap.start < time < (gap.end or 0)]
    assert taken == [], "nothing was taken while nobody was there"
    track = site.episodes(by_kill.start - SECOND_NS // 2, (by_stop.end or 0) + SECOND_NS // 2)
    for gap in (by_kill, by_stop):
        meanwhile = [episode for episode in track if gap.start < episode.end and episode.start < (gap.end or 0)]
        assert [(e.state, e.cause and e.cause.why) for e in meanwhile] == [(State.UNKNOWN, "agent stopped")]
    assert {episode.state for episode in track} == {State.UP, State.UNKNOWN}


async def test_a_device_that_goes_and_comes_back_is_one_gap_with_the_right_span(tmp_path: Path) -> None:
    site = Small(tmp_path)
    with agent(site):
        async with site.device():
            await seen_anew(site)
        gone = time.time_ns()
        await until(lambda: site.gaps(GapCause.UNREACHABLE))
        (gap,) = site.gaps()
        assert (gap.subject, gap.points, gap.end) == ("panel", (), None)
        back = time.time_ns()
        async with site.device():
            await until(lambda: site.gaps()[0].end)
            await seen_anew(site)
    (gap,) = site.gaps()
    good = [sample.time for sample in site.samples() if sample.quality is Quality.GOOD]
    assert gap.end is not None
    last = max(at for at in good if at < gone)
    assert last <= gap.start <= gone, "the end of the last poll that was answered"
    first = min(at for at in good if at > back)
    assert first <= gap.end < first + SECOND_NS // 10, "the first good answer, when its poll was over"
    assert gap.end - gap.start > HOLD_S * SECOND_NS


async def test_a_kill_during_an_outage_ends_it_where_the_agent_ended(tmp_path: Path) -> None:
    site = Small(tmp_path)
    with agent(site) as first:
        await until(site.is_collected, STARTS_WITHIN_S)
        await until(lambda: site.gaps(GapCause.UNREACHABLE))
        end(first, signal.SIGKILL)
    with agent(site):
        await until(lambda: len(site.gaps(GapCause.UNREACHABLE)) == 2, STARTS_WITHIN_S)
    before, after = site.gaps(GapCause.UNREACHABLE)
    (stopped,) = site.gaps(GapCause.STOPPED)
    assert before.end == stopped.start
    assert after.start == stopped.end
    assert after.end is None
    assert before.detail.startswith("cannot connect")
