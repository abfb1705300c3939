"""The site file: read, checked as a whole, and handed on as what judging and the connectors need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.checks import check_claims, check_conditions, check_references
from config.influxdb import InfluxSettings
from config.problems import SiteFileError
from config.settings import read_document
from config.tables import ConditionTable, EquipmentTable, ItemTable, SiteTable
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
    """A site file without errors.

    ``commissioned`` holds the keys of points that were proved on site; ``journal_path`` is absolute.
    """

    path: Path
    site: Site
    connections: tuple[LoadedConnection, ...]
    commissioned: frozenset[str]
    journal_path: Path
    influxdb: InfluxSettings | None
    area_m2: float | None


def load_site(path: Path) -> LoadedSite:
    """The site of a file, with environment and secrets files on top; SiteFileError holds every error there is."""
    draft = validate(read_document(path))
    check_references(draft)
    check_claims(draft)
    check_conditions(draft)
    if draft.problems or draft.site is None or draft.journal is None:
        raise SiteFileError(draft.problems)
    return LoadedSite(
        path=path,
        site=_site(draft.site, draft),
        connections=_connections(draft),
        commissioned=frozenset(_commissioned(draft.site, draft)),
        journal_path=(path.parent / draft.journal.path).absolute(),
        influxdb=draft.influxdb,
        area_m2=draft.site.area_m2,
    )


def _connections(draft: Draft) -> tuple[LoadedConnection, ...]:
    devices: dict[str, dict[str, LoadedDevice]] = {name: {} for name in draft.connections}
    for device_id, device in draft.devices.items():
        devices[device.connection][device_id] = LoadedDevice(device, draft.points[device_id])
    return tuple(
        LoadedConnection(name, settings.protocol, settings, devices[name])
        for name, settings in draft.connections.items()
    )


def _points(draft: Draft) -> Iterator[tuple[str, str, PointBase]]:
    """Each point with the ids of its device and itself, in the order of the file."""
    for device_id, points in draft.points.items():
        for point_id, point in points.items():
            yield device_id, point_id, point


def _commissioned(site: SiteTable, draft: Draft) -> Iterator[str]:
    for device_id, point_id, point in _points(draft):
        said = (point.commissioned, draft.devices[device_id].commissioned, site.commissioned)
        if next(answer for answer in said if answer is not None):
            yield f"{device_id}/{point_id}"


def _site(table: SiteTable, draft: Draft) -> Site:
    return Site(
        id=table.id,
        name=table.name or table.id,
        zone=table.timezone,
        systems=tuple(System(name, system.name or name) for name, system in draft.systems.items()),
        equipment=tuple(_equipment(name, table, draft) for name, table in draft.equipment.items()),
        points=tuple(
            Point(
                key=f"{device_id}/{point_id}",
                kind=KINDS[point.type],
                name=point.name or point_id,
                unit=point.unit,
                hold_ns=HOLD_PERIODS * seconds_to_ns(draft.devices[device_id].period_s),
            )
            for device_id, point_id, point in _points(draft)
        ),
        judged_from=None if table.judged_from is None else instant(table.judged_from),
    )


def _equipment(name: str, table: EquipmentTable, draft: Draft) -> Equipment:
    items = tuple(_item(name, item_id, item, draft) for item_id, item in draft.items[name].items())
    return Equipment(name, table.name or name, table.system, items)


def _item(equipment: str, item_id: str, table: ItemTable, draft: Draft) -> Item:
    place = ("equipment", equipment, "items", item_id, "usable_when")
    conditions = (draft.conditions[(*place, str(number))] for number in range(len(table.usable_when)))
    return Item(
        key=f"{equipment}/{item_id}",
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
