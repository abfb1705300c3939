"""The building: the same for the same seed, and consistent with itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from simulators.building.building import Building
from simulators.building.items import ITEMS, SUB_METERS, Outage
from simulators.building.power import CHILLER_KW, LOSS_PERCENT
from simulators.building.waves import Wave

FAULTS = [(item, fault) for item, facts in ITEMS.items() for fault in facts.faults]
TRIP = Outage("chiller-1/cooling", "trip", 100, 400)


def test_the_same_seed_and_time_give_the_same_readings() -> None:
    one, other = Building(7), Building(7)
    later = one.readings(500)
    assert one.readings(12.5) == other.readings(12.5)  # asked in another order
    assert later == other.readings(500)


def test_another_seed_gives_another_building() -> None:
    assert Building(7).readings(12.5) != Building(8).readings(12.5)


def test_readings_are_the_same_in_another_process() -> None:
    code = "from simulators.building.building import Building; print(repr(Building(3).readings(77)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == repr(Building(3).readings(77))


def test_every_signal_moves_or_is_a_state() -> None:
    first, later = Building(1).readings(0), Building(1).readings(40)
    moved = sum(first[device][signal] != later[device][signal] for device in first for signal in first[device])
    assert moved > 60


@pytest.mark.parametrize("at_s", [0.0, 1.0, 250.0, 86_400.0])
def test_sub_meters_add_up_to_the_main_meter(at_s: float) -> None:
    readings = Building(5, [TRIP]).readings(at_s)
    energies = [readings[meter]["energy"] for meter in SUB_METERS]
    assert all(isinstance(energy, int) for energy in energies)
    assert readings["meter-main"]["energy"] == sum(int(e) for e in energies) * (100 + LOSS_PERCENT) // 100
    power = sum(float(readings[meter]["power"]) for meter in SUB_METERS)
    assert readings["meter-main"]["power"] == pytest.approx(power * (100 + LOSS_PERCENT) / 100)


def test_a_meters_energy_is_the_integral_of_its_power() -> None:
    building = Building(5, [TRIP])
    steps = [building.readings(second + 0.5)["meter-hvac"]["power"] for second in range(600)]
    wh = sum(float(kw) for kw in steps) * 1000 / 3600
    before, after = (int(building.readings(at)["meter-hvac"]["energy"]) for at in (0, 600))
    assert after - before == pytest.approx(wh, rel=1e-4)


def test_a_tripped_chiller_draws_no_power_and_counts_no_hours() -> None:
    running, tripped = Building(5), Building(5, [TRIP])
    lost_wh = CHILLER_KW * 1000 * 300 / 3600
    energies = [int(building.readings(600)["meter-hvac"]["energy"]) for building in (running, tripped)]
    assert energies[0] - energies[1] == pytest.approx(lost_wh, abs=1)
    hours = [float(building.readings(600)["chiller"]["run-hours"]) for building in (running, tripped)]
    assert hours[0] - hours[1] == pytest.approx(300 / 3600)


def test_counters_never_go_back() -> None:
    building = Building(2)
    counters = [("water-meter", "volume"), *((meter, "energy") for meter in (*SUB_METERS, "meter-main"))]
    for device, signal in counters:
        seen = [int(building.readings(at)[device][signal]) for at in range(0, 3600, 60)]
        assert seen == sorted(seen)
        assert seen[0] < seen[-1]


def test_a_lift_stands_still_while_it_is_out() -> None:
    building = Building(1, [Outage("lift-1/car", "trapped", 50, 130)])
    out = [building.readings(at)["lifts"]["lift-1-position"] for at in range(50, 130, 5)]
    assert len(set(out)) == 1
    assert len({building.readings(at)["lifts"]["lift-1-position"] for at in range(130, 300, 5)}) > 1


@pytest.mark.parametrize(("item", "fault"), FAULTS)
def test_every_fault_can_be_seen_on_the_items_own_device_while_it_lasts(item: str, fault: str) -> None:
    device = ITEMS[item].device
    well, ill = Building(1), Building(1, [Outage(item, fault, 10, 20)])
    assert ill.readings(9.9)[device] == well.readings(9.9)[device]
    assert ill.readings(10)[device] != well.readings(10)[device]
    assert [ill.is_up(item, at) for at in (9.9, 10, 19.9, 20)] == [True, False, False, True]


def test_a_waves_integral_is_that_of_its_values() -> None:
    wave = Wave(3, 2, 40, 0.3)
    sum_of_steps = sum(wave.at(10 + (step + 0.5) / 100) for step in range(2500)) / 100
    assert wave.integral(10, 35) == pytest.approx(sum_of_steps, rel=1e-6)
