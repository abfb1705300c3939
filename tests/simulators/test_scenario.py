"""Scenario files: what comes with the simulators, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.building.items import ITEMS
from simulators.errors import ScenarioError
from simulators.scenario import Scenario, WireEvent, load, names
from simulators.truth import foretold
from simulators.wires import ON_ONE_SIGNAL, WIRES, WireFault

LIFT = '[[building]]\nat_s = 5\nfor_s = 10\nitem = "lift-1/car"\nfault = "trapped"\n'
METER = '[[wire]]\nat_s = 5\nfor_s = 10\ndevice = "meter-main"\nfault = "silent"\n'


@pytest.mark.parametrize("name", names())
def test_every_scenario_that_comes_along_can_be_loaded(name: str) -> None:
    assert load(name).about


def test_calm_is_calm() -> None:
    assert list(load("calm").edges()) == []


def test_the_demo_shows_its_three_troubles_within_the_first_minute() -> None:
    demo = load("demo")
    lift, loop = demo.building
    (meter,) = demo.wire
    assert (lift.item, lift.at_s) == ("lift-1/car", 15)
    assert 15 <= lift.for_s <= 20
    assert loop.item.startswith("fire-panel/loop-")
    assert loop.at_s > lift.at_s
    assert meter.device.startswith("meter-")
    assert max(event.end_s for event in (*demo.building, *demo.wire)) <= 60


def test_lift_out_lasts_forty_minutes() -> None:
    assert [event.for_s for event in load("lift-out").building] == [2400]


def test_wire_shows_every_kind_of_wire_fault_of_its_protocols() -> None:
    kinds = {event.fault for event in load("wire").wire}
    assert kinds == set(WireFault) - {WireFault.DEVICE_FAILURE, WireFault.DEVICE_BUSY}


def test_edges_come_in_the_order_of_time() -> None:
    edges = list(load("wire").edges())
    assert [edge.at_s for edge in edges] == sorted(edge.at_s for edge in edges)
    assert sum(edge.begins for edge in edges) * 2 == len(edges)


def test_foretold_truth_needs_no_sockets() -> None:
    lines = list(foretold(load("lift-out"), 1_000_000_000))
    assert lines[: len(ITEMS)] == [
        {"t": 1_000_000_000, "iso": "1970-01-01T00:00:01.000000Z", "item": key, "state": "up"} for key in ITEMS
    ]
    assert [(line["t"], line["item"], line["state"]) for line in lines[len(ITEMS) :]] == [
        (61_000_000_000, "lift-1/car", "down"),
        (2461_000_000_000, "lift-1/car", "up"),
    ]


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        (LIFT.replace("lift-1/car", "lift-9/car"), ["building.0.item", '"lift-9/car"', "lift-1/car"]),
        (LIFT.replace("trapped", "on-fire"), ["building.0", "fault", '"on-fire"', "trapped"]),
        (LIFT.replace("at_s = 5", "at_s = -5"), ["building.0.at_s"]),
        (LIFT.replace("for_s = 10", "for_s = 0"), ["building.0.for_s"]),
        (LIFT.replace("for_s = 10\n", ""), ["building.0.for_s", "required"]),
        (LIFT + "colour = 1\n", ["building.0.colour"]),
        (METER.replace("meter-main", "meter-9"), ["wire.0.device", '"meter-9"', "meter-main"]),
        (METER.replace("silent", "dropped"), ["wire.0", "fault", '"dropped"', "illegal-address"]),
        (METER.replace("silent", "asleep"), ["wire.0.fault"]),
        (METER + 'signal = "power"\n', ["wire.0", "signal", "out-of-service"]),
        (METER.replace("meter-main", "ahu").replace("silent", "out-of-service"), ["wire.0", "signal"]),
        (
            METER.replace("meter-main", "ahu").replace("silent", "status-fault") + 'signal = "colour"\n',
            ["wire.0", "signal", '"colour"', "supply-temperature"],
        ),
        (LIFT + LIFT.replace("at_s = 5", "at_s = 15"), ['"lift-1/car"', "15 s"]),
        (METER + METER.replace("at_s = 5", "at_s = 8"), ['"meter-main"', "8 s"]),
        ("about = 1", ["about"]),
        ("at_s = = 1", ["is not TOML"]),
    ],
)
def test_a_wrong_scenario_names_its_file_and_key(tmp_path: Path, text: str, complaints: list[str]) -> None:
    path = tmp_path / "wrong.toml"
    about = "" if "about" in text else 'about = "wrong"\n'
    path.write_text(about + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    for part in ("wrong.toml", *complaints):
        assert part in str(caught.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('about = "x"\n' + LIFT.replace("car", "cab") + METER.replace("main", "x"), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(ScenarioError, match='no scenario "clam"; there are calm, demo'):
        load("clam")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"absent\.toml: cannot be read"):
        load(str(tmp_path / "absent.toml"))


def test_events_of_other_targets_may_overlap() -> None:
    events = [
        WireEvent(at_s=1, for_s=5, device=device, fault=fault, signal="")
        for device, faults in WIRES.items()
        for fault in sorted(faults - ON_ONE_SIGNAL)[:1]
    ]
    assert len(Scenario(about="all", wire=tuple(events)).wire) == len(WIRES)
