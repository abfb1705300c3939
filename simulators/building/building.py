"""The whole building at a simulated instant."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.building import fire, hvac, lifts, power
from simulators.building.items import (
    ITEMS,
    LIFTS_ON_BACNET,
    LIFTS_ON_GATEWAY,
    METERS,
    Outage,
    Signal,
    Signals,
)
from simulators.building.lifts import Car
from simulators.building.waves import Dice


class Building:
    """A function of the seed, the outages and the simulated time: asked twice, it says the same."""

    def __init__(self, seed: int, outages: Sequence[Outage] = ()) -> None:
        self._dice = Dice(seed)
        self._outages = {
            item: tuple(sorted((o for o in outages if o.item == item), key=lambda o: o.start_s)) for item in ITEMS
        }

    def is_up(self, item: str, at_s: float) -> bool:
        """Whether a functional item works at an instant."""
        return self._outage(item, at_s) is None

    def readings(self, at_s: float) -> dict[str, Signals]:
        """Every signal ``at_s`` seconds after the start, by device and by name within the device.

        Units are those of the demo site, states numbers and booleans as its points have them.
        """
        dice = self._dice
        chiller_trips = self._outages["chiller-1/cooling"]
        chiller_runs = self.is_up("chiller-1/cooling", at_s)
        electricity = power.Electricity(dice, at_s, chiller_trips, chiller_runs)
        ahu_run_s = power.running_s(at_s, self._outages["ahu-1/air"])
        return {
            "ahu": hvac.air_handler(dice, at_s, self.is_up("ahu-1/air", at_s), ahu_run_s),
            "chiller": hvac.chiller(dice, at_s, chiller_runs, power.running_s(at_s, chiller_trips)),
            "fire-panel": fire.fire_panel(dice, at_s, lambda item: self._fault(item, at_s)),
            "lifts": self._bacnet_lifts(at_s),
            **{m: electricity.meter(m, self.is_up(f"{m}/metering", at_s)) for m in METERS},
            "generator": power.generator(dice, at_s, self._fault("generator/ready", at_s)),
            "fire-pump": power.fire_pump(dice, at_s, self._fault("fire-pump/ready", at_s)),
            "lift-gateway": self._gateway_lifts(at_s),
            "water-meter": power.water_meter(dice, at_s, self.is_up("water-meter/metering", at_s)),
        }

    def _bacnet_lifts(self, at_s: float) -> Signals:
        found: dict[str, Signal] = {}
        for lift in LIFTS_ON_BACNET:
            car = self._car(lift, at_s)
            found |= {
                f"{lift}-mode": int(car.mode),
                f"{lift}-position": car.floor,
                f"{lift}-direction": int(car.direction),
                f"{lift}-door": int(car.door_open),
                f"{lift}-faults": car.faults,
                f"{lift}-alarm": car.alarm,
                f"{lift}-drive": int(car.drive),
                f"{lift}-load": car.load_percent,
                f"{lift}-energy": car.energy_kwh,
                f"{lift}-intercom": car.intercom,
            }
        return found

    def _gateway_lifts(self, at_s: float) -> Signals:
        found: dict[str, Signal] = {}
        for lift in LIFTS_ON_GATEWAY:
            car = self._car(lift, at_s)
            found |= {
                f"{lift}-mode": car.mode.name.lower().replace("_", "-"),
                f"{lift}-position": car.floor,
                f"{lift}-direction": car.direction.name.lower(),
                f"{lift}-door-open": car.door_open,
                f"{lift}-faults": car.faults,
                f"{lift}-intercom": car.intercom,
            }
        return found

    def _car(self, lift: str, at_s: float) -> Car:
        outage = self._outage(f"{lift}/car", at_s)
        return lifts.car(self._dice, lift, at_s, outage, self.is_up(f"{lift}/intercom", at_s))

    def _fault(self, item: str, at_s: float) -> str:
        outage = self._outage(item, at_s)
        return "" if outage is None else outage.fault

    def _outage(self, item: str, at_s: float) -> Outage | None:
        return next((o for o in self._outages[item] if o.start_s <= at_s < o.end_s), None)
