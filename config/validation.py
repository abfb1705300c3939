"""Each table of a site file validated on its own, so that one mistake hides no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from config.explanation import explained
from config.influxdb import InfluxSettings
from config.problems import Key, Problem, dotted, nearest, shown
from config.settings import Document, Tables, typed
from config.tables import ID, ConditionTable, EquipmentTable, ItemTable, JournalTable, SiteTable, SystemTable
from connectors.registry import PROTOCOLS, schema
from connectors.settings import ConnectionBase, DeviceBase, PointBase

M = TypeVar("M", bound=BaseModel)


class Reference(NamedTuple):
    """A key that names something defined elsewhere in the file."""

    key: Key
    name: str


@dataclass(slots=True)
class References:
    """Who names what, collected before anything is known to exist."""

    connections: list[Reference] = field(default_factory=list)
    systems: list[Reference] = field(default_factory=list)
    points: list[Reference] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """What could be validated, by id, and every problem found so far.

    ``connection_ids``, ``system_ids`` and ``point_types`` know all names that the file uses, valid or not, so that
    a reference to a table with an error in it is no second error; the references are those of all tables too.
    """

    document: Document = field(repr=False)
    problems: list[Problem] = field(default_factory=list)
    site: SiteTable | None = None
    journal: JournalTable | None = None
    influxdb: InfluxSettings | None = None
    connections: dict[str, ConnectionBase] = field(default_factory=dict)
    devices: dict[str, DeviceBase] = field(default_factory=dict)
    points: dict[str, dict[str, PointBase]] = field(default_factory=dict)
    systems: dict[str, SystemTable] = field(default_factory=dict)
    equipment: dict[str, EquipmentTable] = field(default_factory=dict)
    items: dict[str, dict[str, ItemTable]] = field(default_factory=dict)
    conditions: dict[Key, ConditionTable] = field(default_factory=dict)
    connection_ids: set[str] = field(default_factory=set)
    system_ids: set[str] = field(default_factory=set)
    point_types: dict[str, object] = field(default_factory=dict)
    """What the file gives as the type of each point, by the point's key."""
    references: References = field(default_factory=References)

    def problem(self, key: Key, wrong: str, right: str) -> None:
        """Note one error."""
        self.problems.append(Problem(self.document.origin(key), dotted(key), wrong, right))

    def model(self, model: type[M], raw: object, key: Key) -> M | None:
        """``raw`` as a table of that kind; None, with its problems noted, where it is not."""
        try:
            return model.model_validate(self._values(model, raw, key), strict=True)
        except ValidationError as error:
            for below, wrong, right in explained(error, model):
                self.problem((*key, *below), wrong, right)
            return None

    def _values(self, model: type[BaseModel], raw: object, key: Key) -> object:
        if not isinstance(raw, Mapping):
            return raw
        values = {}
        for name, value in raw.items():
            given = typed(model, name, value) if (*key, name) in self.document.origins else value
            values[name] = tuple(given) if isinstance(given, list) else given
        return values

    def named(self, raw: object, key: Key) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of a table of tables; those with an id that cannot be one are noted and given too."""
        if not isinstance(raw, Mapping):
            self.problem(key, f"{shown(raw)} is not a table", f"write [{dotted(key)}]")
            return
        for name, below in raw.items():
            if not re.fullmatch(ID, name):
                self.problem((*key, name), f"{shown(name)} cannot be an id", "use a-z, 0-9 and hyphens only")
            if isinstance(below, Mapping):
                yield name, below
            else:
                place = (*key, name)
                self.problem(place, f"{shown(below)} is not a table", f"write [{dotted(place)}]")


def validate(document: Document) -> Draft:
    """Every table of the document on its own."""
    draft = Draft(document, list(document.problems))
    tables = document.tables
    for name in tables:
        if name not in Tables.model_fields:
            right = nearest(name, Tables.model_fields, "table")
            draft.problem((name,), "is no table of a site file", right)
    draft.site = draft.model(SiteTable, tables.get("site", {}), ("site",))
    draft.journal = draft.model(JournalTable, tables.get("journal", {}), ("journal",))
    if "influxdb" in tables and not _only_a_token(document):
        draft.influxdb = draft.model(InfluxSettings, tables["influxdb"], ("influxdb",))
    protocols = _connections(draft, tables.get("connections", {}))
    _devices(draft, tables.get("devices", {}), protocols)
    draft.system_ids.update(_names(tables.get("systems")))
    for name, raw in draft.named(tables.get("systems", {}), ("systems",)):
        system = draft.model(SystemTable, raw, ("systems", name))
        if system is not None:
            draft.systems[name] = system
    _equipment(draft, tables.get("equipment", {}))
    return draft


def _names(raw: object) -> Iterable[str]:
    """All names in a table of tables, whatever they name."""
    return raw if isinstance(raw, Mapping) else ()


def _only_a_token(document: Document) -> bool:
    """A token may wait in the environment for a site that does not forward."""
    raw = document.tables["influxdb"]
    return isinstance(raw, Mapping) and set(raw) == {"token"} and ("influxdb", "token") in document.origins


def _connections(draft: Draft, raw: object) -> dict[str, str]:
    """Validates the connections; the protocol of each that says a known one, whatever else is wrong with it."""
    protocols = {}
    draft.connection_ids.update(_names(raw))
    for name, table in draft.named(raw, ("connections",)):
        protocol = table.get("protocol")
        if not isinstance(protocol, str) or protocol not in PROTOCOLS:
            wrong = "is missing" if protocol is None else f"{shown(protocol)} is not spoken here"
            draft.problem(("connections", name, "protocol"), wrong, f"give one of {', '.join(sorted(PROTOCOLS))}")
            continue
        protocols[name] = protocol
        connection = draft.model(schema(protocol).connection, table, ("connections", name))
        if connection is not None:
            draft.connections[name] = connection
    return protocols


def _devices(draft: Draft, raw: object, protocols: Mapping[str, str]) -> None:
    for name, table in draft.named(raw, ("devices",)):
        key = ("devices", name)
        settings = {field: value for field, value in table.items() if field != "points"}
        connection = table.get("connection")
        found = None
        if isinstance(connection, str):
            draft.references.connections.append(Reference((*key, "connection"), connection))
            found = schema(protocols[connection]) if connection in protocols else None
        device = _of_protocol(draft, DeviceBase, found and found.device, settings, key)
        if device is not None:
            draft.devices[name] = device
        points = draft.points[name] = {}
        draft.point_types.update((f"{name}/{point_id}", None) for point_id in _names(table.get("points")))
        for point_id, point_table in draft.named(table.get("points", {}), (*key, "points")):
            draft.point_types[f"{name}/{point_id}"] = point_table.get("type")
            place = (*key, "points", point_id)
            point = _of_protocol(draft, PointBase, found and found.point, point_table, place)
            if point is not None:
                points[point_id] = point


def _of_protocol(draft: Draft, base: type[M], model: type[M] | None, raw: Mapping[str, Any], key: Key) -> M | None:
    """The table as its protocol's model; where the protocol is not known, only what all protocols share."""
    if model is not None:
        return draft.model(model, raw, key)
    return draft.model(base, {name: value for name, value in raw.items() if name in base.model_fields}, key)


def _equipment(draft: Draft, raw: object) -> None:
    for name, table in draft.named(raw, ("equipment",)):
        key = ("equipment", name)
        if isinstance(table.get("system"), str):
            draft.references.systems.append(Reference((*key, "system"), table["system"]))
        equipment = draft.model(EquipmentTable, table, key)
        if equipment is not None:
            draft.equipment[name] = equipment
        items = draft.items[name] = {}
        for item_id, item_table in draft.named(table.get("items", {}), (*key, "items")):
            place = (*key, "items", item_id)
            item = draft.model(ItemTable, item_table, place)
            if item is not None:
                items[item_id] = item
            _conditions(draft, item_table.get("usable_when"), (*place, "usable_when"))


def _conditions(draft: Draft, raw: object, key: Key) -> None:
    for number, entry in enumerate(raw if isinstance(raw, list) else ()):
        place = (*key, str(number))
        if isinstance(entry, Mapping) and isinstance(entry.get("point"), str):
            draft.references.points.append(Reference((*place, "point"), entry["point"]))
        condition = draft.model(ConditionTable, entry, place)
        if condition is not None:
            draft.conditions[place] = condition
