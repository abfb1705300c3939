"""A journal with alerts in it, a clock whose waits are short, and an outbox at work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from agent.alerting.alerter import Alerter
from agent.alerting.content import StoredEvent
from agent.alerting.events import AlertEvent
from agent.alerting.outbox import Outbox
from agent.alerting.store import append, open_alerts, untold
from agent.alerting.webhook import Webhook
from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal


class ShortWaits(SystemClock):
    """The machine's clock, but a wait is a hundredth of what is asked for; notes what was asked for. ``now`` can
    be set, and then goes on by what is waited."""

    def __init__(self, now: int | None = None) -> None:
        self.asked: list[float] = []
        self.share = 0.01
        self._now = now

    def now(self) -> int:
        """The instant."""
        return super().now() if self._now is None else self._now

    async def sleep(self, seconds: float) -> None:
        """Wait its share."""
        self.asked.append(seconds)
        await asyncio.sleep(seconds * self.share)
        if self._now is not None:
            self._now += round(seconds * 10**9)


class Setting:
    """An open journal."""

    def __init__(self, folder: Path, now: int | None = None) -> None:
        self.clock = ShortWaits(now)
        self.path = folder / "journal.db"
        self.journal = Journal.open(self.path, self.clock)

    async def restart(self) -> None:
        """Another process opens the same journal."""
        await self.journal.close()
        self.journal = Journal.open(self.path, self.clock)

    async def add(self, events: Iterable[AlertEvent], *, tell: bool = True) -> None:
        """Keep events."""
        listed = list(events)
        await self.journal.write(lambda connection: append(connection, listed, tell=tell))

    def outbox(self, webhook: Webhook) -> Outbox:
        """An outbox of this journal."""
        return Outbox(self.journal, webhook, "tower", self.clock)

    def alerter(self, webhook: Webhook | None = None) -> Alerter:
        """An alerter of this journal."""
        return Alerter(self.journal, webhook, "tower", self.clock)

    def untold(self) -> int:
        """How many events are still to be told."""
        with History.open(self.path) as history:
            return untold(history)

    def all_told(self) -> bool:
        """Whether everything was told."""
        return self.untold() == 0

    def open_alerts(self) -> list[StoredEvent]:
        """What is open."""
        with History.open(self.path) as history:
            return open_alerts(history)

    def problems(self) -> list[tuple[int, int, str]]:
        """Alert, attempts and the last problem of what is still to be told."""
        with History.open(self.path) as history:
            rows = history.query("SELECT alert, attempts, problem FROM outbox ORDER BY id")
        return [(int(alert), int(attempts), str(problem)) for alert, attempts, problem in rows]


@asynccontextmanager
async def running(teller: Outbox | Alerter) -> AsyncIterator[None]:
    """It at work; what it raises comes out."""
    task = asyncio.create_task(teller.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
