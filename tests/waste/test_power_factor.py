"""Low power factors, and what the grid charges for them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest

from evaluators.model.energy import Carrier
from evaluators.model.waste import Range, Tariff, Untold
from evaluators.waste.power_factor import Parameters, mean_factor, surcharge, tangent
from evaluators.waste.registry import KINDS, find
from tests.waste.scenes import by_hours, finding, found, hours, is_open, meter, quarters, register, rule, scene

MAIN = meter(power_factor="main/pf", power="main/p")


def seen_with(says: float, *, tariff: Tariff | None = None, sign: int = 1) -> object:
    """A week in which it says so while open, and 0.5 with next to no load while closed."""
    factors = quarters(lambda local: sign * says if is_open(local) else 0.5)
    power = quarters(lambda local: 100.0 if is_open(local) else 1.0)
    points = {"main/pf": factors, "main/p": power}
    return scene({MAIN: register(by_hours(100_000, 1_000))}, points=points, tariff=tariff)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_low_one_is_told_whatever_its_sign(sign: int) -> None:
    each = finding("power-factor", seen_with(0.8, sign=sign))  # type: ignore[arg-type]  # a scene
    assert abs(each.measured.low - Fraction(8, 10)) < Fraction(1, 10**5)
    assert (each.limit, each.unit) == (Fraction(9, 10), "1")
    assert hours(each.spans) == 50, "the nights carry next to nothing"
    used = 50 * 100 + (168 - 50) * 1
    assert each.wasted is not None
    assert float(each.wasted.low) == pytest.approx(used * 0.03 * (1 - (8 / 9) ** 2), rel=1e-4)
    assert each.cost is None


def test_what_it_costs_is_the_surcharge_on_the_bill() -> None:
    tariff = Tariff(prices={Carrier.ELECTRICITY: Fraction(1)})
    each = finding("power-factor", seen_with(0.8, tariff=tariff))  # type: ignore[arg-type]  # a scene
    used = 50 * 100 + (168 - 50) * 1
    assert each.cost == Range(*[used * Fraction(5, 100)] * 2), "ten hundredths of half a per cent"


def test_one_that_is_right_or_low_for_a_short_while_is_not_told() -> None:
    assert found("power-factor", seen_with(0.9)) == []  # type: ignore[arg-type]  # a scene
    short = quarters(lambda local: 0.5 if (local.day, local.hour) in {(24, 9), (24, 10), (24, 11)} else 0.91)
    points = {"main/pf": short, "main/p": quarters(lambda _: 100.0)}
    brief = scene({MAIN: register(by_hours(100_000, 100_000))}, points=points)
    assert found("power-factor", brief) == []


def test_one_that_is_low_for_hours_but_right_in_the_mean_is_not_told() -> None:
    says = lambda local: 0.85 if local.hour == 12 else 0.97  # noqa: E731
    points = {"main/pf": quarters(says), "main/p": quarters(lambda _: 100.0)}
    assert found("power-factor", scene({MAIN: register(by_hours(100_000, 100_000))}, points=points)) == []


def test_without_a_power_the_register_says_the_load() -> None:
    plain = replace(MAIN, power="")
    points = {"main/pf": quarters(lambda local: 0.8 if is_open(local) else 1.0)}
    each = finding("power-factor", scene({plain: register(by_hours(100_000, 1_000))}, points=points))
    assert hours(each.spans) == 50


def test_without_values_nothing_is_told_and_without_a_point_that_is() -> None:
    assert found("power-factor", scene({MAIN: register(by_hours(4, 4))})) == []
    none = quarters(lambda _: 0.0)
    assert found("power-factor", scene({MAIN: register(by_hours(4, 4))}, points={"main/pf": none})) == []
    bare = scene({meter(): register(by_hours(4, 4))})
    assert found("power-factor", bare) == []
    named = replace(rule("power-factor"), meters=("main",))
    assert list(find([named], bare)) == [Untold("power-factor", "main", "it names no point of its power factor")]


@pytest.mark.parametrize(
    ("factor", "percent"),
    [
        ("1", "0"), ("0.90", "0"), ("0.896", "0"), ("0.89", "0.5"), ("0.894", "0.5"), ("0.80", "5"),
        ("0.71", "9.5"), ("0.70", "10"), ("0.69", "11"), ("0.66", "14"), ("0.65", "15"), ("0.64", "17"),
        ("0.60", "25"),
    ],
)  # fmt: skip
def test_each_hundredth_below_costs_more(factor: str, percent: str) -> None:
    parameters = rule("power-factor").parameters
    assert isinstance(parameters, Parameters)
    assert surcharge(parameters.surcharges, Fraction(factor)) == Fraction(percent) / 100


def test_factors_together_are_those_of_the_powers_together() -> None:
    told = [(Fraction(30), Fraction(6, 10)), (Fraction(70), Fraction(95, 100))]
    reactive = sum(float(use) * math.tan(math.acos(float(factor))) for use, factor in told)
    assert float(mean_factor(told)) == pytest.approx(100 / math.hypot(100, reactive), abs=1e-5)
    assert tangent(Fraction(6, 10)) == Fraction(1333333, 1000000)
    assert tangent(Fraction(11, 10)) == 0, "a meter that is a little off"


def test_what_parameters_may_be() -> None:
    right = rule("power-factor").parameters
    assert isinstance(right, Parameters)
    wrong = replace(
        right,
        at_least=Fraction(2),
        load_share=Fraction(2),
        loss=Fraction(2),
        least_h=Fraction(25),
        surcharges=right.surcharges[::-1],
    )
    names = [name for name, *_ in KINDS["power_factor"].mistakes(wrong)]
    assert names == ["at_least", "load_share", "loss", "least_h", "surcharges"]
    assert list(KINDS["power_factor"].mistakes(right)) == []


def test_a_moment_is_local() -> None:
    assert is_open(datetime(2026, 3, 23, 8))  # noqa: DTZ001 - as the quarters are told
