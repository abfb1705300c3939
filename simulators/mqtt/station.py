"""An MQTT device: publishes JSON with a stamp and a number of its own, QoS 1, and leaves a last will."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import suppress

from paho.mqtt.client import Client, ConnectFlags, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.building.items import Signals
from simulators.clock import now
from simulators.errors import BrokerUnreachable
from simulators.mqtt.layout import OFFLINE, ONLINE, PUBLICATIONS
from simulators.wires import WireFault

_QOS = 1
_CONNECT_S = 5.0
_ATTEMPT_S = 1.0
_QUEUED = 600
"""Messages kept while an external broker is away."""


class MqttStation:
    """One MQTT device of the building."""

    def __init__(self, device: str, host: str, port: int) -> None:
        self._device = device
        self._host, self._port = host, port
        self._publication = PUBLICATIONS[device]
        self._fault: WireFault | None = None
        self._client: Client | None = None
        self._ending: asyncio.Task[object] | None = None
        self._last_stamp = 0
        self._sequence = 0

    async def start(self) -> None:
        """Return once connected and announced; `BrokerUnreachable` when that takes too long."""
        if not await self._connect():
            await self.close()
            raise BrokerUnreachable(
                f"{self._device}: no MQTT broker at {self._host}:{self._port}: start one, or use --broker embedded"
            )

    def show(self, values: Signals) -> int:
        """Publish these values; their stamp, ns UTC. No two messages ever have the same."""
        stamp = self._stamp()
        self._sequence += 1
        if self._client is not None and self._fault is not WireFault.SILENT:
            body = json.dumps(self._publication.payload(values, stamp, self._sequence))
            self._client.publish(
                self._publication.topic, body[:-1] if self._fault is WireFault.NOT_JSON else body, _QOS
            )
        return stamp

    async def break_wire(self, fault: WireFault, signal: str) -> int:
        """Make the fault true; the instant, ns UTC."""
        self._fault = fault
        if fault is WireFault.DROPPED and self._client is not None:
            client, self._client = self._client, None
            _cut(client)
            self._ending = asyncio.create_task(asyncio.to_thread(client.loop_stop))  # takes it up to a second
        return now()

    async def mend_wire(self, fault: WireFault, signal: str) -> int:
        """End the fault; the instant, ns UTC."""
        self._fault = None
        if fault is WireFault.DROPPED:
            await self._ended()
            await self._connect()  # where the broker is away, attempts go on by themselves
        return now()

    async def close(self) -> None:
        """Say goodbye and disconnect in order: no last will."""
        await self._ended()
        if self._client is None:
            return
        client, self._client = self._client, None
        if client.is_connected():
            goodbye = client.publish(self._publication.status_topic, OFFLINE, _QOS, retain=True)
            with suppress(RuntimeError, ValueError):  # the broker is gone already
                await asyncio.to_thread(goodbye.wait_for_publish, 0.5)
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)

    async def _ended(self) -> None:
        if self._ending is not None:
            await self._ending

    async def _connect(self) -> bool:
        """Whether a connection came about in time; attempts go on if not."""
        connected = threading.Event()
        self._client = self._made(connected)
        self._client.connect_async(self._host, self._port)
        self._client.loop_start()
        return await asyncio.to_thread(connected.wait, _CONNECT_S)

    def _made(self, connected: threading.Event) -> Client:
        publication = self._publication

        def announce(
            client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
        ) -> None:
            if not reason.is_failure:
                client.publish(publication.status_topic, ONLINE, _QOS, retain=True)
                connected.set()

        client = Client(CallbackAPIVersion.VERSION2, client_id=f"simulated-{self._device}", protocol=MQTTv311)
        client.will_set(publication.status_topic, OFFLINE, _QOS, retain=True)
        client.on_connect = announce
        client.connect_timeout = _ATTEMPT_S
        client.max_queued_messages_set(_QUEUED)
        return client

    def _stamp(self) -> int:
        step = self._publication.resolution_ns
        at = now()
        self._last_stamp = max(at - at % step, self._last_stamp + step)
        return self._last_stamp


def _cut(client: Client) -> None:
    """Lose the connection as a pulled cable would have it: no DISCONNECT, so that the last will is published."""
    line = client.socket()
    if isinstance(line, socket.socket):
        with suppress(OSError):  # it was lost already
            line.shutdown(socket.SHUT_RDWR)
