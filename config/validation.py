"""Each table of a site file validated on its own, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from config.draft import Draft, Reference
from config.equipment_validation import validate_equipment
from config.influxdb import InfluxSettings
from config.meters import validate_meters
from config.problems import Key, nearest, shown
from config.settings import Document, Tables
from config.tables import (
    AlertsTable,
    CalendarTable,
    JournalTable,
    PointsTable,
    RecordsTable,
    SiteTable,
    SystemTable,
)
from connectors.registry import PROTOCOLS, schema
from connectors.settings import DeviceBase, PointBase

M = TypeVar("M", bound=BaseModel)


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
    draft.calendar = draft.model(CalendarTable, tables.get("calendar", {}), ("calendar",)) or draft.calendar
    draft.records = draft.model(RecordsTable, tables.get("records", {}), ("records",)) or draft.records
    draft.model(PointsTable, tables.get("points", {}), ("points",))
    draft.alerts = draft.model(AlertsTable, tables.get("alerts", {}), ("alerts",)) or draft.alerts
    if "influxdb" in tables and not _only_a_token(document):
        draft.influxdb = draft.model(InfluxSettings, tables["influxdb"], ("influxdb",))
    protocols = _connections(draft, tables.get("connections", {}))
    _devices(draft, tables.get("devices", {}), protocols)
    draft.system_ids.update(_names(tables.get("systems")))
    for name, raw in draft.named(tables.get("systems", {}), ("systems",)):
        system = draft.model(SystemTable, raw, ("systems", name))
        if system is not None:
            draft.systems[name] = system
    validate_equipment(draft, tables.get("equipment", {}))
    draft.meter_ids.update(_names(tables.get("meters")))
    validate_meters(draft, tables.get("meters", {}), tables.get("energy", {}))
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
