"""When to read a device next: everything on one beat, and what no subscription tells on a quicker one."""

from __future__ import annotations

from enum import Enum

from connectors.pacing import Pace


class Beat(Enum):
    """What is due."""

    NONE = "none"
    QUICK = "quick"
    """What no subscription tells."""
    FULL = "full"
    """Everything."""


class Beats:
    """The beats of one device on the monotonic clock, seconds. Without ``poll_s`` there is the full one alone."""

    def __init__(self, device: str, period_s: float, poll_s: float | None, now: float) -> None:
        self._full = Pace.start(device, period_s, now)
        first = now + self._full.wait_s(now)
        self._quick = None if poll_s is None or poll_s >= period_s else Pace(poll_s, first)

    def due(self, now: float) -> Beat:
        """What to read now."""
        if self._full.wait_s(now) == 0.0:
            return Beat.FULL
        return Beat.QUICK if self._quick is not None and self._quick.wait_s(now) == 0.0 else Beat.NONE

    def done(self, beat: Beat, now: float) -> None:
        """It was read, whether or not it was due."""
        read = {Beat.NONE: (), Beat.QUICK: (self._quick,), Beat.FULL: (self._full, self._quick)}[beat]
        for pace in read:
            if pace is not None and pace.wait_s(now) == 0.0:
                pace.done(now)

    def wait_s(self, now: float) -> float:
        """Seconds until something is due."""
        waits = [pace.wait_s(now) for pace in (self._full, self._quick) if pace is not None]
        return min(waits)
