"""What an answer says: bytes in, a reading for each property asked for, and rows of a block. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from connectors.bacnet.plan import READ_PROPERTY, Ask, Request, Target
from connectors.bacnet.quality import Witness, judge
from connectors.bacnet.tags import (
    ENUMERATED,
    Malformed,
    ObjectId,
    Odd,
    Primitive,
    TagKind,
    expect,
    object_id,
    optional_unsigned,
    tag_at,
    unsigned,
    values_within,
)
from evaluators.model.samples import BlockBuilder, Reason, Value, ValueKind, fit

UNKNOWN_OBJECT = 31
"""Error code."""
UNKNOWN_PROPERTY = 32
"""Error code."""


class Reading(NamedTuple):
    """What a device says of one property: its values (one, or the elements of an array or list), or the reason
    why there are none."""

    values: tuple[Primitive, ...] = ()
    reason: Reason = Reason.NONE


class Part(NamedTuple):
    """What an answer says of one property, and where: bytes ``begin`` to ``end`` are all of it, ``start`` to
    ``stop`` its value alone (for an error: the error)."""

    ask: Ask
    reading: Reading
    begin: int
    start: int
    stop: int
    end: int


class Outcome(NamedTuple):
    """A reading and the instant its answer came, ns UTC."""

    reading: Reading
    time: int


class Foreign(ValueError):
    """The answer holds what was not asked for: it belongs to another question."""


def error_reason(code: int) -> Reason:
    """Why there is no value, from the code of a BACnet error."""
    return _ERRORS.get(code, Reason.PROTOCOL_ERROR)


_ERRORS = {UNKNOWN_OBJECT: Reason.UNKNOWN_OBJECT, UNKNOWN_PROPERTY: Reason.UNKNOWN_PROPERTY}


def readings(request: Request, data: bytes) -> dict[Ask, Reading]:
    """A reading for every ask of the request: ``missing`` for what the answer leaves out.

    `Malformed` when the bytes cannot be read, `Foreign` when they hold anything else or anything twice.
    """
    return matched(request, parts_of(request, data))


def parts_of(request: Request, data: bytes) -> list[Part]:
    """Every property in an answer to the request, in the answer's order; `Malformed` when it cannot be read."""
    return [parse_one(data)] if request.service == READ_PROPERTY else parse_many(data)


def matched(request: Request, parts: Iterable[Part]) -> dict[Ask, Reading]:
    """A reading for every ask of the request; `Foreign` as `readings` says."""
    result = dict.fromkeys(request.asks, _MISSING)
    for part in parts:
        if result.get(part.ask) is not _MISSING:
            raise Foreign(f"{part.ask} was not asked for, or came twice")
        result[part.ask] = part.reading
    return result


_MISSING = Reading(reason=Reason.MISSING)


def parse_one(data: bytes) -> Part:
    """The content of a ReadProperty-ACK (ASHRAE 135, clause 15.5); `Malformed` when it is none."""
    tag = expect(data, 0, 0, TagKind.CONTEXT)
    identifier = object_id(data, tag)
    tag = expect(data, tag.end, 1, TagKind.CONTEXT)
    number = unsigned(data, tag)
    element, tag = optional_unsigned(data, tag.end, 2)
    if (tag.number, tag.kind) != (3, TagKind.OPENING):
        raise Malformed("there is no value")
    values, at = values_within(data, tag.end, 3)
    if at != len(data):
        raise Malformed("it goes on after its end")
    return Part(Ask(identifier, number, element), Reading(values), 0, tag.end, at - 1, at)


def parse_many(data: bytes) -> list[Part]:
    """The content of a ReadPropertyMultiple-ACK (ASHRAE 135, clause 15.7); `Malformed` when it is none."""
    found: list[Part] = []
    at = 0
    while at < len(data):
        tag = expect(data, at, 0, TagKind.CONTEXT)
        identifier = object_id(data, tag)
        at = expect(data, tag.end, 1, TagKind.OPENING).end
        while True:
            tag = tag_at(data, at)
            if (tag.number, tag.kind) == (1, TagKind.CLOSING):
                at = tag.end
                break
            found.append(_element(identifier, data, at))
            at = found[-1].end
    return found


