"""What a site file says of Modbus TCP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port, Seconds

Encoding = Literal["bit", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


class Connection(ConnectionBase):
    """Any number of Modbus TCP devices; one TCP connection for each host and port."""

    protocol: Literal["modbus"]
    timeout_s: Seconds = 1.0
    """For connecting and for each answer."""


class Device(DeviceBase):
    """One unit behind a host and port."""

    host: str
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    max_gap: Annotated[int, Field(ge=0, le=124)] = 8
    """How many registers nobody asked for may be read along to save a request."""
    max_registers: Annotated[int, Field(ge=1, le=125)] = 125
    max_bits: Annotated[int, Field(ge=1, le=2000)] = 2000


class Point(PointBase):
    """A coil, discrete input, or one or more registers. ``value = raw * scale + offset``."""

    table: Literal["coil", "discrete", "holding", "input"] = "holding"
    address: Annotated[int, Field(ge=0, le=65535)]
    """Zero-based, as on the wire."""
    encoding: Encoding = "uint16"
    order: Literal["ABCD", "DCBA", "BADC", "CDAB"] = "ABCD"
    """Of bytes: ABCD big-endian, CDAB low word first, BADC bytes swapped, DCBA little-endian."""
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    """For a bit of a register (encoding ``bit``): 0 is the lowest."""
    scale: float = 1.0
    offset: float = 0.0
    absent: tuple[int, ...] = ()
    """Raw integers by which the device says that it has no value."""

    @model_validator(mode="after")
    def _agree(self) -> Point:
        in_registers = self.table in ("holding", "input")
        if not in_registers and self.encoding != "bit":
            raise ValueError(f'a {self.table} is one bit: set encoding = "bit"')
        if in_registers and (self.encoding == "bit") != (self.bit is not None):
            raise ValueError('a bit of a register needs both encoding = "bit" and bit = 0 to 15')
        if not in_registers and self.bit is not None:
            raise ValueError(f"a {self.table} has no bits of its own: drop bit")
        if (self.encoding == "bit") != (self.type == "bool"):
            raise ValueError('encoding = "bit" and type = "bool" go together')
        if self.type == "text":
            raise ValueError("text cannot be read from registers: use float, int or bool")
        if self.type == "int" and (self.scale != int(self.scale) or self.offset != int(self.offset)):
            raise ValueError("an int point needs a whole scale and offset: use type = float")
        if self.type == "int" and self.encoding.startswith("float"):
            raise ValueError(f'encoding = "{self.encoding}" gives type = "float"')
        return self
