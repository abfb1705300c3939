"""MQTT by paho: a persistent session that subscribes, journals, then acknowledges. It publishes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt.decode import MAX_PAYLOAD_BYTES
from connectors.mqtt.feed import Feed
from connectors.mqtt.inbox import Closed, Event, Granted, Inbox, Message, Opened
from connectors.mqtt.settings import Connection, Device, Point
from connectors.pacing import Backoff
from connectors.protocol import BoundConnection, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import BlockBuilder

FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
STEADY_S = 30.0
"""A session that lasted this long ends the back-off; shorter ones let it grow, however well they began."""
BRIEF_SESSIONS = 3
"""So many shorter ones in a row look like two clients of one id throwing each other off."""
ANSWER_S = 10.0
"""For reaching the broker and for its answer to CONNECT."""
GOODBYE_S = 1.0
"""For sending the last acknowledgements when told to stop."""
MOST_AT_ONCE = 1000
"""Messages in one block, and those that an MQTT 5 broker may send ahead of our acknowledgements."""
_SESSION_TAKEN_OVER = 142
_NEVER_EXPIRES = 0xFFFF_FFFF


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one broker."""
    return MqttConnector(connection)


class MqttConnector:
    """One session with a broker, taken up again whenever it ends."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        self._name = connection.name
        self._settings = connection.settings
        self._feeds = [Feed(device) for device in connection.devices]
        self._by_topic: dict[str, list[Feed]] = {}
        for feed in self._feeds:
            for topic in filter(None, dict.fromkeys((feed.settings.topic, feed.settings.status_topic))):
                self._by_topic.setdefault(topic, []).append(feed)
        self._clock: Clock | None = None
        self._opened_beat: float | None = None
        self._brief = 0
        self._suspicion = ""

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Listen until cancelled. What the sink raises comes out; nothing that the broker does."""
        self._clock = clock
        backoff = Backoff(FIRST_RETRY_S, LAST_RETRY_S)
        for feed in self._feeds:
            feed.watch.connecting(clock.now())
        told = False
        while True:
            closed = await self._listen(sink, clock)
            was_open = self._opened_beat is not None
            if self._judge_end(closed, clock):
                backoff.reset()
            if was_open or not told:  # once for each loss, not for each attempt
                await self._go_offline(closed.at, sink)
                told = True
            await clock.sleep(backoff.next_s())

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now; before `run` every one is connecting, since the epoch."""
        beat = 0.0 if self._clock is None else self._clock.monotonic()
        steady = self._opened_beat is not None and beat - self._opened_beat >= STEADY_S
        return tuple(feed.watch.health(beat, "" if steady else self._suspicion) for feed in self._feeds)

    async def _listen(self, sink: Sink, clock: Clock) -> Closed:
        """One session, from its beginning to its end."""
        async with _Session(self._settings, clock) as session:
            events = await session.answer()
            while (closed := await self._take(events, session, sink, clock)) is None:
                events = await session.inbox.take(MOST_AT_ONCE)
        return closed

    async def _take(self, events: list[Event], session: _Session, sink: Sink, clock: Clock) -> Closed | None:
        """One block for all that has queued up, acknowledged in the order of arrival once it is on disk."""
        builder = BlockBuilder(self._name)
        beat = clock.monotonic()
        messages = [event for event in events if isinstance(event, Message)]
        for message in messages:
            for feed in self._by_topic.get(message.topic, ()):
                feed.take(message, beat, builder)
        if messages:
            await sink.put(builder.build(messages[-1].received))
            session.acknowledge(messages)
            session.unsubscribe({message.topic for message in messages} - self._by_topic.keys())
        for topic, left_out in session.inbox.overflow().items():
            for feed in self._by_topic.get(topic, ()):
                feed.watch.missed("overflow", left_out)
        for event in events:
            if isinstance(event, Closed):
                return event
            self._take_note(event, session, clock)
        return None

    def _take_note(self, event: Event, session: _Session, clock: Clock) -> None:
        if isinstance(event, Opened):
            self._opened_beat = clock.monotonic()
            for feed in self._feeds:
                feed.watch.opened(event.at, self._opened_beat)
            session.subscribe(self._by_topic, {feed.settings.status_topic for feed in self._feeds})
        elif isinstance(event, Granted):
            for feed in self._feeds:
                feed.watch.subscribed()
            for topic, refusal in zip(self._by_topic, event.refusals, strict=False):
                for feed in self._by_topic[topic] if refusal else ():
                    feed.watch.refused(event.at, topic, refusal)

    def _judge_end(self, closed: Closed, clock: Clock) -> bool:
        """Whether it was a good session; what looks as if another client had our id is kept for the health."""
        opened, self._opened_beat = self._opened_beat, None
        steady = opened is not None and clock.monotonic() - opened >= STEADY_S
        if steady:
            self._brief, self._suspicion = 0, ""
        elif opened is not None:
            self._brief += 1
        client_id = self._settings.client_id
        if closed.taken_over:
            self._suspicion = f"session taken over: another client has the id {client_id}: give each its own"
        elif self._brief >= BRIEF_SESSIONS:
            self._suspicion = (
                f"the last {self._brief} sessions ended within {STEADY_S:g} s:"
                f" perhaps another client has the id {client_id}: give each its own"
            )
        for feed in self._feeds:
            feed.watch.lost(closed.at, closed.cause)
        return steady

    async def _go_offline(self, at: int, sink: Sink) -> None:
        builder = BlockBuilder(self._name)
        for feed in self._feeds:
            feed.go_offline(at, builder)
        await sink.put(builder.build(at))


class _Client(paho.Client):
    """paho's client for one connection. Its thread always says that it has ended; paho's own may die unheard."""

    at_end: Callable[[str], None]
    abandoned = False

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """The body of the thread: connect once, serve until the connection ends."""
        cause = ""
        try:
            self.reconnect()
            if not self.abandoned:
                return super().loop_forever(timeout, retry_first_connection)
        except OSError as error:
            cause = f"cannot reach {self.host}:{self.port}: {error}"
        except Exception as error:  # noqa: BLE001  # whatever it was, the event loop must hear of the end
            cause = f"the MQTT client failed: {error!r}"
        finally:
            self.drop()
            self.at_end(cause)
        return MQTTErrorCode.MQTT_ERR_CONN_LOST

    def drop(self) -> None:
        """Close the socket, if there is one, without a word to the broker."""
        sock = self.socket()
        if sock is not None:
            sock.close()


class _Handlers:
    """What paho calls, in its own thread, where an exception ends the session: they hand over and do nothing else.

    They do not know the client, which so goes, and closes its sockets, with the session that made it.
    """

    def __init__(self, place: str, inbox: Inbox, over: Callable[[], None], clock: Clock) -> None:
        self._place = place
        self._inbox = inbox
        self._over = over
        self._clock = clock
        self._last_word: tuple[str, bool] | None = None

    def connected(self, _client: object, _data: object, _flags: object, code: ReasonCode, _more: object) -> None:
        """The broker took us in or did not."""
        if code.is_failure:
            self._last_word = (f"{self._place} refuses the connection: {code}", False)
        else:
            self._inbox.offer(Opened(self._clock.now()))

    def disconnected(
        self, _client: object, _data: object, flags: paho.DisconnectFlags, code: ReasonCode, _more: object
    ) -> None:
        """The connection is over; an MQTT 5 broker may have said why."""
        if flags.is_disconnect_packet_from_server:
            self._last_word = (f"{self._place} ended the session: {code}", code.value == _SESSION_TAKEN_OVER)

    def arrived(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        """A message came."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # no device's: acknowledged and forgotten
        received = self._clock.now()
        payload = bytes(message.payload)
        self._inbox.offer(Message(topic, payload, message.retain, message.mid, message.qos, received))

    def granted(self, _client: object, _data: object, _mid: int, codes: list[ReasonCode], _more: object) -> None:
        """The broker answered our subscriptions."""
        refusals = tuple(str(code) if code.is_failure else "" for code in codes)
        self._inbox.offer(Granted(self._clock.now(), refusals))

    def ended(self, cause: str) -> None:
        """The thread ends."""
        why, taken_over = self._last_word or (cause or f"the connection to {self._place} was lost", False)
        self._inbox.offer(Closed(self._clock.now(), why, taken_over))
        self._over()


