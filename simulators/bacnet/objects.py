"""Served BACnet objects: each answers Status_Flags, Event_State, Out_Of_Service and Reliability as well."""

from __future__ import annotations

from typing import Any

from bacpypes3 import object as standard
from bacpypes3.basetypes import PropertyIdentifier
from bacpypes3.local.cov import COVIncrementCriteria, GenericCriteria
from bacpypes3.local.object import Object

from simulators.bacnet.layout import ObjectLayout
from simulators.building.items import Signal, Signals
from simulators.wires import WireFault

# A property is served only if the object was made with it, and Property_List is kept by this base class alone.
# What has criteria tells its changes to who subscribes; a lift has none: SubscribeCOV is about Present_Value.


class _AnalogInput(Object, standard.AnalogInputObject):
    _cov_criteria = COVIncrementCriteria


class _AnalogOutput(Object, standard.AnalogOutputObject):
    _cov_criteria = COVIncrementCriteria


class _AnalogValue(Object, standard.AnalogValueObject):
    _cov_criteria = COVIncrementCriteria


class _BinaryInput(Object, standard.BinaryInputObject):
    _cov_criteria = GenericCriteria


class _MultiStateValue(Object, standard.MultiStateValueObject):
    _cov_criteria = GenericCriteria


class _PositiveIntegerValue(Object, standard.PositiveIntegerValueObject):
    _cov_criteria = COVIncrementCriteria


class _LifeSafetyPoint(Object, standard.LifeSafetyPointObject):
    _cov_criteria = GenericCriteria


class _LifeSafetyZone(Object, standard.LifeSafetyZoneObject):
    _cov_criteria = GenericCriteria


class _Lift(Object, standard.LiftObject):
    pass


_CLASSES = {
    "analog-input": _AnalogInput,
    "analog-output": _AnalogOutput,
    "analog-value": _AnalogValue,
    "binary-input": _BinaryInput,
    "multi-state-value": _MultiStateValue,
    "positive-integer-value": _PositiveIntegerValue,
    "life-safety-point": _LifeSafetyPoint,
    "life-safety-zone": _LifeSafetyZone,
    "lift": _Lift,
}

_UNASSIGNED = 4194303
_SAFETY = {"acceptedModes": [1, 12], "silenced": 0, "operationExpected": 0}
_FIXED: dict[str, dict[str, Any]] = {
    "analog-input": {"covIncrement": 0.1},
    "analog-output": {"covIncrement": 1.0},
    "analog-value": {"covIncrement": 0.1},
    "positive-integer-value": {"covIncrement": 1},
    "binary-input": {"polarity": 0},
    "multi-state-value": {"numberOfStates": 3},
    "life-safety-point": _SAFETY | {"mode": 1, "deviceType": "smoke"},
    "life-safety-zone": _SAFETY | {"zoneMembers": [], "maintenanceRequired": False},
    "lift": {"elevatorGroup": ("elevator-group", _UNASSIGNED), "groupID": 1, "carLoadUnits": "percent"},
}
"""Properties that never move."""

_FAULT_BIT, _OUT_OF_SERVICE_BIT = 1, 3
_NO_FAULT_DETECTED, _NO_SENSOR = 0, 1


class ServedObject:
    """One object of a device and the signals that it shows."""

    def __init__(self, layout: ObjectLayout, values: Signals) -> None:
        self._layout = layout
        self._shown = self._picked(values)
        fixed = dict(_FIXED.get(layout.type, {}))
        if layout.type == "lift":
            fixed["installationID"] = layout.instance
        if layout.units:
            fixed["units"] = layout.units
        moving = {_attribute(name): _encoded(name, value) for name, value in self._shown.items()}
        self.object = _CLASSES[layout.type](
            objectIdentifier=(layout.type, layout.instance),
            objectName=layout.name,
            eventState=0,
            **_status(None),
            **fixed,
            **moving,
        )

    @property
    def signals(self) -> frozenset[str]:
        """The signals shown here."""
        return frozenset(self._layout.signals.values())

    def show(self, values: Signals) -> None:
        """Take the signals' values over; only what has changed is touched."""
        picked = self._picked(values)
        for name, value in picked.items():
            if value != self._shown[name]:
                setattr(self.object, _attribute(name), _encoded(name, value))
        self._shown = picked

    def mark(self, fault: WireFault | None) -> None:
        """Set the status as the fault has it; None: all is well."""
        for name, value in _status(fault).items():
            setattr(self.object, name, value)

    def _picked(self, values: Signals) -> dict[str, Signal]:
        return {name: values[signal] for name, signal in self._layout.signals.items()}


def _status(fault: WireFault | None) -> dict[str, Any]:
    flags = [0, 0, 0, 0]
    if fault is WireFault.STATUS_FAULT:
        flags[_FAULT_BIT] = 1
    if fault is WireFault.OUT_OF_SERVICE:
        flags[_OUT_OF_SERVICE_BIT] = 1
    return {
        "statusFlags": flags,
        "outOfService": fault is WireFault.OUT_OF_SERVICE,
        "reliability": _NO_SENSOR if fault is WireFault.STATUS_FAULT else _NO_FAULT_DETECTED,
    }


def _attribute(name: str) -> str:
    attribute: str = PropertyIdentifier(name).attr
    return attribute


def _encoded(name: str, value: Signal) -> Any:
    """The value in the property's own shape: fault signals a list, door states an array, booleans 0 or 1."""
    if name == "fault-signals":
        return list(range(int(value)))
    if name == "car-door-status":
        return [int(value)]
    if name == "present-value" and isinstance(value, bool):
        return int(value)
    return value
