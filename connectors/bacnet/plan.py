"""Which properties to ask for in which request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from connectors.bacnet.settings import Point
from connectors.bacnet.tags import ObjectId, closing, context_object, context_unsigned, opening
from connectors.protocol import BoundPoint

READ_PROPERTY = 12
"""Confirmed service choice."""
READ_PROPERTY_MULTIPLE = 14
"""Confirmed service choice."""


class Ask(NamedTuple):
    """One property of one object, or one element of it."""

    object: ObjectId
    property: int
    element: int | None = None
    """Of an array: 1 is the first, 0 the length."""


@dataclass(frozen=True, slots=True)
class Target:
    """A point and where it is read. ``collection``: the property is an array or list and is read whole.
    ``names`` are the words of its enumeration, by number."""

    point: BoundPoint[Point]
    ask: Ask
    collection: bool = False
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One question and its encoding: ReadProperty for one property, else ReadPropertyMultiple."""

    asks: tuple[Ask, ...]
    service: int
    data: bytes


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


def pack(asks: Iterable[Ask], limit: int) -> tuple[Request, ...]:
    """The asks in their order, at most ``limit`` a request. Neighbours of one object stay in one request unless
    they alone are more than ``limit``."""
    requests: list[tuple[Ask, ...]] = []
    current: list[Ask] = []
    for _, neighbours in groupby(asks, key=lambda ask: ask.object):
        group = list(neighbours)
        if current and len(current) + len(group) > limit:
            requests.append(tuple(current))
            current = []
        current += group
        while len(current) > limit:
            requests.append(tuple(current[:limit]))
            current = current[limit:]
    if current:
        requests.append(tuple(current))
    return tuple(request_for(part) for part in requests)


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
