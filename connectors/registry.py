"""The connectors there are: one line a protocol. Each names a package with ``settings`` and ``connector``."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from connectors.probing import Found, Probe
from connectors.protocol import BoundConnection, Clock, Connector
from connectors.settings import ConnectionBase, DeviceBase, PointBase

PROTOCOLS = {
    "bacnet": "connectors.bacnet",
    "modbus": "connectors.modbus",
    "mqtt": "connectors.mqtt",
}


class Schema(NamedTuple):
    """The three tables of a protocol in the site file."""

    connection: type[ConnectionBase]
    device: type[DeviceBase]
    point: type[PointBase]


def schema(protocol: str) -> Schema:
    """The settings of a protocol, without loading its library; KeyError for an unknown one."""
    module = import_module(f"{PROTOCOLS[protocol]}.settings")
    return Schema(module.Connection, module.Device, module.Point)


def connect(connection: BoundConnection[Any, Any, Any]) -> Connector:
    """The connector of a connection; only this loads the protocol's library."""
    module = import_module(f"{PROTOCOLS[connection.settings.protocol]}.connector")
    connector: Connector = module.connect(connection)
    return connector


async def probe(connection: BoundConnection[Any, Any, Any], clock: Clock) -> list[Probe]:
    """Read each device of a connection once, with every exchange kept."""
    module = import_module(f"{PROTOCOLS[connection.settings.protocol]}.connector")
    found: list[Probe] = await module.probe(connection, clock)
    return found


async def scan(settings: ConnectionBase, clock: Clock, **where: Any) -> list[Found]:
    """Look for devices over a connection with these settings; each protocol's ``scan`` says where it can look."""
    module = import_module(f"{PROTOCOLS[settings.protocol]}.connector")
    found: list[Found] = await module.scan(settings, clock, **where)
    return found
