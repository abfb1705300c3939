"""What meters give besides their registers: power, power factor, currents and flow, each the mean of a quarter."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from random import Random

from simulators.energy.meters import METERS, TOLD, Meter
from simulators.energy.planning import WastePlan

GOOD_FACTOR, BAD_FACTOR = (0.94, 0.97), (0.80, 0.84)
EVEN = 0.02
"""Of the mean: by how much a phase's current is off it, each way, at most."""
UNEVEN = (1.30, 0.85, 0.85)
"""Of the mean: the currents of phases that are loaded unevenly."""
PHASES = ("current-a", "current-b", "current-c")


def momentary(seed: int, uses: Mapping[str, array[int]], plan: WastePlan) -> Iterator[tuple[str, list[float]]]:
    """Each such point, with what it gives at the beginning of each quarter and at the end of the last: the mean of
    the quarter before; at the very first the mean of the one after."""
    for meter in METERS:
        use = uses[meter.id]
        means = [use[0] * 4 / TOLD, *(each * 4 / TOLD for each in use)]
        if meter.volts:
            yield f"{meter.id}/power", means
            yield from _electric(seed, meter, means, plan)
        if meter.flows:
            yield f"{meter.id}/flow", means


def _electric(
    seed: int, meter: Meter, power_kw: list[float], plan: WastePlan
) -> Iterator[tuple[str, list[float]]]:
    dice = Random(f"{seed} phases {meter.id}")
    factors: list[float] = []
    currents: tuple[list[float], ...] = ([], [], [])
    for place, kilowatts in enumerate(power_kw):
        is_bad = meter.id == "main" and _ended_in(place, plan.power_factor)
        factor = round(dice.uniform(*(BAD_FACTOR if is_bad else GOOD_FACTOR)), 3)
        factors.append(factor)
        mean = kilowatts * 1000 / (math.sqrt(3) * meter.volts * factor)
        one, other = dice.uniform(-EVEN, EVEN), dice.uniform(-EVEN, EVEN)
        shares = (1 + one, 1 - (one + other) / 2, 1 + (other - one) / 2)
        if meter.id == "lighting" and _ended_in(place, plan.currents):
            shares = UNEVEN
        for found, share in zip(currents, shares, strict=True):
            found.append(round(mean * share, 2))
    yield f"{meter.id}/power-factor", factors
    for name, found in zip(PHASES, currents, strict=True):
        yield f"{meter.id}/{name}", found


def _ended_in(place: int, span: tuple[int, int]) -> bool:
    """Whether the quarter that ends with a reading is in a span."""
    return span[0] <= place - 1 < span[1]
