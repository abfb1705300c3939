"""Carriers as electricity, and what comes into a building: worked by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from evaluators.energy.balance import AmountOf
from evaluators.energy.conversion import Factor, Reckoning, lacking, units_of
from evaluators.energy.intake import intakes, made_on_site, used
from evaluators.energy.metering import Amount
from evaluators.kinds.energy_intensity import Parameters, reckoning
from evaluators.model.clauses import parameters_of
from evaluators.model.energy import Carrier, EnergyProfile, Meter, Purpose
from evaluators.model.times import HOUR_NS
from tests.evaluators.bookkeeping import rows

ELECTRICITY, GAS, HEAT, COOLING, WATER = (
    Carrier.ELECTRICITY, Carrier.GAS, Carrier.HEAT, Carrier.COOLING, Carrier.WATER,
)  # fmt: skip


def shipped(*excluded: Purpose) -> Reckoning:
    """As the catalogue's row says, at a site that excludes these."""
    parameters = parameters_of(rows()["X-eui"], Parameters)
    return reckoning(parameters, EnergyProfile(excluded=frozenset(excluded)))


def a_meter(name: str, carrier: Carrier = ELECTRICITY, parent: str = "", **fields: object) -> Meter:
    """A meter that counts in its carrier's unit."""
    return Meter(name, name, carrier, f"{name}/n", Fraction(1), HOUR_NS, parent=parent, **fields)  # type: ignore[arg-type]  # each by its name


def exactly(number: str) -> Amount:
    """A known amount."""
    return Amount(Fraction(number), Fraction(number))


def counted(**amounts: str | Amount) -> AmountOf:
    """What the meters counted, by id."""

    def of(meter: Meter) -> Amount:
        amount = amounts[meter.id]
        return amount if isinstance(amount, Amount) else exactly(amount)

    return of


def a_factor(carrier: Carrier, value: str, unit: str) -> Factor:
    """One that the site measured."""
    return Factor(carrier=carrier, value=Fraction(value), unit=unit, source="measured")


def test_what_one_unit_is_worth() -> None:
    found = shipped()
    assert found.worth(ELECTRICITY) == 1
    assert found.worth(GAS) == Fraction(12143, 1229), "1.2143 ÷ 0.1229"
    assert found.worth(HEAT) == Fraction(341200, 1229), "34.12 ÷ 0.1229"
    assert found.worth(COOLING) is None
    assert found.left_out == {Purpose.HEATING}


def test_the_shipped_factors_say_where_they_are_from_and_that_nobody_checked_them() -> None:
    for factor in shipped().factors:
        assert (factor.verified, bool(factor.source), "second-hand" in factor.note) == (False, True, True)


def test_the_sites_own_factor_goes_first() -> None:
    own = a_factor(GAS, "1.5", "kgce/m3")
    found = replace(shipped(), factors=(own, *shipped().factors))
    assert found.worth(GAS) == Fraction(15000, 1229)
    assert replace(found, factors=(a_factor(COOLING, "1/4", "kW.h/kW.h"),)).worth(COOLING) == Fraction(1, 4)


def test_coal_says_nothing_without_that_of_electricity() -> None:
    assert replace(shipped(), factors=(a_factor(GAS, "1.5", "kgce/m3"),)).worth(GAS) is None


def test_all_of_it_as_electricity() -> None:
    parts = {ELECTRICITY: exactly("100"), GAS: exactly("12.29"), HEAT: exactly("0.1229")}
    assert shipped().converted(parts) == exactly("255.55"), "100 + 121.43 + 34.12"


@pytest.mark.parametrize(
    ("cooling", "expected"),
    [
        (Amount(Fraction(5), Fraction(7), 3), Amount(Fraction(100), None, 3)),
        (Amount(Fraction(0), None, 3), Amount(Fraction(100), None, 3)),
        (Amount(Fraction(0), Fraction(0), 3), Amount(Fraction(100), Fraction(100), 3)),
    ],
)
def test_without_a_factor_nobody_can_say_how_much_at_most(cooling: Amount, expected: Amount) -> None:
    assert shipped().converted({ELECTRICITY: exactly("100"), COOLING: cooling}) == expected


def test_what_is_said_of_a_missing_factor_could_be_given() -> None:
    assert 'unit = "kW.h/kW.h"' in lacking(COOLING)
    assert [units_of(each) for each in (ELECTRICITY, GAS, HEAT, WATER)] == [
        ("kgce/kW.h",),
        ("kgce/m3", "kW.h/m3"),
        ("kgce/GJ", "kW.h/GJ"),
        (),
    ]


METERS = [
    a_meter("main"),
    a_meter("servers", parent="main", purpose=Purpose.DATA_ROOM),
    a_meter("server-fans", parent="servers", purpose=Purpose.DATA_ROOM),
    a_meter("heat-pump", parent="main", purpose=Purpose.HEATING),
    a_meter("sun", bought=False),
    a_meter("gas", GAS),
    a_meter("boiler", GAS, "gas", purpose=Purpose.HEATING),
    a_meter("district", HEAT, purpose=Purpose.HEATING),
    a_meter("server-heat", HEAT, "district", purpose=Purpose.DATA_ROOM),
    a_meter("chillers", COOLING, bought=False),
    a_meter("server-chiller", COOLING, "chillers", purpose=Purpose.DATA_ROOM),
    a_meter("tap", WATER),
]


def test_what_is_bought_counts_without_what_is_left_out() -> None:
    found = intakes(METERS, shipped(Purpose.DATA_ROOM))
    assert [each.meter.id for each in found] == ["main", "gas", "district"]
    assert [[meter.id for meter in each.taken_out] for each in found] == [
        ["servers", "heat-pump"],
        ["boiler"],
        ["district"],
    ]
    of = counted(main="100", servers="30", gas="9", boiler="8", **{"heat-pump": "20"})
    assert used(found, of) == {ELECTRICITY: exactly("50"), GAS: exactly("1")}, "the district is not even asked"


def test_what_is_taken_out_and_not_read_leaves_an_interval() -> None:
    of = counted(main="100", servers="30", **{"heat-pump": Amount(Fraction(5), None)})
    found = intakes(METERS[:4], shipped(Purpose.DATA_ROOM))
    assert used(found, of) == {ELECTRICITY: Amount(Fraction(0), Fraction(65))}


def test_several_meters_at_the_border_are_added_each_without_its_own() -> None:
    meters = [a_meter("a"), a_meter("b"), a_meter("room", parent="b", purpose=Purpose.DATA_ROOM)]
    found = intakes(meters, shipped(Purpose.DATA_ROOM))
    of = counted(a="10", b=Amount(Fraction(5), Fraction(9)), room=Amount(Fraction(6), Fraction(8)))
    assert used(found, of) == {ELECTRICITY: Amount(Fraction(10), Fraction(13))}


def test_what_the_building_makes_itself_is_named() -> None:
    assert [meter.id for meter in made_on_site(METERS, shipped())] == ["sun", "chillers"]
    alone = replace(shipped(), carriers=(ELECTRICITY,))
    assert [meter.id for meter in made_on_site(METERS, alone)] == ["sun"]
    assert [each.meter.id for each in intakes(METERS, alone)] == ["main"]


def test_heat_and_cooling_are_not_taken_as_bought_where_nobody_says() -> None:
    assert {each for each in Carrier if not each.is_bought} == {HEAT, COOLING}
