"""What a right site file gives to judging and to the connectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.site import bind, load_site
from evaluators.model.samples import ValueKind
from evaluators.model.site import Condition, System
from evaluators.model.times import SECOND_NS
from tests.config.site_file import INFLUXDB, RIGHT, changed, loaded, problems

DEMO = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"


def test_what_judging_gets(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    site = found.site
    assert (site.id, site.name, site.zone, found.area_m2) == ("tower", "tower", "Asia/Shanghai", 48000)
    assert site.judged_from == 1767196800 * SECOND_NS
    assert site.systems == (System("hvac", "hvac"), System("meters", "计量"))
    points = {point.key: point for point in site.points}
    assert list(points) == ["ahu/supply", "ahu/mode", "meter/energy", "meter/fault", "gw/car"]
    assert points["ahu/supply"].name == "送风温度"
    assert points["meter/energy"].kind is ValueKind.INT
    (air,) = site.items()
    assert (air.key, air.name, air.life_safety) == ("ahu-1/air", "air", False)
    assert air.required_from == 1769875200 * SECOND_NS
    assert air.conditions == (
        Condition("ahu/supply", at_least=10, at_most=30.5, accept_uncertain=True),
        Condition("gw/car", one_of=(1, 2), unknown_for=(0,), not_required_for=(9,), accept_uncertain=True),
        Condition("meter/fault", one_of=(False,), accept_uncertain=True),
    )


def test_a_value_stands_for_three_periods(tmp_path: Path) -> None:
    holds = {point.key: point.hold_ns for point in loaded(tmp_path).site.points}
    assert holds["ahu/supply"] == 6 * SECOND_NS
    assert holds["meter/fault"] == 15 * SECOND_NS, "the default period is 5 s"


def test_what_is_tested_keeps_its_type(tmp_path: Path) -> None:
    (air,) = loaded(tmp_path, changed(("is = false", "is = true"))).site.items()
    assert air.conditions[2].one_of[0] is True, "true is not 1"


def test_commissioned_is_inherited_and_overridden(tmp_path: Path) -> None:
    assert loaded(tmp_path).commissioned == {"ahu/supply"}
    everywhere = loaded(tmp_path, changed(('id = "tower"', 'id = "tower"\ncommissioned = true')))
    assert everywhere.commissioned == {"ahu/supply", "meter/energy", "meter/fault", "gw/car"}
    but_one = changed(("period_s = 2\ncommissioned = true", "commissioned = false"))
    assert loaded(tmp_path, but_one).commissioned == set()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "journal.db"),
        ('[journal]\npath = "kept/here.db"', "kept/here.db"),
        ('[journal]\npath = "/var/lib/steward/journal.db"', "/var/lib/steward/journal.db"),
    ],
)
def test_the_journal_lies_beside_the_site_file(
    text: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site.toml").write_text(RIGHT + text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_site(Path("site.toml")).journal_path == tmp_path / path


def test_influxdb_is_forwarded_to_only_where_it_is_named(tmp_path: Path) -> None:
    assert loaded(tmp_path).influxdb is None
    settings = loaded(tmp_path, RIGHT + INFLUXDB).influxdb
    assert settings is not None
    assert (settings.bucket, settings.timeout_s) == ("telemetry", 4.0)


@pytest.mark.parametrize("seconds", ["5", "60.0"])
def test_a_request_to_influxdb_may_not_hold_up_a_stop(tmp_path: Path, seconds: str) -> None:
    (problem,) = problems(tmp_path, RIGHT + INFLUXDB + f"timeout_s = {seconds}\n")
    assert problem.key == "influxdb.timeout_s"
    assert "a stop would wait for a request" in problem.wrong
    assert problem.right == "give seconds above 0, below 5"


def test_connectors_get_their_devices_with_the_points_numbers(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    numbers = {point.key: 10 + place for place, point in enumerate(found.site.points)}
    bound = {connection.name: connection for connection in bind(found, numbers)}
    assert {name: [device.id for device in c.devices] for name, c in bound.items()} == {
        "bms": ["ahu"],
        "meters": ["meter"],
        "lift-gw": ["gw"],
    }
    energy, fault = bound["meters"].devices[0].points
    assert (energy.index, energy.key, energy.kind) == (numbers["meter/energy"], "meter/energy", ValueKind.INT)
    assert (energy.settings.absent, fault.settings.table) == ((65535,), "coil")


def test_files_of_windows_editors_are_read(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff" + RIGHT.replace("\n", "\r\n")).site == loaded(tmp_path).site


def test_the_demo_site_is_right() -> None:
    found = load_site(DEMO)
    assert len(found.commissioned) == len(found.site.points), "the demo ships commissioned"
    assert {connection.protocol for connection in found.connections} == {"bacnet", "modbus", "mqtt"}
