"""``steward energy`` over a real journal: two years of an electricity, a gas and a cooling meter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.cli.energy import show_energy
from agent.clock import SystemClock
from agent.journal.journal import Journal
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import DAY_NS, instant

SITE = """
[site]
id = "tower"
timezone = "UTC"
area_m2 = 1000
commissioned = true
[connections.gw]
protocol = "mqtt"
host = "127.0.0.1"
client_id = "steward"
[systems.metering]
""" + "".join(
    f'[devices.{name}]\nconnection = "gw"\ntopic = "{name}"\nperiod_s = 43200\n'
    f'[devices.{name}.points]\nn = {{ type = "int", path = "n", unit = "{unit}" }}\n'
    f'[meters.{name}]\ncarrier = "{carrier}"\npoint = "{name}/n"\n'
    for name, unit, carrier in (
        ("main", "kW.h", "electricity"),
        ("gas", "m3", "gas"),
        ("plant", "kW.h", "cooling"),
    )
)
A_DAY = {"main": 100, "gas": 0, "plant": 40}
AT = "2026-03-01T12:00:00Z"
FIRST = instant(datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture
async def site_file(tmp_path: Path) -> Path:
    """The site, with a journal in which each meter was read at every midnight of 2025 and two months more; the
    electricity meter counts 10 % more in 2026."""
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    numbers = journal.register([(f"{name}/n", ValueKind.INT) for name in A_DAY])
    for day in range(31 * 14):
        builder = BlockBuilder("gw")
        for name, each in A_DAY.items():
            value = each * day + (each // 10 * max(0, day - 365))
            builder.add(numbers[f"{name}/n"], ValueKind.INT, FIRST + day * DAY_NS, value)
        await journal.put(builder.build(FIRST + day * DAY_NS))
    await journal.close()
    return file


def asked(file: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool, at: str = AT) -> str:
    """What is printed of two months."""
    assert show_energy(file, "month", 2, at, as_json) == 0
    return capsys.readouterr().out


def test_as_numbers(site_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[str, Any] = json.loads(asked(site_file, capsys, as_json=True, at="2026-02-28T23:00:00Z"))
    # 31 days of January, and of February up to its newest midnight 27.
    assert told["intensity"] == {
        "unit": "kW.h",
        "used": [[3410, 3410], [2970, 2970]],
        "used_per_m2": [[3.41, 3.41], [2.97, 2.97]],
        "year": [[36810, 36810], [3410 + 2970 + 30600, 3410 + 2970 + 30700]],
        "year_per_m2": [[36.81, 36.81], [36.98, 37.08]],
    }
    electricity, cooling = told["changes"]
    assert electricity == {"carrier": "electricity", "shares": [pytest.approx([0.1, 0.1])] * 2}
    assert cooling["carrier"] == "cooling"
    assert told["missing"] == []


def test_as_a_table(site_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split() for line in asked(site_file, capsys, as_json=False).splitlines()]
    # 28 days of 110; of March nothing was read yet but its beginning.
    assert ["as", "electricity", "kW.h", "3,080", "not", "read"] in lines
    assert ["12", "months,", "per", "m²", "kW.h/m2", "37.1", "37.0–37.1"] in lines
    assert ["electricity", "%", "+10.0"] in lines


def test_what_is_missing_is_told(site_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SITE.replace("area_m2 = 1000\n", "").replace('point = "plant/n"', 'point = "plant/n"\nbought = true')
    site_file.write_text(text, encoding="utf-8")
    told = asked(site_file, capsys, as_json=False)
    assert "≥ 3,080" in told
    assert "missing: no factor converts cooling into electricity" in told
    assert "missing: nothing per m²: give area_m2 in [site] or [energy]" in told
    assert "per m²" not in told.replace("nothing per m²", "")
    site_file.write_text(
        text + '[standards]\nenabled = ["X-eui"]\n[clauses.X-eui.parameters]\ncarriers = ["electricity"]\n',
        encoding="utf-8",
    )
    assert "no factor" not in asked(site_file, capsys, as_json=False), "as the site's own row says"


async def test_what_is_known_across_a_silence_is_told_as_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    number = journal.register([("main/n", ValueKind.INT)])["main/n"]
    builder = BlockBuilder("gw")
    for month, value in ((1, 100), (2, 300), (3, 800)):
        builder.add(number, ValueKind.INT, instant(datetime(2026, month, 1, tzinfo=UTC)), value)
    await journal.put(builder.build(0))
    await journal.close()
    lines = [line.split() for line in asked(file, capsys, as_json=False).splitlines()]
    (main,) = [line for line in lines if line[:2] == ["main", "main"]]
    assert main[3] == "500.0", "nobody read it in February, and its first and last count say all"
