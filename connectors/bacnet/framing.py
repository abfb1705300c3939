"""Which datagrams are worth handing on (ASHRAE 135, clause 6.2 and annex J). Pure."""

from __future__ import annotations

_BACNET_IP = 0x81
_CONTROL_AT = {0x0A: 5, 0x0B: 5, 0x04: 11}
"""Original unicast, original broadcast and forwarded: where the network layer's control byte is."""
_OF_OTHER_LAYERS = 0x88
"""In that byte: a message between routers, or one from behind a router."""


def is_for_applications(datagram: bytes) -> bool:
    """Whether it is a BACnet/IP message, sent or forwarded to us from this network, to applications."""
    if len(datagram) < 2 or datagram[0] != _BACNET_IP:
        return False
    at = _CONTROL_AT.get(datagram[1], len(datagram))
    return at < len(datagram) and not datagram[at] & _OF_OTHER_LAYERS
