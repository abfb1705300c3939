"""The functional items of the building: which device shows each, and what can go wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LIFTS_ON_BACNET = ("lift-1", "lift-2")
LIFTS_ON_GATEWAY = ("lift-3", "lift-4")
LOOPS = (1, 2, 3, 4)
DETECTORS_A_LOOP = 2
SUB_METERS = ("meter-hvac", "meter-lifts", "meter-tenants", "meter-services")
METERS = ("meter-main", *SUB_METERS)

Signal = float | int | bool | str
Signals = Mapping[str, Signal]
"""What one device has to say at an instant, by the name of the signal."""


@dataclass(frozen=True, slots=True)
class Item:
    """A function that works or does not. ``device`` shows it; any of ``faults`` takes it down."""

    device: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outage:
    """``item`` is down by ``fault`` over ``[start_s, end_s)``, seconds after the start."""

    item: str
    fault: str
    start_s: float
    end_s: float


def _items() -> Mapping[str, Item]:
    found: dict[str, Item] = {}
    for device, lifts in (("lifts", LIFTS_ON_BACNET), ("lift-gateway", LIFTS_ON_GATEWAY)):
        for lift in lifts:
            found[f"{lift}/car"] = Item(device, ("out-of-order", "trapped", "inspection"))
            found[f"{lift}/intercom"] = Item(device, ("dead",))
    for loop in LOOPS:
        found[f"fire-panel/loop-{loop}"] = Item("fire-panel", ("open-circuit", "isolated"))
    found["fire-panel/main-power"] = Item("fire-panel", ("lost",))
    found["fire-panel/standby-power"] = Item("fire-panel", ("lost",))
    found["fire-panel/linkage"] = Item("fire-panel", ("manual",))
    found["fire-pump/ready"] = Item("fire-pump", ("manual", "tripped", "no-power"))
    found["generator/ready"] = Item("generator", ("not-in-auto", "shutdown", "low-fuel"))
    found["ahu-1/air"] = Item("ahu", ("fan-trip",))
    found["chiller-1/cooling"] = Item("chiller", ("trip",))
    for meter in (*METERS, "water-meter"):
        found[f"{meter}/metering"] = Item(meter, ("self-test",))
    return found


ITEMS = _items()
"""Every item by its key, as in the demo site."""
