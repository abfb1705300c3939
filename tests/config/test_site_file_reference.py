"""docs/site-file.md against the models: every key is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.influxdb import InfluxSettings
from config.tables import ConditionTable, EquipmentTable, ItemTable, JournalTable, SiteTable, SystemTable
from connectors.registry import PROTOCOLS, schema
from connectors.settings import ConnectionBase, DeviceBase, PointBase

REFERENCE = (Path(__file__).parents[2] / "docs" / "site-file.md").read_text(encoding="utf-8")
SPOKEN = {"bacnet": "BACnet", "modbus": "Modbus", "mqtt": "MQTT"}


def documented(heading: str) -> dict[str, str]:
    """The keys in the first table after a heading, with their defaults as written."""
    return keys(REFERENCE.partition(f"\n{heading}\n")[2].partition("\n#")[0], 0)


def keys(section: str, table: int) -> dict[str, str]:
    """The keys of one of a section's tables."""
    tables = re.findall(r"\| key \| default \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", section + "\n")
    rows = [line.split("|") for line in tables[table].splitlines()]
    return {row[1].strip().strip("`"): row[2].strip().strip("`") for row in rows}


def fields(model: type[BaseModel], without: type[BaseModel] | None = None) -> dict[str, str]:
    """The keys of a model, with plain defaults as TOML writes them and nothing for others."""
    inherited = set(without.model_fields) if without else set()
    found = {}
    for name, field in model.model_fields.items():
        if name not in inherited:
            plain = isinstance(field.default, bool | int | float | str) and field.default != ""
            found[field.alias or name] = _toml(field.default) if plain else ""
    return found


def _toml(value: object) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
    )


def agree(written: dict[str, str], model: dict[str, str]) -> None:
    """The same keys; where the model has a plain default, it is the one that is written."""
    assert written.keys() == model.keys()
    assert {key: written[key] for key, default in model.items() if default} == {
        k: d for k, d in model.items() if d
    }


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## `[site]`", SiteTable),
        ("## `[journal]`", JournalTable),
        ("## `[influxdb]`", InfluxSettings),
        ("## `[devices.X]`", DeviceBase),
        ("## `[devices.X.points]`", PointBase),
        ("## `[systems.X]`", SystemTable),
        ("## `[equipment.X]`", EquipmentTable),
        ("## `[equipment.X.items.Y]`", ItemTable),
    ],
)
def test_tables_of_every_site(heading: str, model: type[BaseModel]) -> None:
    agree(documented(heading), fields(model))


def test_conditions() -> None:
    section = REFERENCE.partition("\n## `[equipment.X.items.Y]`\n")[2]
    agree(keys(section, 1), fields(ConditionTable))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tables_of_a_protocol(protocol: str) -> None:
    found = schema(protocol)
    agree(documented(f'### `protocol = "{protocol}"`'), fields(found.connection, ConnectionBase))
    article = SPOKEN[protocol]
    an = "an" if protocol == "mqtt" else "a"
    agree(documented(f"### on {an} {article} connection"), fields(found.device, DeviceBase))
    agree(documented(f"### of {an} {article} device"), fields(found.point, PointBase))
