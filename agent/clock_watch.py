"""Looks at the machine's clock for all who use its time."""

from __future__ import annotations

from agent.clock import MachineClock
from agent.timekeeping import Reading, Timekeeper
from agent.timeline import TOLERANCE_NS, Timeline
from evaluators.model.samples import Reason
from evaluators.model.times import seconds_to_ns

AT_ONCE_S = 0.1
TRIES = 5


class ClockWatch:
    """A clock and what is known of it. Its methods belong to the event loop."""

    def __init__(self, clock: MachineClock, timeline: Timeline) -> None:
        self._clock = clock
        self._judged = timeline.reached
        self.keeper = Timekeeper(timeline, self._read())

    def now(self) -> int:
        """What the clock shows, ns UTC, be it right or wrong."""
        return self._clock.now()

    def look(self) -> Timekeeper:
        """Take note of the clock, now."""
        self.keeper.look(self._read())
        return self.keeper

    def mark(self) -> Reason:
        """What is wrong with the times that the clock gives now."""
        return self.look().mark

    def right_now(self) -> int | None:
        """The instant, ns UTC; None while the clock cannot be right."""
        return self.keeper.timeline.at if self.look().is_right else None

    def judging_at(self) -> int | None:
        """The instant to judge at, ns UTC to the microsecond; None while the clock cannot be right.

        It is never before one that was judged at, but where the clock had been ahead and nothing was judged yet
        at what it shows now.
        """
        if not self.look().is_right:
            return None
        at = self.keeper.timeline.at // 1000 * 1000  # what is printed of it can be asked for again
        if 0 < self._judged - at <= 2 * TOLERANCE_NS:
            return self._judged
        self._judged = at
        return at

    def _read(self) -> Reading:
        """All times at once: read again where something came in between."""
        for _ in range(TRIES):
            before = self._clock.uptime()
            wall, awake, uptime = self._clock.now(), self._clock.monotonic(), self._clock.uptime()
            if uptime - before < AT_ONCE_S:
                break
        return Reading(wall, seconds_to_ns(uptime), seconds_to_ns(awake))
