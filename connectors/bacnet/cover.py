"""Being told of changes by one device: its subscriptions, and what its notifications say. No protocol library."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors.bacnet import quality
from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.cov import SUBSCRIBE_COV, Notification, cancellation, subscription
from connectors.bacnet.decode import Outcome, Reading, add_rows
from connectors.bacnet.plan import Ask, Target
from connectors.bacnet.refusal import Refused
from connectors.bacnet.subscription import Stage, Subscription
from connectors.bacnet.tags import ObjectId
from connectors.protocol import Clock, Sink
from evaluators.model.samples import Block, BlockBuilder, Reason

AT_ONCE = 20
"""So many subscriptions are asked for before the device's points have their turn again."""
MOST_WAITING = 1000
"""Notifications that wait for the journal. More are not taken: the confirmed ones come again, and the confirming
poll finds what the others told."""

Acknowledge = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Told:
    """A notification on its way to the journal; ``acknowledge`` is what its sender waits for, if it does."""

    notification: Notification
    time: int
    acknowledge: Acknowledge | None


class Cover:
    """The subscriptions to one device's objects."""

    def __init__(
        self, source: str, channel: Channel, targets: Iterable[Target], subscriptions: Iterable[Subscription]
    ) -> None:
        self._channel = channel
        self._builder = BlockBuilder(source)
        self._subscriptions = {each.object: each for each in subscriptions}
        self._targets: dict[ObjectId, list[Target]] = {identifier: [] for identifier in self._subscriptions}
        for target in targets:
            if target.ask.object in self._targets:
                self._targets[target.ask.object].append(target)
        self._polled: dict[Ask, Outcome] = {}
        self._waiting: deque[_Told] = deque()
        self._arrived = asyncio.Event()
        self._unanswered: Subscription | None = None
        self.notifications = 0
        self.dropped = 0

    # --- subscribing

    async def keep(self, clock: Clock) -> None:
        """Ask for what is due, or for a part of it; `NoAnswer` when the device does not answer."""
        asked = 0
        for each in self._subscriptions.values():
            if asked < AT_ONCE and each.must_ask(clock.monotonic()):
                asked += 1
                await self._ask(each, clock)

    async def _ask(self, each: Subscription, clock: Clock) -> None:
        if each.afresh:
            await self._cancel(each)
        each.asking()
        data = subscription(each.process, each.object, each.confirmed, each.lifetime_s)
        try:
            await self._channel.tell(SUBSCRIBE_COV, data)
        except Refused as refused:
            for one in self._subscriptions.values() if refused.unknown_service else (each,):
                one.refused(clock.monotonic(), str(refused))
        except NoAnswer:
            self._unanswered = each
            raise
        else:
            each.taken(clock.monotonic())

    def leave_to_polling(self, now: float) -> None:
        """The device did not answer the last question, but others: no more of the kind are asked for now."""
        for each in self._subscriptions.values():
            if each is self._unanswered or not each.held(now):
                each.unanswered(now)

    async def _cancel(self, each: Subscription) -> None:
        try:
            await self._channel.tell(SUBSCRIBE_COV, cancellation(each.process, each.object))
        except Refused:
            return  # it had forgotten it

    def due_s(self, now: float) -> float:
        """Seconds until `keep` has something to do."""
        return max(0.0, min(each.due() for each in self._subscriptions.values()) - now)

    def lost(self, now: float) -> None:
        """The device was away, or has restarted: everything is asked for again."""
        for each in self._subscriptions.values():
            each.lost(now)

    async def leave(self, clock: Clock) -> None:
        """End what the device still has; what it does not answer to ends by itself."""
        try:
            for each in self._subscriptions.values():
                if each.held(clock.monotonic()):
                    await self._cancel(each)
        except NoAnswer:
            return

    # --- what need not be polled

    def covered(self, now: float) -> frozenset[ObjectId]:
        """The objects whose changes are known to be notified."""
        return frozenset(each.object for each in self._subscriptions.values() if each.alive(now))

    def told(self, ask: Ask) -> bool:
        """Whether notifications of its object hold this property."""
        return self._subscriptions[ask.object].tells(ask)

    def confirm(self, outcomes: Mapping[Ask, Outcome], now: float) -> None:
        """The confirming poll read this: does any of it contradict a subscription?"""
        for each in self._subscriptions.values():
            for number in (*quality.ASKED, quality.COV_INCREMENT):
                ask = Ask(each.object, number)
                if ask in outcomes:
                    self._polled[ask] = outcomes[ask]
            each.confirmed_by(now, outcomes, self._increment(each.object))

    def _increment(self, identifier: ObjectId) -> float | None:
        outcome = self._polled.get(Ask(identifier, quality.COV_INCREMENT))
        if outcome is None or len(outcome.reading.values) != 1:
            return None
        value = outcome.reading.values[0]
        return float(value) if isinstance(value, int | float) else None

    # --- being told

    def take(self, told: Notification, time: int, acknowledge: Acknowledge | None) -> bool:
        """A notification came at this instant, ns UTC. Whether it was taken; it is acknowledged once on disk."""
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return False
        self.notifications += 1
        self._subscriptions[told.object].notified(told.readings, time)
        self._waiting.append(_Told(told, time, acknowledge))
        self._arrived.set()
        return True

    def knows(self, told: Notification) -> bool:
        """Whether the notification belongs to a subscription of ours."""
        each = self._subscriptions.get(told.object)
        return each is not None and each.process == told.process

    async def deliver(self, sink: Sink, clock: Clock, noted: Callable[[Block], None]) -> None:
        """Hand on what is notified, as blocks, until cancelled; ``noted`` sees each block once it is on disk."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            taken, self._waiting = self._waiting, deque()
            for told in taken:
                self._add(told)
            block = self._builder.build(clock.now())
            await sink.put(block)
            noted(block)
            for told in taken:
                if told.acknowledge is not None:
                    await told.acknowledge()

    def _add(self, told: _Told) -> None:
        outcomes = {ask: Outcome(reading, told.time) for ask, reading in told.notification.readings.items()}
        targets = [target for target in self._targets[told.notification.object] if target.ask in outcomes]
        add_rows(targets, self._beside(told.notification) | outcomes, _NOTHING, self._builder)

    def _beside(self, told: Notification) -> dict[Ask, Outcome]:
        """What the last poll knew of the object and still counts. Flags that are told are newer: then an older
        Reliability only explains a FAULT, and an older Out_Of_Service says nothing."""
        flags = told.readings.get(Ask(told.object, quality.STATUS_FLAGS))
        numbers: tuple[int, ...] = quality.ASKED
        if flags is not None:
            fault = flags.values and isinstance(flags.values[0], int) and flags.values[0] & quality.FAULT_FLAG
            numbers = (quality.RELIABILITY,) if fault else ()
        asks = (Ask(told.object, number) for number in numbers)
        return {ask: self._polled[ask] for ask in asks if ask in self._polled}

    # --- how it does

    def figures(self) -> dict[str, int]:
        """Counts for the health."""
        every = self._subscriptions.values()
        return {
            "subscriptions": len(self._subscriptions),
            "subscriptions_alive": sum(each.stage is Stage.ALIVE for each in every),
            "subscriptions_found_dead": sum(each.resubscribed for each in every),
            "notifications": self.notifications,
            "notifications_dropped": self.dropped,
        }

    def note(self, poll_s: float) -> str:
        """What is not notified although the site file asks for it; empty when nothing."""
        given_up = [each for each in self._subscriptions.values() if each.stage is Stage.GIVEN_UP]
        if not given_up:
            return ""
        why = ", ".join(sorted({each.why for each in given_up}))
        return f"{len(given_up)} of {len(self._subscriptions)} objects polled each {poll_s:g} s instead ({why})"


_NOTHING = Outcome(Reading(reason=Reason.MISSING), 0)
