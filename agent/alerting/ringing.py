"""One alert of the agent itself, opened and resolved; after a restart it goes on from what was noted."""

from __future__ import annotations

from dataclasses import replace

from agent.alerting.alerter import Alerter
from agent.alerting.events import AlertEvent, Ending, Event
from agent.alerting.own import Titles, own_alert


class Ringing:
    """The alert ``key`` of a site, by id. Its coroutines belong to one task. Each raises JournalError where
    nothing was noted; then it is as it was before."""

    def __init__(self, alerter: Alerter, key: str, titles: Titles, site: str) -> None:
        self._alerter = alerter
        self._key = key
        self._titles = titles
        self._site = site
        self._known = False
        self._open: AlertEvent | None = None

    async def is_open(self) -> bool:
        """Whether it rings."""
        if not self._known:
            newest = await self._alerter.newest(self._key)
            self._open = newest if newest is not None and newest.is_open else None
            self._known = True
        return self._open is not None

    async def open(self, at: int, note: str, start: int | None = None) -> None:
        """Ring from ``at`` (ns UTC) on, if it does not yet; ``start``: since when what it tells is so."""
        if not await self.is_open():
            opened = own_alert(self._key, at, self._titles, self._site, note, start)
            await self._alerter.report(opened)
            self._open = opened

    async def resolve(self, at: int, note: str, ending: Ending = Ending.RECOVERED) -> None:
        """Ring no longer, if it does."""
        if await self.is_open() and self._open is not None:
            await self._alerter.report(replace(self._open, at=at, event=Event.RESOLVED, ending=ending, note=note))
            self._open = None
