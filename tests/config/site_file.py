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

LEDGER = """
[calendar]
years = [2031]
days_off = [2031-01-01]
workdays = [2031-01-04]

[standards]
enabled = []

[records]
points = ["panel/letter"]

[alerts]
webhook_url = "https://example.org/hook"
webhook_token = "hook"

[clauses."1.4-availability"]
threshold = "0.99"
window = "quarter"

[clauses.L-pool]
number = "九"
place = 1
title_zh = "泳池"
title_en = "Pool"
kind = "availability"
threshold = "0.5"
unit = "1"
window = "rolling"
window_days = 30
dimension = "foundation"
auto = "both"
evidence = ["telemetry", "inspection"]

[devices.panel]
connection = "lift-gw"
topic = "panel"
[devices.panel.points]
zone = { type = "int", path = "zone" }
pressed = { type = "bool", path = "pressed" }
letter = { type = "text", path = "letter" }

[equipment.panel]
system = "hvac"
kind = "fire-panel"
subfamily = "fire"
model = "FP-9"
installed = 2020-03-01
handed_over = 2020-05-01
removed = 2040-01-01
maintenance_cycle = "月"
supplier = "甲公司"
maintainer = "乙公司"
critical = true

[equipment.panel.items.loop]
life_safety = true
emergency = true
usable_when = [
    { point = "panel/zone", one_of = [0, 1, 2], not_required_for = [6], not_required_while = "panel/alarm" },
]

[equipment.panel.items.cover]
inspected_days = 30
stand_down = [
    { days = ["fri", "mon"], from = "22:00", to = "06:30" },
    { days = ["sun"], from = "00:00", to = "24:00" },
]

[equipment.panel.watches.alarm]
name = "火警"
category = "fire-alarm"
happens_when = [{ point = "panel/zone", is = 2, unknown_for = [3] }]
at_least_s = 1.5

[equipment.panel.parts.1-001]
kind = "smoke"
installed = 2021-01-01
removed = 2030-01-01
point = "panel/zone"

[equipment.panel.parts.1-B2]
kind = "fire-door"
point = "panel/pressed"
in_test = [true]

[equipment.panel.parts.1-003]
kind = "sprinkler"
"""
"""To append to `RIGHT`: what goes beyond reading and judging."""

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
