"""Which properties of which objects are worth points of a site. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Worth(NamedTuple):
    """A property, the type its point has, and which element of an array; ``measured``: it is in the object's
    units."""

    property: str
    type: str
    element: int | None = None
    measured: bool = False


_MEASURED = (Worth("present-value", "float", measured=True),)
_COUNTED = (Worth("present-value", "int", measured=True),)
_SWITCHED = (Worth("present-value", "bool"),)
_STATED = (Worth("present-value", "int"),)
_GUARDED = (Worth("present-value", "int"), Worth("tracking-value", "int"), Worth("mode", "int"))
_FAULTS = (Worth("fault-signals", "int"), Worth("passenger-alarm", "bool"), Worth("energy-meter", "float"))

WORTH: Mapping[str, tuple[Worth, ...]] = {
    **dict.fromkeys(("analog-input", "analog-output", "analog-value", "large-analog-value", "loop"), _MEASURED),
    **dict.fromkeys(("accumulator", "integer-value", "positive-integer-value"), _COUNTED),
    "pulse-converter": _MEASURED,
    **dict.fromkeys(("binary-input", "binary-output", "binary-value"), _SWITCHED),
    **dict.fromkeys(("multi-state-input", "multi-state-output", "multi-state-value"), _STATED),
    "characterstring-value": (Worth("present-value", "text"),),
    **dict.fromkeys(("life-safety-point", "life-safety-zone"), _GUARDED),
    "lift": (
        Worth("car-mode", "int"),
        Worth("car-position", "int"),
        Worth("car-moving-direction", "int"),
        Worth("car-door-status", "int", element=1),
        Worth("car-drive-status", "int"),
        Worth("car-load", "float"),
        *_FAULTS,
    ),
    "escalator": (
        Worth("escalator-mode", "int"),
        Worth("operation-direction", "int"),
        Worth("power-mode", "bool"),
        *_FAULTS,
    ),
    "elevator-group": (Worth("group-mode", "int"),),
}
"""By the object type's word in the standard."""
