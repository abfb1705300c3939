"""Units of meters, and how they convert: exact, each with where it is from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from evaluators.model.energy import Carrier

_JOULE = Fraction(1, 3_600_000)
"""kW·h in a joule, by definition."""

_ENERGY: Mapping[str, Fraction] = {
    "W.h": Fraction(1, 1000),
    "kW.h": Fraction(1),
    "MW.h": Fraction(1000),
    "GW.h": Fraction(1_000_000),
    "J": _JOULE,
    "kJ": 1000 * _JOULE,
    "MJ": 10**6 * _JOULE,
    "GJ": 10**9 * _JOULE,
}
"""kW·h in one of each UCUM unit of energy."""

_VOLUME: Mapping[str, Fraction] = {"m3": Fraction(1), "dm3": Fraction(1, 1000), "L": Fraction(1, 1000)}
_VOLUME_ALIASES = {"l": "L"}

BACNET: Mapping[str, str] = {
    "watt-hours": "W.h",
    "kilowatt-hours": "kW.h",
    "megawatt-hours": "MW.h",
    "joules": "J",
    "kilojoules": "kJ",
    "megajoules": "MJ",
    "cubic-meters": "m3",
    "liters": "L",
    "kilowatts": "kW",
    "watts": "W",
    "megawatts": "MW",
    "liters-per-second": "L/s",
    "liters-per-hour": "L/h",
    "cubic-meters-per-hour": "m3/h",
    "amperes": "A",
    "volts": "V",
    "degrees-celsius": "Cel",
    "percent": "%",
    "hertz": "Hz",
    "pascals": "Pa",
    "parts-per-million": "[ppm]",
    "percent-relative-humidity": "%",
    "hours": "h",
    "no-units": "1",
}
"""The UCUM code of BACnet's EngineeringUnits that meters and plant use (ASHRAE 135, clause 21)."""

_POWER: Mapping[str, Fraction] = {"W": Fraction(1, 1000), "kW": Fraction(1), "MW": Fraction(1000)}
_FLOW: Mapping[str, Fraction] = {"m3/h": Fraction(1), "L/h": Fraction(1, 1000), "L/s": Fraction(36, 10)}


def ucum(unit: str) -> str:
    """The UCUM code of a unit that may be BACnet's name for it."""
    return BACNET.get(unit, _VOLUME_ALIASES.get(unit, unit))


def amount_in(carrier: Carrier, unit: str) -> Fraction | None:
    """How much of a carrier, in its own unit, is one of a unit; None where the unit does not count it."""
    unit = ucum(unit)
    if carrier in (Carrier.WATER, Carrier.GAS):
        return _VOLUME.get(unit)
    energy = _ENERGY.get(unit)
    return None if energy is None else energy / _ENERGY[carrier.unit]


def rate_in(carrier: Carrier, unit: str) -> Fraction | None:
    """How much of a carrier an hour, in its own unit, is one of a unit of power or flow; None where it is none."""
    unit = ucum(unit)
    if carrier in (Carrier.WATER, Carrier.GAS):
        return _FLOW.get(unit)
    power = _POWER.get(unit)
    return None if power is None else power / _ENERGY[carrier.unit]


def units_of(carrier: Carrier) -> tuple[str, ...]:
    """Every unit in which a register of a carrier may count."""
    return tuple(_VOLUME if carrier in (Carrier.WATER, Carrier.GAS) else _ENERGY)
