"""The site file: read, checked as a whole, and handed on as what judging and the connectors need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.checks import check_connections, check_rules
from config.influxdb import InfluxSettings
from config.problems import SiteFileError
from config.settings import read_document
from config.tables import ConditionTable, EquipmentTable, ItemTable, JournalTable, SiteTable
from config.validation import Draft, validate
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint
from connectors.settings import ConnectionBase, DeviceBase, PointBase
from evaluators.model.samples import ValueKind
from evaluators.model.site import Condition, Equipment, Item, Point, Site, System
from evaluators.model.times import instant, seconds_to_ns

__all__ = ["LoadedConnection", "LoadedDevice", "LoadedSite", "SiteFileError", "bind", "load_site"]

HOLD_PERIODS = 3
"""For how many periods a value stands."""

KINDS = {"float": ValueKind.FLOAT, "int": ValueKind.INT, "bool": ValueKind.BOOL, "text": ValueKind.TEXT}


@dataclass(frozen=True, slots=True)
class LoadedDevice:
    """A device's settings and those of its points, by point id."""

    settings: DeviceBase
    points: Mapping[str, PointBase]


@dataclass(frozen=True, slots=True)
class LoadedConnection:
    """A connection's settings and its devices, by id."""

    name: str
    protocol: str
    settings: ConnectionBase
    devices: Mapping[str, LoadedDevice]


@dataclass(frozen=True, slots=True)
class LoadedSite:
    """A site file without errors. ``commissioned`` holds the keys of points that were proved on site."""

    path: Path
    site: Site
    connections: tuple[LoadedConnection, ...]
    commissioned: frozenset[str]
    journal_path: Path
    influxdb: InfluxSettings | None
    area_m2: float | None


def load_site(path: Path) -> LoadedSite:
    """The site of a file, with environment and secrets files on top; SiteFileError holds every error there is."""
    document = read_document(path)
    draft = validate(document)
    check_connections(draft)
    check_rules(draft)
    if draft.problems:
        raise SiteFileError(draft.problems)
    return _loaded(path, draft)


def _loaded(path: Path, draft: Draft) -> LoadedSite:
    site_table = draft.table(SiteTable, "site")
    journal = draft.table(JournalTable, "journal")
    connections = tuple(
        LoadedConnection(
            name,
            settings.protocol,
            settings,
            {
                device_id: LoadedDevice(device, draft.points_of(device_id))
                for device_id, device in draft.devices.items()
                if device.connection == name
            },
        )
        for name, settings in draft.connections.items()
    )
    return LoadedSite(
        path=path,
        site=_site(site_table, draft),
        connections=connections,
        commissioned=frozenset(_commissioned(site_table, draft)),
        journal_path=(path.parent / journal.path).absolute(),
        influxdb=draft.influxdb,
        area_m2=site_table.area_m2,
    )


def _commissioned(site: SiteTable, draft: Draft) -> list[str]:
    keys = []
    for (device_id, point_id), point in draft.points.items():
        said = (point.commissioned, draft.devices[device_id].commissioned, site.commissioned)
        if next(answer for answer in said if answer is not None):
            keys.append(f"{device_id}/{point_id}")
    return keys


def _site(table: SiteTable, draft: Draft) -> Site:
    return Site(
        id=table.id,
        name=table.name or table.id,
        zone=table.timezone,
        systems=tuple(System(name, system.name or name) for name, system in draft.systems.items()),
        equipment=tuple(_equipment(name, equipment, draft) for name, equipment in draft.equipment.items()),
        points=tuple(
            Point(
                key=f"{device_id}/{point_id}",
                kind=KINDS[point.type],
                name=point.name or point_id,
                unit=point.unit,
                hold_ns=HOLD_PERIODS * seconds_to_ns(draft.devices[device_id].period_s),
            )
            for (device_id, point_id), point in draft.points.items()
        ),
        judged_from=None if table.judged_from is None else instant(table.judged_from),
    )


def _equipment(name: str, table: EquipmentTable, draft: Draft) -> Equipment:
    items = tuple(
        _item(f"{name}/{item_id}", item_id, item, draft.conditions[name, item_id])
        for (owner, item_id), item in draft.items.items()
        if owner == name
    )
    return Equipment(name, table.name or name, table.system, items)


def _item(key: str, item_id: str, table: ItemTable, conditions: list[ConditionTable]) -> Item:
    return Item(
        key=key,
        name=table.name or item_id,
        conditions=tuple(_condition(condition, table) for condition in conditions),
        life_safety=table.life_safety,
        required_from=None if table.required_from is None else instant(table.required_from),
    )


def _condition(table: ConditionTable, item: ItemTable) -> Condition:
    return Condition(
        point=table.point,
        one_of=table.values,
        at_least=table.at_least,
        at_most=table.at_most,
        unknown_for=table.unknown_for,
        not_required_for=table.not_required_for,
        accept_uncertain=item.accept_uncertain,
    )


def bind(loaded: LoadedSite, numbers: Mapping[str, int]) -> tuple[BoundConnection[Any, Any, Any], ...]:
    """The connections as connectors take them; ``numbers`` holds the number in blocks of each point key."""
    return tuple(
        BoundConnection(
            connection.name,
            connection.settings,
            tuple(_bound(device_id, device, numbers) for device_id, device in connection.devices.items()),
        )
        for connection in loaded.connections
    )


def _bound(device_id: str, device: LoadedDevice, numbers: Mapping[str, int]) -> BoundDevice[Any, Any]:
    points = []
    for point_id, point in device.points.items():
        key = f"{device_id}/{point_id}"
        points.append(BoundPoint(numbers[key], key, KINDS[point.type], point))
    return BoundDevice(device_id, device.settings, tuple(points))
