"""The alerts that samples are being lost, or were: a full disk, a damaged journal, more than could be kept.

They are read off the ledger of gaps. One that is over rings for a day more, so that somebody sees it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from agent.alerting.alerter import Alerter
from agent.alerting.events import AlertEvent, Ending, Event
from agent.alerting.own import own_alert
from agent.gaps.store import changed_gaps
from agent.history.history import History
from connectors.protocol import Clock
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import DAY_NS

TITLES = {
    GapCause.DISK_FULL: ("磁盘已满，数据无法保存", "The disk is full: samples cannot be kept"),
    GapCause.QUARANTINE: ("日志损坏，部分数据已隔离", "The journal was damaged: samples are set aside"),
    GapCause.OVERFLOW: ("数据溢出，部分数据丢失", "More came than could be kept: samples are lost"),
}
SEEN_NS = DAY_NS
"""How long one rings after it is over."""


EVERY_S = 10.0


def key_of(seq: int) -> str:
    """What the alert of a gap is called."""
    return f"agent/gap/{seq}"


class LossAlarm:
    """Rings for gaps in which samples are lost. Its coroutine belongs to one task."""

    def __init__(self, alerter: Alerter, journal: Path, clock: Clock, site: str) -> None:
        self._alerter = alerter
        self._journal = journal
        self._clock = clock
        self._site = site
        self._revision = 0
        """Of the ledger, up to which it was read."""
        self._gaps: dict[int, Gap] = {}
        """Those that ring, or are still to be told, by number."""
        self._told: dict[int, AlertEvent] = {}
        """Their open alerts."""

    async def look(self) -> None:
        """Open and resolve alerts. JournalError: nothing was noted, and will be at the next look."""
        at = self._clock.now()
        for revision, seq, gap in await asyncio.to_thread(self._changed):
            if gap.cause in TITLES:
                self._gaps[seq] = gap
            self._revision = revision
        for seq, gap in list(self._gaps.items()):
            if seq not in self._told:
                newest = await self._alerter.newest(key_of(seq))
                if newest is None:
                    newest = await self._open(seq, gap, at)
                if newest.is_open:
                    self._told[seq] = newest
                else:
                    del self._gaps[seq]
                    continue
            if gap.end is not None and at - gap.end > SEEN_NS:
                opened = self._told[seq]
                ended = replace(opened, at=at, event=Event.RESOLVED, ending=Ending.RECOVERED, note="it is over")
                await self._alerter.report(ended)
                del self._gaps[seq], self._told[seq]

    def _changed(self) -> list[tuple[int, int, Gap]]:
        with History.open(self._journal) as history:
            return changed_gaps(history, self._revision)

    async def _open(self, seq: int, gap: Gap, at: int) -> AlertEvent:
        lost = "" if gap.lost is None else f"; {gap.lost} samples lost"
        opened = own_alert(key_of(seq), at, TITLES[gap.cause], self._site, f"{gap.detail}{lost}", gap.start)
        await self._alerter.report(opened)
        return opened
