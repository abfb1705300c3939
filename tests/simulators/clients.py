"""Plain clients of the protocol libraries, as a test needs them."""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bacpypes3.basetypes import PropertyIdentifier
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU

from simulators.ports import HOST
from tests.waiting import until


class BacnetClient:
    """Reads properties with ReadPropertyMultiple."""

    def __init__(self, application: Any, timeout_s: float) -> None:
        self._application = application
        self._timeout_s = timeout_s

    async def read(self, port: int, wanted: list[tuple[str, list[str]]]) -> list[Any]:
        """The values in the order asked for; TimeoutError when nothing comes."""
        flat: list[Any] = []
        for object_, properties in wanted:
            flat += [object_, properties]
        request = self._application.read_property_multiple(IPv4Address(f"{HOST}:{port}"), flat)
        answer = await asyncio.wait_for(request, self._timeout_s)
        return [value for _, _, _, value in answer]

    async def write(self, port: int, object_: str, property_: str, value: Any) -> None:
        """WriteProperty."""
        await self._application.write_property(IPv4Address(f"{HOST}:{port}"), object_, property_, value)

    async def property_list(self, port: int, object_: str) -> set[str]:
        """The names in Property_List."""
        found = await self._application.read_property(IPv4Address(f"{HOST}:{port}"), object_, "property-list")
        return {str(PropertyIdentifier(one)) for one in found}


@asynccontextmanager
async def bacnet_client(port: int, timeout_s: float = 5.0) -> AsyncIterator[BacnetClient]:
    """A BACnet client on its own UDP port: on loopback it must not be that of a device."""
    device = DeviceObject(objectIdentifier=("device", 4190000), objectName="client", vendorIdentifier=999)
    application = NormalApplication(device, IPv4Address(f"{HOST}:{port}"))
    await application.normal.server._local_transport_ready.wait()
    try:
        yield BacnetClient(application, timeout_s)
    finally:
        application.close()
        await asyncio.sleep(0)  # the transport closes in the loop's next turn


@asynccontextmanager
async def modbus_client(port: int, timeout_s: float = 5.0) -> AsyncIterator[AsyncModbusTcpClient]:
    """A connected Modbus TCP client that asks once."""
    client = AsyncModbusTcpClient(HOST, port=port, timeout=timeout_s, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()
        await asyncio.sleep(0)


_LENGTHS = {"bit": 1, "int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2, "uint64": 4}
_FORMATS = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float32": "f", "uint64": "Q"}


async def modbus_value(client: AsyncModbusTcpClient, point: dict[str, Any]) -> float | int | bool:
    """The value of a point of the site file, decoded by this test's own reading of it."""
    table, address, encoding = point["table"], point["address"], point["encoding"]
    answer: ModbusPDU
    if table in ("coil", "discrete"):
        read_bits = client.read_coils if table == "coil" else client.read_discrete_inputs
        answer = await read_bits(address, count=1)
        assert not answer.isError(), answer
        return answer.bits[0]
    read_words = client.read_holding_registers if table == "holding" else client.read_input_registers
    answer = await read_words(address, count=_LENGTHS[encoding])
    assert not answer.isError(), answer
    if encoding == "bit":
        return bool(answer.registers[0] >> point["bit"] & 1)
    order = point.get("order", "ABCD")
    words = answer.registers if order in ("ABCD", "BADC") else answer.registers[::-1]
    raw = struct.pack(f"{'>' if order in ('ABCD', 'CDAB') else '<'}{len(words)}H", *words)
    value: float | int = struct.unpack(">" + _FORMATS[encoding], raw)[0]
    scale: float | None = point.get("scale")
    return value if scale is None else value * scale


@dataclass
class Mailbox:
    """What a subscriber has received: topic, payload, whether it was retained."""

    messages: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def payloads(self, topic: str) -> list[bytes]:
        """The payloads of one topic in the order of their arrival."""
        return [payload for name, payload, _ in self.messages if name == topic]


_numbers = itertools.count()


@asynccontextmanager
async def mqtt_subscriber(port: int, topic_filter: str) -> AsyncIterator[Mailbox]:
    """A subscriber (3.1.1, QoS 1) whose subscription has been confirmed."""
    mailbox = Mailbox()
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"test-{next(_numbers)}", protocol=MQTTv311)
    confirmed: list[bool] = []

    def on_connect(*_: object) -> None:
        client.subscribe(topic_filter, qos=1)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        mailbox.messages.append((message.topic, bytes(message.payload), message.retain))

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: confirmed.append(True)
    client.on_message = on_message
    client.connect_async(HOST, port)
    client.loop_start()
    try:
        await until(lambda: confirmed)
        yield mailbox
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
