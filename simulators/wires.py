"""The devices of the building: the protocol each speaks and what can go wrong on its wire."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from simulators.building.items import METERS


class WireFault(StrEnum):
    """A trouble that changes only what can be seen of a device."""

    SILENT = "silent"
    """It takes requests and answers none; an MQTT device publishes nothing."""
    ILLEGAL_ADDRESS = "illegal-address"
    """Modbus exception 02 to every request."""
    DEVICE_FAILURE = "device-failure"
    """Modbus exception 04 to every request."""
    DEVICE_BUSY = "device-busy"
    """Modbus exception 06 to every request."""
    STATUS_FAULT = "status-fault"
    """BACnet: one signal's object has Status_Flags FAULT and a Reliability of no-sensor."""
    OUT_OF_SERVICE = "out-of-service"
    """BACnet: one signal's object is out of service."""
    DROPPED = "dropped"
    """MQTT: the connection is lost without DISCONNECT, so that the broker publishes the last will."""
    NOT_JSON = "not-json"
    """MQTT: the payloads cannot be read."""


ON_ONE_SIGNAL = frozenset({WireFault.STATUS_FAULT, WireFault.OUT_OF_SERVICE})
"""The faults that concern one signal's object instead of the whole device."""

_BACNET = frozenset({WireFault.SILENT, *ON_ONE_SIGNAL})
_MODBUS = frozenset({WireFault.SILENT, WireFault.ILLEGAL_ADDRESS, WireFault.DEVICE_FAILURE, WireFault.DEVICE_BUSY})
_MQTT = frozenset({WireFault.SILENT, WireFault.DROPPED, WireFault.NOT_JSON})

WIRES: Mapping[str, frozenset[WireFault]] = {
    **dict.fromkeys(("ahu", "chiller", "fire-panel", "lifts"), _BACNET),
    **dict.fromkeys((*METERS, "generator", "fire-pump"), _MODBUS),
    **dict.fromkeys(("lift-gateway", "water-meter"), _MQTT),
}
"""Every device by its id, as in the demo site, with the faults its wire can have."""
