"""What the meters at the bottom of the trees would count of an honest year: loads that follow weather and
people."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from random import Random

from simulators.energy.conditions import Conditions, Moment
from simulators.energy.meters import the_meter

CHILLERS_STANDBY_KW = 3.0
COLD_PER_POWER = 4.2
"""kW.h of cold that a chiller makes of one of electricity above its standby."""
MAKE_UP = 0.0018
"""L of water that a cooling tower loses for each W.h of cold."""
MOST_FILLED = 3000
"""L that the tower's float valve lets in within a quarter of an hour; it is shut while the building is closed."""
HEAT_PER_GAS = 35.5 * 0.92 / 1000
"""MJ of heat that the boiler makes of a litre of gas."""


def _chillers(now: Moment) -> float:
    cold = min(400.0, 26.0 * max(0.0, now.temperature - 22.0)) * (0.5 + 0.5 * now.share)
    return CHILLERS_STANDBY_KW + (cold if now.is_open else 0.0)


def _air(now: Moment) -> float:
    return 35.0 + 65.0 * min(1.0, abs(now.temperature - 20.0) / 12.0) if now.is_open else 4.0


def _kitchen(now: Moment) -> float:
    return 55.0 if now.is_open and 10 <= now.hour < 13 else 3.0


def _chargers(now: Moment) -> float:
    return 2.0 + (38.0 * now.share if 9 <= now.hour < 17 else 0.0)


def _gas(now: Moment) -> float:
    return 5.5 * max(0.0, 14.0 - now.temperature) if now.is_open else 0.0


RATES: Mapping[str, Callable[[Moment], float]] = {
    "floors-low": lambda now: 20.0 + 90.0 * now.share,
    "floors-high": lambda now: 35.0 + 160.0 * now.share,
    "chillers": _chillers,
    "air": _air,
    "lifts": lambda now: 3.0 + 32.0 * now.share,
    "pumps": lambda now: 6.0 + 24.0 * now.share,
    "data-room": lambda now: 55.0,
    "kitchen": _kitchen,
    "chargers": _chargers,
    "tenants-water": lambda now: 0.028 + 3.2 * now.share,
    "gas": _gas,
}
"""kW of electricity, or m³ of water and gas an hour, before what is random."""
SPREAD = 0.06
"""By how much of it a quarter's load is off, each way, at most."""

Uses = dict[str, "array[int]"]
"""What each meter counts in each quarter of an hour, in small units."""


def resolved(flows: Iterable[float], step: int) -> array[int]:
    """Flows as a register of whole steps counts them: what does not fill a step is counted with the next one."""
    found, rest = array("q"), 0.0
    for flow in flows:
        rest += flow
        whole = int(rest // step) * step
        found.append(whole)
        rest -= whole
    return found


def loads(seed: int, conditions: Conditions) -> Uses:
    """Every load of the table."""
    moments = list(conditions.moments())
    found: Uses = {}
    for name, rate in RATES.items():
        dice = Random(f"{seed} load {name}")
        flows = (rate(now) * dice.uniform(250 * (1 - SPREAD), 250 * (1 + SPREAD)) for now in moments)
        found[name] = resolved(flows, the_meter(name).step)
    return found


def follow(uses: Uses, conditions: Conditions) -> None:
    """Add what comes of chillers and boiler: cold, the tower's water, and heat."""
    standby = CHILLERS_STANDBY_KW * 250 * (1 + SPREAD) + the_meter("chillers").step
    cold = [COLD_PER_POWER * each if each > standby else 0.0 for each in uses["chillers"]]
    uses["cooling"] = resolved(cold, the_meter("cooling").step)
    uses["tower"] = resolved(_filled(cold, conditions.opened), the_meter("tower").step)
    uses["heat"] = resolved((HEAT_PER_GAS * each for each in uses["gas"]), the_meter("heat").step)


def _filled(cold: Iterable[float], opened: Iterable[int]) -> Iterable[float]:
    """What is let into the tower's basin, by the quarter."""
    missing = 0.0
    for made, is_open in zip(cold, opened, strict=True):
        missing += MAKE_UP * made
        filled = min(missing, MOST_FILLED) if is_open else 0.0
        missing -= filled
        yield filled
