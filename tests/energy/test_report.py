"""What meters, items and the building used, span by span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from evaluators.energy.conversion import Factor, Reckoning
from evaluators.energy.metering import Amount
from evaluators.energy.registers import Happening
from evaluators.energy.report import Report, report
from evaluators.facts import Facts
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, EnergyItem, EnergyProfile, Meter, Purpose
from evaluators.model.site import Site
from evaluators.model.times import DAY_NS, HOUR_NS, Window, WindowKind, instant
from evaluators.recordbook import RecordBook
from tests.evaluators.cases import Scripted

UTC = ZoneInfo("UTC")


def a_meter(name: str, parent: str = "", item: EnergyItem | None = None) -> Meter:
    """An electricity meter that is read every hour."""
    point = f"{name}/e"
    return Meter(name, name, Carrier.ELECTRICITY, point, Fraction(1), 2 * HOUR_NS, parent=parent, item=item)


METERS = (
    a_meter("air", "main", EnergyItem.HVAC),
    a_meter("main"),
    a_meter("fans", "air"),
    replace(a_meter("water"), carrier=Carrier.WATER),
)
"""Not in the order of the tree."""
COUNTS = {
    "main/e": [0, 10, 20, 30, 40, 50],
    "air/e": [0, 10, 20, 24, 28, 32],
    "fans/e": [700, 709, 718, 3, 6, 9],
    "water/e": [5, 5, 6, 6, 8, 8],
}
HOURS = [Window(WindowKind.DAY, hour * HOUR_NS, (hour + 3) * HOUR_NS) for hour in (0, 3)]
"""Two spans of three hours; the second is not over."""


def facts() -> Facts:
    """The meters' readings at each whole hour, up to the fifth."""
    registers = {key: [(hour * HOUR_NS, float(n)) for hour, n in enumerate(said)] for key, said in COUNTS.items()}
    return Facts(
        site=replace(Site("tower", "Tower", "UTC", (), (), ()), meters=METERS),
        zone=UTC,
        calendar=WorkCalendar(),
        records=RecordBook(UTC, ()),
        telemetry=Scripted({}, {}, {}, registers),
        as_of=5 * HOUR_NS + 1,
    )


def exactly(*amounts: int) -> tuple[Amount, ...]:
    """Amounts that are known, wholly read."""
    return tuple(Amount(Fraction(each), Fraction(each)) for each in amounts)


def test_meters_come_in_the_order_of_the_tree_and_say_whether_they_add_up() -> None:
    found = report(facts(), HOURS)
    assert [(row.id, row.depth) for row in found.meters] == [("main", 0), ("air", 1), ("fans", 2), ("water", 0)]
    main, air, fans, water = found.meters
    assert main.amounts == exactly(30, 20)
    assert main.holds == (False, False), "24 of 30, 8 of 20 are below it"
    assert air.amounts == exactly(24, 8)
    assert air.holds == (None, False), "what the reset hid nobody can say; later 2 of 8 are lost"
    assert fans.amounts[0] == Amount(Fraction(18), None)
    assert (fans.amounts[1], fans.holds) == (*exactly(6), ())
    assert water.amounts == exactly(1, 2)


def test_items_and_carriers_are_sums() -> None:
    found = report(facts(), HOURS)
    (item,) = found.items
    assert (item.id, item.name, item.amounts) == ("01B", "hvac", exactly(24, 8))
    assert [(row.id, row.amounts) for row in found.carriers] == [
        ("electricity", exactly(30, 20)),
        ("water", exactly(1, 2)),
    ]


def test_what_happened_to_registers_is_told_within_the_spans() -> None:
    assert [(m.id, e.what, e.at) for m, e in report(facts(), HOURS).events] == [
        ("fans", Happening.RESET, 3 * HOUR_NS)
    ]
    assert report(facts(), HOURS[:1]).events == ()


