"""The tagged encoding of BACnet values (ASHRAE 135, clause 20.2): bytes in, plain values out. Pure."""

from __future__ import annotations

import codecs
import struct
from enum import Enum
from typing import NamedTuple


class Malformed(ValueError):
    """The bytes are not a BACnet encoding of what was expected."""


class ObjectId(NamedTuple):
    """An object of a device: the number of its type, and its instance."""

    type: int
    instance: int


class Odd(Enum):
    """What stands in the place of a value that no point can have."""

    OTHER = "other"
    """A structure, date, time or octet string."""
    SPOILED = "spoiled"
    """Its length or character set is wrong; what follows it can still be read."""


Primitive = None | bool | int | float | str | ObjectId | Odd
"""Null, Boolean, Unsigned, Integer and Enumerated, Real and Double, text. A bit string is an int whose bit 0 is
the string's first bit."""


class TagKind(Enum):
    """What a tag is about."""

    APPLICATION = "application"
    CONTEXT = "context"
    OPENING = "opening"
    CLOSING = "closing"


class Tag(NamedTuple):
    """One tag: where its content starts, how long it is, and where the next tag starts. A Boolean of application
    class has its value as ``length`` and no content."""

    number: int
    kind: TagKind
    length: int
    start: int
    end: int


_BRACKETS = (TagKind.OPENING, TagKind.CLOSING)
BOOLEAN = 1
ENUMERATED = 9


def tag_at(data: bytes, at: int) -> Tag:
    """The tag that starts at ``at``; `Malformed` when it or its content runs over the end."""
    try:
        first = data[at]
        at += 1
        number = first >> 4
        if number == 15:
            number = data[at]
            at += 1
        low = first & 0x07
        kind = TagKind.CONTEXT if first & 0x08 else TagKind.APPLICATION
        if low == 5:
            low, at = _long_length(data, at)
        elif low > 5:
            return _bracket(number, kind, low, at)
    except IndexError:
        raise Malformed("it ends in the middle of a tag") from None
    end = at if number == BOOLEAN and kind is TagKind.APPLICATION else at + low
    if end > len(data):
        raise Malformed(f"the tag before byte {at} says more than there is")
    return Tag(number, kind, low, at, end)


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """A length in bytes of its own, and where they end."""
    length = data[at]
    at += 1
    if length < 254:
        return length, at
    size = 2 if length == 254 else 4
    return int.from_bytes(data[at : at + size], "big"), at + size


def _bracket(number: int, kind: TagKind, low: int, at: int) -> Tag:
    if kind is TagKind.APPLICATION:
        raise Malformed(f"the tag before byte {at} is none")
    return Tag(number, TagKind.OPENING if low == 6 else TagKind.CLOSING, 0, at, at)


def expect(data: bytes, at: int, number: int, kind: TagKind) -> Tag:
    """The tag at ``at``, which must be that one; `Malformed` otherwise."""
    tag = tag_at(data, at)
    if (tag.number, tag.kind) != (number, kind):
        raise Malformed(f"the tag before byte {tag.start} is not {kind.value} {number}")
    return tag


def values_within(data: bytes, at: int, bracket: int) -> tuple[tuple[Primitive, ...], int]:
    """What stands up to the closing tag ``bracket``, one entry an element, and where the next tag starts."""
    found: list[Primitive] = []
    while True:
        tag = tag_at(data, at)
        at = tag.end
        if tag.kind is TagKind.APPLICATION:
            found.append(_primitive(tag, data))
        elif tag.kind is TagKind.CONTEXT:
            found.append(Odd.OTHER)
        elif tag.kind is TagKind.OPENING:
            found.append(Odd.OTHER)
            at = _after_structure(data, at)
        elif tag.number == bracket:
            return tuple(found), at
        else:
            raise Malformed(f"the tag before byte {at} closes what was not opened")


def _after_structure(data: bytes, at: int) -> int:
    depth = 1
    while depth:
        tag = tag_at(data, at)
        at = tag.end
        if tag.kind in _BRACKETS:
            depth += 1 if tag.kind is TagKind.OPENING else -1
    return at


