"""The ledger, watches, parts, records and alerts that a right site file gives."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from bacpypes3.basetypes import LifeSafetyState

from config.equipment_tables import IN_TEST
from config.site import load_site
from evaluators.model.site import (
    Category,
    Condition,
    Equipment,
    Family,
    Part,
    PartKind,
    Subfamily,
    Watch,
    WeekHours,
)
from evaluators.model.times import SECOND_NS
from tests.config.site_file import LEDGER, RIGHT, changed, loaded

DEMO = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"


@pytest.fixture
def panel(tmp_path: Path) -> Equipment:
    """The equipment with everything."""
    (found,) = (e for e in loaded(tmp_path, RIGHT + LEDGER).site.equipment if e.id == "panel")
    return found


def test_what_the_ledger_says(panel: Equipment) -> None:
    assert (panel.kind, panel.subfamily, panel.model) == ("fire-panel", Subfamily.FIRE, "FP-9")
    assert (panel.installed, panel.handed_over, panel.removed) == (
        date(2020, 3, 1), date(2020, 5, 1), date(2040, 1, 1)
    )  # fmt: skip
    assert (panel.maintenance_cycle, panel.supplier, panel.maintainer) == ("月", "甲公司", "乙公司")
    assert panel.critical


def test_what_the_ledger_does_not_say(tmp_path: Path) -> None:
    (ahu,) = loaded(tmp_path).site.equipment
    assert ahu == Equipment("ahu-1", "一号空调", "hvac", ahu.items)


def test_items_of_inspections_and_stand_downs(panel: Equipment) -> None:
    loop, cover = panel.items
    zone = Condition("panel/zone", one_of=(0, 1, 2), not_required_for=(6,), not_required_while="panel/alarm")
    assert loop.conditions == (zone,)
    assert (loop.emergency, loop.life_safety, loop.inspected_days, loop.stand_down) == (True, True, 0, ())
    assert (cover.emergency, cover.conditions, cover.inspected_days) == (False, (), 30)
    hour = 3600
    assert cover.stand_down == (
        WeekHours((0, 4), 22 * hour, 6 * hour + 1800),
        WeekHours((6,), 0, 24 * hour),
    )


def test_watches(panel: Equipment) -> None:
    assert panel.watches == (
        Watch(
            "panel/alarm",
            "火警",
            Category.FIRE_ALARM,
            (Condition("panel/zone", one_of=(2,), unknown_for=(3,)),),
            SECOND_NS * 3 // 2,
        ),
    )


def test_parts_and_their_watches(panel: Equipment) -> None:
    smoke, door, sprinkler = panel.parts
    shown = Watch("panel/1-001", "1-001", Category.PART_TEST, (Condition("panel/zone", one_of=IN_TEST),))
    assert smoke == Part("panel/1-001", PartKind.SMOKE, shown, date(2021, 1, 1), date(2030, 1, 1))
    assert door.watch is not None
    assert door.watch.conditions == (Condition("panel/pressed", one_of=(True,)),)
    assert sprinkler == Part("panel/1-003", PartKind.SPRINKLER)


def test_a_part_is_tested_in_the_states_of_the_standard_that_say_so() -> None:
    names = {int(LifeSafetyState(number)): str(LifeSafetyState(number)) for number in range(24)}
    assert [names[number] for number in IN_TEST] == [
        "pre-alarm", "alarm", "fault-pre-alarm", "fault-alarm", "active", "test-alarm", "test-active",
        "test-fault-alarm",
    ]  # fmt: skip


def test_the_site_itself(tmp_path: Path) -> None:
    plain = loaded(tmp_path).site
    assert (plain.area_m2, plain.handed_over) == (48000, None)
    site = loaded(tmp_path, changed(("area_m2 = 48000", "handed_over = 2020-05-01"))).site
    assert (site.area_m2, site.handed_over) == (None, date(2020, 5, 1))


def test_where_records_come_from(tmp_path: Path) -> None:
    assert loaded(tmp_path).records.inbox == tmp_path / "inbox"
    assert loaded(tmp_path).records.points == ()
    found = loaded(tmp_path, changed(("[records]\n", '[records]\ninbox = "in/here"\n'), text=RIGHT + LEDGER))
    assert (found.records.inbox, found.records.points) == (tmp_path / "in" / "here", ("panel/letter",))


def test_where_alerts_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(tmp_path).alerts.webhook_url is None
    alerts = loaded(tmp_path, RIGHT + LEDGER).alerts
    assert (alerts.webhook_url, alerts.timeout_s) == ("https://example.org/hook", 4.0)
    assert alerts.webhook_token.get_secret_value() == "hook"
    monkeypatch.setenv("STEWARD_ALERTS__WEBHOOK_TOKEN", "canary-77")
    site = loaded(tmp_path)
    assert site.alerts.webhook_token.get_secret_value() == "canary-77"
    assert "canary" not in repr(site)


def test_the_demo_has_a_whole_ledger() -> None:
    site = load_site(DEMO).site
    assert site.handed_over is not None
    for each in site.equipment:
        assert each.kind
        assert each.model
        assert each.subfamily
        assert each.installed is not None
        assert each.handed_over is not None
        assert all((each.maintenance_cycle, each.supplier, each.maintainer)), each.id
    critical = {each.kind for each in site.equipment if each.critical}
    assert critical == {"lift", "fire-panel", "fire-pump", "generator"}
    assert {Family.ELECTROMECHANICAL, Family.INTELLIGENT} == {
        e.subfamily.family for e in site.equipment if e.subfamily
    }


def test_the_demo_watches_what_its_wires_show() -> None:
    site = load_site(DEMO).site
    watched = {(watch.equipment, watch.category) for watch in site.watches()}
    assert watched == {
        ("lift-1", Category.ENTRAPMENT), ("lift-2", Category.ENTRAPMENT), ("lift-1", Category.AT_WORK),
        ("lift-2", Category.AT_WORK), ("lift-3", Category.AT_WORK), ("lift-4", Category.AT_WORK),
        ("fire-panel", Category.FIRE_ALARM), ("fire-panel", Category.PART_TEST), ("fire-pump", Category.RUN),
        ("generator", Category.RUN),
    }  # fmt: skip
    (parts,) = (each.parts for each in site.equipment if each.parts)
    assert [part.watch.conditions[0].point for part in parts if part.watch] == [
        f"fire-panel/detector-{number}-state" for number in range(1, 9)
    ]
