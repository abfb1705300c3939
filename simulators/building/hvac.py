"""The air handling unit and the chiller."""

from __future__ import annotations

from simulators.building.items import Signals
from simulators.building.power import CHILLER_KW
from simulators.building.waves import Dice

_OCCUPIED = 1


def air_handler(dice: Dice, at_s: float, runs: bool, run_s: float) -> Signals:
    """The air handling unit; ``run_s`` is how long its fan has run since the start."""

    def around(name: str, mean: float, swing: float) -> float:
        return dice.wave(f"ahu/{name}", mean, swing).at(at_s)

    outdoor = around("outdoor", 27, 2)
    returned = around("return", 24.5, 0.6)
    return {
        "supply-temperature": around("supply", 14.5, 0.4) if runs else returned,
        "return-temperature": returned,
        "mixed-temperature": 0.7 * returned + 0.3 * outdoor,
        "outdoor-temperature": outdoor,
        "supply-pressure": around("pressure", 420, 15) if runs else 0.0,
        "filter-pressure": around("filter", 140, 6) if runs else 0.0,
        "supply-flow": around("flow", 32_000, 900) if runs else 0.0,
        "co2": around("co2", 640, 60),
        "fan-speed": around("speed", 78, 4) if runs else 0.0,
        "cooling-valve": around("valve", 55, 12) if runs else 0.0,
        "outdoor-damper": 30.0 if runs else 0.0,
        "temperature-setpoint": 14.5,
        "run-hours": 1000 * dice.fraction("ahu/run-hours") + run_s / 3600,
        "fan-running": runs,
        "fan-fault": not runs,
        "filter-alarm": False,
        "occupancy-mode": _OCCUPIED,
    }


def chiller(dice: Dice, at_s: float, runs: bool, run_s: float) -> Signals:
    """The chiller; ``run_s`` is how long it has run since the start."""

    def around(name: str, mean: float, swing: float) -> float:
        return dice.wave(f"chiller/{name}", mean, swing).at(at_s)

    chilled_return = around("chilled-return", 12.2, 0.4)
    condenser_supply = around("condenser-supply", 30, 0.6)
    return {
        "chilled-supply-temperature": around("chilled-supply", 7, 0.2) if runs else chilled_return,
        "chilled-return-temperature": chilled_return,
        "condenser-supply-temperature": condenser_supply,
        "condenser-return-temperature": condenser_supply + (4.8 if runs else 0.0),
        "chilled-flow": around("flow", 210, 4),
        "evaporator-pressure": around("evaporator", 255, 6) if runs else 410.0,
        "condenser-pressure": around("condenser", 690, 12) if runs else 410.0,
        "load": around("load", 64, 8) if runs else 0.0,
        "power": CHILLER_KW if runs else 0.0,
        "setpoint": 7.0,
        "run-hours": 1000 * dice.fraction("chiller/run-hours") + run_s / 3600,
        "starts": dice.whole("chiller/starts", 200, 900),
        "running": runs,
        "alarm": not runs,
        "pump-running": True,
    }
