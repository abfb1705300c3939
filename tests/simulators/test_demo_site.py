"""The demo's site file against the building: the same devices, points and items, and rules that tell the truth."""

from __future__ import annotations

from typing import Any

import pytest

from config.site import load_site
from evaluators.model.episodes import State
from evaluators.model.samples import Quality, Reason
from evaluators.model.site import Item
from evaluators.states import read
from simulators.building.building import Building
from simulators.building.items import ITEMS, Outage
from simulators.wires import WIRES
from tests.simulators.demo_site import DEVICES, PATH, RULES, SITE

FAULTS = [(item, fault) for item, facts in ITEMS.items() for fault in facts.faults]
TYPES: dict[str, Any] = {"float": (int, float), "int": int, "bool": bool, "text": str}


def verdict(item: Item, building: Building, at_s: float) -> State:
    """What the rule of an item makes of the building's true values."""
    states = set()
    for condition in item.conditions:
        device, _, signal = condition.point.partition("/")
        value = building.readings(at_s)[device][signal]
        states.add(read(condition, value, Quality.GOOD, Reason.NONE).state)
    return State.UP if states == {State.UP} else State.DOWN if State.DOWN in states else State.UNKNOWN


def test_it_is_large_enough_to_be_a_building() -> None:
    assert len(DEVICES) >= 8
    assert sum(len(device["points"]) for device in DEVICES.values()) >= 140
    assert {SITE["connections"][device["connection"]]["protocol"] for device in DEVICES.values()} == {
        "bacnet",
        "modbus",
        "mqtt",
    }


def test_devices_and_items_are_those_of_the_building() -> None:
    assert set(DEVICES) == set(WIRES)
    assert set(RULES) == set(ITEMS)


@pytest.mark.parametrize("device", DEVICES)
def test_points_are_the_buildings_signals_in_their_types(device: str) -> None:
    signals = Building(1).readings(0)[device]
    points = DEVICES[device]["points"]
    assert set(points) == set(signals)
    for name, point in points.items():
        assert isinstance(signals[name], TYPES[point["type"]]), name
        assert isinstance(signals[name], bool) == (point["type"] == "bool"), name


@pytest.mark.parametrize("key", RULES)
def test_a_rule_reads_the_device_that_shows_the_item(key: str) -> None:
    assert {rule["point"].partition("/")[0] for rule in RULES[key]} == {ITEMS[key].device}


@pytest.mark.parametrize(("broken", "fault"), FAULTS)
def test_the_rules_say_of_every_item_what_is_true(broken: str, fault: str) -> None:
    building = Building(4, [Outage(broken, fault, 30, 60)])
    for item in load_site(PATH).site.items():
        assert verdict(item, building, 45) is (State.DOWN if item.key == broken else State.UP)
        assert verdict(item, building, 75) is State.UP


def test_life_safety_is_flagged() -> None:
    flagged = {item.key for item in load_site(PATH).site.items() if item.life_safety}
    assert flagged == {
        key
        for key in ITEMS
        if key.startswith(("fire-panel/", "fire-pump/", "generator/")) or key.endswith("/intercom")
    }
