"""Meters: their tables validated, held against each other and the points, and as judging sees them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from config.draft import Draft, Reference
from config.meter_tables import EnergyTable, MeterTable
from config.problems import Key, nearest, shown
from connectors.settings import PointBase
from evaluators.energy.units import amount_in, rate_in, ucum, units_of
from evaluators.model.energy import Carrier, EnergyProfile, Meter
from evaluators.model.times import HOUR_NS

MICRO = 1_000_000
"""Registers of floats are kept in millionths."""


def validate_meters(draft: Draft, meters: object, energy: object) -> None:
    """``[meters]`` and ``[energy]``, into the draft."""
    draft.energy = draft.model(EnergyTable, energy, ("energy",)) or draft.energy
    for name, raw in draft.named(meters, ("meters",)):
        table = draft.model(MeterTable, raw, ("meters", name))
        if table is not None:
            draft.meters[name] = table
            draft.references.points += [Reference(key, point) for key, point in _points(name, table)]


def _points(name: str, table: MeterTable) -> Iterator[tuple[Key, str]]:
    """The points that a meter names, with where."""
    key = ("meters", name)
    for field in ("point", "power", "power_factor"):
        if getattr(table, field):
            yield (*key, field), getattr(table, field)
    for number, point in enumerate(table.currents):
        yield (*key, "currents", str(number)), point


def check_meters(draft: Draft) -> None:
    """What no table of a meter can know by itself."""
    registers: dict[str, str] = {}
    for name, table in draft.meters.items():
        key = ("meters", name)
        _check_numbers(draft, name, table)
        first = registers.setdefault(table.point, name)
        if first != name:
            draft.problem((*key, "point"), f"is the register of {first} already", "name each register once")
        if table.parent:
            _check_parent(draft, name, table)
            if table.bought is not None:
                wrong = f"is for a meter without a parent, and this one is below {table.parent}"
                draft.problem((*key, "bought"), wrong, "leave it out, or say it of the meter at the top")
        if table.item is not None and table.carrier is not Carrier.ELECTRICITY:
            draft.problem((*key, "item"), f"goes with electricity, not {table.carrier}", "leave it out")


def _check_numbers(draft: Draft, name: str, table: MeterTable) -> None:
    """The points have to give numbers, the register and the power in a unit that fits."""
    key = ("meters", name)
    for where, point in _points(name, table):
        kind = draft.point_types.get(point)
        if isinstance(kind, str) and kind not in ("float", "int"):
            draft.problem(where, f"{shown(point)} is {kind} and counts nothing", "name a float or int point")
    settings = _settings(draft, table.point)
    if settings is not None:
        unit = table.unit or settings.unit
        if amount_in(table.carrier, unit) is None:
            right = f"give one of {', '.join(units_of(table.carrier))}: as unit of the point, or of the meter"
            place = (*key, "unit") if table.unit else (*key, "point")
            draft.problem(place, f"{table.carrier} is not counted in {shown(unit)}", right)
    power = _settings(draft, table.power)
    if power is not None and rate_in(table.carrier, power.unit) is None:
        wrong = f"{shown(power.unit)} is no unit in which {table.carrier} flows"
        draft.problem((*key, "power"), wrong, "give the point its unit, such as kW or m3/h")


def _check_parent(draft: Draft, name: str, table: MeterTable) -> None:
    key = ("meters", name, "parent")
    parent = draft.meters.get(table.parent)
    if parent is None:
        if table.parent not in draft.meter_ids:
            draft.problem(
                key, f"there is no meter {shown(table.parent)}", nearest(table.parent, draft.meters, "meter")
            )
        return
    if parent.carrier is not table.carrier:
        draft.problem(key, f"counts {parent.carrier}, not {table.carrier}", "name one of the same")
    above, seen = table.parent, {name}
    while above in draft.meters:
        if above in seen:
            if above == name:
                draft.problem(key, "is below this meter itself", "let one of them have no parent")
            return
        seen.add(above)
        above = draft.meters[above].parent


def _settings(draft: Draft, point: str) -> PointBase | None:
    device, _, point_id = point.partition("/")
    return draft.points.get(device, {}).get(point_id)


def meters_of(draft: Draft, holds: dict[str, int]) -> tuple[Meter, ...]:
    """Every meter, in the order of the file. ``holds``: for how long (ns) a value of each point stands."""
    return tuple(_meter(name, table, draft, holds) for name, table in draft.meters.items())


def _meter(name: str, table: MeterTable, draft: Draft, holds: dict[str, int]) -> Meter:
    settings = _settings(draft, table.point)
    assert settings is not None
    one = amount_in(table.carrier, ucum(table.unit or settings.unit))
    assert one is not None
    return Meter(
        id=name,
        name=table.name or name,
        carrier=table.carrier,
        point=table.point,
        per_count=Fraction(table.ratio) * one,
        hold_ns=holds[table.point],
        scale=1 if settings.type == "int" else MICRO,
        wraps_at=None if table.wraps_at is None else Fraction(table.wraps_at),
        most_an_hour=None if table.most_an_hour is None else Fraction(table.most_an_hour),
        stuck_ns=None if table.never_rests_h is None else table.never_rests_h * HOUR_NS,
        parent=table.parent,
        loss=Fraction(table.loss),
        item=table.item,
        purpose=table.purpose,
        bought=table.carrier.is_bought if table.bought is None else table.bought,
        power=table.power,
        per_power=_per_power(table, draft),
        power_factor=table.power_factor,
        currents=table.currents,
    )


def _per_power(table: MeterTable, draft: Draft) -> Fraction:
    settings = _settings(draft, table.power)
    rate = None if settings is None else rate_in(table.carrier, settings.unit)
    return Fraction(1) if rate is None else rate


def profile_of(draft: Draft, area_m2: float | None) -> EnergyProfile:
    """What the site says of itself; ``area_m2`` is the site's own."""
    table = draft.energy
    return EnergyProfile(
        area_m2=_exact(table.area_m2 if table.area_m2 is not None else area_m2),
        climate=table.climate,
        ventilation=table.ventilation,
        owner=table.owner,
        hours_a_year=_exact(table.hours_a_year),
        area_per_person=_exact(table.area_per_person),
        excluded=frozenset(table.excluded),
    )


def _exact(value: float | None) -> Fraction | None:
    """A number as it was written, not as the nearest float."""
    return None if value is None else Fraction(str(value))
