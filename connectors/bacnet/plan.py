"""Which properties to ask for in which request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from connectors.bacnet.quality import ASKED, EVENT_STATE
from connectors.bacnet.settings import Point
from connectors.bacnet.tags import ObjectId, closing, context_object, context_unsigned, opening
from connectors.protocol import BoundPoint

READ_PROPERTY = 12
"""Confirmed service choice."""
READ_PROPERTY_MULTIPLE = 14
"""Confirmed service choice."""

PRESENT_VALUE = 85
"""Property number."""

MAX_APDU = 1476
"""Bytes that fit one BACnet/IP datagram; longer answers are refused and asked for in parts."""
ANSWER_HEAD = 3
"""Bytes of an acknowledgement before its content."""
OBJECT_SIZE = 7
"""Bytes that an object adds to an answer: its identifier and two brackets."""
USUAL_SIZE = 9
"""Bytes of an element with a Real: its property, two brackets, five bytes."""


class Ask(NamedTuple):
    """One property of one object, or one element of it."""

    object: ObjectId
    property: int
    element: int | None = None
    """Of an array: 1 is the first, 0 the length."""


NO_SIZES: Mapping[Ask, int] = {}
"""No answer has been seen."""


@dataclass(frozen=True, slots=True)
class Target:
    """A point and where it is read. ``collection``: the property is an array or list and is read whole.
    ``names`` are the words of its enumeration, by number."""

    point: BoundPoint[Point]
    ask: Ask
    collection: bool = False
    names: Mapping[int, str] = field(default_factory=dict)

    witnesses: tuple[Ask, ...] = field(init=False)
    """Where its object says how far it can be trusted."""

    def __post_init__(self) -> None:
        asks = tuple(Ask(self.ask.object, number) for number in (*ASKED, EVENT_STATE))
        object.__setattr__(self, "witnesses", asks)

    @property
    def notified(self) -> bool:
        """Whether SubscribeCOV is about this property."""
        return (self.ask.property, self.ask.element) == (PRESENT_VALUE, None)


@dataclass(frozen=True, slots=True)
class Request:
    """One question and its encoding: ReadProperty for one property, else ReadPropertyMultiple."""

    asks: tuple[Ask, ...]
    service: int
    data: bytes


def wanted_changes(targets: Iterable[Target], device_cov: str) -> dict[ObjectId, bool]:
    """The objects whose changes are to be subscribed to, and whether notifications are to be confirmed: those of
    which a point is the whole Present_Value, as it or else its device has it set."""
    wanted: dict[ObjectId, bool] = {}
    for target in targets:
        cov = target.point.settings.cov or device_cov
        if cov != "off" and target.notified:
            wanted[target.ask.object] = wanted.get(target.ask.object, False) or cov == "confirmed"
    return wanted


def asks_of(targets: Iterable[Target], witnesses: Mapping[ObjectId, Sequence[int]]) -> tuple[Ask, ...]:
    """Everything to ask for, each once: object by object in the order of their first points, and of each object
    first the ``witnesses`` of its quality, then the points' own properties in their order."""
    by_object: dict[ObjectId, dict[Ask, None]] = {}
    for target in targets:
        identifier = target.ask.object
        wanted = by_object.get(identifier)
        if wanted is None:
            wanted = {Ask(identifier, number): None for number in witnesses.get(identifier, ())}
            by_object[identifier] = wanted
        wanted[target.ask] = None
    return tuple(ask for wanted in by_object.values() for ask in wanted)


def pack(
    asks: Iterable[Ask], limit: int, sizes: Mapping[Ask, int] = NO_SIZES, room: int = MAX_APDU
) -> tuple[Request, ...]:
    """The asks in their order, at most ``limit`` a request, and no more than an answer of ``room`` bytes can hold.

    ``sizes`` are the bytes that the asks' elements take in an answer; what it does not name counts as
    `USUAL_SIZE`. Neighbours of one object stay in one request unless they alone are too many.
    """
    requests: list[tuple[Ask, ...]] = []
    current: list[Ask] = []
    left = room - ANSWER_HEAD
    for _, neighbours in groupby(asks, key=lambda ask: ask.object):
        group = list(neighbours)
        needed = [sizes.get(ask, USUAL_SIZE) for ask in group]
        if current and (len(current) + len(group) > limit or OBJECT_SIZE + sum(needed) > left):
            requests.append(tuple(current))
            current, left = [], room - ANSWER_HEAD
        left -= OBJECT_SIZE
        for ask, size in zip(group, needed, strict=True):
            if current and (len(current) == limit or size > left):
                requests.append(tuple(current))
                current, left = [], room - ANSWER_HEAD - OBJECT_SIZE
            current.append(ask)
            left -= size
    if current:
        requests.append(tuple(current))
    return tuple(request_for(part) for part in requests)


def answer_size(asks: Iterable[Ask], sizes: Mapping[Ask, int]) -> int:
    """The bytes of the answer to these asks in one request, by the ``sizes`` of their elements."""
    objects = 0
    needed = ANSWER_HEAD
    for _, neighbours in groupby(asks, key=lambda ask: ask.object):
        objects += 1
        needed += sum(sizes.get(ask, USUAL_SIZE) for ask in neighbours)
    return needed + objects * OBJECT_SIZE


def request_for(asks: tuple[Ask, ...]) -> Request:
    """The request for these asks (ASHRAE 135, clauses 15.5 and 15.7)."""
    if len(asks) == 1:
        return Request(asks, READ_PROPERTY, _one(asks[0]))
    return Request(asks, READ_PROPERTY_MULTIPLE, _many(asks))


def _one(ask: Ask) -> bytes:
    element = b"" if ask.element is None else context_unsigned(2, ask.element)
    return context_object(0, ask.object) + context_unsigned(1, ask.property) + element


def _many(asks: tuple[Ask, ...]) -> bytes:
    data = bytearray()
    for identifier, group in groupby(asks, key=lambda ask: ask.object):
        data += context_object(0, identifier) + opening(1)
        for ask in group:
            data += context_unsigned(0, ask.property)
            if ask.element is not None:
                data += context_unsigned(1, ask.element)
        data += closing(1)
    return bytes(data)
