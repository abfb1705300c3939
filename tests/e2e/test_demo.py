"""``steward demo`` as a stranger runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.site import load_site
from evaluators.model.episodes import State
from tests.e2e.checks import edges, episodes
from tests.e2e.site import Tower, free_base_port, steward

pytestmark = pytest.mark.slow


def test_the_demo_shows_all_protocols_and_a_lift_that_goes_out(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    shown = steward("demo", "--for", "30s", "--json", "--base-port", str(free_base_port()), "--data", str(data))
    assert shown.returncode == 0, shown.stderr
    verdicts = json.loads(shown.stdout)
    wanted = {"clause", "subject", "verdict", "low", "high", "threshold", "unit", "window", "coverage"}
    assert all(wanted <= row.keys() for row in verdicts)
    site = [row for row in verdicts if row["subject"] == "site:demo-tower"]
    assert {row["window"]["kind"] for row in site} == {"instant", "month"}
    month = next(row for row in site if row["window"]["kind"] == "month")
    assert month["verdict"] == "pending"
    assert 0 < month["low"] < month["high"] < 1, "a lift was out, and the first second is unknown"
    assert month["minimum"][1] < 1

    tower = Tower(data)
    samples = tower.ask("samples")
    protocols = {d: c.protocol for c in load_site(tower.site_file).connections for d in c.devices}
    alive = {protocols[row["point"].partition("/")[0]] for row in samples if row["value"] is not None}
    assert alive == {"bacnet", "modbus", "mqtt"}
    assert len(samples) >= 140

    again = tower.ask("verdicts", "--at", month["as_of"])
    assert again == verdicts, "recomputed from the journal, the verdicts are the same"
    truth = tower.truth()
    found = episodes(tower, truth[0]["t"], truth[-1]["t"] + 3 * 10**9)
    assert State.DOWN in {state for track in found.values() for state, _ in edges(track)}
