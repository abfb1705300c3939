"""From the bytes of an answer to rows: byte orders, scale and offset, sentinels. Prepared once a request."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.modbus.plan import REGISTERS, ModbusPoint, Request
from connectors.modbus.settings import Point
from evaluators.model.samples import BlockBuilder, Reason, Value, ValueKind

Raw = int | float
Convert = Callable[[Sequence[Raw]], Sequence[Value]]

_FORMATS = {
    "bit": "H",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
_ORDERS = {"ABCD": (">", False), "BADC": (">", True), "CDAB": ("<", True), "DCBA": ("<", False)}
"""An order is big- or little-endian, as it stands or with the two bytes of each register swapped."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Points of one request that are decoded alike: one unpacking and one conversion for all of them."""

    points: array[int]
    kind: ValueKind
    unpack: Callable[[bytes], Sequence[Raw]]
    swapped: bool
    convert: Convert
    absent: frozenset[int]

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
    open_lanes: dict[tuple[object, ...], list[list[ModbusPoint]]] = {}
    for point in request.points:
        layers = open_lanes.setdefault(_alike(point), [])
        for layer in layers:
            if _end(layer[-1].settings) <= point.settings.address:
                layer.append(point)
                break
        else:
            layers.append([point])
    lanes = tuple(_lane(request, layer) for layers in open_lanes.values() for layer in layers)
    return Decoder(lanes, any(lane.swapped for lane in lanes))


def _alike(point: ModbusPoint) -> tuple[object, ...]:
    settings = point.settings
    return (
        point.kind,
        settings.encoding,
        settings.order,
        settings.bit,
        settings.scale,
        settings.offset,
        settings.absent,
    )


def _lane(request: Request, points: list[ModbusPoint]) -> Lane:
    first = points[0].settings
    offsets = [point.settings.address - request.address for point in points]
    if request.table in ("coil", "discrete"):
        swapped, unpack = False, _bits(offsets)
    else:
        endian, swapped = _ORDERS[first.order]
        unpack = _registers(endian + _layout(offsets, first, request.count))
    return Lane(
        array("I", (point.index for point in points)),
        points[0].kind,
        unpack,
        swapped,
        _conversion(points[0].kind, first),
        _sentinels(first),
    )


def _layout(offsets: Sequence[int], settings: Point, count: int) -> str:
    parts: list[str] = []
    end = 0
    for offset in offsets:
        parts.append(f"{2 * (offset - end)}x{_FORMATS[settings.encoding]}")
        end = offset + REGISTERS[settings.encoding]
    parts.append(f"{2 * (count - end)}x")
    return "".join(parts)


def _registers(layout: str) -> Callable[[bytes], Sequence[Raw]]:
    return struct.Struct(layout).unpack


def _bits(offsets: Sequence[int]) -> Callable[[bytes], Sequence[Raw]]:
    places = [divmod(offset, 8) for offset in offsets]

    def unpack(data: bytes) -> Sequence[Raw]:
        return [data[byte] >> bit & 1 for byte, bit in places]

    return unpack


def _conversion(kind: ValueKind, settings: Point) -> Convert:
    """``raw * scale + offset``; in integers for an int point, so that no digit of 64 bits is lost."""
    if settings.bit is not None:
        bit = settings.bit
        return lambda raws: [int(raw) >> bit & 1 for raw in raws]
    scale, offset = settings.scale, settings.offset
    if scale == 1 and offset == 0:
        return lambda raws: raws
    if kind is ValueKind.INT:
        scale, offset = int(scale), int(offset)
    return lambda raws: [raw * scale + offset for raw in raws]


def _sentinels(settings: Point) -> frozenset[int]:
    """The sentinels as the raw values they show as: 0x8000 and -32768 are one int16."""
    if not settings.encoding.startswith("int"):
        return frozenset(settings.absent)
    half = 1 << (16 * REGISTERS[settings.encoding] - 1)
    return frozenset(mark - 2 * half if half <= mark < 2 * half else mark for mark in settings.absent)


def _end(settings: Point) -> int:
    return settings.address + REGISTERS[settings.encoding]


def _swap(data: bytes) -> bytes:
    words = array("H", data)
    words.byteswap()
    return words.tobytes()
