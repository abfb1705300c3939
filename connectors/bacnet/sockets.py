"""Our sockets. The protocol's library shares a port, and waits in silence for one that it cannot have; these do
not."""

from __future__ import annotations

import socket
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError


def own_interface(name: str, host: str) -> IPv4Interface:
    """Our own address and its network; ValueError, naming the connection, when it is none."""
    try:
        return IPv4Interface(host)
    except (AddressValueError, NetmaskValueError):
        raise ValueError(f'connection {name}: host = "{host}" is no IPv4 address of ours') from None


def address_of(name: str, host: str) -> IPv4Address:
    """The address of a device; ValueError, naming the device, when it is none."""
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise ValueError(f'device {name}: host = "{host}" is no IPv4 address') from None


def unicast(host: str, port: int) -> socket.socket:
    """Our socket, ours alone, and allowed to broadcast; OSError that says what cannot be had."""
    opened = _udp()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return _bound(opened, host, port)


def broadcasts(interface: IPv4Interface, port: int) -> list[socket.socket]:
    """Sockets that hear what is broadcast to the network of our address, beside other programs; none where the
    address has no network. OSError that says what cannot be had."""
    if interface.network.num_addresses == 1:
        return []
    heard: list[socket.socket] = []
    try:
        for address in (str(interface.network.broadcast_address), "255.255.255.255"):
            opened = _udp()
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            heard.append(_bound(opened, address, port))
    except OSError:
        for opened in heard:
            opened.close()
        raise
    return heard


def _udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    return opened


def _bound(opened: socket.socket, host: str, port: int) -> socket.socket:
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise OSError(
            error.errno, f"UDP {host}:{port} cannot be had ({error.strerror}): free it, or set host and port"
        ) from error
    return opened
