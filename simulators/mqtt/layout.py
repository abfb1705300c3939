"""What each MQTT device publishes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.building.items import LIFTS_ON_GATEWAY, Signals
from simulators.clock import iso

ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True, slots=True)
class Publication:
    """One device: its topic, its status topic, and the body of a message with its stamp (ns UTC) and number.

    Stamps are whole multiples of ``resolution_ns``.
    """

    topic: str
    status_topic: str
    resolution_ns: int
    payload: Callable[[Signals, int, int], Mapping[str, Any]]


def _lifts(values: Signals, stamp: int, sequence: int) -> Mapping[str, Any]:
    cars = [
        {
            "id": lift,
            "mode": values[f"{lift}-mode"],
            "position": values[f"{lift}-position"],
            "direction": values[f"{lift}-direction"],
            "door_open": values[f"{lift}-door-open"],
            "faults": values[f"{lift}-faults"],
            "intercom": values[f"{lift}-intercom"],
        }
        for lift in LIFTS_ON_GATEWAY
    ]
    return {"time": stamp, "sequence": sequence, "cars": cars}


def _water(values: Signals, stamp: int, sequence: int) -> Mapping[str, Any]:
    return {
        "time": iso(stamp),
        "sequence": sequence,
        "volume_l": values["volume"],
        "flow_l_s": values["flow"],
        "battery_percent": values["battery"],
        "fault": values["fault"],
    }


PUBLICATIONS: Mapping[str, Publication] = {
    "lift-gateway": Publication("building/lifts", "building/lifts/status", 1, _lifts),
    "water-meter": Publication("building/water", "building/water/status", 1000, _water),
}
"""The MQTT devices by their id."""
