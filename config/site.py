"""The site file: read, checked as a whole, and handed on as what judging and the connectors need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.catalogue import SOURCE, STANDARDS, load_catalogue
from config.checks import (
    check_claims,
    check_conditions,
    check_counters,
    check_points,
    check_records,
    check_references,
)
from config.draft import Draft
from config.equipment import equipment_of
from config.influxdb import InfluxSettings
from config.meters import check_meters, meters_of, profile_of
from config.overlay import site_clauses
from config.point_lists import add_point_lists
from config.problems import SiteFileError
from config.settings import Document, overlay_outside
from config.tables import AlertsTable, JournalTable, SiteTable
from config.toml_file import read_toml
from config.validation import validate
from config.waste import WasteSettings, waste_settings
from config.workdays import work_calendar
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint
from connectors.settings import ConnectionBase, DeviceBase, PointBase
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.samples import ValueKind
from evaluators.model.site import Point, Site, System
from evaluators.model.times import instant, seconds_to_ns

__all__ = [
    "LoadedConnection",
    "LoadedDevice",
    "LoadedSite",
    "RecordSources",
    "SiteFileError",
    "bind",
    "load_site",
]

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
class RecordSources:
    """Where records come from: an absolute folder, and the keys of text points whose samples are records."""

    inbox: Path
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadedSite:
    """A site file without errors.

    ``commissioned`` holds the keys of points that were proved on site; ``journal_path`` is absolute, ``keeping``
    says how much the journal keeps. ``clauses`` are those that the site is judged by, in the order in which they
    are shown: the source's, those of the public standards that it switches on, its own.
    """

    path: Path
    site: Site
    connections: tuple[LoadedConnection, ...]
    commissioned: frozenset[str]
    journal_path: Path
    keeping: JournalTable
    influxdb: InfluxSettings | None
    area_m2: float | None
    clauses: tuple[Clause, ...]
    calendar: WorkCalendar
    records: RecordSources
    alerts: AlertsTable
    waste: WasteSettings


def load_site(path: Path) -> LoadedSite:
    """The site of a file and its point lists, with environment and secrets files on top; SiteFileError holds every
    error there is."""
    document = Document(str(path), read_toml(path))
    add_point_lists(document, path.parent)
    overlay_outside(document)
    draft = validate(document)
    check_references(draft)
    check_claims(draft)
    check_points(draft)
    check_conditions(draft)
    check_records(draft)
    check_meters(draft)
    check_counters(draft)
    clauses = site_clauses(draft, load_catalogue(SOURCE), load_catalogue(STANDARDS))
    calendar = work_calendar(draft)
    waste = waste_settings(draft)
    if draft.problems or draft.site is None or draft.journal is None:
        raise SiteFileError(draft.problems)
    return LoadedSite(
        path=path,
        site=_site(draft.site, draft),
        connections=_connections(draft),
        commissioned=frozenset(_commissioned(draft.site, draft)),
        journal_path=(path.parent / draft.journal.path).absolute(),
        keeping=draft.journal,
        influxdb=draft.influxdb,
        area_m2=draft.site.area_m2,
        clauses=clauses,
        calendar=calendar,
        records=RecordSources((path.parent / draft.records.inbox).absolute(), draft.records.points),
        alerts=draft.alerts,
        waste=waste,
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
    holds = {
        f"{device_id}/{point_id}": HOLD_PERIODS * seconds_to_ns(draft.devices[device_id].period_s)
        for device_id, point_id, _ in _points(draft)
    }
    registers = {meter.point for meter in draft.meters.values()}
    return Site(
        id=table.id,
        name=table.name or table.id,
        zone=table.timezone,
        systems=tuple(System(name, system.name or name) for name, system in draft.systems.items()),
        equipment=equipment_of(draft),
        points=tuple(
            Point(
                key=f"{device_id}/{point_id}",
                kind=KINDS[point.type],
                name=point.name or point_id,
                unit=point.unit,
                hold_ns=holds[f"{device_id}/{point_id}"],
                counter=point.counter or f"{device_id}/{point_id}" in registers,
            )
            for device_id, point_id, point in _points(draft)
        ),
        judged_from=None if table.judged_from is None else instant(table.judged_from),
        area_m2=table.area_m2,
        handed_over=table.handed_over,
        meters=meters_of(draft, holds),
        energy=profile_of(draft, table.area_m2),
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
