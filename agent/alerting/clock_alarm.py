"""The alert that the machine's clock cannot be right: while it is not, nothing is judged that could ring."""

from __future__ import annotations

from agent.alerting.alerter import Alerter
from agent.alerting.ringing import Ringing
from agent.clock_watch import ClockWatch

KEY = "agent/clock"
TITLES = ("系统时钟不可信", "The machine's clock cannot be right")


class ClockAlarm:
    """Rings while the clock cannot be right. Its coroutine belongs to one task."""

    def __init__(self, alerter: Alerter, clock: ClockWatch, site: str) -> None:
        self._ringing = Ringing(alerter, KEY, TITLES, site)
        self._clock = clock

    async def look(self) -> None:
        """Open or resolve the alert. JournalError: nothing was noted, and will be at the next look."""
        keeper = self._clock.look()
        at = self._clock.now()
        if keeper.is_right:
            await self._ringing.resolve(at, "it is right again")
        else:
            await self._ringing.open(at, keeper.trouble)
