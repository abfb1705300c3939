"""The alert that samples do not reach InfluxDB: it refuses us, or has taken nothing for long."""

from __future__ import annotations

from collections.abc import Callable

from agent.alerting.alerter import Alerter
from agent.alerting.events import Ending
from agent.alerting.ringing import Ringing
from agent.delivery import Delivery, Health
from connectors.protocol import Clock
from evaluators.model.times import MINUTE_NS

KEY = "agent/influxdb"
TITLES = ("数据未能写入 InfluxDB", "Samples do not reach InfluxDB")
PATIENCE_NS = 15 * MINUTE_NS
"""How long it may be down before somebody is told; where it refuses us, waiting mends nothing."""

NOT_USED = "the site file names no InfluxDB any more"


class InfluxAlarm:
    """Rings while InfluxDB takes nothing. ``health``: how forwarding does; None where the site has no
    InfluxDB. Its coroutine belongs to one task."""

    def __init__(self, alerter: Alerter, health: Callable[[], Health | None], clock: Clock, site: str) -> None:
        self._ringing = Ringing(alerter, KEY, TITLES, site)
        self._health = health
        self._clock = clock

    async def look(self) -> None:
        """Open or resolve the alert. JournalError: nothing was noted, and will be at the next look."""
        at = self._clock.now()
        health = self._health()
        if health is None:
            await self._ringing.resolve(at, NOT_USED, Ending.GONE)
        elif health.state is Delivery.UP:
            await self._ringing.resolve(at, "it takes samples again")
        elif _rings(health, at):
            await self._ringing.open(at, health.bucket or health.detail, health.down_since)


def _rings(health: Health, at: int) -> bool:
    if health.state is Delivery.REFUSED:
        return True
    return health.down_since is not None and at - health.down_since > PATIENCE_NS