def at(text: str) -> int:
    """An instant of UTC."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


COAL = (
    Factor(carrier=Carrier.ELECTRICITY, value=Fraction("0.1229"), unit="kgce/kW.h", source="x"),
    Factor(carrier=Carrier.GAS, value=Fraction("1.2143"), unit="kgce/m3", source="x"),
)
RECKONING = Reckoning((Carrier.ELECTRICITY, Carrier.GAS, Carrier.COOLING), frozenset({Purpose.HEATING}), COAL)
AREA = EnergyProfile(area_m2=Fraction(1000))
DAILY = 25 * HOUR_NS
MAIN = Meter("main", "main", Carrier.ELECTRICITY, "main/n", Fraction(1), DAILY)
GAS = Meter("gas", "gas", Carrier.GAS, "gas/n", Fraction("1.229"), DAILY)
BOILER = Meter(
    "boiler", "boiler", Carrier.GAS, "boiler/n", Fraction("1.229"), DAILY, parent="gas", purpose=Purpose.HEATING
)
PLANT = Meter("plant", "plant", Carrier.COOLING, "plant/n", Fraction(1), DAILY)
A_DAY = {"main": (100, 80), "gas": (4, 5), "boiler": (2, 3), "plant": (10, 10)}
"""What each counts in a day of 2025, and of 2026."""
MAY_AND_JUNE = [
    Window(WindowKind.MONTH, at("2026-05-01"), at("2026-06-01")),
    Window(WindowKind.MONTH, at("2026-06-01"), at("2026-07-01")),
]
JUNE_11 = at("2026-06-11T12:00")


def read_daily(*meters: Meter, since: str = "2025-01-01", energy: EnergyProfile = AREA) -> Facts:
    """Meters that are read at each midnight from a day on, judged at noon of 11 June 2026."""
    first, turn = at(since), at("2026-01-01")
    registers = {}
    for meter in meters:
        before, after = A_DAY[meter.id]
        times = range(first, JUNE_11, DAY_NS)
        counts = [before * (min(each, turn) - first) + after * max(0, each - turn) for each in times]
        registers[meter.point] = [(each, count / DAY_NS) for each, count in zip(times, counts, strict=True)]
    return Facts(
        site=replace(Site("tower", "Tower", "UTC", (), (), ()), meters=meters, energy=energy),
        zone=UTC,
        calendar=WorkCalendar(),
        records=RecordBook(UTC, ()),
        telemetry=Scripted({}, {}, {}, registers),
        as_of=JUNE_11,
    )


def reported(facts: Facts, reckoning: Reckoning | None = RECKONING) -> Report:
    """May, which is over, and June, which is not."""
    return report(facts, MAY_AND_JUNE, reckoning)


def known(*numbers: str) -> Sequence[Amount]:
    """Amounts that are known, wholly read."""
    return tuple(Amount(Fraction(each), Fraction(each)) for each in numbers)


def test_all_carriers_as_electricity_per_m2_and_over_365_days() -> None:
    found = reported(read_daily(MAIN, GAS, BOILER)).intensity
    assert found is not None
    # 80 kW·h and (5 - 3) pulses of 12.143 kW·h a day; of June ten days were read.
    assert found.used == known("3232.866", "1042.86")
    assert found.used_per_m2 == known("3.232866", "1.04286")
    # 214 days of 2025 (100 + (4 - 2) · 12.143 = 124.286) and 151 of 2026 (104.286) end with May.
    assert found.year[0] == known(str(214 * Fraction("124.286") + 151 * Fraction("104.286")))[0]
    assert found.year_per_m2[0] == found.year[0].times(Fraction(1, 1000))
    # 365 days before noon of 11 June: 203 and 161 whole days; of the half day at their beginning up to 100 kW·h, 4
    # pulses of all gas, and 2 of the boiler's.
    whole = 203 * Fraction("124.286") + 161 * Fraction("104.286")
    assert (found.year[1].low, found.year[1].high) == (whole - Fraction("24.286"), whole + Fraction("148.572"))


def test_a_change_is_told_where_both_are_known() -> None:
    found = reported(read_daily(MAIN, GAS))
    assert [change.carrier for change in found.changes] == [Carrier.ELECTRICITY, Carrier.GAS]
    # The running month is compared up to its newest reading, with ten days of the June before.
    assert found.changes[0].shares == ((Fraction(-1, 5), Fraction(-1, 5)),) * 2
    assert found.changes[1].shares == ((Fraction(1, 4), Fraction(1, 4)),) * 2


def test_a_change_is_an_interval_where_the_year_before_began_between_two_readings() -> None:
    facts = read_daily(replace(MAIN, most_an_hour=Fraction(10)), since="2025-05-02")
    (change,) = reported(facts).changes
    # 3000 are counted, and of 1 May 2025 up to 265 are possible: 11 an hour in whole counts, and one.
    assert change.shares[0] == (Fraction(2480, 3265) - 1, Fraction(2480, 3000) - 1)


def test_of_a_meter_that_is_new_no_change_is_told() -> None:
    assert reported(read_daily(MAIN, since="2026-02-01")).changes == ()
    only_june = reported(read_daily(MAIN, since="2025-05-20")).changes
    assert [share is None for share in only_june[0].shares] == [True, False]


def test_what_is_missing_is_said_and_its_rows_are_not_there() -> None:
    found = reported(read_daily(MAIN, energy=EnergyProfile()))
    assert found.intensity is not None
    assert (found.intensity.used_per_m2, found.intensity.year_per_m2) == ((), ())
    assert found.intensity.used == known("2480", "800")
    assert found.missing == ("nothing per m²: give area_m2 in [site] or [energy]",)

    found = reported(read_daily(MAIN, PLANT))
    assert found.intensity is not None
    assert found.intensity.used == (Amount(Fraction(2480), None), Amount(Fraction(800), None))
    assert [line.partition(":")[0] for line in found.missing] == ["no factor converts cooling into electricity"]

    found = reported(read_daily(replace(PLANT, bought=False)))
    assert (found.intensity, len(found.missing)) == (None, 1)
    assert "no meter without a parent counts what is bought" in found.missing[0]


def test_without_a_reckoning_nothing_is_missing_either() -> None:
    found = reported(read_daily(MAIN), None)
    assert (found.intensity, found.missing) == (None, ())


def test_a_carrier_that_is_wholly_left_out_needs_no_factor() -> None:
    found = reported(read_daily(MAIN, replace(PLANT, purpose=Purpose.HEATING)))
    assert found.missing == ()
    assert found.intensity is not None
    assert found.intensity.used == known("2480", "800")
