"""What a site file says of Modbus TCP."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.modbus.addresses import ADDRESSES, Addressing, TableName, on_the_wire
from connectors.modbus.encodings import Charset, Encoding, Order, registers
from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port, Seconds, Table
from evaluators.model.samples import Reason, ValueKind, fit


def _number(value: object) -> object:
    """Digits in quotes are a number too, since TOML has none with leading zeros."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _a_scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("this is no value of a point: give true, false, a number or text in quotes")
    return value


def _a_mark(value: object) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("a mark for no value is a number: give one such as 0x8000 or 1e38")
    return value


Address = Annotated[int, BeforeValidator(_number), Field(ge=0, le=465536)]
Scalar = Annotated[Any, AfterValidator(_a_scalar)]


class Connection(ConnectionBase):
    """Any number of Modbus TCP devices; one TCP connection for each host and port."""

    protocol: Literal["modbus"]
    timeout_s: Seconds = 1.0
    """For connecting and for each answer."""


class Stretch(Table):
    """Addresses, the last included, as the device's ``addressing`` counts them."""

    table: TableName | None = None
    first: Address
    last: Address


class Device(DeviceBase):
    """One unit behind a host and port."""

    host: str
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    addressing: Addressing = "zero"
    """How its addresses are written: from 0 or 1 in each table, or with the table's digit in front."""
    max_gap: Annotated[int, Field(ge=0, le=124)] = 8
    """How many registers nobody asked for may be read along to save a request."""
    max_registers: Annotated[int, Field(ge=1, le=125)] = 125
    max_bits: Annotated[int, Field(ge=1, le=2000)] = 2000
    holes: tuple[Stretch, ...] = ()
    """Addresses that must not be read, not even along with others."""

    @model_validator(mode="after")
    def _holes_are_addresses(self) -> Device:
        for table, address, stop in self.declared():
            if stop <= address:
                raise ValueError(f"a hole of {table} ends before it begins: give first and last in this order")
        return self

    def declared(self) -> Iterator[tuple[TableName, int, int]]:
        """The table of each hole, its first address on the wire and the first one after it."""
        for hole in self.holes:
            table, first = on_the_wire(self.addressing, hole.first, hole.table)
            other, last = on_the_wire(self.addressing, hole.last, hole.table)
            if other != table:
                raise ValueError(f"a hole reaches from {table} into {other}: give each table its own")
            yield table, first, last + 1

    def place(self, point: Point) -> Point:
        """A point of this device with its table and its address on the wire. ValueError where there is none."""
        said = point.table if "table" in point.model_fields_set else None
        table, address = on_the_wire(self.addressing, point.address, said)
        if misfit := point.misfit(table):
            raise ValueError(misfit)
        longest = self.max_registers if table in ("holding", "input") else self.max_bits
        if point.width > longest:
            raise ValueError(f"takes {point.width} registers, but max_registers is {longest}: raise it")
        if address + point.width > ADDRESSES:
            last = ADDRESSES - 1
            raise ValueError(
                f"takes {point.width} registers from {address}, but the last is {last}: check address"
            )
        for hole, first, stop in self.declared():
            if hole == table and address < stop and first < address + point.width:
                raise ValueError("lies in a hole of its device: make the hole smaller, or drop the point")
        if (table, address) == (point.table, point.address):
            return point
        return point.model_copy(update={"table": table, "address": address})

    def faults(self, points: Mapping[str, PointBase]) -> Iterator[tuple[str, str]]:
        """Points that this device cannot have."""
        for name, point in points.items():
            if isinstance(point, Point):
                try:
                    self.place(point)
                except ValueError as error:
                    yield name, str(error)


