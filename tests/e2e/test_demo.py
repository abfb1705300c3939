"""``steward demo`` as a stranger runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from config.catalogue import load_catalogue
from config.site import load_site
from evaluators.model.episodes import State
from evaluators.model.verdicts import Outcome
from tests.e2e.checks import edges, episodes
from tests.e2e.site import Tower, free_base_port, steward

pytestmark = pytest.mark.slow


def test_the_demo_shows_all_protocols_and_a_lift_that_goes_out(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    shown = steward("demo", "--for", "45s", "--json", "--base-port", str(free_base_port()), "--data", str(data))
    assert shown.returncode == 0, shown.stderr
    verdicts = json.loads(shown.stdout)
    wanted = {"clause", "subject", "verdict", "low", "high", "threshold", "unit", "window", "coverage"}
    assert all(wanted <= row.keys() for row in verdicts)
    site = [row for row in verdicts if row["subject"] == "site:demo-tower"]
    assert {row["clause"] for row in site} == {clause.id for clause in load_catalogue()}, "no clause is left out"
    month = next(row for row in site if (row["clause"], row["window"]["kind"]) == ("1.4-availability", "month"))
    assert not [row["note"] for row in site if "cannot be judged" in row["note"]]
    assert {row["verdict"] for row in site} == set(Outcome)
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
    _check_people(tower, shown.stderr)
    _check_energy(tower)


def _check_energy(tower: Tower) -> None:
    """What the meters counted, as numbers and as tables: of one minute only a bound is known."""
    told = tower.ask("energy", "--by", "day", "--last", "1")
    assert [meter["id"] for meter in told["meters"]] == ["main", "hvac", "lifts", "tenants", "services", "water"]
    used = {meter["id"]: meter["amounts"][0] for meter in told["meters"]}
    assert all(0 <= low < high for low, high in used.values()), used
    assert [item["id"] for item in told["items"]] == ["01A", "01B", "01C", "01D"]
    assert [each["id"] for each in told["carriers"]] == ["electricity", "water"]
    ((low, high),) = told["intensity"]["used"]
    assert (low, high) == tuple(used["main"]), "electricity alone is bought: it is all there is"
    assert told["missing"] == []
    table = steward("energy", str(tower.site_file)).stdout
    assert all(name in table for name in ("总表", "自来水", "kW.h", "m3")), table


def _check_people(tower: Tower, told: str) -> None:
    """What the building's people stated was taken, judged and shown."""
    assert _asked(tower, "records", "refused") == []
    orders = [row["body"] for row in _asked(tower, "records", "list", "work-order")]
    (order,) = [order for order in orders if order["equipment"] == "lift-1"]
    assert order["closed_at"] > order["verified_at"] > order["accepted_at"] > order["reported_at"]
    rung = [row for row in tower.ask("alerts", "--all") if row["clause"] == "1.4-response"]
    assert "resolved" in {row["event"] for row in rung}, "the lift's clock rang until somebody took the order"
    (explained,) = [row for row in _asked(tower, "explain", "2.2.1-test") if row["subject"] == "site:demo-tower"]
    doubted = [line for line in explained["lines"] if (line["mark"], line["witness"]) == ("unknown", "no_trace")]
    ((claim,),) = {tuple(line["records"]) for line in doubted}
    assert claim.startswith("test:FT-")
    assert f"2.2.1-test  {claim} says 8 done, but telemetry was whole and shows no trace of it" in told
    assert "lift-1: nobody has answered yet" in told
    assert re.search(rf"lift-1: answered after \d+ s by {order['technician']}\n", told)


def _asked(tower: Tower, *words: str) -> list[dict[str, Any]]:
    asked = steward(*words, str(tower.site_file), "--json")
    assert asked.returncode == 0, asked.stderr
    found: list[dict[str, Any]] = json.loads(asked.stdout)
    return found
