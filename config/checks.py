"""What no table can know by itself: references between tables, and what is claimed twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from config.draft import Draft, Reference
from config.equipment_tables import ConditionTable
from config.problems import Key, closest, dotted, nearest, shown
from connectors.bacnet.settings import Connection as BacnetConnection
from connectors.bacnet.settings import Device as BacnetDevice
from connectors.mqtt.settings import Connection as MqttConnection
from evaluators.model.samples import INT64_MAX, INT64_MIN


def check_references(draft: Draft) -> None:
    """What a key names must be in the file."""
    _check_names(draft, draft.references.connections, draft.connection_ids, "connection")
    _check_names(draft, draft.references.systems, draft.system_ids, "system")
    _check_names(draft, draft.references.watches, draft.watch_keys, "watch")
    suggest = _Points(draft.point_types)
    named = (Reference(("records", "points", str(n)), name) for n, name in enumerate(draft.records.points))
    for key, name in (*draft.references.points, *named):
        if name not in draft.point_types:
            draft.problem(key, f"there is no point {shown(name)}", suggest.nearest(name))


def _check_names(draft: Draft, references: Iterable[Reference], known: set[str], kind: str) -> None:
    for key, name in references:
        if name not in known:
            draft.problem(key, f"there is no {kind} {shown(name)}", nearest(name, known, kind))


class _Points:
    """The points by device: what a misspelt key was meant to be is sought in one device, not among them all."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._by_device: defaultdict[str, list[str]] = defaultdict(list)
        for key in keys:
            self._by_device[key.partition("/")[0]].append(key)
        self._meant: dict[str, str | None] = {device: device for device in self._by_device}

    def nearest(self, name: str) -> str:
        """What would be right instead of ``name``."""
        device, _, point_id = name.partition("/")
        if device not in self._meant:
            self._meant[device] = closest(device, self._by_device)
        meant = self._meant[device]
        if meant is None:
            return nearest(device, self._by_device, "device")
        keys = self._by_device[meant]
        same = f"{meant}/{point_id}"
        return nearest(name, [same] if same in keys else keys, "point")


def check_claims(draft: Draft) -> None:
    """No two connections or devices may claim what only one can have."""
    once = _Once(draft)
    for name, connection in draft.connections.items():
        key = ("connections", name)
        if isinstance(connection, BacnetConnection):
            address = connection.host.partition("/")[0]
            once.claim(("bacnet", address, connection.port), (*key, "port"), "give each a port of its own")
        elif isinstance(connection, MqttConnection):
            session = ("mqtt", connection.host, connection.port, connection.client_id)
            once.claim(session, (*key, "client_id"), "give each session an id of its own")
    for name, device in draft.devices.items():
        if isinstance(device, BacnetDevice):
            instance = ("instance", device.connection, device.instance)
            once.claim(instance, ("devices", name, "instance"), "give each device on a network its own instance")


def check_points(draft: Draft) -> None:
    """What a device cannot have as a point."""
    for name, device in draft.devices.items():
        for point, fault in device.faults(draft.points[name]):
            wrong, _, right = fault.partition(": ")
            draft.problem(("devices", name, "points", point), wrong, right)


class _Once:
    """Things that may be claimed once."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._claims: dict[Hashable, Key] = {}

    def claim(self, thing: Hashable, key: Key, right: str) -> None:
        """Note a problem where ``thing`` was claimed before."""
        first = self._claims.setdefault(thing, key)
        if first != key:
            self._draft.problem(key, f"is the same as {dotted(first)}", right)


def check_records(draft: Draft) -> None:
    """Points that bring records bring text, and each once."""
    points = draft.records.points
    for number, point in enumerate(points):
        key = ("records", "points", str(number))
        kind = draft.point_types.get(point)
        if isinstance(kind, str) and kind != "text":
            draft.problem(key, f"{shown(point)} is {kind} and brings no records", "name a text point")
        if point in points[:number]:
            draft.problem(key, f"{shown(point)} is named twice", "name it once")


def check_counters(draft: Draft) -> None:
    """Only numbers count up."""
    for device, points in draft.points.items():
        for name, point in points.items():
            if point.counter and point.type in ("bool", "text"):
                key = ("devices", device, "points", name, "counter")
                draft.problem(key, f"a {point.type} counts nothing", "leave it out; a counter is float or int")


def check_conditions(draft: Draft) -> None:
    """Conditions test what their point's type can be."""
    for key, condition in draft.conditions.items():
        kind = draft.point_types.get(condition.point)
        if isinstance(kind, str) and kind in _FITS:
            _check_values(draft, key, condition, kind)


def _check_values(draft: Draft, key: Key, condition: ConditionTable, kind: str) -> None:
    what = f"{shown(condition.point)} is {kind}"
    if condition.ranged and kind in ("bool", "text"):
        draft.problem(key, f"{what} and has no range", "test it with is or one_of")
    for value in (*condition.values, *condition.unknown_for, *condition.not_required_for):
        if not _FITS[kind](value):
            draft.problem(key, f"{what} and is never {shown(value)}", _EXAMPLES[kind])


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX


_FITS: dict[str, Callable[[object], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": _is_int,
    "float": lambda value: isinstance(value, float) or _is_int(value),
    "text": lambda value: isinstance(value, str),
}
_EXAMPLES = {
    "bool": "give true or false",
    "int": "give a whole number of at most 64 bits",
    "float": "give a number",
    "text": "give text in quotes",
}
