"""The alert that samples do not reach InfluxDB: it refuses us, or has taken nothing for long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.alerting.alerter import Alerter
from agent.alerting.events import AlertEvent, Ending, Event
from agent.alerting.own import own_alert
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
        self._alerter = alerter
        self._health = health
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
        at = self._clock.now()
        health = self._health()
        if self._open is None and health is not None and _rings(health, at):
            opened = own_alert(KEY, at, TITLES, self._site, health.bucket or health.detail, health.down_since)
            await self._alerter.report(opened)
            self._open = opened
        elif self._open is not None and (health is None or health.state is Delivery.UP):
            ending, note = (Ending.RECOVERED, "it takes samples again") if health else (Ending.GONE, NOT_USED)
            await self._alerter.report(replace(self._open, at=at, event=Event.RESOLVED, ending=ending, note=note))
            self._open = None


def _rings(health: Health, at: int) -> bool:
    if health.state is Delivery.REFUSED:
        return True
    return health.down_since is not None and at - health.down_since > PATIENCE_NS
