"""Whether the machine's clock can be right, and what is to be noted of it. Pure; instants are ns UTC.

Each look compares how far the clock went with how far the time went that never steps. The rules are those of
docs/time.md.
"""

from __future__ import annotations

from typing import NamedTuple

from agent.timeline import EARLIEST, TOLERANCE_NS, Timeline
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS, moment
from evaluators.wording import lasting

NEAR_NS = 10 * SECOND_NS
"""For so long after a step samples are marked: what was on its way meanwhile may bear the time of either side."""


class Reading(NamedTuple):
    """The clock, and two times from arbitrary starts that never step, ns: ``uptime`` goes on while the machine is
    suspended, ``awake`` does not."""

    wall: int
    uptime: int
    awake: int


class Timekeeper:
    """Follows one clock from the first look of a life on. ``timeline``: what it showed in the lives before."""

    def __init__(self, timeline: Timeline, first: Reading) -> None:
        self.before = None if timeline.first is None else timeline.at
        """When the life before was last known to run; None where there was none."""
        self.begun: int | None = None
        """When this life began, once that is known."""
        self.timeline = timeline
        self.is_right = timeline.may_begin(first.wall + TOLERANCE_NS)
        self.gaps: list[Gap] = []
        """What is to be noted; whoever has noted some takes them out."""
        self._first = self._last = first
        self._stepped_at: int | None = None
        self._wrong = first.wall
        if self.is_right:
            self.begun = first.wall
            timeline.jump(first.wall)
        elif timeline.has_shown(first.wall):
            self._note(first.wall, timeline.reached, "began behind what it had shown before")

    def look(self, now: Reading) -> None:
        """Take note of what the clock did since the last look."""
        last, self._last = self._last, now
        passed = now.uptime - last.uptime
        asleep = passed - (now.awake - last.awake)
        expected = last.wall + passed
        if self.is_right and asleep > TOLERANCE_NS:
            self.gaps.append(Gap(GapCause.STOPPED, last.wall, expected, detail="the machine was suspended"))
            self.timeline.jump(expected)
        elif self.is_right:
            self.timeline.go_on(expected)
        if abs(now.wall - expected) > TOLERANCE_NS:
            self._stepped_at = now.uptime
            self._step(expected, now.wall)
        elif self.is_right and self.timeline.has_shown(now.wall + TOLERANCE_NS):
            self._wrong, self.is_right = now.wall, False  # what it showed while it was ahead comes again
        elif not self.is_right and self._may_be(now.wall):
            self._catch_up(now.wall)

    def _may_be(self, at: int) -> bool:
        """A life begins only once the clock shows no instant before the first one ever."""
        return self.timeline.may_begin(at) if self.begun is None else self.timeline.may_be(at)

    @property
    def mark(self) -> Reason:
        """What is wrong with the times that the clock gives now; `Reason.NONE` where nothing is."""
        if not self.is_right:
            return Reason.CLOCK_NOT_SET
        near = self._stepped_at is not None and self._last.uptime - self._stepped_at < NEAR_NS
        return Reason.CLOCK_STEP if near else Reason.NONE

    @property
    def trouble(self) -> str:
        """One line for a person on a clock that cannot be right; empty where it can."""
        if self.is_right:
            return ""
        shows = f"the machine's clock shows {_shown(self._last.wall)}"
        if self.timeline.has_shown(self._last.wall):
            wrong = f"{shows}, which it has shown before; that lasts until {_shown(self.timeline.reached)}"
        else:
            first = EARLIEST if self.timeline.first is None else self.timeline.first
            wrong = f"{shows}, which is before {_shown(first)}, when there was no journal: set it"
        return f"{wrong}; meanwhile samples are uncertain and nothing is judged"

    def _step(self, old: int, new: int) -> None:
        line, length = self.timeline, lasting(abs(new - old))
        if not self._may_be(new):
            if self.is_right and line.has_shown(new):
                self._note(max(new, line.shown_since(old)), old, f"was set back by {length}")
            self._wrong = new
            self.is_right = False
        elif not self.is_right:
            self._come_right(new)
        elif new > old:
            self._note(old, new, f"was set forward by {length}")
            line.jump(new)
        else:
            start = line.shown_since(old)
            self._note(start, old, f"was set back by {length}: it had been ahead")
            line.jump(new)

    def _come_right(self, at: int) -> None:
        """A wrong clock was set to what it may show."""
        since = self.timeline.reached
        if self.begun is None:
            self.begun = since = max(at - (self._last.uptime - self._first.uptime), self.timeline.at)
        self._note(since, at, f"was wrong: it had shown {_shown(self._wrong)}")
        self.timeline.jump(at)
        self.is_right = True

    def _catch_up(self, at: int) -> None:
        """A clock that was behind has come by itself to what it may show."""
        if self.begun is None:
            self.begun = self.timeline.at
        self.timeline.jump(min(at, self.timeline.reached))
        self.timeline.go_on(at)
        self.is_right = True

    def _note(self, start: int, end: int, what: str) -> None:
        if start < end:
            self.gaps.append(Gap(GapCause.CLOCK_STEP, start, end, detail=f"the clock {what}"))


def _shown(at: int) -> str:
    return f"{moment(at):%Y-%m-%d %H:%M:%S} UTC"
