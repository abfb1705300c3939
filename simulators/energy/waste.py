"""What is wasted: put on top of an honest year, with its exact amount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulators.energy.calendar import Span
from simulators.energy.conditions import Conditions
from simulators.energy.loads import Uses
from simulators.energy.meters import the_meter
from simulators.energy.planning import WastePlan

LEAK = 150
"""L in a quarter of an hour: 0.6 m³/h."""
COOLS_FROM = 20.0
"""Degrees Celsius from which chillers run where the air side is left running."""
CONTRACT_PERCENT = 110
"""The contracted demand, of the highest quarter that is not planted."""
PEAK_PERCENT = (101, 106, 103, 98)
"""Of the contracted demand: what is drawn in the four quarters of the peak."""


@dataclass(frozen=True, slots=True)
class Waste:
    """One thing that is wasted over ``span``, as seen by ``meter``. ``cause``: the meter at the bottom of the tree
    that it goes through first, where there is one. ``amount``: how much more than there should have been, in small
    units; None: nothing more goes through, it is only drawn badly."""

    kind: str
    meter: str
    span: Span
    amount: int | None = None
    cause: str = ""
    peak_kw: str = ""
    """Of a peak: the mean of its highest quarter."""
    peak_quarter: int = -1


def leave_on(seed: int, plan: WastePlan, uses: Uses, conditions: Conditions) -> Iterator[Waste]:
    """Air conditioning that runs while the building is closed, and a holiday's lighting, into the uses."""
    dice = Random(f"{seed} left on")
    for start, end in plan.hvac:
        amount = 0
        for quarter in range(start, end):
            air = dice.randrange(16_000, 18_001, the_meter("air").step)
            warm = conditions.temperatures[quarter // 4] >= COOLS_FROM
            chillers = dice.randrange(12_000, 20_001, the_meter("chillers").step) if warm else 0
            uses["air"][quarter] += air
            uses["chillers"][quarter] += chillers
            amount += air + chillers
        yield Waste("hvac-left-on", "hvac", (start, end), amount)
    amount = 0
    for quarter in range(*plan.lighting):
        more = dice.randrange(34_000, 40_001, the_meter("floors-high").step)
        uses["floors-high"][quarter] += more
        amount += more
    yield Waste("lighting-left-on", "floors-high", plan.lighting, amount)


def draw_peak(plan: WastePlan, uses: Uses, main: list[int], loss_permille: int) -> tuple[Waste, int]:
    """All chillers started at once: the peak, into their use, and the contracted demand (kW). ``main``: what the
    incomer counts without it."""
    start, end = plan.peak
    contract_kw = -(-max(main) * 4 * CONTRACT_PERCENT // 100_000)
    step, amount = the_meter("chillers").step, 0
    for quarter, percent in zip(range(start, end), PEAK_PERCENT, strict=True):
        missing = contract_kw * 250 * percent // 100 - main[quarter]
        more = -(-missing * 1000 // (1000 + loss_permille) // step) * step
        uses["chillers"][quarter] += more
        amount += more
    return Waste("peak", "main", plan.peak, amount, "chillers"), contract_kw


def leaked(plan: WastePlan, quarters: int) -> list[int]:
    """What runs out between the water meter and those below it, by the quarter."""
    start, end = plan.leak
    return [LEAK if start <= quarter < end else 0 for quarter in range(quarters)]


def drawn_badly(plan: WastePlan) -> Iterator[Waste]:
    """What costs, though nothing more goes through; and the leak."""
    yield Waste("power-factor", "main", plan.power_factor)
    yield Waste("currents", "lighting", plan.currents)
    start, end = plan.leak
    yield Waste("leak", "water", plan.leak, LEAK * (end - start))
