"""Who is there: Who-Is and I-Am (ASHRAE 135, clause 16.10) as bytes. Pure."""

from __future__ import annotations

from typing import NamedTuple

from connectors.bacnet.tags import Malformed, ObjectId, closing, context_unsigned, values_within

WHO_IS = 8
"""Unconfirmed service choice."""
I_AM = 0
"""Unconfirmed service choice."""
MOST_INSTANCE = 4194303
_DEVICE = 8


class IAm(NamedTuple):
    """What a device says when it is asked who is there, or has started. ``segmentation`` by clause 21:
    0 both, 1 transmit, 2 receive, 3 none."""

    instance: int
    max_apdu: int
    segmentation: int
    vendor: int


def who_is(low: int = 0, high: int = MOST_INSTANCE) -> bytes:
    """The content of a Who-Is for device instances ``low`` to ``high``, both included."""
    if (low, high) == (0, MOST_INSTANCE):
        return b""
    return context_unsigned(0, low) + context_unsigned(1, high)


def i_am(data: bytes) -> IAm:
    """The content of an I-Am; `Malformed` when it is none."""
    values, at = values_within(data + closing(0), 0, 0)
    if at != len(data) + 1 or len(values) != 4:
        raise Malformed("an I-Am has four values")
    identifier, *numbers = values
    if not isinstance(identifier, ObjectId) or identifier.type != _DEVICE:
        raise Malformed("an I-Am begins with a device's identifier")
    if not all(isinstance(number, int) for number in numbers):
        raise Malformed("an I-Am goes on with numbers")
    max_apdu, segmentation, vendor = (int(number) for number in numbers if isinstance(number, int))
    return IAm(identifier.instance, max_apdu, segmentation, vendor)
