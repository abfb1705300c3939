"""A site file while it is being checked: what could be validated so far, and every problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from config.equipment_tables import (
    ConditionTable,
    EquipmentTable,
    ItemTable,
    PartTable,
    WatchTable,
    WeekHoursTable,
)
from config.explanation import explained
from config.influxdb import InfluxSettings
from config.meter_tables import EnergyTable, MeterTable
from config.problems import Key, Problem, dotted, shown
from config.settings import Document, typed
from config.tables import (
    ID,
    AlertsTable,
    CalendarTable,
    JournalTable,
    RecordsTable,
    SiteTable,
    SystemTable,
)
from connectors.settings import ConnectionBase, DeviceBase, PointBase

M = TypeVar("M", bound=BaseModel)


class IdForm(NamedTuple):
    """What the names in a table of tables look like, and how to say it."""

    pattern: str
    said: str


IDS = IdForm(ID, "use a-z, 0-9 and hyphens only")
ADDRESSES = IdForm(r"^[A-Za-z0-9][A-Za-z0-9-]*$", "use letters, digits and hyphens only")


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
    watches: list[Reference] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """What could be validated, by id, and every problem found so far.

    ``connection_ids``, ``system_ids``, ``watch_keys``, ``meter_ids`` and ``point_types`` know all names that the
    file uses, valid or not, so that a reference to a table with an error in it is no second error; the references
    are those of all tables too.
    """

    document: Document = field(repr=False)
    problems: list[Problem] = field(default_factory=list)
    site: SiteTable | None = None
    journal: JournalTable | None = None
    influxdb: InfluxSettings | None = None
    calendar: CalendarTable = field(default_factory=CalendarTable)
    records: RecordsTable = field(default_factory=RecordsTable)
    alerts: AlertsTable = field(default_factory=AlertsTable)
    connections: dict[str, ConnectionBase] = field(default_factory=dict)
    devices: dict[str, DeviceBase] = field(default_factory=dict)
    points: dict[str, dict[str, PointBase]] = field(default_factory=dict)
    systems: dict[str, SystemTable] = field(default_factory=dict)
    equipment: dict[str, EquipmentTable] = field(default_factory=dict)
    items: dict[str, dict[str, ItemTable]] = field(default_factory=dict)
    watches: dict[str, dict[str, WatchTable]] = field(default_factory=dict)
    parts: dict[str, dict[str, PartTable]] = field(default_factory=dict)
    meters: dict[str, MeterTable] = field(default_factory=dict)
    energy: EnergyTable = field(default_factory=EnergyTable)
    conditions: dict[Key, ConditionTable] = field(default_factory=dict)
    """By where each stands, such as ``(…, "usable_when", "0")``; that of a part by its ``in_test``."""
    stand_downs: dict[Key, WeekHoursTable] = field(default_factory=dict)
    """By where each stands."""
    connection_ids: set[str] = field(default_factory=set)
    system_ids: set[str] = field(default_factory=set)
    watch_keys: set[str] = field(default_factory=set)
    meter_ids: set[str] = field(default_factory=set)
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

    def named(self, raw: object, key: Key, form: IdForm | None = IDS) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of a table of tables; those with an id that cannot be one are noted and given too."""
        if not isinstance(raw, Mapping):
            self.problem(key, f"{shown(raw)} is not a table", f"write [{dotted(key)}]")
            return
        for name, below in raw.items():
            if form is not None and not re.fullmatch(form.pattern, name):
                self.problem((*key, name), f"{shown(name)} cannot be an id", form.said)
            if isinstance(below, Mapping):
                yield name, below
            else:
                place = (*key, name)
                self.problem(place, f"{shown(below)} is not a table", f"write [{dotted(place)}]")