class _Session:
    """One connection to the broker, from CONNECT to its end. Each has a client of its own.

    So an acknowledgement can only go where its message came from: once the connection is gone it goes nowhere,
    and the broker delivers the message again.
    """

    def __init__(self, settings: Connection, clock: Clock) -> None:
        self.place = f"{settings.host}:{settings.port}"
        self.inbox = Inbox(asyncio.get_running_loop())
        self._settings = settings
        self._clock = clock
        self._left: set[str] = set()
        self._over = asyncio.Event()
        self._is_5 = settings.version == "5"
        self._client = self._new_client()

    def _new_client(self) -> _Client:
        client = _Client(
            CallbackAPIVersion.VERSION2,
            self._settings.client_id,
            clean_session=None if self._is_5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if self._is_5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        over = partial(_set_from_thread, asyncio.get_running_loop(), self._over)
        handlers = _Handlers(self.place, self.inbox, over, self._clock)
        client.on_connect = handlers.connected
        client.on_disconnect = handlers.disconnected
        client.on_message = handlers.arrived
        client.on_subscribe = handlers.granted
        client.at_end = handlers.ended
        if self._settings.username:
            password = self._settings.password.get_secret_value()
            client.username_pw_set(self._settings.username, password or None)
        return client

    async def __aenter__(self) -> _Session:
        """Begin to connect; the inbox tells what comes of it."""
        settings = self._settings
        properties = _connect_properties(settings) if self._is_5 else None
        self._client.connect_async(
            settings.host, settings.port, settings.keepalive_s, clean_start=False, properties=properties
        )
        self._client.loop_start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Send what is still to be sent, then close; within `GOODBYE_S`."""
        self._client.abandoned = True
        self._client.disconnect()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._over.wait()
        self._client.drop()

    async def answer(self) -> list[Event]:
        """The first event: the session is open, or there is none."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self.inbox.take(1)
        except TimeoutError:
            return [Closed(self._clock.now(), f"no answer from {self.place} within {ANSWER_S:g} s")]

    def subscribe(self, topics: Iterable[str], status_topics: set[str]) -> None:
        """With QoS 1. An MQTT 5 broker sends retained readings to new subscriptions only, a status to all."""
        if self._is_5:
            options = [(topic, _options(retained_again=topic in status_topics)) for topic in topics]
            if options:
                self._client.subscribe(options)
        elif plain := [(topic, 1) for topic in topics]:
            self._client.subscribe(plain)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Leave what an earlier site file asked for; the broker's session still holds it."""
        for topic in topics:
            if topic and topic not in self._left:
                self._left.add(topic)
                self._client.unsubscribe(topic)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that they are ours now."""
        for message in messages:
            self._client.ack(message.mid, message.qos)


def _set_from_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(event.set)


def _connect_properties(settings: Connection) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.SessionExpiryInterval = min(settings.session_expiry_s, _NEVER_EXPIRES)
    properties.ReceiveMaximum = MOST_AT_ONCE
    properties.MaximumPacketSize = 2 * MAX_PAYLOAD_BYTES
    return properties


def _options(retained_again: bool) -> SubscribeOptions:
    when = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained_again else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
    return SubscribeOptions(qos=1, retainHandling=when)
