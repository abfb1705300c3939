"""What no table can know by itself: references between tables, and addresses used twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from config.problems import nearest
from config.settings import Key
from config.tables import ConditionTable
from config.validation import Draft
from connectors.bacnet.settings import Connection as BacnetConnection
from connectors.bacnet.settings import Device as BacnetDevice
from connectors.mqtt.settings import Connection as MqttConnection
from connectors.settings import PointBase


def check_connections(draft: Draft) -> None:
    """No two connections or devices may claim what only one can have."""
    once = _Once(draft)
    for name, connection in draft.connections.items():
        key = ("connections", name)
        if isinstance(connection, BacnetConnection):
            once.claim(("bacnet", connection.host, connection.port), (*key, "port"), "one BACnet port for each")
        elif isinstance(connection, MqttConnection):
            session = (connection.host, connection.port, connection.client_id)
            once.claim(session, (*key, "client_id"), "give each session an id of its own")
    for name, device in draft.devices.items():
        if isinstance(device, BacnetDevice):
            once.claim(
                ("instance", device.connection, device.instance),
                ("devices", name, "instance"),
                "device instances are unique on a BACnet network",
            )


class _Once:
    """Things that may be claimed once."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._claims: dict[Hashable, Key] = {}

    def claim(self, thing: Hashable, key: Key, right: str) -> None:
        first = self._claims.setdefault(thing, key)
        if first != key:
            self._draft.problem(key, f"is the same as {'.'.join(first)}", right)


def check_rules(draft: Draft) -> None:
    """Equipment belongs to systems, conditions look at points and test what these can be."""
    for name, equipment in draft.equipment.items():
        if equipment.system not in draft.system_ids:
            wrong = f"there is no system {equipment.system!r}"
            right = nearest(equipment.system, draft.system_ids, "system")
            draft.problem(("equipment", name, "system"), wrong, right)
    for (name, item_id), conditions in draft.conditions.items():
        for number, condition in enumerate(conditions):
            key = ("equipment", name, "items", item_id, "usable_when", str(number))
            if condition.point not in draft.point_keys:
                wrong = f"there is no point {condition.point!r}"
                draft.problem((*key, "point"), wrong, nearest(condition.point, draft.point_keys, "point"))
                continue
            device, _, point_id = condition.point.partition("/")
            point = draft.points.get((device, point_id))
            if point is not None:
                _check_values(draft, key, condition, point)


def _check_values(draft: Draft, key: Key, condition: ConditionTable, point: PointBase) -> None:
    if (condition.at_least is not None or condition.at_most is not None) and point.type in ("bool", "text"):
        draft.problem(key, f"{condition.point} is {point.type} and has no range", "test it with is or one_of")
    fits = _FITS[point.type]
    for value in (*condition.values, *condition.unknown_for, *condition.not_required_for):
        if not fits(value):
            draft.problem(key, f"{condition.point} is {point.type} and is never {value!r}", _EXAMPLES[point.type])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS: dict[str, Callable[[object], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "text": lambda value: isinstance(value, str),
}
_EXAMPLES = {
    "bool": "give true or false",
    "int": "give a whole number",
    "float": "give a number",
    "text": "give text in quotes",
}
