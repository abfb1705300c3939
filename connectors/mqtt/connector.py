"""MQTT by paho: a session that subscribes and acknowledges. It publishes nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt.inbox import Closed, Event, Granted, Inbox, Message, Opened
from connectors.mqtt.listener import MOST_AT_ONCE, MqttConnector
from connectors.mqtt.look import look_around, look_at
from connectors.mqtt.payload import MAX_PAYLOAD_BYTES
from connectors.mqtt.settings import Connection, Device, Point
from connectors.mqtt.tls import tls_context
from connectors.probing import Found, Probe
from connectors.protocol import BoundConnection, Clock, Connector

ANSWER_S = 10.0
"""For reaching the broker and for its answer to CONNECT."""
GOODBYE_S = 1.0
"""For sending the last acknowledgements when told to stop."""
_SESSION_TAKEN_OVER = 142
_NEVER_EXPIRES = 0xFFFF_FFFF


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one broker."""
    return MqttConnector(connection, PahoSession)


async def probe(
    connection: BoundConnection[Connection, Device, Point], clock: Clock, seconds: float = 10.0
) -> list[Probe]:
    """What each device says within some seconds, in the order of the site file. A running agent is not disturbed:
    the session is another one, which the broker forgets."""
    return await look_at(_aside(connection), clock, seconds, passing)


async def scan(
    settings: Connection, clock: Clock, topics: Sequence[str] = ("#",), seconds: float = 10.0
) -> list[Found]:
    """Listen for some seconds, and propose a device for each topic that was heard, or group of topics. OSError
    where the broker cannot be had. A running agent is not disturbed."""
    return await look_around(_other(settings), clock, topics, seconds, passing)


def passing(settings: Connection, clock: Clock) -> PahoSession:
    """A session that the broker forgets as soon as it ends, with QoS 0."""
    return PahoSession(settings, clock, passing=True)


def _other(settings: Connection) -> Connection:
    return settings.model_copy(update={"client_id": f"{settings.client_id}-{uuid4().hex[:8]}"})


def _aside(
    connection: BoundConnection[Connection, Device, Point],
) -> BoundConnection[Connection, Device, Point]:
    return replace(connection, settings=_other(connection.settings))


class _Client(paho.Client):
    """paho's client for one connection. Its thread always says that it has ended; paho's own may die unheard."""

    at_end: Callable[[str], None]
    secure: Callable[[_Client], None]
    abandoned = False

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """The body of the thread: connect once, serve until the connection ends."""
        cause = ""
        try:
            self.secure(self)
            self.reconnect()
            if not self.abandoned:
                return super().loop_forever(timeout, retry_first_connection)
        except ssl.SSLCertVerificationError as error:
            cause = f"{self.host}:{self.port} cannot prove who it is: {_unproved(error)}"
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


def _unproved(error: ssl.SSLCertVerificationError) -> str:
    right = "give host as its certificate names it, or the certificate of its authority as ca_file"
    return f"{error.verify_message.rstrip('.')}; {right}"


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
        """A message came. Of one that is too long no more is kept than shows it."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # no device's
        received = self._clock.now()
        payload = bytes(message.payload)
        size = len(payload)
        if size > MAX_PAYLOAD_BYTES:
            payload = payload[: MAX_PAYLOAD_BYTES + 1]
        self._inbox.offer(Message(topic, payload, size, message.retain, message.mid, message.qos, received))

    def granted(self, _client: object, _data: object, _mid: int, codes: list[ReasonCode], _more: object) -> None:
        """The broker answered our subscriptions."""
        refusals = tuple(str(code) if code.is_failure else "" for code in codes)
        self._inbox.offer(Granted(self._clock.now(), refusals))

    def ended(self, cause: str) -> None:
        """The thread ends."""
        why, taken_over = self._last_word or (cause or f"the connection to {self._place} was lost", False)
        self._inbox.offer(Closed(self._clock.now(), why, taken_over))
        self._over()


class PahoSession:
    """One connection to the broker, from CONNECT to its end. Each has a client of its own.

    So an acknowledgement can only go where its message came from: once the connection is gone it goes nowhere,
    and the broker delivers the message again.
    """

    def __init__(self, settings: Connection, clock: Clock, passing: bool = False) -> None:
        self.place = f"{settings.host}:{settings.port}"
        self.inbox = Inbox(asyncio.get_running_loop())
        self._settings = settings
        self._clock = clock
        self._over = asyncio.Event()
        self._is_5 = settings.version == "5"
        self._passing = passing
        self._client = self._new_client()

    def _new_client(self) -> _Client:
        client = _Client(
            CallbackAPIVersion.VERSION2,
            self._settings.client_id,
            clean_session=None if self._is_5 else self._passing,
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
        client.secure = partial(_secure, self._settings)
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._settings.password.get_secret_value() or None)
        return client

    async def __aenter__(self) -> PahoSession:
        """Begin to connect; the inbox tells what comes of it."""
        settings = self._settings
        expiry_s = 0 if self._passing else settings.session_expiry_s
        properties = _connect_properties(expiry_s) if self._is_5 else None
        self._client.connect_async(
            settings.host, settings.port, settings.keepalive_s, clean_start=self._passing, properties=properties
        )
        self._client.loop_start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Send what is still to be sent, then close; within `GOODBYE_S`."""
        self._client.abandoned = True
        self.inbox.close()
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
        """An MQTT 5 broker sends retained readings to new subscriptions only, a status to all."""
        qos = 0 if self._passing else 1
        if self._is_5:
            options = [(topic, _options(qos, retained_again=topic in status_topics)) for topic in topics]
            if options:
                self._client.subscribe(options)
        elif plain := [(topic, qos) for topic in topics]:
            self._client.subscribe(plain)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Leave these; no matter whether they were ever subscribed to."""
        self._client.unsubscribe(list(topics))

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that they are ours now."""
        for message in messages:
            self._client.ack(message.mid, message.qos)


def _set_from_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(event.set)


def _secure(settings: Connection, client: _Client) -> None:
    """Done in the client's thread, since it reads files."""
    if settings.tls:
        client.tls_set_context(tls_context(settings))
        client.tls_insecure_set(settings.insecure)


def _connect_properties(session_expiry_s: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.SessionExpiryInterval = min(session_expiry_s, _NEVER_EXPIRES)
    properties.ReceiveMaximum = MOST_AT_ONCE
    properties.MaximumPacketSize = 2 * MAX_PAYLOAD_BYTES
    return properties


def _options(qos: int, retained_again: bool) -> SubscribeOptions:
    when = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained_again else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
    return SubscribeOptions(qos=qos, retainHandling=when)
