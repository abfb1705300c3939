"""Blocks as bytes and back: version 2 of the payload. Pure.

A header (version, packing, CRC-32 and length of the body, all little-endian), then the body, packed by zlib where
that makes it smaller. The body holds the columns part by part: points (as runs of numbers that count up by one
where these are few), times as differences to the earliest (none where all are equal), values, then qualities and
reasons unless every row is good. Numbers of 4 or 8 bytes lie plane by plane: first the lowest byte of each, then
the next; neighbours differ in few planes. Values come back bit for bit. Version 1, in which numbers lie as in
memory, is read as well.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from functools import lru_cache
from typing import NamedTuple

from agent.errors import JournalCorrupt
from evaluators.model.samples import Block, Columns, Quality, Reason, ValueKind

VERSION = 2

_HEADER = struct.Struct("<BBII")
_PART = struct.Struct("<BBBIq")
_RAW, _ZLIB = 0, 1
_CONSECUTIVE, _ALL_GOOD, _RUNS, _PLANES = 1, 2, 4, 8
_DELTA_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_VALUE_CODES = {ValueKind.FLOAT: "d", ValueKind.INT: "q", ValueKind.BOOL: "b"}
_REASONS = frozenset(Reason)
_SWAP = array("H", [1]).tobytes() == b"\x00\x01"
"""Whether this machine is big-endian."""


def encode(block: Block) -> bytes:
    """The payload of a block; its source and time of receipt are kept beside it."""
    body = b"".join(_encode_part(part) for part in block.columns)
    packed = zlib.compress(body, 1)
    packing = _ZLIB if len(packed) < len(body) else _RAW
    header = _HEADER.pack(VERSION, packing, zlib.crc32(body), len(body))
    return header + (packed if packing == _ZLIB else body)


def decode(payload: bytes, source: str, received: int) -> Block:
    """The block of a payload; JournalCorrupt where a byte of it is missing, changed or unknown."""
    reader = _Reader(unpacked(payload))
    parts = []
    while reader.left:
        parts.append(_decode_part(reader))
    return Block(source, received, tuple(parts))


def body_length(payload: object) -> int:
    """How many bytes the columns of a payload take unpacked, as its header says; 0 where it has none."""
    if not isinstance(payload, bytes) or len(payload) < _HEADER.size:
        return 0
    length: int = _HEADER.unpack_from(payload)[3]
    return length


def unpacked(payload: bytes) -> bytes:
    """The body of a payload; JournalCorrupt where a byte of it is missing or changed."""
    if len(payload) < _HEADER.size:
        raise JournalCorrupt(f"a payload of {len(payload)} bytes is shorter than its header")
    version, packing, checksum, length = _HEADER.unpack_from(payload)
    if version not in (1, VERSION) or packing not in (_RAW, _ZLIB):
        raise JournalCorrupt(f"payload version {version}, packing {packing}: known are versions 1 and {VERSION}")
    body = payload[_HEADER.size :]
    whole = True
    if packing == _ZLIB:
        unpacker = zlib.decompressobj()
        try:
            body = unpacker.decompress(body, length + 1)
        except zlib.error as error:
            raise JournalCorrupt(f"the payload cannot be unpacked: {error}") from error
        whole = unpacker.eof and not unpacker.unused_data
    if not whole or len(body) != length or zlib.crc32(body) != checksum:
        raise JournalCorrupt("the payload was cut or changed: length or checksum do not fit")
    return body


def _encode_part(part: Columns) -> bytes:
    rows = len(part)
    base = min(part.times, default=0)
    width, deltas = _encode_times(part.times, base)
    runs, points = _encode_points(_little(part.points))
    all_good = not any(part.qualities) and not any(part.reasons)
    flags = _PLANES | _RUNS * runs | _ALL_GOOD * all_good
    head = _PART.pack(part.kind, flags, width, rows, base)
    quality = b"" if all_good else bytes(part.qualities) + bytes(part.reasons)
    return head + points + deltas + _encode_values(part) + quality


@lru_cache(maxsize=1024)
def _encode_points(raw: bytes) -> tuple[bool, bytes]:
    """Whether they are runs, and these (how many, where they begin, how long they are) or the numbers themselves.

    Kept in mind: a device brings the same points again and again.
    """
    numbers = _numbers("I", raw)
    starts, lengths = array("I"), array("I")
    for number in numbers:
        if starts and number == starts[-1] + lengths[-1]:
            lengths[-1] += 1
        else:
            starts.append(number)
            lengths.append(1)
    if 2 * len(starts) + 1 >= len(numbers):
        return False, _to_planes(raw, 4)
    return True, _little(array("I", [len(starts)])) + _little(starts) + _little(lengths)


def _encode_times(times: array[int], base: int) -> tuple[int, bytes]:
    """The width of a difference in bytes (0: all times are equal) and the differences."""
    most = max(times, default=base) - base
    if most == 0:
        return 0, b""
    width = next(size for size in _DELTA_CODES if most < 1 << 8 * size)
    return width, _little(array(_DELTA_CODES[width], [time - base for time in times]))


def _encode_values(part: Columns) -> bytes:
    if isinstance(part.values, array):
        return _to_planes(_little(part.values), part.values.itemsize)
    texts = [text.encode("utf-8", "surrogatepass") for text in part.values]
    return _little(array("I", map(len, texts))) + b"".join(texts)


class _Head(NamedTuple):
    kind: int
    flags: int
    width: int
    rows: int
    base: int


def _decode_part(reader: _Reader) -> Columns:
    head = _Head(*_PART.unpack(reader.take(_PART.size)))
    if head.rows > reader.left:  # each row has one byte of its value at least
        raise JournalCorrupt(f"{head.rows} rows in {reader.left} bytes")
    try:
        kind = ValueKind(head.kind)
        points = _decode_points(reader, head)
        times = _decode_times(reader, head)
        values = _decode_values(reader, kind, head)
    except (ValueError, OverflowError, KeyError) as error:
        raise JournalCorrupt(f"the columns make no sense: {error}") from error
    all_good = head.flags & _ALL_GOOD
    qualities = bytearray(head.rows) if all_good else bytearray(reader.take(head.rows))
    reasons = bytearray(head.rows) if all_good else bytearray(reader.take(head.rows))
    if max(qualities, default=0) > max(Quality) or not _REASONS.issuperset(reasons):
        raise JournalCorrupt("a quality or reason is unknown")
    return Columns(kind, points, times, values, qualities, reasons)


def _decode_points(reader: _Reader, head: _Head) -> array[int]:
    if head.flags & _CONSECUTIVE:
        (first,) = reader.column("I", 1)
        return array("I", range(first, first + head.rows))
    if not head.flags & _RUNS:
        return reader.column("I", head.rows, planes=bool(head.flags & _PLANES))
    (count,) = reader.column("I", 1)
    starts, lengths = reader.column("I", count), reader.column("I", count)
    if sum(lengths) != head.rows:
        raise JournalCorrupt(f"runs of {sum(lengths)} points for {head.rows} rows")
    points = array("I")
    for start, length in zip(starts, lengths, strict=True):
        points.extend(range(start, start + length))
    return points


def _decode_times(reader: _Reader, head: _Head) -> array[int]:
    if head.width == 0:
        return array("q", [head.base]) * head.rows
    base = head.base
    return array("q", [base + delta for delta in reader.column(_DELTA_CODES[head.width], head.rows)])


def _decode_values(reader: _Reader, kind: ValueKind, head: _Head) -> array[float] | array[int] | list[str]:
    code = _VALUE_CODES.get(kind)
    if code is not None:
        return reader.column(code, head.rows, planes=bool(head.flags & _PLANES))
    lengths = reader.column("I", head.rows)
    return [reader.take(length).decode("utf-8", "surrogatepass") for length in lengths]


class _Reader:
    """Takes a body apart from front to back; JournalCorrupt where it ends too soon."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not taken yet."""
        return len(self._body) - self._at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        if count > self.left:
            raise JournalCorrupt(f"the body ends {count - self.left} bytes too soon")
        taken = self._body[self._at : self._at + count]
        self._at += count
        return taken

    def column(self, code: str, rows: int, *, planes: bool = False) -> array[int]:
        """The next ``rows`` numbers of an array type."""
        width = array(code).itemsize
        taken = self.take(rows * width)
        return _numbers(code, _from_planes(taken, width) if planes else taken)


def _to_planes(raw: bytes, width: int) -> bytes:
    """Numbers of so many bytes, plane by plane."""
    return raw if width == 1 else b"".join([raw[place::width] for place in range(width)])


def _from_planes(planes: bytes, width: int) -> bytes:
    """The numbers again."""
    if width == 1:
        return planes
    rows = len(planes) // width
    raw = bytearray(len(planes))
    for place in range(width):
        raw[place::width] = planes[place * rows : (place + 1) * rows]
    return bytes(raw)


def _numbers(code: str, raw: bytes) -> array[int]:
    """Little-endian bytes as an array."""
    column: array[int] = array(code)
    column.frombytes(raw)
    if _SWAP:
        column.byteswap()
    return column


def _little(column: array[int] | array[float]) -> bytes:
    """The bytes of an array, little-endian."""
    if _SWAP:
        column = column[:]
        column.byteswap()
    return column.tobytes()
