"""Balances, items, benchmarks and units."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from evaluators.energy.balance import AmountOf, balances, items, of_carrier, purposes, top_most, whole
from evaluators.energy.intensity import crowding_factor, hours_factor
from evaluators.energy.metering import NOTHING, Amount
from evaluators.energy.units import BACNET, amount_in, rate_in, ucum, units_of
from evaluators.model.energy import Carrier, EnergyItem, Meter, Purpose
from evaluators.model.times import HOUR_NS


def a_meter(name: str, parent: str = "", **fields: object) -> Meter:
    """An electricity meter."""
    return Meter(name, name, Carrier.ELECTRICITY, f"{name}/e", Fraction(1), HOUR_NS, parent=parent, **fields)  # type: ignore[arg-type]  # each by its name


def counted(amounts: Mapping[str, tuple[int, int | None]]) -> AmountOf:
    """What the meters counted, by id."""

    def of(meter: Meter) -> Amount:
        low, high = amounts[meter.id]
        return Amount(Fraction(low), None if high is None else Fraction(high))

    return of


TREE = [
    a_meter("main", loss=Fraction(3, 100)),
    a_meter("floors", "main"),
    a_meter("f1", "floors"),
    a_meter("f2", "floors"),
    a_meter("plant", "main"),
]


@pytest.mark.parametrize(
    ("amounts", "holds"),
    [
        ({"main": (100, 100), "floors": (60, 60), "plant": (37, 37)}, True),
        ({"main": (100, 100), "floors": (60, 60), "plant": (30, 30)}, False),
        ({"main": (100, 100), "floors": (60, 60), "plant": (43, 43)}, False),
        ({"main": (100, 100), "floors": (50, 60), "plant": (37, 37)}, None),
        ({"main": (100, 100), "floors": (60, 70), "plant": (37, 37)}, None),
        ({"main": (100, None), "floors": (60, 60), "plant": (37, 37)}, None),
        ({"main": (100, 100), "floors": (60, None), "plant": (37, 37)}, None),
        ({"main": (100, 100), "floors": (60, None), "plant": (43, 43)}, False),
        ({"main": (200, None), "floors": (60, 60), "plant": (37, 37)}, False),
    ],
)
def test_a_meter_and_those_below_it(amounts: dict[str, tuple[int, int | None]], holds: bool | None) -> None:
    found = list(balances(TREE, counted({**amounts, "f1": (30, 30), "f2": (30, 30)}), Fraction(2, 100)))
    assert [balance.meter.id for balance in found] == ["main", "floors"]
    assert found[0].holds is holds


def test_what_is_lost_is_located() -> None:
    of = counted({"main": (100, 100), "floors": (62, 62), "plant": (36, 36), "f1": (30, 30), "f2": (5, 5)})
    assert {found.meter.id: found.holds for found in balances(TREE, of, Fraction(2, 100))} == {
        "main": True,
        "floors": False,
    }


def test_only_the_top_most_count() -> None:
    assert [meter.id for meter in top_most(TREE, lambda meter: meter.id in ("floors", "f1", "plant"))] == [
        "floors",
        "plant",
    ]
    assert whole(TREE, counted({"main": (7, 9)})) == Amount(Fraction(7), Fraction(9))
    water = Meter("w", "w", Carrier.WATER, "w/v", Fraction(1), HOUR_NS)
    assert of_carrier([*TREE, water], Carrier.WATER) == [water]


def test_a_meter_stands_for_its_item_with_all_below_but_what_says_another() -> None:
    meters = [
        a_meter("main"),
        a_meter("light", "main", item=EnergyItem.LIGHTING),
        a_meter("light-2", "light", item=EnergyItem.LIGHTING),
        a_meter("pumps", "light-2", item=EnergyItem.POWER),
        a_meter("air", "main", item=EnergyItem.HVAC),
        a_meter("plain", "air"),
        a_meter("rest", "main"),
    ]
    of = counted({"light": (50, 50), "light-2": (20, 20), "pumps": (8, 8), "air": (30, 30)})
    assert items(meters, of) == {
        EnergyItem.LIGHTING: Amount(Fraction(42), Fraction(42)),
        EnergyItem.POWER: Amount(Fraction(8), Fraction(8)),
        EnergyItem.HVAC: Amount(Fraction(30), Fraction(30)),
    }


def test_purposes_are_left_out_once() -> None:
    meters = [
        a_meter("main"),
        a_meter("servers", "main", purpose=Purpose.DATA_ROOM),
        a_meter("cooling", "servers", purpose=Purpose.DATA_ROOM),
        a_meter("kitchen", "main", purpose=Purpose.KITCHEN),
    ]
    of = counted({"servers": (10, 10), "cooling": (4, 4), "kitchen": (3, 3)})
    assert purposes(meters, of, frozenset({Purpose.DATA_ROOM})) == Amount(Fraction(10), Fraction(10))
    assert purposes(meters, of, frozenset()) is NOTHING


def test_corrections() -> None:
    assert hours_factor(Fraction(2500)) == 1
    assert hours_factor(Fraction(3500)) == Fraction(8, 10)
    assert hours_factor(Fraction(2000)) == Fraction("1.175")
    assert crowding_factor(Fraction(10)) == 1
    assert crowding_factor(Fraction(8)) == Fraction("0.94")
    assert crowding_factor(Fraction(20)) == Fraction("1.3")


@pytest.mark.parametrize(
    ("carrier", "unit", "amount"),
    [
        (Carrier.ELECTRICITY, "W.h", Fraction(1, 1000)),
        (Carrier.ELECTRICITY, "kilowatt-hours", 1),
        (Carrier.ELECTRICITY, "MJ", Fraction(10, 36)),
        (Carrier.HEAT, "GJ", 1),
        (Carrier.HEAT, "MW.h", Fraction(36, 10)),
        (Carrier.COOLING, "GJ", Fraction(2500, 9)),
        (Carrier.WATER, "l", Fraction(1, 1000)),
        (Carrier.GAS, "cubic-meters", 1),
        (Carrier.GAS, "kW.h", None),
        (Carrier.ELECTRICITY, "m3", None),
        (Carrier.ELECTRICITY, "", None),
    ],
)
def test_units_of_amounts(carrier: Carrier, unit: str, amount: Fraction | None) -> None:
    assert amount_in(carrier, unit) == amount


@pytest.mark.parametrize(
    ("carrier", "unit", "rate"),
    [
        (Carrier.ELECTRICITY, "W", Fraction(1, 1000)),
        (Carrier.HEAT, "MW", Fraction(36, 10)),
        (Carrier.WATER, "L/s", Fraction(36, 10)),
        (Carrier.GAS, "cubic-meters-per-hour", 1),
        (Carrier.WATER, "kW", None),
        (Carrier.COOLING, "m3/h", None),
    ],
)
def test_units_of_rates(carrier: Carrier, unit: str, rate: Fraction | None) -> None:
    assert rate_in(carrier, unit) == rate


def test_every_carrier_is_told_in_a_unit_of_its_own() -> None:
    for carrier in Carrier:
        assert amount_in(carrier, carrier.unit) == 1
        assert carrier.unit in units_of(carrier)
    assert [item.code for item in EnergyItem] == ["01A", "01B", "01C", "01D"]
    assert ucum("kW.h") == "kW.h"
    assert ucum("kilowatts") == BACNET["kilowatts"] == "kW"
