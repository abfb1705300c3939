"""A right site file of every protocol, and what is wrong with a changed one."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.problems import Problem, SiteFileError
from config.site import LoadedSite, load_site

RIGHT = """
[site]
id = "tower"
timezone = "Asia/Shanghai"
area_m2 = 48000
judged_from = 2026-01-01T00:00:00+08:00

[connections.bms]
protocol = "bacnet"
host = "127.0.0.1"
port = 47800

[connections.meters]
protocol = "modbus"

[connections.lift-gw]
protocol = "mqtt"
host = "127.0.0.1"
client_id = "steward"

[devices.ahu]
connection = "bms"
host = "127.0.0.1"
port = 47801
instance = 1001
period_s = 2
commissioned = true

[devices.ahu.points]
supply = { name = "送风温度", type = "float", unit = "Cel", object = "analog-input,1" }
mode = { type = "text", object = "character-string-value,1", commissioned = false }

[devices.meter]
connection = "meters"
host = "127.0.0.1"

[devices.meter.points]
energy = { type = "int", address = 0, encoding = "uint64", absent = [65535] }
fault = { type = "bool", table = "coil", address = 3, encoding = "bit" }

[devices.gw]
connection = "lift-gw"
topic = "lifts"
[devices.gw.points]
car = { type = "int", path = "car" }

[systems.hvac]
[systems.meters]
name = "计量"

[equipment.ahu-1]
system = "hvac"
name = "一号空调"
[equipment.ahu-1.items.air]
accept_uncertain = true
required_from = 2026-02-01T00:00:00+08:00
usable_when = [
    { point = "ahu/supply", at_least = 10, at_most = 30.5 },
    { point = "gw/car", one_of = [1, 2], unknown_for = [0], not_required_for = [9] },
    { point = "meter/fault", is = false },
]
"""

INFLUXDB = """
[influxdb]
url = "http://127.0.0.1:8086"
org = "steward"
bucket = "telemetry"
token = "from the file"
"""


def loaded(folder: Path, text: str = RIGHT) -> LoadedSite:
    """The site of a text, written to ``site.toml`` in the folder."""
    file = folder / "site.toml"
    file.write_text(text, encoding="utf-8")
    return load_site(file)


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    """What is wrong with a text, written to ``site.toml`` in the folder."""
    with pytest.raises(SiteFileError) as caught:
        loaded(folder, text)
    return caught.value.problems


def changed(*changes: tuple[str, str], text: str = RIGHT) -> str:
    """The text with the first place of each left side replaced by the right one."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
