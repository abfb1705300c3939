"""Electricity: meters that add up, the standby generator, the fire pump. And the water meter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulators.building.items import SUB_METERS, Outage, Signals
from simulators.building.waves import Dice

LOSS_PERCENT = 3
"""What the main meter sees above the sum of the sub-meters."""
_SELF_TEST_FAILED = 4
_MEAN_KW = {"meter-hvac": 120.0, "meter-lifts": 35.0, "meter-tenants": 210.0, "meter-services": 60.0}
_POWER_FACTOR = {"meter-hvac": 0.88, "meter-lifts": 0.82, "meter-tenants": -0.97, "meter-services": 0.93}
"""Negative: leading, as a meter with IEEE signs shows it."""
CHILLER_KW = 140.0


def power_kw(dice: Dice, meter: str, at_s: float, chiller_runs: bool) -> float:
    """What a sub-meter's circuit draws; the chiller hangs on ``meter-hvac``."""
    base = dice.wave(f"{meter}/power", _MEAN_KW[meter], _MEAN_KW[meter] / 5).at(at_s)
    return base + (CHILLER_KW if meter == "meter-hvac" and chiller_runs else 0.0)


def energy_wh(dice: Dice, meter: str, at_s: float, chiller_outages: Iterable[Outage]) -> int:
    """The counter of a sub-meter: a random beginning and the exact integral of its power since the start."""
    kws = dice.wave(f"{meter}/power", _MEAN_KW[meter], _MEAN_KW[meter] / 5).integral(0, at_s)
    if meter == "meter-hvac":
        kws += CHILLER_KW * running_s(at_s, chiller_outages)
    return dice.whole(f"{meter}/energy", 10**9, 2 * 10**9) + int(kws * 1000 / 3600)


def running_s(at_s: float, outages: Iterable[Outage]) -> float:
    """How long something has run by ``at_s`` that stands still in ``outages`` (which do not overlap)."""
    return at_s - sum(max(0.0, min(at_s, outage.end_s) - outage.start_s) for outage in outages)


@dataclass(frozen=True, slots=True)
class Electricity:
    """The five meters at an instant."""

    dice: Dice
    at_s: float
    chiller_outages: tuple[Outage, ...]
    chiller_runs: bool

    def meter(self, meter: str, healthy: bool) -> Signals:
        """One meter's readings; ``meter-main`` is the sum of the others with the loss on top."""
        parts = SUB_METERS if meter == "meter-main" else (meter,)
        kw = sum(power_kw(self.dice, part, self.at_s, self.chiller_runs) for part in parts)
        wh = sum(energy_wh(self.dice, part, self.at_s, self.chiller_outages) for part in parts)
        factor = _POWER_FACTOR.get(meter, 0.91)
        if meter == "meter-main":
            kw, wh = kw * (100 + LOSS_PERCENT) / 100, wh * (100 + LOSS_PERCENT) // 100
        volts = self.dice.wave("voltage", 231, 2).at(self.at_s)
        return {
            "voltage": volts,
            "current": kw * 1000 / (3 * volts * abs(factor)),
            "power": kw,
            "power-factor": factor,
            "frequency": self.dice.wave("frequency", 50, 0.02).at(self.at_s),
            "energy": wh,
            "status": 0 if healthy else _SELF_TEST_FAILED,
        }


def generator(dice: Dice, at_s: float, fault: str) -> Signals:
    """A diesel set on standby; the names follow GenComm. Control mode 0 is stop, 1 automatic."""
    return {
        "control-mode": 0 if fault == "not-in-auto" else 1,
        "shutdown-alarm": fault == "shutdown",
        "trip-alarm": False,
        "warning-alarm": fault == "low-fuel",
        "oil-pressure": 0,
        "coolant-temperature": dice.wave("generator/coolant", 38, 2).at(at_s),
        "fuel-level": 12.0 if fault == "low-fuel" else dice.wave("generator/fuel", 86, 1, 86_400).at(at_s),
        "charger-voltage": dice.wave("generator/charger", 27.2, 0.1).at(at_s),
        "battery-voltage": dice.wave("generator/battery", 26.6, 0.2).at(at_s),
        "speed": 0,
        "run-time": dice.whole("generator/run-time", 500_000, 900_000),
        "starts": dice.whole("generator/starts", 80, 400),
    }


def fire_pump(dice: Dice, at_s: float, fault: str) -> Signals:
    """The fire pump with its panel."""
    return {
        "running": False,
        "fault": fault == "tripped",
        "automatic": fault != "manual",
        "power": fault != "no-power",
        "low-pressure": False,
        "start-command": False,
        "pressure": dice.wave("fire-pump/pressure", 850, 8, 300).at(at_s),
        "current": 0.0,
        "run-time": dice.whole("fire-pump/run-time", 50_000, 200_000),
        "starts": dice.whole("fire-pump/starts", 30, 90),
        "tank-level": dice.wave("fire-pump/tank", 312, 3, 3600).at(at_s),
    }


def water_meter(dice: Dice, at_s: float, healthy: bool) -> Signals:
    """The building's water meter: litres, litres per second."""
    flow = dice.wave("water/flow", 1.8, 1.2, 900)
    return {
        "volume": dice.whole("water/volume", 10**7, 10**8) + int(flow.integral(0, at_s)),
        "flow": flow.at(at_s),
        "battery": dice.wave("water/battery", 91, 0.5, 86_400).at(at_s),
        "fault": not healthy,
    }
