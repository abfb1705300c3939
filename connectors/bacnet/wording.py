"""Questions and answers in one line for a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from connectors.bacnet.decode import Part, parse_many, parse_one
from connectors.bacnet.plan import READ_PROPERTY, READ_PROPERTY_MULTIPLE, Ask
from connectors.bacnet.tags import Malformed, ObjectId, Primitive
from evaluators.model.samples import Reason

MOST_NAMED = 4
"""So many values are named; of more only the number is said."""
SERVICES: Mapping[int, str] = {READ_PROPERTY: "ReadProperty", READ_PROPERTY_MULTIPLE: "ReadPropertyMultiple"}


class Vocabulary(Protocol):
    """The standard's words for its numbers; the number itself where there is none."""

    def object_type(self, number: int) -> str:
        """Such as ``analog-input``."""

    def property(self, number: int) -> str:
        """Such as ``present-value``."""

    def unit(self, number: int) -> str:
        """Such as ``degrees-celsius``."""


def answered(service: int, data: bytes, words: Vocabulary) -> str:
    """What a question was answered with."""
    name = SERVICES.get(service, f"service {service}")
    try:
        parts = [parse_one(data)] if service == READ_PROPERTY else parse_many(data)
    except Malformed as error:
        return f"{name}: an answer that cannot be read: {error}"
    if len(parts) <= MOST_NAMED:
        return f"{name}: " + ", ".join(_said(part, words) for part in parts)
    objects = len({part.ask.object for part in parts})
    errors = sum(part.reading.reason is not Reason.NONE for part in parts)
    failed = f", {errors} of them errors" if errors else ""
    return f"{name}: {len(parts)} properties of {objects} object{'s' * (objects != 1)}{failed}"


def unanswered(service: int, why: str) -> str:
    """What a question got instead of values."""
    return f"{SERVICES.get(service, f'service {service}')}: {why}"


def named(ask: Ask, words: Vocabulary) -> str:
    """The property, such as ``lift,1 car-door-status[2]``."""
    element = "" if ask.element is None else f"[{ask.element}]"
    return f"{object_name(ask.object, words)} {words.property(ask.property)}{element}"


def object_name(identifier: ObjectId, words: Vocabulary) -> str:
    """As a site file has it."""
    return f"{words.object_type(identifier.type)},{identifier.instance}"


def _said(part: Part, words: Vocabulary) -> str:
    name = named(part.ask, words)
    if part.reading.reason is not Reason.NONE:
        return f"{name}: {part.reading.reason.label}"
    values = part.reading.values
    if len(values) == 1:
        return f"{name} = {_written(values[0], words)}"
    return f"{name}: {len(values)} elements"


def _written(value: Primitive, words: Vocabulary) -> str:
    if isinstance(value, ObjectId):
        return object_name(value, words)
    return str(value) if isinstance(value, bool | int | float) else repr(value)
