"""From verdicts to alerts that are kept and told: what the running agent holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from agent.alerting.events import AlertEvent
from agent.alerting.life import DEFAULT, NOBODY, Acks, after, step
from agent.alerting.outbox import Outbox
from agent.alerting.policy import Policy
from agent.alerting.store import append, newest_rows, stored
from agent.alerting.webhook import Webhook
from agent.journal.journal import Journal
from agent.views import Row
from connectors.protocol import Clock
from evaluators.model.clauses import Clause
from evaluators.model.verdicts import Verdict

log = structlog.get_logger()


class Alerter:
    """Alerts of one site. Its coroutines belong to one event loop; `tick` is awaited before it is called again.

    What was told is read from the journal at first and whenever a tick did not end well, so a restart or a failed
    commit doubles nothing and loses nothing.
    """

    def __init__(
        self, journal: Journal, webhook: Webhook | None, site: str, clock: Clock, policy: Policy = DEFAULT
    ) -> None:
        self._journal = journal
        self._policy = policy
        self._told: dict[str, AlertEvent] | None = None
        self._outbox = None if webhook is None else Outbox(journal, webhook, site, clock)

    async def tick(
        self, verdicts: Iterable[Verdict], clauses: Sequence[Clause], as_of: int, acks: Acks = NOBODY
    ) -> tuple[AlertEvent, ...]:
        """Note what happened by ``as_of`` (ns UTC); returns once it is on disk. JournalError: nothing was noted.

        ``verdicts``: all that were judged as of that instant, of closed windows too. To be called before a closed
        window is noted as done with: else a kill between the two would leave its lapses untold. ``acks``: all
        acknowledgements that are not taken back.
        """
        told, self._told = self._told, None
        if told is None:
            rows = await self._journal.write(newest_rows)  # in the writer's thread: after whatever is under way
            told = {each.event.key: each.event for each in map(stored, rows)}
        judged = tuple(verdicts)
        events = await asyncio.to_thread(step, told, judged, clauses, as_of, self._policy, acks)
        if events:
            tell = self._outbox is not None
            await self._journal.write(lambda connection: append(connection, events, tell=tell))
        self._told = after(told, events, as_of, self._policy)
        if events and self._outbox is not None:
            self._outbox.grown()
        return events

    async def newest(self, key: str) -> AlertEvent | None:
        """The newest event of an alert."""
        rows = await self._journal.write(newest_rows)
        return next((each.event for each in map(stored, rows) if each.event.key == key), None)

    async def open_ones(self, prefix: str) -> list[AlertEvent]:
        """The newest event of each open alert whose key begins so."""
        rows = await self._journal.write(newest_rows)
        events = (each.event for each in map(stored, rows))
        return [event for event in events if event.is_open and event.key.startswith(prefix)]

    async def report(self, event: AlertEvent) -> None:
        """Note what happened to an alert of the agent itself, which no clause has; returns once it is on disk."""
        tell = self._outbox is not None
        await self._journal.write(lambda connection: append(connection, [event], tell=tell))
        if self._outbox is not None:
            self._outbox.grown()

    async def run(self) -> None:
        """Tell the webhook until cancelled; without one, return."""
        if self._outbox is not None:
            await self._outbox.run()

    async def flush(self, most_s: float) -> None:
        """While `run` goes on, wait until everything is told; at most ``most_s`` seconds."""
        if self._outbox is not None:
            await self._outbox.flush(most_s)

    def health_row(self) -> Row | None:
        """How telling does, for JSON; None without a webhook."""
        return None if self._outbox is None else self._outbox.health_row()
