"""Meters as judging sees them, and the words of energy management. Amounts are exact fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Carrier(StrEnum):
    """What a meter counts."""

    ELECTRICITY = "electricity"
    WATER = "water"
    GAS = "gas"
    HEAT = "heat"
    COOLING = "cooling"

    @property
    def unit(self) -> str:
        """The UCUM code in which amounts of it are told."""
        return _UNITS[self]

    @property
    def is_bought(self) -> bool:
        """Whether it is taken to come from outside where nobody says: heat and cooling most buildings make."""
        return self not in (Carrier.HEAT, Carrier.COOLING)


_UNITS = {
    Carrier.ELECTRICITY: "kW.h",
    Carrier.WATER: "m3",
    Carrier.GAS: "m3",
    Carrier.HEAT: "GJ",
    Carrier.COOLING: "kW.h",
}


class EnergyItem(StrEnum):
    """The four items into which a building's electricity is parted (分项)."""

    LIGHTING = "lighting-sockets"
    """01A 照明插座"""
    HVAC = "hvac"
    """01B 空调"""
    POWER = "power"
    """01C 动力"""
    SPECIAL = "special"
    """01D 特殊"""

    @property
    def code(self) -> str:
        """The code that energy monitoring rules give it."""
        return f"01{'ABCD'[list(EnergyItem).index(self)]}"


class Purpose(StrEnum):
    """What is counted that need not belong to the building's own use per m²."""

    BUILDING = "building"
    DATA_ROOM = "data-room"
    KITCHEN = "kitchen"
    GARAGE = "garage"
    HEATING = "heating"
    """供暖, in any carrier."""
    OTHER = "other"
    """Used in the building for what a standard leaves out, such as a car charger."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter with a cumulative register.

    ``point`` is the register's key. ``per_count``: the amount, in the carrier's unit, that 1 of the point stands
    for: unit, current and voltage transformers, and pulses are in it. ``hold_ns``: for how long a reading stands
    for what comes after it. ``scale``: the register is kept in whole parts of the point's unit, so many to 1.
    ``wraps_at`` is in the point's unit, ``most_an_hour`` in the carrier's. ``parent`` is the meter upstream, which
    counts it too; ``loss``: the share of what a meter counts that may get lost between it and those below it.
    ``item`` and ``purpose`` say what it is for. ``bought``: of one without a parent, whether what it counts comes
    from outside; else the building makes it of what other meters count.
    """

    id: str
    name: str
    carrier: Carrier
    point: str
    per_count: Fraction
    hold_ns: int
    scale: int = 1
    wraps_at: Fraction | None = None
    most_an_hour: Fraction | None = None
    stuck_ns: int | None = None
    parent: str = ""
    loss: Fraction = Fraction(0)
    item: EnergyItem | None = None
    purpose: Purpose = Purpose.BUILDING
    bought: bool = True
    power: str = ""
    """Key of the point that gives the momentary power or flow; empty where there is none."""
    per_power: Fraction = Fraction(1)
    """The carrier's units an hour that 1 of that point stands for."""
    power_factor: str = ""
    currents: tuple[str, ...] = ()
    """Keys of the points of the phases' currents."""

    @property
    def momentary(self) -> tuple[str, ...]:
        """The keys of the points beside its register."""
        return tuple(key for key in (self.power, self.power_factor, *self.currents) if key)


class Climate(StrEnum):
    """The climate zones that GB/T 51161-2016 tells apart."""

    COLD = "cold"
    """严寒和寒冷"""
    HOT_COLD = "hot-summer-cold-winter"
    HOT_WARM = "hot-summer-warm-winter"
    MILD = "mild"


class Ventilation(StrEnum):
    """The two types of office building in it."""

    NATURAL = "A"
    """Its windows can be opened: it can do without cooling for part of the year."""
    MECHANICAL = "B"


class Owner(StrEnum):
    """Whose office building it is."""

    STATE = "state"
    COMMERCIAL = "commercial"


@dataclass(frozen=True, slots=True)
class EnergyProfile:
    """What a site says of itself, where a benchmark asks. None: it does not say.

    ``hours_a_year`` in use; ``area_per_person`` in m²; ``area_m2`` is the floor area that use is divided by.
    """

    area_m2: Fraction | None = None
    climate: Climate | None = None
    ventilation: Ventilation | None = None
    owner: Owner | None = None
    hours_a_year: Fraction | None = None
    area_per_person: Fraction | None = None
    excluded: frozenset[Purpose] = field(default_factory=frozenset)
    """What is taken out before use is divided by area."""
