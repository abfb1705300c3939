"""MQTT: subscribes, journals, then acknowledges. It publishes nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt.decode import MAX_PAYLOAD_BYTES, DeviceDecoder, Unreadable, parse
from connectors.mqtt.health import DeviceWatch
from connectors.mqtt.inbox import Closed, Event, Granted, Inbox, Message, Opened
from connectors.mqtt.sequence import Sequence
from connectors.mqtt.settings import Connection, Device, Point
from connectors.pacing import Backoff
from connectors.protocol import BoundConnection, BoundDevice, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import BlockBuilder, Reason

ANSWER_S = 10.0
"""For reaching the broker and its answer to CONNECT."""
GOODBYE_S = 1.0
"""For sending the last acknowledgements when told to stop."""
STABLE_S = 60.0
"""A session that lasted this long ends the back-off; shorter ones make it grow."""
QUICK_LOSSES = 3
"""So many short sessions in a row look like two clients of one id throwing each other off."""
MOST_AT_ONCE = 1000
"""Messages in one block, and those that an MQTT 5 broker may send ahead of our acknowledgements."""
_SESSION_TAKEN_OVER = 142


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one broker; ValueError where a path is no JMESPath."""
    return MqttConnector(connection)


class MqttConnector:
    """One session with a broker, taken up again whenever it ends."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        self._connection = connection
        self._feeds = [_Feed(device) for device in connection.devices]
        self._by_topic: dict[str, list[_Feed]] = defaultdict(list)
        self._by_status: dict[str, list[_Feed]] = defaultdict(list)
        for feed in self._feeds:
            settings = feed.device.settings
            self._by_topic[settings.topic].append(feed)
            if settings.status_topic:
                self._by_status[settings.status_topic].append(feed)
        self._clock: Clock | None = None
        self._backoff = Backoff()
        self._opened_beat: float | None = None
        self._quick_losses = 0
        self._suspicion = ""

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Listen until cancelled; what the sink raises comes out."""
        self._clock = clock
        for feed in self._feeds:
            feed.watch.connecting(clock.now())
        told = False
        while True:
            closed = await self._session(sink, clock)
            opened = self._opened_beat is not None
            self._lost(closed, clock)
            if opened or not told:
                await self._tell_offline(closed.at, sink)
                told = True
            await clock.sleep(self._backoff.next_s())

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now; before `run` every device is connecting."""
        beat = 0.0 if self._clock is None else self._clock.monotonic()
        unstable = self._opened_beat is not None and beat - self._opened_beat < STABLE_S
        note = self._suspicion if unstable else ""
        return tuple(feed.watch.health(beat, note) for feed in self._feeds)

    async def _session(self, sink: Sink, clock: Clock) -> Closed:
        session = _Session(self._connection.settings, clock)
        try:
            session.start()
            return await self._serve(session, sink, clock)
        finally:
            await session.end()

    async def _serve(self, session: _Session, sink: Sink, clock: Clock) -> Closed:
        """Take what comes, in order, until the session is over."""
        try:
            async with asyncio.timeout(ANSWER_S):
                events = await session.inbox.take(1)
        except TimeoutError:
            return Closed(clock.now(), f"the broker does not answer within {ANSWER_S:g} s")
        while True:
            messages = [event for event in events if isinstance(event, Message)]
            if messages:
                await self._store(messages, session, sink, clock)
            for event in events:
                if isinstance(event, Closed):
                    return event
                self._note(event, session, clock)
            self._count_overflow(session)
            events = await session.inbox.take(MOST_AT_ONCE)

    def _note(self, event: Event, session: _Session, clock: Clock) -> None:
        if isinstance(event, Opened):
            self._opened_beat = clock.monotonic()
            for feed in self._feeds:
                feed.watch.opened(event.at, self._opened_beat)
            session.subscribe(tuple(self._by_topic), tuple(self._by_status))
        elif isinstance(event, Granted):
            for topic, refusal in zip(session.topics, event.refusals, strict=False):
                for feed in (*self._by_topic.get(topic, ()), *self._by_status.get(topic, ())) if refusal else ():
                    feed.watch.refused(clock.now(), topic, refusal)

    async def _store(self, messages: list[Message], session: _Session, sink: Sink, clock: Clock) -> None:
        """One block for all that has queued up; acknowledged once it is on disk, in the order of arrival."""
        builder = BlockBuilder(self._connection.name)
        beat = clock.monotonic()
        for message in messages:
            self._decode(message, builder, beat)
        await sink.put(builder.build(messages[-1].received))
        session.acknowledge(messages)
        session.unsubscribe({message.topic for message in messages} - self._by_topic.keys() - self._by_status.keys())

    def _decode(self, message: Message, builder: BlockBuilder, beat: float) -> None:
        gone = [feed for feed in self._by_status.get(message.topic, ()) if feed.is_offline(message.payload)]
        for feed in self._by_status.get(message.topic, ()):
            feed.take_status(feed in gone, message.received, beat, builder)
        feeds = [feed for feed in self._by_topic.get(message.topic, ()) if feed not in gone]
        if not feeds:
            return
        try:
            document = parse(message.payload)
        except Unreadable as error:
            for feed in feeds:
                feed.take_unreadable(str(error), message, beat, builder)
            return
        for feed in feeds:
            feed.take(document, message, beat, builder)

    def _count_overflow(self, session: _Session) -> None:
        for topic, messages in session.inbox.overflow().items():
            for feed in self._by_topic.get(topic, ()):
                feed.watch.missed("overflow", messages)

    def _lost(self, closed: Closed, clock: Clock) -> None:
        lasted_s = None if self._opened_beat is None else clock.monotonic() - self._opened_beat
        self._opened_beat = None
        if lasted_s is not None and lasted_s >= STABLE_S:
            self._backoff.reset()
            self._quick_losses, self._suspicion = 0, ""
        elif lasted_s is not None:
            self._quick_losses += 1
        client_id = self._connection.settings.client_id
        if closed.taken_over:
            self._suspicion = f"session taken over: another client uses client_id {client_id!r}; give each its own"
        elif self._quick_losses >= QUICK_LOSSES:
            self._suspicion = (
                f"{self._quick_losses} sessions in a row ended within {STABLE_S:g} s:"
                f" perhaps another client uses client_id {client_id!r}; give each its own"
            )
        why = "; ".join(part for part in (closed.cause, self._suspicion) if part)
        for feed in self._feeds:
            feed.watch.lost(closed.at, why)

    async def _tell_offline(self, at: int, sink: Sink) -> None:
        builder = BlockBuilder(self._connection.name)
        for feed in self._feeds:
            feed.go_offline(at, builder)
        await sink.put(builder.build(at))


class _Feed:
    """One device's way from message to rows."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self.device = device
        self.watch = DeviceWatch(device)
        self._decoder = DeviceDecoder(device)
        self._sequence = Sequence()
        self._newest: int | None = None
        self._offline = device.settings.offline.encode()

    def is_offline(self, payload: bytes) -> bool:
        """Whether this payload on the status topic means gone."""
        return payload == self._offline

    def take_status(self, gone: bool, received: int, beat: float, builder: BlockBuilder) -> None:
        """What the status topic says; retained or not, it is how things stand."""
        if gone:
            self.watch.said_gone(received)
            self.go_offline(received, builder)
        else:
            self.watch.said_there(received, beat)

    def go_offline(self, at: int, builder: BlockBuilder) -> None:
        """``bad: offline`` for every point."""
        self.watch.count(self._decoder.fail("offline", at, builder, Reason.OFFLINE))

    def take_unreadable(self, problem: str, message: Message, beat: float, builder: BlockBuilder) -> None:
        """A payload that is no document."""
        decoded = self._decoder.fail(problem, message.received, builder)
        if message.retained:
            self.watch.count(decoded)
        else:
            self.watch.heard(decoded, message.received, beat)

    def take(self, document: object, message: Message, beat: float, builder: BlockBuilder) -> None:
        """A document: its rows, its sequence, its news of the device's health."""
        decoded = self._decoder.decode(document, message.received, builder, message.retained, self._newest)
        if decoded.time is not None and (self._newest is None or decoded.time > self._newest):
            self._newest = decoded.time
        if message.retained:
            self.watch.count(decoded)
            return
        self.watch.heard(decoded, message.received, beat)
        if decoded.sequence is not None:
            self.watch.missed("lost_messages", self._sequence.observe(decoded.sequence))


class _Session(mqtt.Client):
    """One connection to the broker, from CONNECT to its end; a new one is made for each.

    So an acknowledgement can only go where its message came from: once the connection is gone it goes nowhere,
    and the broker delivers the message again. The handlers run in paho's thread, where an exception would end
    the thread in silence: they hand over and do nothing else.
    """

    def __init__(self, settings: Connection, clock: Clock) -> None:
        newer = settings.version == "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if newer else False,
            protocol=MQTTProtocolVersion.MQTTv5 if newer else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.inbox = Inbox(asyncio.get_running_loop())
        self.topics: tuple[str, ...] = ()
        self._settings = settings
        self._clock = clock
        self._ending = False
        self._over = asyncio.Event()
        self._cause = ""
        self._taken_over = False
        self.on_connect = self._on_connect
        self.on_disconnect = self._on_disconnect
        self.on_message = self._on_message
        self.on_subscribe = self._on_subscribe