def _element(identifier: ObjectId, data: bytes, begin: int) -> Part:
    at = begin
    tag = expect(data, at, 2, TagKind.CONTEXT)
    number = unsigned(data, tag)
    element, tag = optional_unsigned(data, tag.end, 3)
    ask = Ask(identifier, number, element)
    if tag.kind is not TagKind.OPENING or tag.number not in (4, 5):
        raise Malformed(f"{ask} has neither a value nor an error")
    if tag.number == 4:
        values, at = values_within(data, tag.end, 4)
        return Part(ask, Reading(values), begin, tag.end, at - 1, at)
    kind = expect(data, tag.end, ENUMERATED, TagKind.APPLICATION)
    code = expect(data, kind.end, ENUMERATED, TagKind.APPLICATION)
    at = expect(data, code.end, 5, TagKind.CLOSING).end
    return Part(ask, Reading(reason=error_reason(unsigned(data, code))), begin, tag.end, code.end, at)


def value_of(target: Target, reading: Reading) -> tuple[Value, Reason]:
    """The value for the target's point, in its kind, and `Reason.NONE`; else a filler and the reason.

    An array or list read whole gives the number of its elements, or in a text point the elements themselves. An
    enumeration in a text point gives its word, or its number where it has none.
    """
    kind = target.point.kind
    if reading.reason is not Reason.NONE:
        return "", reading.reason
    if any(value is Odd.SPOILED for value in reading.values):
        return "", Reason.MALFORMED
    if target.collection:
        return _collected(target, reading.values)
    if not reading.values:
        return "", Reason.MALFORMED
    value = reading.values[0]
    if value is None:
        return "", Reason.ABSENT
    if len(reading.values) > 1 or isinstance(value, ObjectId | Odd):
        return "", Reason.WRONG_TYPE
    if kind is ValueKind.TEXT and target.names and isinstance(value, int):
        return fit(kind, _word(target, value))
    return fit(kind, value)


def _collected(target: Target, values: tuple[Primitive, ...]) -> tuple[Value, Reason]:
    """An array or list as a whole: how many elements it has, or in a text point what they are."""
    kind = target.point.kind
    if kind is ValueKind.TEXT and all(isinstance(value, str | int | float) for value in values):
        return ", ".join(_word(target, value) for value in values), Reason.NONE
    countable = Odd.OTHER not in values and kind in (ValueKind.INT, ValueKind.FLOAT)
    return fit(kind, len(values)) if countable else ("", Reason.WRONG_TYPE)


def _word(target: Target, value: Primitive) -> str:
    return target.names.get(value, str(value)) if isinstance(value, int) else str(value)


def add_rows(
    targets: Iterable[Target], outcomes: Mapping[Ask, Outcome], absent: Outcome, to: BlockBuilder
) -> None:
    """Add a row for every target. ``absent`` stands for what no answer came for."""
    witnesses: dict[ObjectId, Witness] = {}
    for target in targets:
        identifier = target.ask.object
        outcome = outcomes.get(target.ask, absent)
        value, reason = value_of(target, outcome.reading)
        if reason is not Reason.NONE:
            to.bad(target.point.index, target.point.kind, outcome.time, reason)
            continue
        witness = witnesses.get(identifier)
        if witness is None:
            witness = witnesses[identifier] = _witness(target, outcomes)
        to.add(target.point.index, target.point.kind, outcome.time, value, *judge(target.ask.property, witness))


def _witness(target: Target, outcomes: Mapping[Ask, Outcome]) -> Witness:
    """What the target's object says of itself, from the outcomes that hold it."""
    flags, out, reliability, event_state = [_number(outcomes.get(ask)) for ask in target.witnesses]
    return Witness(flags, None if out is None else bool(out), reliability, event_state)


def _number(outcome: Outcome | None) -> int | None:
    if outcome is None or len(outcome.reading.values) != 1:
        return None
    value = outcome.reading.values[0]
    return value if isinstance(value, int) else None
