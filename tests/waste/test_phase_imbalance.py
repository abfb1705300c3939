"""Phases that carry unlike currents."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest

from evaluators.model.energy import Carrier
from evaluators.model.waste import Range, Tariff, Untold
from evaluators.waste.phase_imbalance import Phases
from evaluators.waste.registry import KINDS, find
from evaluators.waste.scene import Scene
from tests.waste.scenes import by_hours, finding, found, hours, is_open, meter, quarters, register, rule, scene

MAIN = meter(currents=("main/a", "main/b", "main/c"))


def seen_with(third: float, hours_of_it: int = 24, tariff: Tariff | None = None) -> Scene:
    """Two phases of 100 A and a third; in the closed hours 1, 2 and 3 A, which is next to nothing."""

    def phase(amperes: float, idle: float) -> object:
        def says(local: datetime) -> float:
            if not is_open(local):
                return idle
            return amperes if local.hour < 8 + hours_of_it else 100.0

        return quarters(says)

    points = {"main/a": phase(100, 1), "main/b": phase(100, 2), "main/c": phase(third, 3)}
    return scene({MAIN: register(by_hours(60_000, 400))}, points=points, tariff=tariff)  # type: ignore[arg-type]  # lists of quarters


def test_a_phase_off_the_mean_is_told() -> None:
    each = finding("phase-imbalance", seen_with(160))
    assert each.measured == Range(Fraction(40, 120), Fraction(40, 120))
    assert (each.limit, each.unit) == (Fraction(15, 100), "1")
    assert hours(each.spans) == 50
    spared = 1 - 3 * Fraction(120) ** 2 / (100**2 + 100**2 + 160**2)
    assert each.wasted == Range(*[60 * 50 * Fraction(3, 100) * spared] * 2)
    assert each.cost is None
    priced = finding("phase-imbalance", seen_with(160, tariff=Tariff(prices={Carrier.ELECTRICITY: Fraction(2)})))
    assert priced.cost == Range(*[2 * 60 * 50 * Fraction(3, 100) * spared] * 2)


def test_a_little_or_a_short_while_is_not_told() -> None:
    assert found("phase-imbalance", seen_with(120)) == [], "13 per cent"
    assert found("phase-imbalance", seen_with(160, 1), least_h=Fraction(6)) == [], "an hour on five days"
    assert found("phase-imbalance", seen_with(160, 1), least_h=Fraction(5)) != []


def test_a_quarter_counts_where_every_phase_was_read() -> None:
    whole = seen_with(160)
    points = {**whole.quarters, "main/b": whole.quarters["main/b"][:96]}
    assert hours(finding("phase-imbalance", replace(whole, quarters=points)).spans) == 10
    assert found("phase-imbalance", replace(whole, quarters={})) == []


def test_a_meter_without_currents_is_told_where_a_rule_names_it() -> None:
    bare = scene({meter(): register(by_hours(4, 4))})
    assert found("phase-imbalance", bare) == []
    named = replace(rule("phase-imbalance"), meters=("main",))
    why = "it names no points of its phases' currents"
    assert list(find([named], bare)) == [Untold("phase-imbalance", "main", why)]


def test_even_phases_spare_nothing() -> None:
    assert Phases((Fraction(7),) * 3).spared == 0
    assert Phases((Fraction(7),) * 3).off == 0
    assert float(Phases((Fraction(3), Fraction(0), Fraction(0))).spared) == pytest.approx(2 / 3)


def test_what_parameters_may_be() -> None:
    right = rule("phase-imbalance").parameters
    wrong = replace(  # type: ignore[type-var]  # a dataclass
        right, at_most=Fraction(3), load_share=Fraction(2), loss=Fraction(2), least_h=Fraction(25)
    )
    names = [name for name, *_ in KINDS["phase_imbalance"].mistakes(wrong)]
    assert names == ["at_most", "load_share", "loss", "least_h"]
