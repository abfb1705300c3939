"""One year of a building's energy from beginning to end."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from simulators.energy.calendar import Days
from simulators.energy.conditions import Conditions, conditions
from simulators.energy.loads import Uses, follow, loads
from simulators.energy.meters import METERS, below
from simulators.energy.momentary import momentary
from simulators.energy.planning import plan_faults, plan_waste
from simulators.energy.registers import Cell, Change, Fault, Spoiler, begins_at, cells
from simulators.energy.waste import Waste, draw_peak, drawn_badly, leaked, leave_on

LOSS_PERMILLE = 25
"""Of what the meters below the incomer count: what the transformer loses on top."""


@dataclass(frozen=True, slots=True)
class EnergyYear:
    """Everything of a year. ``uses``: what really went through each meter in each quarter, in small units, as far
    as its register tells such amounts apart. ``readings``: by point, at the beginning of each quarter and at the
    end of the last; None where it was not read."""

    seed: int
    days: Days
    conditions: Conditions
    uses: Mapping[str, array[int]]
    readings: Mapping[str, Sequence[Cell]]
    faults: tuple[Fault, ...]
    changes: tuple[Change, ...]
    waste: tuple[Waste, ...]
    contract_kw: int


def make(seed: int, year: int) -> EnergyYear:
    """The same seed and year give the same; ValueError for a year whose holidays are not known."""
    days = Days.of(year)
    plan = plan_waste(seed, days)
    around = conditions(seed, days)
    uses = loads(seed, around)
    waste = list(leave_on(seed, plan, uses, around))
    follow(uses, around)
    leak = leaked(plan, days.quarters)
    add_up(uses, leak)
    peak, contract_kw = draw_peak(plan, uses, uses["main"].tolist(), LOSS_PERMILLE)
    add_up(uses, leak)
    waste += [_with_peak(peak, uses["main"]), *drawn_badly(plan)]
    spoiler = Spoiler(seed, days, plan_faults(seed, days, plan), plan)
    readings: dict[str, Sequence[Cell]] = {}
    for meter in METERS:
        steps = spoiler.spoiled(meter, uses[meter.id], begins_at(seed, meter))
        readings[meter.point] = cells(meter, steps)
    readings.update(momentary(seed, uses, plan))
    faults = sorted(spoiler.faults, key=lambda fault: (fault.start, fault.meter))
    waste.sort(key=lambda each: each.span)
    return EnergyYear(
        seed, days, around, uses, readings, tuple(faults), tuple(spoiler.changes), tuple(waste), contract_kw
    )


def add_up(uses: Uses, leak: Sequence[int]) -> None:
    """What meters with others below them count: the sum of these, at the incomer with the transformer's loss, at
    the water meter with the leak.

    The loss is a whole number of W.h: of all that was counted up to the end of a quarter so many per mille,
    rounded down, less what was lost up to its beginning.
    """
    for meter in reversed(METERS):
        parts = below(meter.id)
        if parts:
            uses[meter.id] = array("q", map(sum, zip(*(uses[part] for part in parts), strict=True)))
    lost = [each * LOSS_PERMILLE // 1000 for each in accumulate(uses["main"], initial=0)]
    uses["main"] = array(
        "q", (use + after - before for use, (before, after) in zip(uses["main"], pairwise(lost), strict=True))
    )
    uses["water"] = array("q", (use + more for use, more in zip(uses["water"], leak, strict=True)))


def _with_peak(peak: Waste, main: array[int]) -> Waste:
    """The peak with its highest quarter."""
    quarter = max(range(*peak.span), key=lambda each: main[each])
    watts = main[quarter] * 4
    kilowatts = f"{watts // 1000}.{watts % 1000:03}"
    return Waste(peak.kind, peak.meter, peak.span, peak.amount, peak.cause, kilowatts, quarter)
