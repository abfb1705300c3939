"""Commands that look at devices past the agent: scan, read and check --online, against the simulated building."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.scan import slug
from tests.e2e.site import Tower, steward

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tower]:
    """The simulated building, without an agent."""
    tower = Tower(tmp_path_factory.mktemp("tower"))
    tower.write()
    with tower.building("calm"):
        yield tower


def read(tower: Tower, what: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and JSON of one reading."""
    done = steward("read", what, str(tower.site_file), "--json")
    return done.returncode, json.loads(done.stdout)


def test_one_point_is_read_and_the_wire_is_shown(tower: Tower) -> None:
    code, (probe,) = read(tower, "meter-main/energy")
    assert code == 0
    (sample,) = probe["samples"]
    assert (sample["point"], sample["quality"]) == ("meter-main/energy", "good")
    (exchange,) = probe["wire"]
    assert exchange["sent"].endswith("01 03 00 08 00 04")
    assert int(exchange["received"].replace(" ", "")[18:], 16) == sample["value"]
    shown = steward("read", "meter-main/energy", str(tower.site_file)).stdout
    assert "→ 00 01 00 00 00 06 01 03 00 08 00 04" in shown


def test_a_device_is_read_with_all_its_points(tower: Tower) -> None:
    code, (probe,) = read(tower, "ahu")
    assert code == 0
    assert len(probe["samples"]) == probe["points"]["good"] == 17


def test_what_is_not_in_the_site_file_is_named(tower: Tower) -> None:
    done = steward("read", "meter-main/enrgy", str(tower.site_file))
    assert done.returncode == 2
    assert 'did you mean "meter-main/energy"?' in done.stderr


def test_a_device_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    alone = Tower(tmp_path)
    alone.write()
    code, (probe,) = read(alone, "meter-main/energy")
    assert code == 1
    assert probe["samples"][0]["quality"] == "bad"


def test_everything_is_read_once(tower: Tower) -> None:
    done = steward("check", "--online", "--json", str(tower.site_file))
    rows = {row["device"]: row for row in json.loads(done.stdout)}
    assert len(rows) > 10
    for device in ("ahu", "lifts", "meter-main", "generator"):
        assert rows[device]["problem"] == ""
        assert set(rows[device]["points"]) == {"good"}, device
    table = steward("check", "--online", str(tower.site_file)).stdout
    assert "meter-main" in table


def test_what_a_bacnet_scan_finds_is_a_site(tower: Tower, tmp_path: Path) -> None:
    port = str(tower.base_port + 39)
    address = f"127.0.0.1:{tower.base_port + 1}"
    points = tmp_path / "found.csv"
    words = ["127.0.0.1", "--port", port, "--address", address, "--wait", "0.5", "-o", str(points)]
    done = steward("scan", "bacnet", *words)
    assert done.returncode == 0, done.stderr
    tables = done.stdout[: done.stdout.rindex(str(points))]
    site = tmp_path / "site.toml"
    site.write_text('[site]\nid = "found"\ntimezone = "UTC"\n\n' + tables, encoding="utf-8")
    checked = steward("check", str(site))
    assert checked.returncode == 0, checked.stderr
    assert "1 devices, 17 points" in checked.stdout
    read_again = steward("check", "--online", "--json", str(site))
    assert json.loads(read_again.stdout)[0]["points"] == {"good": 17}


def test_what_a_modbus_scan_finds_is_a_site(tower: Tower, tmp_path: Path) -> None:
    points = tmp_path / "found.xlsx"
    words = [f"127.0.0.1:{tower.base_port + 10}", "--units", "1", "--addresses", "0-40", "--pace", "0"]
    done = steward("scan", "modbus", *words, "-o", str(points))
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site.toml"
    tables = done.stdout[: done.stdout.rindex(str(points))]
    site.write_text('[site]\nid = "found"\ntimezone = "UTC"\n\n' + tables, encoding="utf-8")
    read_again = steward("check", "--online", "--json", str(site))
    assert json.loads(read_again.stdout)[0]["points"] == {"good": 13}


def test_what_an_mqtt_scan_finds_is_a_site(tower: Tower, tmp_path: Path) -> None:
    points = tmp_path / "found.csv"
    broker = f"127.0.0.1:{tower.base_port + 20}"
    words = [broker, "--version", "3.1.1", "--seconds", "3", "--topic", "building/water"]
    done = steward("scan", "mqtt", *words, "-o", str(points))
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site.toml"
    tables = done.stdout[: done.stdout.rindex(str(points))]
    site.write_text('[site]\nid = "found"\ntimezone = "UTC"\n\n' + tables, encoding="utf-8")
    checked = steward("check", str(site))
    assert checked.returncode == 0, checked.stderr
    assert "1 devices, 5 points" in checked.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["modbus", "127.0.0.1:1", "--units", "1"], 1, "scan modbus: "),
        (["modbus", "127.0.0.1:99999", "--units", "1"], 2, "the port is out of range"),
        (["modbus", "127.0.0.1", "--units", "x"], 2, "give numbers such as 1-10,20"),
        (["bacnet", "127.0.0.1"], 2, "a broadcast needs its network too"),
    ],
)
def test_what_cannot_be_scanned_is_said(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = steward("scan", *words, "-o", str(tmp_path / "found.csv"))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_names_become_ids() -> None:
    assert [slug(text) for text in ("AHU-1 Supply Temp", "送风温度", "--", "a/b")] == [
        "ahu-1-supply-temp",
        "",
        "",
        "a-b",
    ]
