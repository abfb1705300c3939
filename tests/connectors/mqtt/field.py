"""What the MQTT tests share: devices of a site, a sink that can hold back, publishers and a cable to be cut."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from agent.clock import SystemClock
from agent.history.history import History
from agent.intake import Intake
from agent.journal.journal import Journal
from connectors.mqtt.connector import connect
from connectors.mqtt.settings import Connection, Device, Point
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint, Clock, Connector, DeviceHealth
from evaluators.model.samples import Block, Reason, Sample, ValueKind
from tests.services.mosquitto import Mosquitto
from tests.serving import serving
from tests.waiting import until

KINDS = {"float": ValueKind.FLOAT, "int": ValueKind.INT, "bool": ValueKind.BOOL, "text": ValueKind.TEXT}
TIMED: dict[str, Any] = {"time": "t", "time_format": "ns"}


class Recorder:
    """A sink that keeps everything; while ``open`` is not set it takes nothing."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.blocks: list[Block] = []
        self.tried: list[Block] = []
        self.open = asyncio.Event()
        self.open.set()

    async def put(self, block: Block) -> None:
        """Hold back or keep."""
        self.tried.append(block)
        await self.open.wait()
        self.blocks.append(block)
        self.samples.extend(block.samples())

    def values(self, point: int = 0) -> list[object]:
        """The values of one point in the order they came; of a bad sample the label of its reason."""
        return [shown(sample) for sample in self.samples if sample.point == point]


def shown(sample: Sample) -> object:
    """Its value, or the label of the reason why it has none."""
    return sample.value if sample.reason.carries_value else sample.reason.label


def a_device(
    name: str, points: dict[str, dict[str, Any]] | None = None, first: int = 0, **settings: Any
) -> BoundDevice[Device, Point]:
    """A device with its points, numbered from ``first``; unless told otherwise one integer ``v``."""
    tables = points or {"v": {"type": "int", "path": "v"}}
    bound = tuple(
        BoundPoint(first + n, f"{name}/{key}", KINDS[table["type"]], Point.model_validate(table))
        for n, (key, table) in enumerate(tables.items())
    )
    table = {"connection": "broker", "topic": f"site/{name}", **settings}
    return BoundDevice(name, Device.model_validate(table), bound)


def a_connector(port: int, *devices: BoundDevice[Device, Point], **settings: Any) -> Connector:
    """The connector of a broker on loopback."""
    table = {"protocol": "mqtt", "host": "127.0.0.1", "port": port, "client_id": "steward-test", **settings}
    return connect(BoundConnection("broker", Connection.model_validate(table), devices))


@asynccontextmanager
async def running(
    connector: Connector, sink: Recorder | None = None, clock: Clock | None = None, subscribed: bool = True
) -> AsyncIterator[Recorder]:
    """The connector at work, by default once it is connected."""
    sink = sink or Recorder()
    task = asyncio.create_task(connector.run(sink, clock or SystemClock()))
    try:
        if subscribed:
            await until(lambda: "waiting for a message" in health(connector).detail or sink.tried)
        yield sink
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def journaling(connector: Connector, folder: Path) -> AsyncIterator[Journal]:
    """The connector at work on a real journal, whose first point is ``meter/v``."""
    journal = Journal.open(folder / "journal.db", SystemClock())
    try:
        assert await asyncio.to_thread(journal.register, [("meter/v", ValueKind.INT)]) == {"meter/v": 1}
        task = asyncio.create_task(connector.run(Intake(journal, frozenset(), lambda: Reason.NONE), SystemClock()))
        try:
            await until(lambda: "waiting for a message" in health(connector).detail or journal.position)
            yield journal
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    finally:
        await journal.close()


def journaled(journal: Journal) -> list[object]:
    """The values of ``meter/v`` in a journal, by time; of a bad sample the label of its reason."""
    with History.open(journal.path) as history:
        return [shown(sample) for sample in history.samples([1])]


def health(connector: Connector) -> DeviceHealth:
    """Of its first device."""
    return connector.health()[0]


class Station:
    """A device that publishes, by paho."""

    def __init__(self, broker: Mosquitto, will: tuple[str, str] | None = None, client_id: str = "") -> None:
        self._broker = broker
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)

    async def publish(self, topic: str, payload: str | bytes, retain: bool = False, qos: int = 1) -> None:
        """Return once the broker has it."""
        info = self._client.publish(topic, payload, qos, retain)
        await asyncio.to_thread(info.wait_for_publish, 10)
        assert info.is_published()

    async def publish_all(self, topic: str, payloads: Sequence[str]) -> None:
        """With QoS 1, in order; return once the broker has them all."""
        infos = [self._client.publish(topic, payload, 1) for payload in payloads]
        for info in infos:
            await asyncio.to_thread(info.wait_for_publish, 20)
            assert info.is_published()

    async def vanish(self) -> None:
        """Without goodbye: the broker publishes the last will."""
        sock = self._client.socket()
        assert sock is not None
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)

    async def __aenter__(self) -> Station:
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        assert await asyncio.to_thread(connected.wait, 10)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)


async def publish(broker: Mosquitto, topic: str, *payloads: str | bytes, retain: bool = False) -> None:
    """Publish with QoS 1 and return once the broker has them."""
    async with Station(broker) as station:
        for payload in payloads:
            await station.publish(topic, payload, retain)


class Relay:
    """A cable between connector and broker that notes what the connector sends, and can be cut."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._serving: AbstractAsyncContextManager[int] | None = None
        self.port = 0
        """Where the connector connects to."""
        self._writers: set[asyncio.StreamWriter] = set()
        self.streams: list[bytearray] = []
        """What each connection carried towards the broker."""

    def cut(self) -> None:
        """End every connection at once, without a word."""
        for writer in self._writers:
            writer.transport.abort()

    async def __aenter__(self) -> Relay:
        self._serving = serving(self._connected)
        self.port = await self._serving.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        assert self._serving is not None
        self.cut()
        await self._serving.__aexit__(*exception)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            return
        ends = {writer, back_writer}
        self._writers |= ends
        stream = bytearray()
        self.streams.append(stream)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(_pump(reader, back_writer, stream))
                pumps.create_task(_pump(back_reader, writer, None))
        finally:
            self._writers -= ends
            back_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: bytearray | None) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            if stream is not None:
                stream += data
            writer.write(data)
            await writer.drain()
    writer.close()


def packets(stream: bytes | bytearray) -> list[int]:
    """The types of the whole MQTT packets in a stream: 1 CONNECT, 3 PUBLISH, 4 PUBACK, 8 SUBSCRIBE,
    10 UNSUBSCRIBE, 12 PINGREQ, 14 DISCONNECT."""
    types: list[int] = []
    at = 0
    with suppress(IndexError):  # the last packet has not come in full
        while at < len(stream):
            kind, at, length, shift = stream[at] >> 4, at + 1, 0, 0
            while stream[at] & 128:
                at, length, shift = at + 1, length | (stream[at] & 127) << shift, shift + 7
            at += 1 + (length | stream[at] << shift)
            types += [kind] if at <= len(stream) else []
    return types


def stamped(value: int, at: int | None = None) -> str:
    """A reading with its own time, ns UTC; unless told otherwise that of now."""
    return json.dumps({"t": SystemClock().now() if at is None else at, "v": value})
