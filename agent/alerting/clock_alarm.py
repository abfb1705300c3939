"""The alert that the machine's clock cannot be right: while it is not, nothing is judged that could ring."""

from __future__ import annotations

from dataclasses import replace

from agent.alerting.alerter import Alerter
from agent.alerting.events import AlertEvent, Ending, Event
from agent.alerting.own import own_alert
from agent.clock_watch import ClockWatch

KEY = "agent/clock"
TITLES = ("系统时钟不可信", "The machine's clock cannot be right")


class ClockAlarm:
    """Rings while the clock cannot be right. Its coroutine belongs to one task."""

    def __init__(self, alerter: Alerter, clock: ClockWatch, site: str) -> None:
        self._alerter = alerter
        self._clock = clock
        self._site = site
        self._known = False
        self._open: AlertEvent | None = None

    async def look(self) -> None:
        """Open or resolve the alert. JournalError: nothing was noted, and will be at the next look."""
        if not self._known:
            newest = await self._alerter.newest(KEY)
            self._open = newest if newest is not None and newest.is_open else None
            self._known = True
        keeper = self._clock.look()
        at = self._clock.now()
        if self._open is None and not keeper.is_right:
            opened = own_alert(KEY, at, TITLES, self._site, keeper.trouble)
            await self._alerter.report(opened)
            self._open = opened
        elif self._open is not None and keeper.is_right:
            ended = replace(
                self._open, at=at, event=Event.RESOLVED, ending=Ending.RECOVERED, note="it is right again"
            )
            await self._alerter.report(ended)
            self._open = None
