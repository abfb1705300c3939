"""Peaks of demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from evaluators.model.waste import Range, Span, Tariff, Untold
from evaluators.waste.registry import KINDS
from tests.waste.scenes import HOUR_NS, at, by_hours, finding, found, meter, quarters, register, rule, scene, water

TARIFF = Tariff(contract_kw=Fraction(400), demand_price=Fraction(40))


def hot_day(local: datetime) -> int:
    """300 kW; 460 for a quarter and 440 for another on Thursday."""
    return {(26, 14, 15): 460_000, (26, 14, 30): 440_000}.get((local.day, local.hour, local.minute), 300_000)


def test_the_highest_quarter_is_told_first() -> None:
    each = finding("demand-peak", scene({meter(): register(hot_day)}, tariff=TARIFF))
    assert each.meter == "main"
    assert each.spans == (Span(at(26, 14, 15), at(26, 14, 30)), Span(at(26, 14, 30), at(26, 14, 45)))
    low, high = Fraction(460) - Fraction(4, 1000), Fraction(460) + Fraction(4, 1000)
    assert each.measured == Range(low, high), "the register may have counted one more or less"
    assert (each.limit, each.unit) == (Fraction(420), "kW")
    assert each.wasted == Range((low - 420 + low - 440) / 4, (high - 420 + high - 440) / 4)
    assert each.cost == Range((low - 420) * 80, (high - 420) * 80)


def test_as_much_as_is_contracted_is_no_peak() -> None:
    seen = scene({meter(): register(hot_day)}, tariff=replace(TARIFF, contract_kw=Fraction(460)))
    assert found("demand-peak", seen) == []
    assert found("demand-peak", seen, at_most=Fraction(9, 10)) != []


def test_without_a_price_there_is_no_cost() -> None:
    seen = scene({meter(): register(hot_day)}, tariff=replace(TARIFF, demand_price=None))
    assert finding("demand-peak", seen).cost is None


def test_without_a_contract_it_cannot_be_told() -> None:
    (untold,) = found("demand-peak", scene({meter(): register(hot_day)}))
    assert isinstance(untold, Untold)
    assert "contract_kw" in untold.why
    assert found("demand-peak", scene({water(): register(hot_day)})) == [], "no electricity, no demand"


def test_incomers_count_together_and_what_is_below_them_does_not() -> None:
    half = register(lambda local: hot_day(local) // 2)
    seen = scene({meter(): half, meter("other"): half, meter("sub", parent="main"): half}, tariff=TARIFF)
    each = finding("demand-peak", seen)
    assert (each.meter, each.spans[0]) == ("main", Span(at(26, 14, 15), at(26, 14, 30)))
    assert each.measured == Range(Fraction(460) - Fraction(8, 1000), Fraction(460) + Fraction(8, 1000))


def test_a_power_that_was_read_goes_before_the_register() -> None:
    main = meter(power="main/p", per_power=Fraction(1, 1000))
    steady = register(by_hours(300_000, 300_000))
    power = [each for each in quarters(lambda local: hot_day(local)) if each.end > at(24)]
    each = finding("demand-peak", scene({main: steady}, points={"main/p": power}, tariff=TARIFF))
    assert each.measured == Range(Fraction(460), Fraction(460))
    assert each.wasted == Range(Fraction(15), Fraction(15))


def test_hours_read_once_hide_what_a_quarter_was() -> None:
    seen = scene({meter(): register(hot_day, step=HOUR_NS)}, tariff=TARIFF)
    assert found("demand-peak", seen) == []


def test_what_nobody_can_say_has_no_upper_end() -> None:
    """One of two incomers was not read any more."""
    early = register(lambda local: 0, until=at(24))
    seen = scene({meter(): register(hot_day), meter("other"): early}, Span(at(26), at(27)), tariff=TARIFF)
    each = finding("demand-peak", seen)
    assert each.measured.high is None
    assert each.wasted is not None
    assert each.wasted.high is None
    assert each.cost is not None
    assert each.cost.high is None


def test_quarters_lie_on_the_clock() -> None:
    seen = scene({meter(): register(hot_day)}, Span(at(26, 14, 20), at(26, 14, 50)), tariff=TARIFF)
    assert finding("demand-peak", seen).spans == (Span(at(26, 14, 30), at(26, 14, 45)),)


def test_what_parameters_may_be() -> None:
    wrong = replace(rule("demand-peak").parameters, at_most=Fraction(3), penalty=Fraction(-1))  # type: ignore[type-var]  # a dataclass
    assert [name for name, *_ in KINDS["demand"].mistakes(wrong)] == ["at_most", "penalty"]
