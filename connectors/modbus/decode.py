"""From the bytes of an answer to rows: byte orders, scale and offset, sentinels. Prepared once a request."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.modbus.encodings import FORMATS, ORDERS, Layout, spelled
from connectors.modbus.plan import ModbusPoint, Request
from connectors.modbus.settings import Point
from evaluators.model.samples import BlockBuilder, Reason, Value, ValueKind

Unpack = Callable[[bytes], Sequence[Any]]
Convert = Callable[[Sequence[Any]], Sequence[Value]]
Read = Callable[[Any], Value | Reason]


class Lane(Protocol):
    """Points of one request that are decoded alike: one unpacking for all of them."""

    @property
    def swapped(self) -> bool:
        """Whether the two bytes of each register have to be exchanged before."""

    def decode(self, data: bytes, time: int, builder: BlockBuilder) -> None:
        """Add a row for each point."""


@dataclass(frozen=True, slots=True)
class WholeLane:
    """Numbers and bits, of which every raw value is one: converted all at once."""

    points: array[int]
    kind: ValueKind
    unpack: Unpack
    swapped: bool
    convert: Convert
    absent: frozenset[int | float]

    def decode(self, data: bytes, time: int, builder: BlockBuilder) -> None:
        """Add a row for each point."""
        raws = self.unpack(data)
        if self.absent.isdisjoint(raws):
            builder.extend(self.points, self.kind, time, self.convert(raws))
            return
        for point, raw in zip(self.points, raws, strict=True):
            if raw in self.absent:
                builder.bad(point, self.kind, time, Reason.ABSENT)
            else:
                builder.add(point, self.kind, time, self.convert((raw,))[0])


@dataclass(frozen=True, slots=True)
class SingleLane:
    """What not every raw value is: decimal digits, words for numbers, text. Looked at one by one."""

    points: array[int]
    kind: ValueKind
    unpack: Unpack
    swapped: bool
    read: Read

    def decode(self, data: bytes, time: int, builder: BlockBuilder) -> None:
        """Add a row for each point."""
        for point, raw in zip(self.points, self.unpack(data), strict=True):
            value = self.read(raw)
            if isinstance(value, Reason):
                builder.bad(point, self.kind, time, value)
            else:
                builder.add(point, self.kind, time, value)


@dataclass(frozen=True, slots=True)
class Decoder:
    """How to read the answer to one request."""

    lanes: tuple[Lane, ...]
    swaps: bool

    def decode(self, data: bytes, time: int, builder: BlockBuilder) -> None:
        """Add a row for each point of the request. ``data`` is what follows the byte count, whole and no more."""
        swapped = _swap(data) if self.swaps else data
        for lane in self.lanes:
            lane.decode(swapped if lane.swapped else data, time, builder)


def decoder(request: Request) -> Decoder:
    """The decoder of a request."""
    open_lanes: dict[object, list[list[ModbusPoint]]] = {}
    for point in request.points:
        layers = open_lanes.setdefault(_alike(point), [])
        for layer in layers:
            if layer[-1].settings.address + layer[-1].settings.width <= point.settings.address:
                layer.append(point)
                break
        else:
            layers.append([point])
    lanes = tuple(_lane(request, layer) for layers in open_lanes.values() for layer in layers)
    return Decoder(lanes, any(lane.swapped for lane in lanes))


def _alike(point: ModbusPoint) -> object:
    settings = point.settings
    return (
        point.kind,
        settings.encoding,
        settings.order,
        settings.byte,
        settings.bit,
        settings.length,
        settings.charset,
        settings.scale,
        settings.offset,
        tuple((raw, type(value), value) for raw, value in settings.meanings.items()),
        settings.absent,
    )


def _lane(request: Request, points: list[ModbusPoint]) -> Lane:
    first, kind = points[0].settings, points[0].kind
    indices = array("I", (point.index for point in points))
    offsets = [point.settings.address - request.address for point in points]
    if request.table in ("coil", "discrete"):
        swapped, unpack = False, _bits(offsets)
    else:
        order = ORDERS[first.order]
        swapped, unpack = order.swapped, _registers(offsets, first, request.count, order)
    if first.encoding == "text" or first.encoding.startswith("bcd") or first.values:
        return SingleLane(indices, kind, unpack, swapped, _reading(first))
    return WholeLane(indices, kind, unpack, swapped, _conversion(kind, first), _sentinels(first))


def _registers(offsets: Sequence[int], settings: Point, count: int, order: Layout) -> Unpack:
    form = _form(settings)
    halves = "II" if order.halved else form
    parts: list[str] = []
    end = 0
    for offset in offsets:
        parts.append(f"{2 * (offset - end)}x{halves}")
        end = offset + settings.width
    parts.append(f"{2 * (count - end)}x")
    unpack: Unpack = struct.Struct(order.endian + "".join(parts)).unpack
    return _joined(unpack, form, order.low_first) if order.halved else unpack


def _form(settings: Point) -> str:
    if settings.encoding == "text":
        return f"{2 * settings.width}s"
    form = FORMATS[settings.encoding]
    if settings.encoding in ("int8", "uint8"):
        return f"x{form}" if settings.byte == "low" else f"{form}x"
    return form


def _joined(unpack: Unpack, form: str, low_first: bool) -> Unpack:
    """Values of 64 bits from their halves of 32."""

    def join(data: bytes) -> Sequence[Any]:
        halves = list(unpack(data))
        if low_first:
            halves[::2], halves[1::2] = halves[1::2], halves[::2]
        return struct.unpack(f">{len(halves) // 2}{form}", struct.pack(f">{len(halves)}I", *halves))

    return join


def _bits(offsets: Sequence[int]) -> Unpack:
    places = [divmod(offset, 8) for offset in offsets]

    def unpack(data: bytes) -> Sequence[int]:
        return [data[byte] >> bit & 1 for byte, bit in places]

    return unpack


def _conversion(kind: ValueKind, settings: Point) -> Convert:
    """``raw * scale + offset``; in integers for an int point, so that no digit of 64 bits is lost."""
    if settings.bit is not None:
        bit = settings.bit
        return lambda raws: [raw >> bit & 1 for raw in raws]
    scale, offset = settings.scale, settings.offset
    if scale == 1 and offset == 0:
        return lambda raws: raws
    if kind is ValueKind.INT:
        scale, offset = int(scale), int(offset)
    return lambda raws: [raw * scale + offset for raw in raws]


def _reading(settings: Point) -> Read:
    """What one raw value means, or the reason why it means nothing."""
    if settings.encoding == "text":
        charset = settings.charset

        def read_text(raw: bytes) -> Value | Reason:
            text = spelled(raw, charset)
            return Reason.MALFORMED if text is None else text

        return read_text
    absent, meanings = _sentinels(settings), _meanings(settings)
    decimal = settings.encoding.startswith("bcd")
    convert = _conversion(ValueKind[settings.type.upper()], settings)

    def read(raw: int) -> Value | Reason:
        if raw in absent:
            return Reason.ABSENT
        if decimal:
            digits = f"{raw:x}"
            if not digits.isdecimal():
                return Reason.MALFORMED
            raw = int(digits)
        number = convert((raw,))[0]
        return meanings.get(number, Reason.WRONG_TYPE) if meanings else number

    return read


def _meanings(settings: Point) -> dict[Value, Value]:
    return {_signed(raw, settings): value for raw, value in settings.meanings.items()}


def _sentinels(settings: Point) -> frozenset[int | float]:
    """The sentinels as the raw values they show as: 0x8000 and -32768 are one int16, 1e38 is what a float32 makes
    of it."""
    if settings.encoding.startswith("float"):
        return frozenset(_rounded(mark, FORMATS[settings.encoding]) for mark in settings.absent)
    return frozenset(_signed(mark, settings) for mark in settings.absent)


def _signed(mark: int | float, settings: Point) -> int | float:
    if not settings.encoding.startswith("int"):
        return mark
    half = 1 << (int(settings.encoding.removeprefix("int")) - 1)
    return mark - 2 * half if half <= mark < 2 * half else mark


def _rounded(mark: int | float, form: str) -> float:
    try:
        rounded: float = struct.unpack(form, struct.pack(form, mark))[0]
    except (OverflowError, struct.error):
        return mark  # no such number in this encoding: it never matches
    return rounded


def _swap(data: bytes) -> bytes:
    words = array("H", data)
    words.byteswap()
    return words.tobytes()
