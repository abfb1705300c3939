"""The references of the site file and of the catalogue's rows against the models: every key with its default, its
limits and choices, and no other key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.catalogue import SOURCE
from config.clause_tables import ClauseTable, OverlayTable
from config.equipment_tables import (
    IN_TEST,
    ConditionTable,
    EquipmentTable,
    ItemTable,
    PartTable,
    WatchTable,
    WeekHoursTable,
)
from config.influxdb import InfluxSettings
from config.meter_tables import EnergyTable, MeterTable
from config.settings import Tables
from config.tables import (
    AlertsTable,
    CalendarTable,
    JournalTable,
    PointsTable,
    RecordsTable,
    SiteTable,
    StandardsTable,
    SystemTable,
)
from config.waste_tables import BandTable, TariffTable, WasteTable
from connectors.registry import PROTOCOLS, schema
from connectors.settings import ConnectionBase, DeviceBase, PointBase
from evaluators.model.site import Category
from evaluators.model.times import WindowKind
from tests.config.site_file import RIGHT, loaded

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "site-file.md").read_text(encoding="utf-8")
CATALOGUE = (DOCS / "clauses" / "catalogue.md").read_text(encoding="utf-8")
SPOKEN = {"bacnet": "a BACnet", "modbus": "a Modbus", "mqtt": "an MQTT"}


class Row(NamedTuple):
    """A key as documented."""

    default: str
    meaning: str


def documented(heading: str, table: int = 0, text: str = REFERENCE) -> dict[str, Row]:
    """The keys in one of the tables of a section."""
    assert text.count(f"\n{heading}\n") == 1
    section = text.partition(f"\n{heading}\n")[2].partition("\n#")[0] + "\n"
    tables = re.findall(r"\| key \| default \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", section)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in tables[table].splitlines()]
    return {key.strip("`"): Row(default.strip("`"), meaning) for key, default, meaning in cells}


def agree(rows: dict[str, Row], model: type[BaseModel], without: type[BaseModel] | None = None) -> None:
    """The same keys, each with the model's default, limits and choices."""
    inherited = set(without.model_fields) if without else set()
    fields = {field.alias or name: field for name, field in model.model_fields.items() if name not in inherited}
    assert list(rows) == list(fields)
    for key, field in fields.items():
        row = rows[key]
        assert row.meaning, key
        if field.is_required():
            assert row.default == "required", key
        elif isinstance(field.default, bool | int | float | str) and field.default != "":
            assert row.default == toml(field.default), key
        else:
            assert row.default in {
                "none",
                "the id",
                "as the site",
                "as the device",
                "by the zone",
                "by the carrier",
                "as the point",
                "by the type",
            }, key
        lacking = [word for word in said_of(field) if word not in f"{row.default} {row.meaning}"]
        assert lacking == [], key


def toml(value: object) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def said_of(field: FieldInfo) -> list[str]:
    """The limits and choices that a key's row must name."""
    annotations = list(inside(field.annotation))
    choices = [a for annotation in annotations if get_origin(annotation) is Literal for a in get_args(annotation)]
    words = [a for a in annotations if isinstance(a, type) and issubclass(a, StrEnum)]
    choices += [word for kind in words for word in kind if word not in NOT_WRITTEN]
    metadata = [*field.metadata, *(m for a in annotations for m in getattr(a, "__metadata__", ()))]
    limits = [
        str(getattr(entry, limit))
        for entry in flat(metadata)
        for limit in ("ge", "gt", "le", "lt", "max_length")
        if getattr(entry, limit, None) is not None
    ]
    return [toml(choice) for choice in choices] + limits


NOT_WRITTEN = {WindowKind.INSTANT, WindowKind.SPAN, Category.PART_TEST}
"""Words that no site file has a use for."""


def inside(annotation: Any) -> Iterator[Any]:
    """An annotation and every one within it."""
    yield annotation
    for inner in get_args(annotation):
        yield from inside(inner)


def flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Limits, those of a `Field` one by one."""
    for entry in metadata:
        yield from entry.metadata if isinstance(entry, FieldInfo) else (entry,)


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## `[site]`", SiteTable),
        ("## `[journal]`", JournalTable),
        ("## `[influxdb]`", InfluxSettings),
        ("## `[calendar]`", CalendarTable),
        ("## `[standards]`", StandardsTable),
        ('## `[clauses."1.4-response"]`', OverlayTable),
        ("## `[records]`", RecordsTable),
        ("## `[alerts]`", AlertsTable),
        ("## `[points]`", PointsTable),
        ("## `[meters.X]`", MeterTable),
        ("## `[energy]`", EnergyTable),
        ("## `[tariff]`", TariffTable),
        ("## `[waste.X]`", WasteTable),
        ("## `[connections.X]`", ConnectionBase),
        ("## `[devices.X]`", DeviceBase),
        ("## `[devices.X.points]`", PointBase),
        ("## `[systems.X]`", SystemTable),
        ("## `[equipment.X]`", EquipmentTable),
        ("## `[equipment.X.items.Y]`", ItemTable),
        ("## `[equipment.X.watches.Y]`", WatchTable),
        ("## `[equipment.X.parts.Y]`", PartTable),
    ],
)
def test_tables_of_every_site(heading: str, model: type[BaseModel]) -> None:
    agree(documented(heading), model)


def test_rows_of_the_catalogue() -> None:
    agree(documented("## A row", text=CATALOGUE), ClauseTable)


def test_examples_of_rows_are_right(tmp_path: Path) -> None:
    row, site = re.findall(r"```toml\n(.*?)```", CATALOGUE, re.DOTALL)
    shipped = tomllib.loads((SOURCE / "availability.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(row)["clauses"].items() <= shipped["clauses"].items()
    enabled = '[standards]\nenabled = ["X-lift-service"]\n'
    assert site.startswith(enabled)
    clauses = {clause.id: clause for clause in loaded(tmp_path, RIGHT + site.removeprefix(enabled)).clauses}
    assert clauses["1.4-availability"].threshold == Fraction(99, 100)
    assert clauses["L-pool"].title_zh == "泳池设备完好率"


def test_entries_of_lists() -> None:
    agree(documented("## `[equipment.X.items.Y]`", table=1), ConditionTable)
    agree(documented("## `[equipment.X.items.Y]`", table=2), WeekHoursTable)
    agree(documented("## `[tariff]`", table=1), BandTable)


def test_the_states_of_a_tested_part_are_named() -> None:
    meaning = documented("## `[equipment.X.parts.Y]`")["in_test"].meaning
    assert [int(number) for number in re.findall(r"\d+", meaning)] == list(IN_TEST)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tables_of_a_protocol(protocol: str) -> None:
    found = schema(protocol)
    assert f'"{protocol}"' in documented("## `[connections.X]`")["protocol"].meaning
    agree(documented(f'### `protocol = "{protocol}"`'), found.connection, ConnectionBase)
    agree(documented(f"### on {SPOKEN[protocol]} connection"), found.device, DeviceBase)
    agree(documented(f"### of {SPOKEN[protocol]} device"), found.point, PointBase)


def test_every_top_level_table_has_its_section() -> None:
    sections = set(re.findall(r"^## `\[([a-z]+)", REFERENCE, re.MULTILINE))
    assert sections == set(Tables.model_fields)
