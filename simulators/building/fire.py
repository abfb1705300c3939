"""The fire alarm panel: loops, detectors, power, automatic linkage."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from simulators.building.items import DETECTORS_A_LOOP, LOOPS, Signal, Signals
from simulators.building.waves import Dice


class SafetyState(IntEnum):
    """BACnetLifeSafetyState (ASHRAE 135), as far as this panel uses it."""

    QUIET = 0
    FAULT = 3


class SafetyMode(IntEnum):
    """BACnetLifeSafetyMode (ASHRAE 135), as far as this panel uses it."""

    ON = 1
    DISABLED = 12


def fire_panel(dice: Dice, at_s: float, fault_of: Callable[[str], str]) -> Signals:
    """The panel's signals; ``fault_of`` gives the fault of an item of it, empty for none."""
    found: dict[str, Signal] = {}
    faults = {loop: fault_of(f"fire-panel/loop-{loop}") for loop in LOOPS}
    for loop, fault in faults.items():
        state = SafetyState.FAULT if fault == "open-circuit" else SafetyState.QUIET
        found[f"loop-{loop}-state"] = int(state)
        found[f"loop-{loop}-tracking"] = int(state)
        found[f"loop-{loop}-mode"] = int(SafetyMode.DISABLED if fault == "isolated" else SafetyMode.ON)
        for number in range(DETECTORS_A_LOOP):
            # An open circuit takes the detectors behind the break along: here the last one.
            lost = number == DETECTORS_A_LOOP - 1
            detector = (loop - 1) * DETECTORS_A_LOOP + number + 1
            found[f"detector-{detector}-state"] = int(state if lost else SafetyState.QUIET)
    main, standby = (not fault_of(f"fire-panel/{supply}-power") for supply in ("main", "standby"))
    found["main-power"] = main
    found["standby-power"] = standby
    found["linkage-automatic"] = not fault_of("fire-panel/linkage")
    found["battery-voltage"] = dice.wave("fire-panel/battery", 27.3 if main else 25.1, 0.1).at(at_s)
    found["alarm-count"] = 0
    found["fault-count"] = sum(fault == "open-circuit" for fault in faults.values()) + (not main) + (not standby)
    return found
