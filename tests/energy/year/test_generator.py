"""The generator by itself: its command, what adds up, what is planted, and what another seed moves."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from agent.cli import app
from config.workdays import chinese_workdays
from evaluators.model.bodies import MeterChange
from evaluators.model.energy import Carrier
from evaluators.model.times import DAY_NS, HOUR_NS
from simulators.energy.calendar import Days
from simulators.energy.meters import METERS, below, the_meter
from simulators.energy.momentary import PHASES
from simulators.energy.waste import Waste
from simulators.energy.writing import FILES, write
from simulators.energy.year import LOSS_PERMILLE, EnergyYear, make
from tests.energy.year.feeding import Metered

CLOSED_FLOW_M3_H = Fraction(5, 100)


@cache
def made(seed: int) -> EnergyYear:
    """A year, made once."""
    return make(seed, 2026)


def waste(year: EnergyYear, kind: str) -> list[Waste]:
    """What is wasted of a kind."""
    return [each for each in year.waste if each.kind == kind]


def test_the_command_writes_six_files_and_the_same_seed_the_same(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "simulators.energy", "--seed", "3", "--year", "2026", "--out")
    subprocess.run((*command, str(tmp_path / "made" / "here")), check=True)
    write(make(3, 2026), tmp_path / "again")
    assert {path.name for path in (tmp_path / "again").iterdir()} == set(FILES)
    for name in FILES:
        assert (tmp_path / "made" / "here" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_a_year_whose_holidays_are_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="holidays of 2031"):
        make(1, 2031)


def test_the_site_file_is_right(year: Metered) -> None:
    checked = CliRunner().invoke(app, ["check", str(year.folder / "site.toml")])
    assert checked.exit_code == 0, checked.output
    assert len(year.meters) == len(METERS) == 19
    assert {meter.carrier for meter in year.meters.values()} == set(Carrier)


def test_working_days_are_the_official_ones(year: Metered) -> None:
    official, days = chinese_workdays(), Days.of(2026)
    for day in days.year.days():
        assert year.loaded.calendar.is_workday(day) == official.is_workday(day) == days.is_workday(day), day


def test_a_register_moves_by_what_the_site_file_says_a_count_is(year: Metered) -> None:
    for meter in year.meters.values():
        made_as = the_meter(meter.id)
        one = made_as.step if not made_as.per_unit else made_as.per_unit
        assert meter.per_count * 1000 == one, meter.id
        assert all(use % made_as.step == 0 for use in made(year.truth["seed"]).uses[meter.id])


def test_parents_are_their_children_and_what_is_lost(year: Metered) -> None:
    leak = waste(made(year.truth["seed"]), "leak")[0].span
    for meter in METERS:
        parts = below(meter.id)
        if not parts:
            continue
        sums = list(map(sum, zip(*(year.use[part] for part in parts), strict=True)))
        lost = [above - under for above, under in zip(year.use[meter.id], sums, strict=True)]
        if meter.id == "main":
            assert all(
                abs(each * 1000 - under * LOSS_PERMILLE) < 1 for each, under in zip(lost, sums, strict=True)
            )
            assert 0 <= sum(sums) * LOSS_PERMILLE / 1000 - sum(lost) < Fraction(1, 1000)
        elif meter.id == "water":
            hours = {hour for hour, each in enumerate(lost) if each}
            assert hours == set(range(leak[0] // 4, leak[1] // 4))
            assert set(lost) == {Fraction(0), Fraction(6, 10)}
        else:
            assert set(lost) == {Fraction(0)}, meter.id


def test_what_the_truth_says_of_months_is_what_its_hours_say(year: Metered) -> None:
    for meter, truth in year.truth["meters"].items():
        assert sum(map(Fraction, truth["months"].values())) == Fraction(truth["year"]) == sum(year.use[meter])
        assert set(truth["whole"]) <= set(truth["exact"]) <= set(truth["months"])
    assert len(year.truth["meters"]["main"]["whole"]) == 12


def test_no_meter_counts_more_than_can_go_through_it(year: Metered) -> None:
    for meter in METERS:
        if meter.most_an_hour:
            assert max(made(year.truth["seed"]).uses[meter.id]) * 4 <= 1000 * int(meter.most_an_hour), meter.id


def test_loads_follow_people_and_weather(year: Metered) -> None:
    got = made(year.truth["seed"])
    around = got.conditions
    closed, opened = ([n for n, each in enumerate(around.opened) if each == is_open] for is_open in (0, 1))
    main = got.uses["main"]
    share = sum(main[n] for n in closed) / len(closed) / (sum(main[n] for n in opened) / len(opened))
    assert 0.20 < share < 0.25
    monthly = {
        name: (sum(got.uses["cooling"][a:b]), sum(got.uses["gas"][a:b])) for name, (a, b) in got.days.months()
    }
    assert max(monthly, key=lambda name: monthly[name][0]) in ("2026-07", "2026-08")
    assert max(monthly, key=lambda name: monthly[name][1]) in ("2026-12", "2026-01", "2026-02")
    assert monthly["2026-07"][1] == 0
    kept_on = [each.span for each in (*waste(got, "hvac-left-on"), *waste(got, "leak"))]
    standby = [n for n in closed if not any(start <= n < end for start, end in kept_on)]
    assert max(got.uses["air"][n] for n in standby) * 4 < 5_000
    hours = {n // 4 for n in standby} - {n // 4 for n in opened}
    assert max(year.use["water"][hour] for hour in hours) < CLOSED_FLOW_M3_H


def test_each_kind_of_fault_is_there(year: Metered) -> None:
    found = Counter((fault["meter"], fault["kind"]) for fault in year.truth["faults"])
    assert found == {
        ("lighting", "turned-over"): 2,
        ("lifts", "replaced"): 1,
        ("kitchen", "replaced-unnoted"): 1,
        ("pumps", "reset"): 1,
        ("chargers", "stuck"): 1,
        ("air", "silent"): 2,
        ("data-room", "spike"): 5,
        ("data-room", "backward"): 1,
    }
    (stuck,), silent = year.faults("chargers"), year.faults("air")
    assert abs(stuck["end"] - stuck["start"] - 4 * DAY_NS) < 3 * HOUR_NS
    assert sorted((each["end"] - each["start"]) // DAY_NS for each in silent)[0] == 0
    assert any(month.end == edge for month in year.months for each in silent for edge in range(
        -(-each["start"] // HOUR_NS) * HOUR_NS, each["end"], HOUR_NS))  # fmt: skip
    total = year.numbers("chargers/total")
    first, last = ((stuck[edge] - year.times[0]) // (HOUR_NS // 4) for edge in ("start", "end"))
    assert len(set(total[first + 1 : last + 1])) == 1
    assert year.true("chargers", *(stuck[edge] // HOUR_NS * HOUR_NS for edge in ("start", "end"))) > 100
    empty = {point for point, cells in year.readings.items() if None in cells}
    assert empty == {"air/total"}


def test_records_say_what_the_registers_read(year: Metered) -> None:
    bodies = [record.body for record in year.records]
    changes = {body.meter: body for body in bodies if isinstance(body, MeterChange)}
    assert set(changes) == {"lifts", "kitchen"}
    assert (changes["kitchen"].final, changes["kitchen"].initial) == (None, None)
    for meter, change in changes.items():
        (fault,) = year.faults(meter)
        assert fault["start"] == change.changed_at
    lifts = changes["lifts"]
    assert lifts.final is not None
    assert lifts.initial is not None
    quarter = (lifts.changed_at - year.times[0]) // (HOUR_NS // 4)
    before, after = (Fraction(str(each)) for each in year.numbers("lifts/total")[quarter : quarter + 2])
    assert 0 <= lifts.final - before < 10
    assert 0 <= after - lifts.initial < 10


def test_each_kind_of_waste_is_there_with_its_amount(year: Metered) -> None:
    found = Counter(each["kind"] for each in year.truth["waste"])
    assert found == {
        "hvac-left-on": 3,
        "lighting-left-on": 1,
        "peak": 1,
        "power-factor": 1,
        "currents": 1,
        "leak": 1,
    }
    for each in year.truth["waste"]:
        assert (each["amount"] is None) == (each["kind"] in ("power-factor", "currents"))
        if each["kind"] in ("hvac-left-on", "leak", "lighting-left-on"):
            start, end = each["start"] // HOUR_NS * HOUR_NS, -(-each["end"] // HOUR_NS) * HOUR_NS
            used = year.true(each["meter"], start, end)
            assert Fraction(each["amount"]) < used < Fraction(each["amount"]) * 5
    (leak,) = (each for each in year.truth["waste"] if each["kind"] == "leak")
    assert Fraction(leak["amount"]) * 10 == 6 * Fraction(leak["end"] - leak["start"], HOUR_NS)


def test_kinds_of_waste_fall_into_weeks_of_their_own(year: Metered) -> None:
    weeks = Counter(
        week
        for each in made(year.truth["seed"]).waste
        for week in {made(year.truth["seed"]).days.day(n).isocalendar()[:2] for n in range(*each.span)}
    )
    assert set(weeks.values()) == {1}


def test_only_the_peak_is_above_the_contract(year: Metered) -> None:
    (peak,) = (each for each in year.truth["waste"] if each["kind"] == "peak")
    power = dict(
        zip((time - HOUR_NS // 4 for time in year.times[1:]), year.numbers("main/power")[1:], strict=True)
    )
    above = {time: kw for time, kw in power.items() if kw > year.truth["contract_kw"]}
    assert all(peak["start"] <= time < peak["end"] for time in above)
    assert max(above.values()) == above[peak["peak_quarter"]] == float(peak["peak_kw"])
    others = max(kw for time, kw in power.items() if not peak["start"] <= time < peak["end"])
    assert others * 1.1 <= year.truth["contract_kw"] < others * 1.1 + 1


def test_power_factor_currents_and_power_go_with_the_register(year: Metered) -> None:
    spans = {each["kind"]: (each["start"], each["end"]) for each in year.truth["waste"]}
    uses = made(year.truth["seed"]).uses
    for meter in ("main", "hvac", "lighting"):
        assert year.numbers(f"{meter}/power")[1:] == [each / 250 for each in uses[meter]]
        factors = year.numbers(f"{meter}/power-factor")
        phases = zip(*(year.numbers(f"{meter}/{name}") for name in PHASES), strict=True)
        for time, factor, currents in zip(year.times, factors, phases, strict=True):
            is_bad = meter == "main" and spans["power-factor"][0] < time <= spans["power-factor"][1]
            assert (0.80 <= factor <= 0.84) if is_bad else (0.94 <= factor <= 0.97)
            mean, apart = sum(currents) / 3, max(currents) - min(currents)
            is_uneven = meter == "lighting" and spans["currents"][0] < time <= spans["currents"][1]
            assert (max(currents) > 1.29 * mean) if is_uneven else (apart < 0.06 * mean)
    assert year.numbers("water/flow")[1:] == [each / 250 for each in uses["water"]]


def test_conditions_are_those_of_the_year(year: Metered) -> None:
    lines = (year.folder / "conditions.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "hour,temperature,occupancy,open"
    rows = [line.split(",") for line in lines[1:]]
    assert len(rows) == 365 * 24
    zone = ZoneInfo("Asia/Shanghai")
    for at, _, occupancy, is_open in rows:
        local = datetime.fromtimestamp(int(at) // 10**9, zone)
        works = year.loaded.calendar.is_workday(local.date())
        assert (is_open == "1") == (works and 8 <= local.hour <= 18), local
        assert (float(occupancy) > 0) == (is_open == "1")
    temperatures = [float(row[1]) for row in rows]
    assert -12 < min(temperatures) < 5
    assert 32 < max(temperatures) < 43


def test_another_seed_moves_everything() -> None:
    one, other = made(1), made(2)
    assert {(each.meter, each.kind, each.start) for each in one.faults}.isdisjoint(
        (each.meter, each.kind, each.start) for each in other.faults
    )
    assert {each.span for each in one.waste}.isdisjoint(each.span for each in other.waste)
    assert all(one.uses[meter.id] != other.uses[meter.id] for meter in METERS)
    assert one.conditions.temperatures != other.conditions.temperatures
