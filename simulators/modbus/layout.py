"""Which register or bit holds which signal. Addresses are zero-based, as on the wire; no protocol library here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulators.building.items import SUB_METERS

Table = Literal["coil", "discrete", "holding", "input"]
Encoding = Literal["bit", "int16", "uint16", "int32", "uint32", "uint64", "float32"]
Order = Literal["ABCD", "DCBA", "BADC", "CDAB"]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a signal lies: ``value = raw * scale``. ``bit`` is that of a register, 0 the lowest."""

    signal: str
    table: Table
    address: int
    encoding: Encoding
    scale: float = 1.0
    order: Order = "ABCD"
    bit: int | None = None


def _float_meter(table: Table, order: Order) -> tuple[Slot, ...]:
    """A meter of the usual kind, whose maker chose this order of bytes."""
    return (
        Slot("voltage", table, 0, "float32", order=order),
        Slot("current", table, 2, "float32", order=order),
        Slot("power", table, 4, "float32", order=order),
        Slot("power-factor", table, 6, "int16", 0.001),
        Slot("frequency", table, 7, "uint16", 0.01),
        Slot("energy", table, 8, "uint64", order=order),
        Slot("status", table, 12, "uint16"),
    )


def _integer_meter() -> tuple[Slot, ...]:
    """A meter without floats, low word first."""
    return (
        Slot("voltage", "holding", 40, "uint16", 0.1),
        Slot("current", "holding", 41, "uint32", 0.001, "CDAB"),
        Slot("power", "holding", 43, "int32", 0.001, "CDAB"),
        Slot("power-factor", "holding", 45, "int16", 0.001),
        Slot("frequency", "holding", 46, "uint16", 0.01),
        Slot("energy", "holding", 48, "uint64", 1.0, "CDAB"),
        Slot("status", "holding", 52, "uint16"),
    )


def _gencomm(page: int, offset: int) -> int:
    """GenComm's address of a register."""
    return page * 256 + offset


_ALARMS = _gencomm(3, 6)

_GENERATOR = (
    Slot("control-mode", "holding", _gencomm(3, 4), "uint16"),
    Slot("shutdown-alarm", "holding", _ALARMS, "bit", bit=12),
    Slot("trip-alarm", "holding", _ALARMS, "bit", bit=11),
    Slot("warning-alarm", "holding", _ALARMS, "bit", bit=10),
    Slot("oil-pressure", "holding", _gencomm(4, 0), "uint16"),
    Slot("coolant-temperature", "holding", _gencomm(4, 1), "int16"),
    Slot("fuel-level", "holding", _gencomm(4, 3), "uint16"),
    Slot("charger-voltage", "holding", _gencomm(4, 4), "uint16", 0.1),
    Slot("battery-voltage", "holding", _gencomm(4, 5), "uint16", 0.1),
    Slot("speed", "holding", _gencomm(4, 6), "uint16"),
    Slot("run-time", "holding", _gencomm(7, 6), "uint32"),
    Slot("starts", "holding", _gencomm(7, 16), "uint32"),
)

_FIRE_PUMP = (
    Slot("start-command", "coil", 0, "bit"),
    Slot("running", "discrete", 0, "bit"),
    Slot("fault", "discrete", 1, "bit"),
    Slot("automatic", "discrete", 2, "bit"),
    Slot("power", "discrete", 3, "bit"),
    Slot("low-pressure", "discrete", 4, "bit"),
    Slot("pressure", "holding", 0, "uint16"),
    Slot("current", "holding", 1, "int16", 0.1),
    Slot("run-time", "holding", 2, "uint32"),
    Slot("starts", "holding", 4, "uint16"),
    Slot("tank-level", "input", 0, "int16"),
)

_HVAC, _LIFTS, _TENANTS, _SERVICES = SUB_METERS

LAYOUTS: Mapping[str, tuple[Slot, ...]] = {
    "meter-main": _float_meter("holding", "ABCD"),
    _HVAC: _float_meter("input", "CDAB"),
    _LIFTS: _float_meter("holding", "BADC"),
    _TENANTS: _float_meter("input", "DCBA"),
    _SERVICES: _integer_meter(),
    "generator": _GENERATOR,
    "fire-pump": _FIRE_PUMP,
}
"""The Modbus devices by their id; each is unit 1."""
