"""The reader that tells: every event goes to the webhook, in order, at least once; nothing is dropped.

A row leaves the outbox only after the other side answered 2xx. A kill between its answer and that costs a
repetition with the same idempotency key.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import structlog

from agent.alerting.content import message, message_id
from agent.alerting.store import Parcel, Waiting, delivered, make_up, put_off
from agent.alerting.webhook import Webhook, WebhookSender
from agent.answers import Answer, Meaning
from agent.forwarder import Delivery
from agent.journal.journal import Journal
from agent.views import Row, iso
from connectors.pacing import Backoff
from connectors.protocol import Clock
from evaluators.model.times import SECOND_NS, seconds_to_ns

log = structlog.get_logger()

LOOK_AGAIN_S = 1.0
"""How often a message of a flood is looked at while it gathers."""
PUT_OFF_AT_MOST_S = 600.0
"""However the clock was set meanwhile, no message waits longer than this."""


@dataclass(frozen=True, slots=True)
class Health:
    """How telling does. Instants are ns UTC."""

    state: Delivery = Delivery.STARTING
    since: int = 0
    last_ack: int | None = None
    detail: str = ""


class Outbox:
    """From the journal's outbox to one webhook. ``site`` is the site's id, part of each message."""

    def __init__(self, journal: Journal, webhook: Webhook, site: str, clock: Clock) -> None:
        self._journal = journal
        self._webhook = webhook
        self._site = site
        self._clock = clock
        self._more = asyncio.Event()
        self._flushing = False
        self._idle = False
        self._soon = Backoff(first_s=1.0, most_s=60.0)
        self._slowly = Backoff(first_s=30.0, most_s=PUT_OFF_AT_MOST_S)
        self.health = Health(since=clock.now())

    def grown(self) -> None:
        """There is something new to tell."""
        self._idle = False
        self._more.set()

    async def run(self) -> None:
        """Tell until cancelled; a request under way ends in its own thread within its timeout."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="webhook")
        sender = WebhookSender(self._webhook, self._clock.now)
        try:
            while True:
                await self._tell_next(thread, sender)
        finally:
            thread.submit(sender.close)
            thread.shutdown(wait=False)

    async def flush(self, most_s: float) -> None:
        """While `run` goes on, wait until everything is told.

        At most ``most_s`` seconds, and not at all while nobody takes it: it stays in the journal, nothing is lost.
        """
        self._flushing = True
        self._more.set()
        deadline = self._clock.monotonic() + most_s
        reachable = (Delivery.STARTING, Delivery.UP)
        while not self._idle and self.health.state in reachable and self._clock.monotonic() < deadline:
            await self._clock.sleep(0.05)

    def health_row(self) -> Row:
        """How telling does, for JSON."""
        health, utc = self.health, ZoneInfo("UTC")
        return {
            "state": health.state.value,
            "since": iso(health.since, utc),
            "last_ack": iso(health.last_ack, utc),
            "detail": health.detail,
        }

    async def _tell_next(self, thread: ThreadPoolExecutor, sender: WebhookSender) -> None:
        self._more.clear()
        now, gather = self._clock.now(), not self._flushing
        found = await self._journal.write(lambda connection: make_up(connection, now, gather=gather))
        if isinstance(found, Waiting):
            await self._wait(found)
            return
        await self._clock.sleep(min(max(0.0, (found.next_at - now) / SECOND_NS), PUT_OFF_AT_MOST_S))
        events = found.events()
        body, key = message(self._site, events), message_id(self._site, events)
        answer = await asyncio.get_running_loop().run_in_executor(thread, sender.post, body, key)
        await self._take(answer, found)

    async def _wait(self, waiting: Waiting) -> None:
        if waiting.for_ns is not None:
            await self._clock.sleep(min(waiting.for_ns / SECOND_NS, LOOK_AGAIN_S))
        elif not self._more.is_set():
            self._idle = True
            await self._more.wait()

    async def _take(self, answer: Answer, parcel: Parcel) -> None:
        if answer.meaning is Meaning.STORED:
            await self._journal.write(lambda connection: delivered(connection, parcel.message))
            self._soon.reset()
            self._slowly.reset()
        else:
            backoff = self._slowly if answer.meaning is Meaning.REFUSED else self._soon
            wait_s = backoff.next_s() if answer.retry_after_s is None else answer.retry_after_s
            next_at = self._clock.now() + seconds_to_ns(wait_s)
            await self._journal.write(
                lambda connection: put_off(connection, parcel.message, next_at, answer.detail)
            )
        self._note(answer)

    def _note(self, answer: Answer) -> None:
        """Take note of an answer; the first of an outage and the first after it are logged."""
        now, old = self._clock.now(), self.health.state
        if answer.meaning is Meaning.STORED:
            new, changes = Delivery.UP, replace(self.health, last_ack=now, detail="")
        else:
            new = Delivery.REFUSED if answer.meaning is Meaning.REFUSED else Delivery.DOWN
            changes = replace(self.health, detail=answer.detail)
        self.health = changes if new is old else replace(changes, state=new, since=now)
        if new is old:
            return
        if new is Delivery.UP:
            log.info("the webhook takes alerts", webhook=self._webhook.origin)
        else:
            log.warning(
                "the webhook takes no alerts",
                webhook=self._webhook.origin,
                why=answer.detail,
                state=new.value,
            )
