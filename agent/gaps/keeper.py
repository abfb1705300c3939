"""Keeps the ledger while the agent runs: since when it was away, which devices it cannot reach, how its clock was
set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import apsw
import structlog

from agent.clock_watch import ClockWatch
from agent.errors import JournalError
from agent.gaps.lives import begin_life, end_life, keep_timeline
from agent.gaps.outages import Begins, Ends, GoesOn, Note, OutageWatch, OverflowWatch
from agent.gaps.store import add_gap, end_gap, go_on
from agent.journal.journal import Journal
from agent.timeline import Timeline
from connectors.protocol import DeviceHealth
from evaluators.model.gaps import Gap
from evaluators.model.site import Site

log = structlog.get_logger()

EVERY_S = 1.0
"""How often the clock and the devices are looked at."""

Watch = OutageWatch | OverflowWatch
Wanted = tuple[Watch, Note]


class GapKeeper:
    """The one who notes and ends gaps ``stopped``, ``unreachable``, ``overflow`` and ``clock_step``. `begin` comes
    first, `end` last; `look` in between, from one task at a time.

    While the clock cannot be right no outage is noted, since nobody knows of what time.
    """

    def __init__(self, site: Site, journal: Journal, clock: ClockWatch) -> None:
        self._journal = journal
        self._clock = clock
        self._holds: dict[str, int] = {}
        self._points: dict[str, int] = {}
        for point in site.points:
            self._holds[point.device] = max(point.hold_ns, self._holds.get(point.device, 0))
            self._points[point.device] = self._points.get(point.device, 0) + 1
        self._watches: dict[str, tuple[Watch, ...]] = {}
        self._rows: dict[Watch, int] = {}
        self._has_begun = False
        self._has_ended = False

    async def begin(self) -> None:
        """Collecting begins now."""
        await self.look({})

    async def look(self, health: Mapping[str, DeviceHealth]) -> None:
        """Note what became of the clock and the devices. JournalError: nothing was noted, and will be at the next
        look."""
        keeper = self._clock.look()
        if self._has_ended or keeper.begun is None:
            return
        if not self._has_begun:
            await self._begin(keeper.begun, keeper.before)
        wanted = self._wanted(health, keeper.timeline.at) if keeper.is_right else []
        steps = tuple(keeper.gaps)
        if wanted or steps:
            line = keeper.timeline.copy()
            rows = await self._journal.write(partial(self._note, steps=steps, line=line, wanted=wanted))
            del keeper.gaps[: len(steps)]
            for (watch, note), row in zip(wanted, rows, strict=True):
                watch.done(note)
                self._rows[watch] = row

    def _wanted(self, health: Mapping[str, DeviceHealth], now: int) -> list[Wanted]:
        return [
            (watch, note)
            for device, each in health.items()
            for watch in self._watches.get(device, ())
            if (note := watch.wanted(each, now)) is not None
        ]

    async def _begin(self, now: int, before: int | None) -> None:
        line = self._clock.keeper.timeline.copy()
        await self._journal.write(partial(begin_life, before=before, now=now, line=line))
        self._watches = {
            device: (OutageWatch(device, hold_ns, now), OverflowWatch(device, self._points[device], now))
            for device, hold_ns in self._holds.items()
        }
        self._has_begun = True

    def _note(
        self, connection: apsw.Connection, steps: Sequence[Gap], line: Timeline, wanted: Sequence[Wanted]
    ) -> list[int]:
        if steps:
            keep_timeline(connection, line)
        for gap in steps:
            add_gap(connection, gap)
        return [self._keep(connection, watch, note) for watch, note in wanted]

    def _keep(self, connection: apsw.Connection, watch: Watch, note: Note) -> int:
        match note:
            case Begins(gap):
                return add_gap(connection, gap)
            case GoesOn(detail):
                go_on(connection, self._rows[watch], detail)
            case Ends(at, lost):
                end_gap(connection, self._rows[watch], at, lost)
        return self._rows[watch]

    async def alive(self) -> None:
        """Keep a sign of life."""
        await self._journal.write(partial(keep_timeline, line=self._clock.look().timeline.copy()))

    async def end(self) -> None:
        """Collecting has ended now. What cannot be noted, the next start finds out by itself."""
        self._has_ended = True
        keeper = self._clock.look()
        if not self._has_begun:
            return
        try:
            await self._journal.write(partial(end_life, line=keeper.timeline.copy()))
        except JournalError as error:
            log.error("the stop cannot be noted", error=str(error))
