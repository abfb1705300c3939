"""The demo site as its file has it, for comparing with what the simulators serve."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"
SITE: dict[str, Any] = tomllib.loads(PATH.read_text(encoding="utf-8"))
DEVICES: dict[str, dict[str, Any]] = SITE["devices"]
RULES: dict[str, list[dict[str, Any]]] = {
    f"{equipment}/{item}": table["usable_when"]
    for equipment, owner in SITE["equipment"].items()
    for item, table in owner["items"].items()
}
"""The conditions of every functional item, by its key."""


def devices_on(connection: str) -> dict[str, dict[str, Any]]:
    """The devices of one connection."""
    return {name: device for name, device in DEVICES.items() if device["connection"] == connection}
