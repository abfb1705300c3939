"""Listening to one broker: what comes is journaled, then acknowledged. Knows nothing of the client's library."""

from __future__ import annotations

import structlog

from connectors.mqtt.feed import Feed, Listener, Post
from connectors.mqtt.inbox import Closed, Event, Granted, Message, Opened
from connectors.mqtt.payload import Payload
from connectors.mqtt.session import Ends, OpenSession, Session
from connectors.mqtt.settings import Connection, Device, Point
from connectors.mqtt.topics import Router, covering
from connectors.pacing import Backoff
from connectors.protocol import BoundConnection, Clock, DeviceHealth, Poison, QuarantiningSink, Sink
from evaluators.model.samples import BlockBuilder

log = structlog.get_logger()

FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
MOST_AT_ONCE = 1000
"""Messages in one block, and those that an MQTT 5 broker may send ahead of our acknowledgements."""
MOST_LEFT = 1000
"""Topics of an earlier site file that are unsubscribed from in one session."""
POISON_KEPT = 4096
"""Bytes of a payload in quarantine."""
NO_TLS_CHECK = "TLS without verification: whoever answers passes for the broker; remove insecure"


class MqttConnector:
    """One session with a broker, taken up again whenever it ends."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point], open_session: OpenSession) -> None:
        self._name = connection.name
        self._settings = connection.settings
        self._open = open_session
        self._feeds = [Feed(device) for device in connection.devices]
        self._router: Router[tuple[Feed, Listener]] = Router(
            (topic, (feed, listener)) for feed in self._feeds for topic, listener in feed.listeners()
        )
        self._clock: Clock | None = None
        self._ends = Ends(connection.settings.client_id)
        self._left: set[str] = set()

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Listen until cancelled. What the sink raises comes out; nothing that the broker does."""
        self._clock = clock
        backoff = Backoff(FIRST_RETRY_S, LAST_RETRY_S)
        if self._settings.insecure:
            log.warning(NO_TLS_CHECK, connection=self._name)
        for feed in self._feeds:
            feed.watch.connecting(clock.now())
        told = False
        while True:
            closed = await self._listen(sink, clock, again=told)
            was_open = self._ends.is_open
            if self._ends.closed(closed, clock.monotonic()):
                backoff.reset()
            for feed in self._feeds:
                feed.watch.lost(closed.at, closed.cause)
            if was_open or not told:  # once for each loss, not for each attempt
                log.warning("no broker", connection=self._name, cause=closed.cause, in_a_row=self._ends.brief)
                await self._go_offline(closed.at, sink)
                told = True
            await clock.sleep(backoff.next_s())

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now; before `run` every one is connecting, since the epoch."""
        beat = 0.0 if self._clock is None else self._clock.monotonic()
        notes = ["" if self._ends.steady(beat) else self._ends.suspicion]
        notes += [NO_TLS_CHECK] if self._settings.insecure else []
        note = "; ".join(filter(None, notes))
        return tuple(feed.watch.health(beat, note) for feed in self._feeds)

    async def _listen(self, sink: Sink, clock: Clock, again: bool) -> Closed:
        """One session, from its beginning to its end."""
        self._left.clear()
        async with self._open(self._settings, clock) as session:
            events = await session.answer()
            if again and isinstance(events[0], Opened):
                log.info("the broker is back", connection=self._name)
            while (closed := await self._take(events, session, sink, clock)) is None:
                events = await session.inbox.take(MOST_AT_ONCE)
        return closed

    async def _take(self, events: list[Event], session: Session, sink: Sink, clock: Clock) -> Closed | None:
        """One block for all that has queued up, acknowledged in the order of arrival once it is on disk."""
        messages = [event for event in events if isinstance(event, Message)]
        if messages:
            builder = BlockBuilder(self._name)
            beat = clock.monotonic()
            poison = [each for message in messages for each in self._post(message, beat, builder)]
            await sink.put(builder.build(messages[-1].received))
            if poison and isinstance(sink, QuarantiningSink):
                await sink.quarantine(poison)
            session.acknowledge(messages)
            self._leave(messages, session)
        for topic, left_out in session.inbox.overflow().items():
            for feed in {id(feed): feed for feed, _ in self._router.route(topic)}.values():
                feed.watch.missed("overflow", left_out)
        for event in events:
            if isinstance(event, Closed):
                return event
            self._take_note(event, session, clock)
        return None

    def _post(self, message: Message, beat: float, builder: BlockBuilder) -> list[Poison]:
        """Hand a message to everyone whom it concerns; what cannot be read of it."""
        payload = Payload(message.payload)
        post = Post(message, payload, beat, builder)
        problems: list[str] = []
        for feed, listener in self._router.route(message.topic):
            try:
                problem = listener(post)
            except Exception as error:  # noqa: BLE001  # delivered again, it would end the connector again
                problem = f"a mistake in this program: {type(error).__name__}"
                feed.fail(post, problem)
            if problem:
                problems.append(problem)
        if payload.stray:
            problems.append(payload.stray)
        if not message.topic:
            problems.append("the topic is not UTF-8 text")
        kept = message.payload[:POISON_KEPT]
        return [
            Poison(self._name, message.topic, kept, message.size, problem, message.received)
            for problem in dict.fromkeys(problems)
        ]

    def _leave(self, messages: list[Message], session: Session) -> None:
        """Unsubscribe from what an earlier site file asked for; the broker's session still holds it."""
        for topic in {message.topic for message in messages} - self._left:
            if topic and not self._router.route(topic) and len(self._left) < MOST_LEFT:
                self._left.add(topic)
                session.unsubscribe(pattern for pattern in covering(topic) if not self._router.under(pattern))

    def _take_note(self, event: Event, session: Session, clock: Clock) -> None:
        if isinstance(event, Opened):
            beat = clock.monotonic()
            self._ends.opened(beat)
            for feed in self._feeds:
                feed.watch.opened(event.at, beat)
            session.subscribe(self._router.filters, {feed.status_topic for feed in self._feeds})
        elif isinstance(event, Granted):
            for feed in self._feeds:
                feed.watch.subscribed()
            for topic, refusal in zip(self._router.filters, event.refusals, strict=False):
                for feed, _ in self._router.under(topic) if refusal else ():
                    feed.watch.refused(event.at, topic, refusal)

    async def _go_offline(self, at: int, sink: Sink) -> None:
        builder = BlockBuilder(self._name)
        for feed in self._feeds:
            feed.go_offline(at, builder)
        await sink.put(builder.build(at))
