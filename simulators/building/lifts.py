"""Lift cars: where they are and what state they are in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from simulators.building.items import Outage
from simulators.building.waves import Dice

FLOORS = 18
_TRIP_S = 20.0
_DWELL_S = 6.0


class CarMode(IntEnum):
    """BACnetLiftCarMode (ASHRAE 135), as far as these lifts use it."""

    NORMAL = 1
    INSPECTION = 8
    OUT_OF_SERVICE = 12


class Direction(IntEnum):
    """BACnetLiftCarDirection (ASHRAE 135)."""

    STOPPED = 2
    UP = 3
    DOWN = 4


class Drive(IntEnum):
    """BACnetLiftCarDriveStatus (ASHRAE 135)."""

    STATIONARY = 1
    RATED_SPEED = 5


@dataclass(frozen=True, slots=True)
class Car:
    """One car at an instant. ``faults`` counts active fault signals, ``alarm`` is the passenger's button."""

    mode: CarMode
    floor: int
    direction: Direction
    drive: Drive
    door_open: bool
    faults: int
    alarm: bool
    load_percent: float
    energy_kwh: float
    intercom: bool


def car(dice: Dice, lift: str, at_s: float, outage: Outage | None, intercom: bool) -> Car:
    """The car of ``lift``; it stands still from the start of an outage on."""
    moved_until_s = at_s if outage is None else min(at_s, outage.start_s)
    floor, direction, door_open = _journey(dice, lift, moved_until_s)
    fault = "" if outage is None else outage.fault
    if fault:
        direction, door_open = Direction.STOPPED, fault == "out-of-order"
    modes = {"out-of-order": CarMode.OUT_OF_SERVICE, "inspection": CarMode.INSPECTION}
    return Car(
        mode=modes.get(fault, CarMode.NORMAL),
        floor=floor,
        direction=direction,
        drive=Drive.STATIONARY if direction is Direction.STOPPED else Drive.RATED_SPEED,
        door_open=door_open,
        faults=1 if fault in ("out-of-order", "trapped") else 0,
        alarm=fault == "trapped",
        load_percent=dice.wave(f"{lift}/load", 30, 20, 120).at(moved_until_s),
        energy_kwh=1000 * dice.fraction(f"{lift}/energy") + moved_until_s / 600,
        intercom=intercom,
    )


def _journey(dice: Dice, lift: str, at_s: float) -> tuple[int, Direction, bool]:
    """One trip after another: the doors stand open, then the car runs to a floor that the dice choose."""
    trip = math.floor(at_s / _TRIP_S)
    here = dice.whole(f"{lift}/{trip}", 1, FLOORS)
    there = dice.whole(f"{lift}/{trip + 1}", 1, FLOORS)
    running_s = at_s - trip * _TRIP_S - _DWELL_S
    if running_s < 0 or here == there:
        return here, Direction.STOPPED, running_s < 0
    floor = round(here + (there - here) * running_s / (_TRIP_S - _DWELL_S))
    return floor, Direction.UP if there > here else Direction.DOWN, False