class Point(PointBase):
    """A coil, discrete input, or one or more registers. ``value = raw * scale + offset``."""

    HEADINGS: ClassVar[Mapping[str, str]] = {
        **PointBase.HEADINGS,
        "table": "数据区",
        "address": "寄存器地址",
        "encoding": "编码",
        "order": "字节序",
        "byte": "高低字节",
        "bit": "位",
        "length": "长度",
        "charset": "字符集",
        "scale": "倍率",
        "offset": "偏移",
        "values": "枚举",
        "absent": "无效值",
    }

    table: TableName = "holding"
    address: Address
    """As the device's ``addressing`` says; zero-based once it is bound."""
    encoding: Encoding = "uint16"
    order: Order = "ABCD"
    """Of bytes: ABCD big-endian, CDAB low word first, BADC bytes swapped, DCBA little-endian."""
    byte: Literal["low", "high"] = "low"
    """Of a register, for an encoding of 8 bits."""
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    """For a bit of a register (encoding ``bit``): 0 is the lowest."""
    length: Annotated[int, Field(ge=1, le=125)] | None = None
    """How many registers a text takes."""
    charset: Charset = "utf-8"
    scale: float = 1.0
    offset: float = 0.0
    values: Mapping[str, Scalar] = Field(default_factory=dict)
    """What each raw integer means, such as ``{ 1 = "open", 2 = "closed" }``; any other is ``wrong_type``."""
    absent: tuple[Annotated[Any, AfterValidator(_a_mark)], ...] = ()
    """Raw numbers by which the device says that it has no value."""

    @property
    def width(self) -> int:
        """How many addresses it takes."""
        return registers(self.encoding, self.length)

    @property
    def meanings(self) -> Mapping[int, Any]:
        """``values`` by the raw integer."""
        return {int(raw, 0): value for raw, value in self.values.items()}

    def misfit(self, table: TableName) -> str:
        """What is wrong with it in a table, and what would be right; empty when nothing is."""
        if table in ("coil", "discrete"):
            if self.encoding != "bit":
                return f'a {table} is one bit: set encoding = "bit"'
            return f"a {table} has no bits of its own: drop bit" if self.bit is not None else ""
        if (self.encoding == "bit") != (self.bit is not None):
            return 'a bit of a register needs both encoding = "bit" and bit = 0 to 15'
        return ""

    @model_validator(mode="after")
    def _agree(self) -> Point:
        misfit = self.misfit(self.table) if "table" in self.model_fields_set else ""
        for wrong in (misfit, self._wrong_layout(), self._wrong_values(), self._wrong_type()):
            if wrong:
                raise ValueError(wrong)
        return self

    def _wrong_layout(self) -> str:
        wide = len(self.order) == 8
        if wide and not self.encoding.endswith("64"):
            return f'order = "{self.order}" is one of 64 bits: give one of four letters'
        if self.encoding == "text" and self.order not in ("ABCD", "BADC"):
            return 'text is read from its first register on: give order = "ABCD", or "BADC" for swapped bytes'
        if self.encoding in ("int8", "uint8") and self.order != "ABCD":
            return 'a byte has no order: give byte = "low" or "high" instead'
        if self.encoding not in ("int8", "uint8") and self.byte != "low":
            return 'byte picks one of a register: set encoding = "int8" or "uint8"'
        if (self.encoding == "text") != (self.length is not None):
            return 'a text needs both encoding = "text" and length, its number of registers'
        if self.encoding != "text" and self.charset != "utf-8":
            return 'only a text has a charset: set encoding = "text"'
        return ""

    def _wrong_values(self) -> str:
        if not self.values:
            return ""
        if self.encoding == "text" or self.encoding.startswith("float"):
            return "values are those of raw integers: use another encoding"
        if self._scaled:
            return "values are taken as they stand: leave out scale and offset"
        for raw, value in self.values.items():
            try:
                int(raw, 0)
            except ValueError:
                return f"values.{raw} is no raw integer: give each a number such as 1 or 0x01"
            if fit(ValueKind[self.type.upper()], value)[1] is not Reason.NONE:
                return f"values.{raw} is no {self.type}: give each a value of the point's type"
        return ""

    def _wrong_type(self) -> str:
        if not self.encoding.startswith("float") and any(mark != int(mark) for mark in self.absent):
            return f'encoding = "{self.encoding}" is never a fraction: give whole numbers in absent'
        if self.values:
            return ""
        if (self.encoding == "bit") != (self.type == "bool"):
            return 'encoding = "bit" and type = "bool" go together'
        if (self.encoding == "text") != (self.type == "text"):
            return 'encoding = "text" and type = "text" go together'
        if self.type in ("bool", "text") and (self._scaled or (self.absent and self.type == "text")):
            return f"{self.type} is no number: leave out scale, offset and absent"
        if self.type == "int" and (self.scale != int(self.scale) or self.offset != int(self.offset)):
            return "an int point needs a whole scale and offset: use type = float"
        if self.type == "int" and self.encoding.startswith("float"):
            return f'encoding = "{self.encoding}" gives type = "float"'
        return ""

    @property
    def _scaled(self) -> bool:
        return self.scale != 1 or self.offset != 0
