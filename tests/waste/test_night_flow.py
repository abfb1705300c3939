"""Water that runs all night."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from evaluators.model.energy import Carrier
from evaluators.model.waste import Range, Span, Tariff, Untold
from evaluators.waste.registry import KINDS
from tests.waste.scenes import HOUR_NS, at, by_hours, finding, found, is_open, meter, register, rule, scene, water

MONDAY = Span(at(23), at(24))


def leak(local: datetime) -> int:
    """4 m3/h in open hours; since Tuesday noon 600 L/h more; at nights a toilet now and then."""
    now_and_then = 200 if local.hour == 2 else 0
    return (4000 if is_open(local) else now_and_then) + (600 if (local.day, local.hour) >= (24, 12) else 0)


def test_what_runs_in_each_hour_of_a_night_is_told() -> None:
    each = finding("night-flow", scene({water(): register(leak)}, Span(at(23), at(26))))
    assert each.spans == (Span(at(24, 21), at(26)),), "the holiday's night begins on its eve"
    assert each.measured == Range(Fraction(599, 1000), Fraction(601, 1000))
    assert each.unit == "m3/h"
    assert Fraction(4, 10) < each.limit < Fraction(5, 10)
    assert each.wasted == Range(Fraction(27 * 599, 1000), Fraction(27 * 601, 1000))
    assert each.cost is None


def test_a_night_stands_for_what_is_until_the_next() -> None:
    tariff = Tariff(prices={Carrier.WATER: Fraction(5)})
    each = finding("night-flow", scene({water(): register(leak)}, Span(at(26, 12), at(27, 21)), tariff=tariff))
    assert each.spans == (Span(at(26, 21), at(27, 6)),)
    assert each.wasted == Range(Fraction(24 * 599, 1000), Fraction(24 * 601, 1000))
    assert each.cost == Range(Fraction(5 * 24 * 599, 1000), Fraction(5 * 24 * 601, 1000))


def test_now_and_then_is_no_leak() -> None:
    assert found("night-flow", scene({water(): register(leak)}, MONDAY)) == []
    drip = scene({water(): register(by_hours(40, 40))}, MONDAY)
    assert found("night-flow", drip, least=Fraction(1, 20)) == [], "40 L/h"
    assert found("night-flow", drip, least=Fraction(0)) != []


def test_hours_that_were_not_read_say_nothing() -> None:
    assert found("night-flow", scene({water(): register(leak, step=3 * HOUR_NS)}, Span(at(25), at(26)))) == []


def test_only_incomers_of_water_are_looked_at() -> None:
    draws = register(leak)
    seen = scene({meter(): draws, water("sub", parent="water"): draws, water(): draws}, Span(at(25), at(26)))
    assert finding("night-flow", seen).meter == "water"


def test_without_open_hours_to_compare_with_it_cannot_be_told() -> None:
    seen = scene({water(): register(leak, since=at(29), until=at(30))}, Span(at(29), at(30)))
    assert found("night-flow", seen) == [
        Untold("night-flow", "water", "what it counts in open hours is not known")
    ]


def test_what_parameters_may_be() -> None:
    wrong = replace(  # type: ignore[type-var]  # a dataclass
        rule("night-flow").parameters,
        at_most=Fraction(2),
        after_h=Fraction(13),
        before_h=Fraction(-1),
        reference_days=0,
    )
    names = [name for name, *_ in KINDS["night_flow"].mistakes(wrong)]
    assert names == ["at_most", "after_h", "before_h", "reference_days"]
