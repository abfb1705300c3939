"""The sample and the README against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import connectors.modbus
from connectors.modbus.device import BUSY_S, FIRST_RETRY_S, FORGET_S, LAST_RETRY_S
from connectors.modbus.plan import plan
from connectors.modbus.settings import Connection, Device, Point
from connectors.protocol import BoundPoint
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import KINDS

FOLDER = Path(connectors.modbus.__file__).parent
SAMPLE = (FOLDER / "sample.toml").read_text(encoding="utf-8")
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_sample_is_a_site_files_own() -> None:
    tables = tomllib.loads(SAMPLE)
    assert set(tables) == {"connections", "devices"}
    connections = {name: Connection.model_validate(table) for name, table in tables["connections"].items()}
    for name, table in tables["devices"].items():
        points = {key: Point.model_validate(settings) for key, settings in table.pop("points").items()}
        device = Device.model_validate(table)
        assert device.connection in connections
        bound = [
            BoundPoint(n, f"{name}/{key}", KINDS[point.type], device.place(point))
            for n, (key, point) in enumerate(points.items())
        ]
        assert plan(bound, device).refused == ()


def test_the_readme_shows_the_sample_as_it_is() -> None:
    assert re.findall(r"```toml\n(.*?)```", README, re.DOTALL) == [SAMPLE]


def test_the_readme_names_reasons_and_times_as_they_are() -> None:
    rows = [line.split("|")[2] for line in README.splitlines() if line.startswith("| ")][1:]
    named = {label for row in rows for label in re.findall(r"`(\w+)`", row)}
    assert len(named) == 13
    assert named <= {reason.label for reason in Reason}
    assert f"{FIRST_RETRY_S:g} s growing to {LAST_RETRY_S:g} s" in README
    assert f"not asked again for {FORGET_S / 60:g} minutes" in README
    assert f"asked once more {BUSY_S:g} s after the others" in README
    assert f"asked again after {LAST_RETRY_S:g} s" in README
