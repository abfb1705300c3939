"""Which BACnet object and property shows which signal. Names as in ASHRAE 135; no protocol library here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.building.items import DETECTORS_A_LOOP, LIFTS_ON_BACNET, LOOPS

_LIFT_PROPERTIES = {
    "car-mode": "mode",
    "car-position": "position",
    "car-moving-direction": "direction",
    "car-door-status": "door",
    "fault-signals": "faults",
    "passenger-alarm": "alarm",
    "car-drive-status": "drive",
    "car-load": "load",
    "energy-meter": "energy",
}


@dataclass(frozen=True, slots=True)
class ObjectLayout:
    """One object: its type, instance and name, and for each property that moves the signal it shows."""

    type: str
    instance: int
    name: str
    signals: Mapping[str, str]
    units: str = ""
    """BACnetEngineeringUnits, for analog objects."""


@dataclass(frozen=True, slots=True)
class DeviceLayout:
    """One BACnet device."""

    instance: int
    objects: tuple[ObjectLayout, ...]


def _present(type_: str, *signals: str, first: int = 1) -> list[ObjectLayout]:
    """Objects of one type, numbered from ``first``, that show a signal each; ``signal:units`` sets the units."""
    found = []
    for instance, entry in enumerate(signals, first):
        signal, _, units = entry.partition(":")
        found.append(ObjectLayout(type_, instance, signal, {"present-value": signal}, units))
    return found


def _zone(loop: int) -> ObjectLayout:
    shown = {"present-value": "state", "tracking-value": "tracking", "mode": "mode"}
    signals = {name: f"loop-{loop}-{signal}" for name, signal in shown.items()}
    return ObjectLayout("life-safety-zone", loop, f"loop-{loop}", signals)


def _detector(number: int) -> ObjectLayout:
    signal = f"detector-{number}-state"
    signals = {"present-value": signal, "tracking-value": signal}
    return ObjectLayout("life-safety-point", number, f"detector-{number}", signals)


def _lift(number: int, lift: str) -> ObjectLayout:
    signals = {name: f"{lift}-{signal}" for name, signal in _LIFT_PROPERTIES.items()}
    return ObjectLayout("lift", number, lift, signals)


_AHU = DeviceLayout(
    1001,
    (
        *_present(
            "analog-input",
            "supply-temperature:degreesCelsius",
            "return-temperature:degreesCelsius",
            "mixed-temperature:degreesCelsius",
            "outdoor-temperature:degreesCelsius",
            "supply-pressure:pascals",
            "filter-pressure:pascals",
            "supply-flow:cubicMetersPerHour",
            "co2:partsPerMillion",
        ),
        *_present("analog-output", "fan-speed:percent", "cooling-valve:percent", "outdoor-damper:percent"),
        *_present("analog-value", "temperature-setpoint:degreesCelsius", "run-hours:hours"),
        *_present("binary-input", "fan-running", "fan-fault", "filter-alarm"),
        *_present("multi-state-value", "occupancy-mode"),
    ),
)

_CHILLER = DeviceLayout(
    1002,
    (
        *_present(
            "analog-input",
            "chilled-supply-temperature:degreesCelsius",
            "chilled-return-temperature:degreesCelsius",
            "condenser-supply-temperature:degreesCelsius",
            "condenser-return-temperature:degreesCelsius",
            "chilled-flow:cubicMetersPerHour",
            "evaporator-pressure:kilopascals",
            "condenser-pressure:kilopascals",
            "load:percent",
            "power:kilowatts",
        ),
        *_present("analog-value", "setpoint:degreesCelsius", "run-hours:hours"),
        *_present("positive-integer-value", "starts:noUnits"),
        *_present("binary-input", "running", "alarm", "pump-running"),
    ),
)

_FIRE_PANEL = DeviceLayout(
    1003,
    (
        *(_zone(loop) for loop in LOOPS),
        *(_detector(number) for number in range(1, len(LOOPS) * DETECTORS_A_LOOP + 1)),
        *_present("binary-input", "main-power", "standby-power", "linkage-automatic"),
        *_present("analog-input", "battery-voltage:volts"),
        *_present("positive-integer-value", "alarm-count:noUnits", "fault-count:noUnits"),
    ),
)

_LIFTS = DeviceLayout(
    1004,
    (
        *(_lift(number, lift) for number, lift in enumerate(LIFTS_ON_BACNET, 1)),
        *_present("binary-input", *(f"{lift}-intercom" for lift in LIFTS_ON_BACNET)),
    ),
)

LAYOUTS: Mapping[str, DeviceLayout] = {
    "ahu": _AHU,
    "chiller": _CHILLER,
    "fire-panel": _FIRE_PANEL,
    "lifts": _LIFTS,
}
"""The BACnet devices by their id."""
