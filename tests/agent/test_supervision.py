"""What fails is started again, and said once."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from agent.supervision import STEADY_S, keep_running, stop


class HurriedClock:
    """A clock whose waits pass at once, and which notes them."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.at = 0.0

    def now(self) -> int:
        return round(self.at * 1e9)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)


async def test_a_part_that_fails_is_started_again_with_growing_waits_and_said_once() -> None:
    clock = HurriedClock()
    failures: list[Exception] = []

    async def fails_four_times() -> None:
        if len(failures) < 4:
            raise OSError("port 47800 is taken")

    with capture_logs() as logs:
        await keep_running("connection bms", fails_four_times, clock, failures.append)
    assert [str(failure) for failure in failures] == ["port 47800 is taken"] * 4
    assert [entry["part"] for entry in logs] == ["connection bms"]
    assert clock.slept[3] > clock.slept[0]


async def test_a_part_that_ran_long_is_given_a_fresh_start() -> None:
    clock = HurriedClock()
    runs = 0

    async def runs_long_then_fails() -> None:
        nonlocal runs
        runs += 1
        if runs == 6:
            return
        clock.at += STEADY_S + 1
        raise ValueError("gone")

    with capture_logs() as logs:
        await keep_running("broker", runs_long_then_fails, clock)
    assert len(logs) == 5
    assert max(clock.slept) <= 1.0


async def test_stopping_waits_for_all_and_reports_what_fails_meanwhile() -> None:
    async def clumsy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("could not close the socket")

    tasks = [asyncio.create_task(clumsy()), asyncio.create_task(asyncio.sleep(3600))]
    await asyncio.sleep(0)
    with capture_logs() as logs:
        await stop(tasks)
    assert all(task.done() for task in tasks)
    assert [entry["error"] for entry in logs] == ["ValueError: could not close the socket"]


async def test_being_cancelled_is_no_failure() -> None:
    task = asyncio.create_task(keep_running("idle", asyncio.Event().wait, HurriedClock()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
