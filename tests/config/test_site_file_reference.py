"""docs/site-file.md against the models: every key with its default, limits and choices, and no other key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.influxdb import InfluxSettings
from config.settings import Tables
from config.tables import ConditionTable, EquipmentTable, ItemTable, JournalTable, SiteTable, SystemTable
from connectors.registry import PROTOCOLS, schema
from connectors.settings import ConnectionBase, DeviceBase, PointBase

REFERENCE = (Path(__file__).parents[2] / "docs" / "site-file.md").read_text(encoding="utf-8")
SPOKEN = {"bacnet": "a BACnet", "modbus": "a Modbus", "mqtt": "an MQTT"}


class Row(NamedTuple):
    """A key as documented."""

    default: str
    meaning: str


def documented(heading: str, table: int = 0) -> dict[str, Row]:
    """The keys in one of the tables of a section."""
    assert REFERENCE.count(f"\n{heading}\n") == 1
    section = REFERENCE.partition(f"\n{heading}\n")[2].partition("\n#")[0] + "\n"
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
            assert row.default in {"none", "the id", "as the site", "as the device"}, key
        lacking = [word for word in said_of(field) if word not in f"{row.default} {row.meaning}"]
        assert lacking == [], key


def toml(value: object) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def said_of(field: FieldInfo) -> list[str]:
    """The limits and choices that a key's row must name."""
    annotations: list[Any] = [field.annotation, *get_args(field.annotation)]
    choices = [a for annotation in annotations if get_origin(annotation) is Literal for a in get_args(annotation)]
    limits = [
        str(getattr(entry, limit))
        for entry in field.metadata
        for limit in ("ge", "gt", "le", "lt", "max_length")
        if getattr(entry, limit, None) is not None
    ]
    return [toml(choice) for choice in choices] + limits


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## `[site]`", SiteTable),
        ("## `[journal]`", JournalTable),
        ("## `[influxdb]`", InfluxSettings),
        ("## `[connections.X]`", ConnectionBase),
        ("## `[devices.X]`", DeviceBase),
        ("## `[devices.X.points]`", PointBase),
        ("## `[systems.X]`", SystemTable),
        ("## `[equipment.X]`", EquipmentTable),
        ("## `[equipment.X.items.Y]`", ItemTable),
    ],
)
def test_tables_of_every_site(heading: str, model: type[BaseModel]) -> None:
    agree(documented(heading), model)


def test_conditions() -> None:
    agree(documented("## `[equipment.X.items.Y]`", table=1), ConditionTable)


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
