"""The devices of the building on their sockets."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Protocol

from simulators.bacnet.station import BacnetStation
from simulators.broker import EmbeddedBroker
from simulators.building.items import Signals
from simulators.modbus.station import ModbusStation
from simulators.mqtt.layout import PUBLICATIONS
from simulators.mqtt.station import MqttStation
from simulators.ports import BACNET, BROKER, HOST, MODBUS, check_tcp, numbered, udp_socket
from simulators.wires import WireFault


class Station(Protocol):
    """One device on its wire."""

    def show(self, values: Signals) -> int:
        """Let these values be seen; the instant, ns UTC, at which that became true."""

    async def break_wire(self, fault: WireFault, signal: str) -> int:
        """Begin a wire fault; the instant, ns UTC."""

    async def mend_wire(self, fault: WireFault, signal: str) -> int:
        """End it; the instant, ns UTC."""


async def open_stations(
    stack: AsyncExitStack, base_port: int, broker: tuple[str, int] | None, values: Mapping[str, Signals]
) -> dict[str, Station]:
    """Every device by its id, listening; all are closed with ``stack``.

    ``broker`` is an external one's host and port, None for the embedded one. Raises `PortTaken` before anything
    listens, `BrokerUnreachable`.
    """
    sockets = _claim(stack, base_port, embedded=broker is None)
    stations: dict[str, Station] = {}
    for device, listening in sockets.items():
        bacnet = BacnetStation(device, listening, values[device])
        stack.push_async_callback(bacnet.close)
        await bacnet.start()
        stations[device] = bacnet
    for device, port in numbered(base_port, MODBUS).items():
        modbus = ModbusStation(device, port, values[device])
        stack.push_async_callback(modbus.close)
        await modbus.start()
        stations[device] = modbus
    if broker is None:
        embedded = EmbeddedBroker(numbered(base_port, BROKER)["broker"])
        await embedded.start()
        stack.push_async_callback(embedded.close)
    host, port = broker or (HOST, numbered(base_port, BROKER)["broker"])
    for device in PUBLICATIONS:
        mqtt = MqttStation(device, host, port)
        await mqtt.start()
        stack.push_async_callback(mqtt.close)
        stations[device] = mqtt
    return stations


def _claim(stack: AsyncExitStack, base_port: int, *, embedded: bool) -> dict[str, socket.socket]:
    """All ports, or `PortTaken`: BACnet sockets are bound here, for the library would not say; TCP is checked."""
    sockets = {}
    for device, port in numbered(base_port, BACNET).items():
        sockets[device] = udp_socket(device, port)
        stack.callback(sockets[device].close)
    for name, port in numbered(base_port, {**MODBUS, **(BROKER if embedded else {})}).items():
        check_tcp(name, port)
    return sockets
