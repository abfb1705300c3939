"""Change of value (ASHRAE 135, clauses 13.1 to 13.14): what is asked for and what is notified, as bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connectors.bacnet.decode import Reading
from connectors.bacnet.plan import Ask
from connectors.bacnet.tags import (
    Malformed,
    ObjectId,
    TagKind,
    context_boolean,
    context_object,
    context_unsigned,
    expect,
    object_id,
    optional_unsigned,
    tag_at,
    unsigned,
    values_within,
)

SUBSCRIBE_COV = 5
"""Confirmed service choice."""
CONFIRMED_NOTIFICATION = 1
"""Confirmed service choice."""
UNCONFIRMED_NOTIFICATION = 2
"""Unconfirmed service choice."""


class Notification(NamedTuple):
    """What a device says of one object of its own accord. ``process`` is the number we subscribed with."""

    process: int
    device: ObjectId
    object: ObjectId
    readings: Mapping[Ask, Reading]


def subscription(process: int, identifier: ObjectId, confirmed: bool, lifetime_s: int) -> bytes:
    """The content of a SubscribeCOV for so many seconds."""
    return _which(process, identifier) + context_boolean(2, confirmed) + context_unsigned(3, lifetime_s)


def cancellation(process: int, identifier: ObjectId) -> bytes:
    """The content of a SubscribeCOV that ends the subscription."""
    return _which(process, identifier)


def _which(process: int, identifier: ObjectId) -> bytes:
    return context_unsigned(0, process) + context_object(1, identifier)


def notification(data: bytes) -> Notification:
    """The content of a COV notification, confirmed or not; `Malformed` when it is none, or says anything twice."""
    tag = expect(data, 0, 0, TagKind.CONTEXT)
    process = unsigned(data, tag)
    tag = expect(data, tag.end, 1, TagKind.CONTEXT)
    device = object_id(data, tag)
    tag = expect(data, tag.end, 2, TagKind.CONTEXT)
    monitored = object_id(data, tag)
    tag = expect(data, tag.end, 3, TagKind.CONTEXT)
    at = expect(data, tag.end, 4, TagKind.OPENING).end
    readings: dict[Ask, Reading] = {}
    while True:
        tag = tag_at(data, at)
        if (tag.number, tag.kind) == (4, TagKind.CLOSING):
            break
        ask, reading, at = _value(monitored, data, at)
        if ask in readings:
            raise Malformed(f"{ask} came twice")
        readings[ask] = reading
    if tag.end != len(data):
        raise Malformed("it goes on after its end")
    return Notification(process, device, monitored, readings)


def _value(monitored: ObjectId, data: bytes, at: int) -> tuple[Ask, Reading, int]:
    tag = expect(data, at, 0, TagKind.CONTEXT)
    number = unsigned(data, tag)
    element, tag = optional_unsigned(data, tag.end, 1)
    if (tag.number, tag.kind) != (2, TagKind.OPENING):
        raise Malformed("there is no value")
    values, at = values_within(data, tag.end, 2)
    tag = tag_at(data, at)
    if (tag.number, tag.kind) == (3, TagKind.CONTEXT):  # the priority it was written with
        at = tag.end
    return Ask(monitored, number, element), Reading(values), at
