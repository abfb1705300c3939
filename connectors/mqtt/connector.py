"""MQTT by paho: one persistent session, which is only ever read. The only file that knows paho.

paho's network thread does nothing but hand over (an exception in one of its handlers would kill it unseen); all
else happens on the event loop. A message is acknowledged once the sink has it, over the session that brought it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.decode import DeviceDecoder, Unreadable, parse
from connectors.mqtt.health import DeviceWatch
from connectors.mqtt.inbox import Closed, Event, Granted, Inbox, Message, Opened
from connectors.mqtt.sequence import Sequence
from connectors.mqtt.settings import Connection, Device, Point
from connectors.pacing import Backoff
from connectors.protocol import BoundConnection, BoundDevice, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import BlockBuilder, Reason

BATCH = 500
"""How many messages become one block at most."""
STEADY_S = 30.0
"""A session that lasted this long was a good one: the back-off starts anew."""
TAKEN_OVER = 142
"""MQTT 5 reason code: session taken over."""
BRIEF_SESSIONS = 3
"""So many sessions in a row that were ended soon after they began look like a second client of our id."""
CONNECT_TIMEOUT_S = 5.0


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one broker; ValueError, naming the point or device, for a path that is no JMESPath."""
    return MqttConnector(connection)


class _Watched:
    """A device with all that is kept of it from message to message."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self.id = device.id
        self.settings = device.settings
        self.decoder = DeviceDecoder(device)
        self.watch = DeviceWatch(device)
        self.sequence = Sequence()
        self.newest: int | None = None

    def hear(self, message: Message, beat: float, builder: BlockBuilder) -> None:
        """Add the rows of one message of its data topic."""
        try:
            document = parse(message.payload)
        except Unreadable as error:
            decoded = self.decoder.fail(str(error), message.received, builder)
        else:
            decoded = self.decoder.decode(document, message.received, builder, message.retained, self.newest)
        if decoded.time is not None:
            self.newest = decoded.time if self.newest is None else max(self.newest, decoded.time)
        if decoded.sequence is not None and not message.retained:
            self.watch.missed("lost_messages", self.sequence.observe(decoded.sequence))
        if message.retained:
            self.watch.count(decoded)
        else:
            self.watch.heard(decoded, message.received, beat)

    def hear_status(self, message: Message, beat: float, builder: BlockBuilder) -> None:
        """Its gateway, or its last will, says whether it is there."""
        if message.payload == self.settings.offline.encode():
            self.watch.count(self.decoder.fail("", message.received, builder, Reason.OFFLINE))
            self.watch.said_gone(message.received)
        else:
            self.watch.said_there(message.received, beat)

    def lose(self, at: int, why: str, builder: BlockBuilder) -> None:
        """The way to it is gone."""
        self.watch.count(self.decoder.fail("", at, builder, Reason.OFFLINE))
        self.watch.lost(at, why)


class MqttConnector:
    """One session with one broker, made again whenever it ends."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        self._name = connection.name
        self._settings = connection.settings
        self._devices = [_Watched(device) for device in connection.devices]
        self._data: dict[str, list[_Watched]] = {}
        self._status: dict[str, list[_Watched]] = {}
        for device in self._devices:
            self._data.setdefault(device.settings.topic, []).append(device)
            if device.settings.status_topic:
                self._status.setdefault(device.settings.status_topic, []).append(device)
        self._topics = list(dict.fromkeys([*self._status, *self._data]))
        self._brief = 0
        self._note = ""
        self._clock: Clock | None = None

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does."""
        beat = self._clock.monotonic() if self._clock else 0.0
        return tuple(device.watch.health(beat, self._note) for device in self._devices)

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Listen until cancelled; a broker that is gone is tried again with a growing, jittered back-off."""
        self._clock = clock
        backoff = Backoff(first_s=0.5, most_s=30.0)
        for device in self._devices:
            device.watch.connecting(clock.now())
        while True:
            begun = clock.monotonic()
            closed = await self._session(sink, clock)
            self._judge_end(closed, clock.monotonic() - begun)
            if clock.monotonic() - begun > STEADY_S:
                backoff.reset()
            builder = BlockBuilder(self._name)
            for device in self._devices:
                device.lose(closed.at, closed.cause, builder)
            await sink.put(builder.build(clock.now()))
            await clock.sleep(backoff.next_s())

    def _judge_end(self, closed: Closed, lasted_s: float) -> None:
        """Whether it looks as if another client has our id."""
        self._brief = self._brief + 1 if closed.ended_by_broker and lasted_s < STEADY_S else 0
        if closed.taken_over or self._brief >= BRIEF_SESSIONS:
            sure = "has" if closed.taken_over else "seems to have"
            self._note = f"another client {sure} the id {self._settings.client_id}: give each one of its own"
        elif lasted_s >= STEADY_S:
            self._note = ""

    async def _session(self, sink: Sink, clock: Clock) -> Closed:
        """One session from connecting to its end; how it ended."""
        inbox = Inbox(asyncio.get_running_loop())
        client = self._client(inbox, clock)
        try:
            await asyncio.to_thread(self._open, client)
        except (OSError, ValueError) as error:
            return Closed(clock.now(), f"{self._settings.host}:{self._settings.port} cannot be reached: {error}")
        try:
            client.loop_start()
            while True:
                events = await inbox.take(BATCH)
                closed = await self._take(events, client, sink, clock)
                self._count_overflow(inbox)
                if closed is not None:
                    return closed
        finally:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    async def _take(self, events: list[Event], client: paho.Client, sink: Sink, clock: Clock) -> Closed | None:
        """Turn events into one block; acknowledge its messages once it is on disk."""
        builder = BlockBuilder(self._name)
        heard = [event for event in events if isinstance(event, Message)]
        closed = next((event for event in events if isinstance(event, Closed)), None)
        beat = clock.monotonic()
        for event in events:
            if isinstance(event, Message):
                self._hear(event, beat, builder)
            elif isinstance(event, Granted):
                self._refused(event.refusals, clock.now())
            elif isinstance(event, Opened):
                for device in self._devices:
                    device.watch.opened(event.at, beat)
        await sink.put(builder.build(clock.now()))
        for message in heard:
            if message.qos and closed is None:
                client.ack(message.mid, message.qos)
        return closed

    def _hear(self, message: Message, beat: float, builder: BlockBuilder) -> None:
        for device in self._status.get(message.topic, ()):
            device.hear_status(message, beat, builder)
        for device in self._data.get(message.topic, ()):
            device.hear(message, beat, builder)

    def _refused(self, refusals: tuple[str, ...], at: int) -> None:
        for topic, why in zip(self._topics, refusals, strict=False):
            for device in (*self._status.get(topic, ()), *self._data.get(topic, ())):
                if why:
                    device.watch.refused(at, topic, why)

    def _count_overflow(self, inbox: Inbox) -> None:
        for topic, count in inbox.overflow().items():
            for device in (*self._status.get(topic, ()), *self._data.get(topic, ())):
                device.watch.missed("overflow", count)

    def _open(self, client: paho.Client) -> None:
        """Blocking: the TCP connection and the CONNECT packet."""
        settings = self._settings
        if settings.version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            properties.SessionExpiryInterval = settings.session_expiry_s
            client.connect(
                settings.host, settings.port, settings.keepalive_s, clean_start=False, properties=properties
            )
        else:
            client.connect(settings.host, settings.port, settings.keepalive_s)

    def _client(self, inbox: Inbox, clock: Clock) -> paho.Client:
        """A paho client whose handlers only hand over to ``inbox``."""
        settings = self._settings
        is_5 = settings.version == "5"
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            settings.client_id,
            clean_session=None if is_5 else False,
            protocol=paho.MQTTv5 if is_5 else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if settings.username:
            client.username_pw_set(settings.username, settings.password.get_secret_value())

        handlers = _Handlers(inbox, clock, self._topics)
        client.on_connect = handlers.opened
        client.on_subscribe = handlers.granted
        client.on_message = handlers.arrived
        client.on_disconnect = handlers.closed
        return client


