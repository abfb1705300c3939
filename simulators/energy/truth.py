"""What really was: the tables of the truth file. Amounts are exact decimal text in the carrier's unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulators.energy.meters import METERS, TOLD, UNITS, Meter, the_meter
from simulators.energy.registers import Fault
from simulators.energy.waste import Waste
from simulators.energy.year import EnergyYear
from simulators.year.calendar import ZONE_NAME

HARMLESS = frozenset({"turned-over"})
"""What happens to a register without anything being wrong with it."""


def told(small: int) -> str:
    """An amount of small units in the carrier's unit."""
    whole, rest = divmod(small, TOLD)
    return f"{whole}.{rest:03}"


def truth_of(made: EnergyYear) -> dict[str, Any]:
    """What ``truth.json`` holds."""
    days = made.days
    return {
        "seed": made.seed,
        "year": days.year.number,
        "zone": ZONE_NAME,
        "start": days.year.start,
        "end": days.year.end,
        "contract_kw": made.contract_kw,
        "meters": {meter.id: _meter(made, meter) for meter in METERS},
        "faults": [_fault(fault) for fault in made.faults],
        "waste": [_waste(made, waste) for waste in made.waste],
    }


def _meter(made: EnergyYear, meter: Meter) -> dict[str, Any]:
    """A meter's months: ``whole`` are those in which nothing was wrong with it, ``exact`` those of which its
    readings say to the last count what went through."""
    use = made.uses[meter.id]
    mine = [fault for fault in made.faults if fault.meter == meter.id and fault.kind not in HARMLESS]
    return {
        "carrier": meter.carrier,
        "unit": UNITS[meter.carrier],
        "parent": meter.parent,
        "months": {name: told(sum(use[start:end])) for name, (start, end) in made.days.months()},
        "year": told(sum(use)),
        "whole": [name for name, start, end in _months(made) if not _touched(mine, start, end)],
        "exact": [
            name for name, start, end in _months(made) if not any(_blurs(each, start, end) for each in mine)
        ],
        "year_is_exact": not any(fault.blurs for fault in mine),
    }


def _months(made: EnergyYear) -> Iterator[tuple[str, int, int]]:
    for month in made.days.year.months():
        yield month.name, month.start, month.end


def _touched(faults: list[Fault], start: int, end: int) -> bool:
    return any(fault.start < end and fault.end >= start for fault in faults)


def _blurs(fault: Fault, start: int, end: int) -> bool:
    """Whether a fault leaves open what went through in a month: where nothing is lost, only if it lies over one of
    its ends."""
    if fault.blurs:
        return _touched([fault], start, end)
    return any(fault.start < edge < fault.end for edge in (start, end))


def _fault(fault: Fault) -> dict[str, Any]:
    return {"meter": fault.meter, "kind": fault.kind, "start": fault.start, "end": fault.end}


def _waste(made: EnergyYear, waste: Waste) -> dict[str, Any]:
    """``amount`` is None where nothing more went through than should have."""
    start, end = (made.days.time(quarter) for quarter in waste.span)
    row: dict[str, Any] = {"kind": waste.kind, "meter": waste.meter, "start": start, "end": end}
    row["amount"] = None if waste.amount is None else told(waste.amount)
    row["unit"] = UNITS[the_meter(waste.meter).carrier]
    if waste.cause:
        row["cause"] = waste.cause
    if waste.peak_kw:
        row |= {"peak_kw": waste.peak_kw, "peak_quarter": made.days.time(waste.peak_quarter)}
    return row
