"""Where each device listens: a base port, of which the agent's own BACnet socket is the first, and offsets."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from simulators.building.items import METERS
from simulators.errors import PortTaken

HOST = "127.0.0.1"
BASE_PORT = 47800

BACNET = {"ahu": 1, "chiller": 2, "fire-panel": 3, "lifts": 4}
MODBUS = {**{meter: 10 + place for place, meter in enumerate(METERS)}, "generator": 15, "fire-pump": 16}
BROKER = {"broker": 20}


def numbered(base_port: int, offsets: Mapping[str, int]) -> dict[str, int]:
    """The ports of a family of devices."""
    return {name: base_port + offset for name, offset in offsets.items()}


def udp_socket(name: str, port: int) -> socket.socket:
    """A bound, non-blocking UDP socket on loopback; `PortTaken` when another program has the port."""
    return _bound(socket.SOCK_DGRAM, name, port)


def check_tcp(name: str, port: int) -> None:
    """`PortTaken` when another program listens on a TCP port of loopback."""
    _bound(socket.SOCK_STREAM, name, port).close()


def _bound(kind: socket.SocketKind, name: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    if kind is socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past connections may linger, listeners not
    try:
        made.bind((HOST, port))
    except (OSError, OverflowError) as error:
        made.close()
        protocol = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise PortTaken(
            f"{name}: {protocol} port {HOST}:{port} cannot be had ({error}): "
            "stop what uses it, or choose another --base-port"
        ) from error
    made.setblocking(False)
    return made