def _guarded(handler: Callable[..., Event]) -> Callable[..., None]:
    """Offer what the handler returns. An exception would kill the thread unseen: it ends the session."""

    def handle(handlers: _Handlers, *arguments: Any) -> None:
        try:
            event = handler(handlers, *arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not reach paho
            event = Closed(handlers.clock.now(), f"{type(error).__name__}: {error}")
        handlers.inbox.offer(event)

    return handle


class _Handlers:
    """What paho calls in its own thread."""

    def __init__(self, inbox: Inbox, clock: Clock, topics: list[str]) -> None:
        self.inbox = inbox
        self.clock = clock
        self._topics = topics

    @_guarded
    def opened(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _props: object
    ) -> Event:
        if code.is_failure:
            return Closed(self.clock.now(), f"the broker refuses us: {code}", ended_by_broker=True)
        client.subscribe([(topic, 1) for topic in self._topics])
        return Opened(self.clock.now())

    @_guarded
    def granted(self, _client: object, _data: object, _mid: int, codes: list[ReasonCode], _props: object) -> Event:
        return Granted(tuple(str(code) if code.is_failure else "" for code in codes))

    @_guarded
    def arrived(self, _client: object, _data: object, message: paho.MQTTMessage) -> Event:
        payload = bytes(message.payload)
        return Message(message.topic, payload, message.retain, message.mid, message.qos, self.clock.now())

    @_guarded
    def closed(self, _client: object, _data: object, _flags: object, code: ReasonCode, _props: object) -> Event:
        taken_over = code.value == TAKEN_OVER
        return Closed(self.clock.now(), f"the session ended: {code}", taken_over, ended_by_broker=True)