def unsigned(data: bytes, tag: Tag) -> int:
    """The content of a tag as an unsigned number; `Malformed` when it has none."""
    if tag.length == 0:
        raise Malformed(f"the number before byte {tag.start} is empty")
    return int.from_bytes(data[tag.start : tag.end], "big")


def optional_unsigned(data: bytes, at: int, number: int) -> tuple[int | None, Tag]:
    """The unsigned number of the context tag ``number`` at ``at``, None where another stands there; and the tag
    that follows it, or that other one."""
    tag = tag_at(data, at)
    if (tag.number, tag.kind) != (number, TagKind.CONTEXT):
        return None, tag
    return unsigned(data, tag), tag_at(data, tag.end)


def object_id(data: bytes, tag: Tag) -> ObjectId:
    """The content of a tag as an object identifier; `Malformed` unless it has four bytes."""
    if tag.length != 4:
        raise Malformed(f"the object identifier before byte {tag.start} has no four bytes")
    return _object_id(data[tag.start : tag.end])


def _primitive(tag: Tag, data: bytes) -> Primitive:
    if tag.number == BOOLEAN:
        return bool(tag.length) if tag.length <= 1 else Odd.SPOILED
    reader = _READERS.get(tag.number)
    if reader is None:
        return Odd.OTHER
    try:
        return reader(data[tag.start : tag.end])
    except (ValueError, struct.error, LookupError):
        return Odd.SPOILED


def _null(content: bytes) -> Primitive:
    return Odd.SPOILED if content else None


def _unsigned(content: bytes) -> Primitive:
    return int.from_bytes(content, "big") if content else Odd.SPOILED


def _signed(content: bytes) -> Primitive:
    return int.from_bytes(content, "big", signed=True) if content else Odd.SPOILED


def _real(content: bytes) -> Primitive:
    value: float = struct.unpack(">f", content)[0]
    return value


def _double(content: bytes) -> Primitive:
    value: float = struct.unpack(">d", content)[0]
    return value


def _text(content: bytes) -> Primitive:
    """Character sets by clause 20.2.9: 0 UTF-8, 1 a code page of IBM or Microsoft, 3 UCS-4, 4 UCS-2, 5 Latin-1."""
    if content[0] == 1:
        page = int.from_bytes(content[1:3], "big")
        return codecs.decode(content[3:], f"cp{page}")
    return codecs.decode(content[1:], _CHARACTER_SETS[content[0]])


def _bits(content: bytes) -> Primitive:
    unused, octets = content[0], content[1:]
    count = 8 * len(octets) - unused
    if unused > 7 or count < 0:
        return Odd.SPOILED
    if count == 0:
        return 0
    first_is_highest = int.from_bytes(octets, "big") >> unused
    return int(f"{first_is_highest:0{count}b}"[::-1], 2)


def _object_id(content: bytes) -> ObjectId:
    number: int = struct.unpack(">I", content)[0]
    return ObjectId(number >> 22, number & 0x3FFFFF)


_CHARACTER_SETS = {0: "utf-8", 3: "utf-32-be", 4: "utf-16-be", 5: "latin-1"}
_READERS = {
    0: _null,
    2: _unsigned,
    3: _signed,
    4: _real,
    5: _double,
    7: _text,
    8: _bits,
    ENUMERATED: _unsigned,
    12: _object_id,
}


def context_unsigned(number: int, value: int) -> bytes:
    """An unsigned number under context tag ``number`` (0 to 14)."""
    content = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([number << 4 | 0x08 | len(content)]) + content


def context_boolean(number: int, value: bool) -> bytes:
    """A Boolean under context tag ``number`` (0 to 14)."""
    return bytes([number << 4 | 0x09, value])


def context_object(number: int, identifier: ObjectId) -> bytes:
    """An object identifier under context tag ``number`` (0 to 14)."""
    return bytes([number << 4 | 0x0C]) + struct.pack(">I", identifier.type << 22 | identifier.instance)


def opening(number: int) -> bytes:
    """The opening tag ``number`` (0 to 14)."""
    return bytes([number << 4 | 0x0E])


def closing(number: int) -> bytes:
    """The closing tag ``number`` (0 to 14)."""
    return bytes([number << 4 | 0x0F])
