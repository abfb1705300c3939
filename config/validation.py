"""Each table of a site file validated on its own, so that one mistake hides no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.influxdb import InfluxSettings
from config.problems import Problem, explained, nearest
from config.settings import Document, Key, Tables
from config.tables import ConditionTable, EquipmentTable, ItemTable, JournalTable, SiteTable, SystemTable
from connectors.registry import PROTOCOLS, schema
from connectors.settings import ConnectionBase, DeviceBase, PointBase

ID = re.compile(r"[a-z0-9][a-z0-9-]*")

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Draft:
    """What could be validated, by id, and every problem found so far.

    The ``…_ids`` hold all names that the file uses, valid or not, so that a reference to a table with an error
    in it is no second error.
    """

    document: Document
    problems: list[Problem] = field(default_factory=list)
    single: dict[str, BaseModel] = field(default_factory=dict)
    influxdb: InfluxSettings | None = None
    connections: dict[str, ConnectionBase] = field(default_factory=dict)
    devices: dict[str, DeviceBase] = field(default_factory=dict)
    points: dict[tuple[str, str], PointBase] = field(default_factory=dict)
    systems: dict[str, SystemTable] = field(default_factory=dict)
    equipment: dict[str, EquipmentTable] = field(default_factory=dict)
    items: dict[tuple[str, str], ItemTable] = field(default_factory=dict)
    conditions: dict[tuple[str, str], list[ConditionTable]] = field(default_factory=dict)
    connection_ids: set[str] = field(default_factory=set)
    system_ids: set[str] = field(default_factory=set)
    point_keys: set[str] = field(default_factory=set)

    def problem(self, key: Key, wrong: str, right: str) -> None:
        """Note one error."""
        self.problems.append(Problem(self.document.origin(key), ".".join(key), wrong, right))

    def table(self, model: type[M], name: str) -> M:
        """One of the single tables, which must have been valid."""
        table = self.single[name]
        assert isinstance(table, model)
        return table

    def points_of(self, device: str) -> dict[str, PointBase]:
        """The points of one device, by id."""
        return {point_id: point for (owner, point_id), point in self.points.items() if owner == device}

    def model(self, model: type[M], raw: object, key: Key) -> M | None:
        """``raw`` as a table of that kind; None, with its problems noted, where it is not."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            fields = [field.alias or name for name, field in model.model_fields.items()]
            for below, wrong, right in explained(error, fields):
                self.problem((*key, *below), wrong, right)
            return None

    def named(self, raw: object, key: Key) -> Iterator[tuple[str, Any]]:
        """The entries of a table of tables, each with a valid id and a table below it."""
        if not isinstance(raw, Mapping):
            self.problem(key, "is not a table", f"write [{'.'.join(key)}.some-id]")
            return
        for name, below in raw.items():
            if not ID.fullmatch(name):
                self.problem((*key, name), f'"{name}" cannot be an id', "use a-z, 0-9 and hyphens only")
            if isinstance(below, Mapping):
                yield name, below
            else:
                self.problem((*key, name), "is not a table", f"write [{'.'.join((*key, name))}]")


def validate(document: Document) -> Draft:
    """Every table of the document on its own."""
    draft = Draft(document)
    tables = document.tables
    for name in tables:
        if name not in Tables.model_fields:
            draft.problem((name,), "is no table of a site file", nearest(name, Tables.model_fields, "table"))
    for name, model in (("site", SiteTable), ("journal", JournalTable)):
        found = draft.model(model, tables.get(name, {}), (name,))
        if found is not None:
            draft.single[name] = found
    if "influxdb" in tables and not _only_a_token(document):
        draft.influxdb = draft.model(InfluxSettings, tables["influxdb"], ("influxdb",))
    _connections(draft, tables.get("connections", {}))
    _devices(draft, tables.get("devices", {}))
    for name, raw in draft.named(tables.get("systems", {}), ("systems",)):
        draft.system_ids.add(name)
        system = draft.model(SystemTable, raw, ("systems", name))
        if system is not None:
            draft.systems[name] = system
    _equipment(draft, tables.get("equipment", {}))
    return draft


def _only_a_token(document: Document) -> bool:
    """A token may wait in the environment for a site that does not forward."""
    key = ("influxdb", "token")
    return set(document.tables["influxdb"]) == {"token"} and document.origin(key) != document.file


def _connections(draft: Draft, raw: object) -> None:
    for name, table in draft.named(raw, ("connections",)):
        draft.connection_ids.add(name)
        protocol = table.get("protocol")
        if protocol not in PROTOCOLS:
            wrong = "is missing" if protocol is None else f"{protocol!r} is not spoken here"
            draft.problem(("connections", name, "protocol"), wrong, f"give one of {', '.join(sorted(PROTOCOLS))}")
            continue
        connection = draft.model(schema(protocol).connection, table, ("connections", name))
        if connection is not None:
            draft.connections[name] = connection


def _devices(draft: Draft, raw: object) -> None:
    protocols = _protocols(draft)
    for name, table in draft.named(raw, ("devices",)):
        points = table.get("points", {})
        settings = {key: value for key, value in table.items() if key != "points"}
        if isinstance(points, Mapping):
            draft.point_keys |= {f"{name}/{point_id}" for point_id in points}
        protocol = protocols.get(settings.get("connection", ""))
        if protocol is None:
            _without_protocol(draft, name, settings)
            continue
        device = draft.model(schema(protocol).device, settings, ("devices", name))
        if device is not None:
            draft.devices[name] = device
        for point_id, point_table in draft.named(points, ("devices", name, "points")):
            key = ("devices", name, "points", point_id)
            point = draft.model(schema(protocol).point, point_table, key)
            if point is not None:
                draft.points[name, point_id] = point


def _protocols(draft: Draft) -> dict[str, str]:
    """The protocol of each connection that says one, whatever else is wrong with it."""
    raw = draft.document.tables.get("connections", {})
    names = draft.connection_ids if isinstance(raw, Mapping) else set()
    return {name: raw[name]["protocol"] for name in names if raw[name].get("protocol") in PROTOCOLS}


def _without_protocol(draft: Draft, name: str, settings: Mapping[str, Any]) -> None:
    connection = settings.get("connection")
    key = ("devices", name, "connection")
    if connection is None:
        draft.problem(key, "is missing", nearest("", draft.connection_ids, "connection"))
    elif connection not in draft.connection_ids:
        wrong = f"there is no connection {connection!r}"
        draft.problem(key, wrong, nearest(str(connection), draft.connection_ids, "connection"))


def _equipment(draft: Draft, raw: object) -> None:
    for name, table in draft.named(raw, ("equipment",)):
        key = ("equipment", name)
        equipment = draft.model(EquipmentTable, table, key)
        if equipment is not None:
            draft.equipment[name] = equipment
        for item_id, item_table in draft.named(table.get("items", {}), (*key, "items")):
            item_key = (*key, "items", item_id)
            item = draft.model(ItemTable, item_table, item_key)
            if item is None:
                continue
            draft.items[name, item_id] = item
            found = (
                draft.model(ConditionTable, entry, (*item_key, "usable_when", str(number)))
                for number, entry in enumerate(item.usable_when)
            )
            draft.conditions[name, item_id] = [condition for condition in found if condition is not None]
