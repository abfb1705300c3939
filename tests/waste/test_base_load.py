"""Base load: closed hours against open ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from evaluators.model.energy import Carrier
from evaluators.model.site import WeekHours
from evaluators.model.times import DAY_NS
from evaluators.model.waste import Band, Finding, Range, Rule, Span, Tariff, Untold
from evaluators.waste.registry import KINDS, find
from tests.waste.scenes import (
    HOUR_NS,
    WEEK,
    at,
    by_hours,
    finding,
    found,
    hours,
    hvac,
    is_open,
    meter,
    register,
    rule,
    scene,
    water,
)

LATE = scene({meter(): register(by_hours(100_000, 60_000))})
"""60 % of the day's load at night and on days off."""


def test_what_is_above_the_share_is_wasted() -> None:
    each = finding("night-load", LATE)
    assert each.measured == Range(Fraction(6, 10), Fraction(6, 10))
    assert (each.limit, each.unit, each.may_be) == (Fraction("0.35"), "1", False)
    assert hours(each.spans) == 7 + 4 * 12 + 5 + 5 + 7 - 12, (
        "an hour after closing and one before opening are not its"
    )
    assert each.wasted == Range(*[25 * hours(each.spans)] * 2), "60 kW instead of 35"
    assert each.cost is None


def test_days_off_are_told_by_themselves() -> None:
    draw = lambda local: 100_000 if is_open(local) else 60_000 if local.weekday() == 2 else 20_000  # noqa: E731
    seen = scene({meter(): register(draw)})
    assert found("night-load", seen) == [], "the nights after and before the holiday are short of it"
    each = finding("holiday-load", seen)
    assert each.measured == Range(Fraction(4, 10), Fraction(4, 10)), "a day of 60 kW and one of 20"
    assert each.spans == (Span(at(25), at(26)), Span(at(29), at(30)))


def test_as_much_as_is_allowed_is_no_waste() -> None:
    assert found("night-load", scene({meter(): register(by_hours(100_000, 35_000))})) == []
    assert found("night-load", scene({meter(): register(by_hours(100_000, 35_004))})) != []


def test_what_readings_leave_open_may_be() -> None:
    seen = scene({meter(): register(by_hours(100_000, 36_000), step=7 * HOUR_NS)})
    each = finding("night-load", seen)
    assert each.may_be
    assert each.measured.low < Fraction("0.36") < (each.measured.high or 0)
    assert each.wasted is not None
    assert each.wasted.low == 0


def test_only_what_was_read_counts() -> None:
    short = scene({meter(): register(by_hours(100_000, 60_000), since=at(24, 12), until=at(25))})
    each = finding("night-load", short)
    assert hours(each.spans) == 5
    assert each.measured == Range(Fraction(6, 10), Fraction(6, 10))
    nothing = scene({meter(): register(by_hours(4, 4), since=at(1), until=at(2))})
    assert found("night-load", nothing) == []


def test_a_short_time_says_nothing() -> None:
    early = scene({meter(): register(by_hours(100_000, 60_000))}, Span(at(24), at(24, 1)))
    assert found("night-load", early) == []


def test_without_open_hours_to_compare_with_it_cannot_be_told() -> None:
    idle = scene({meter(): register(by_hours(0, 60_000))})
    assert found("night-load", idle) == [
        Untold("night-load", "main", "what it counts in open hours, or in closed ones, is not known")
    ]
    fresh = scene({meter(): register(by_hours(100, 60_000), since=at(24, 19), until=at(25))})
    assert isinstance(found("night-load", fresh)[0], Untold)


def test_only_incomers_are_looked_at_unless_the_rule_names_others() -> None:
    draws = register(by_hours(100_000, 60_000))
    seen = scene({meter(): draws, hvac(parent="main"): draws, water(): draws})
    assert finding("night-load", seen).meter == "main"
    named = replace(rule("night-load"), meters=("hvac", "water"))
    assert [each.meter for each in find([named], seen)] == ["hvac", "water"]


def test_it_costs_what_the_time_of_use_says() -> None:
    week = tuple(range(7))
    valley = Band("valley", Fraction("0.3"), WeekHours(week, 0, 6 * 3600))
    later = Band("later", Fraction("0.5"), WeekHours(week, 5 * 3600, 12 * 3600), frozenset({4}))
    tariff = Tariff("CNY", {Carrier.ELECTRICITY: Fraction(1)}, (valley, later))
    span = Span(at(24), at(25))
    each = finding("night-load", scene({meter(): register(by_hours(100_000, 60_000))}, span, tariff=tariff))
    assert hours(each.spans) == 7 + 5
    assert each.wasted == Range(Fraction(300), Fraction(300))
    assert each.cost == Range(Fraction(195), Fraction(195)), "6 of 12 hours at 0.3, the rest at 1"


def test_a_site_that_does_not_say_when_it_is_open_is_told_so() -> None:
    seen = scene({meter(): register(by_hours(4, 4))}, open_hours=())
    (untold,) = found("night-load", seen)
    assert isinstance(untold, Untold)
    assert "open in [energy]" in untold.why


def test_what_parameters_may_be() -> None:
    kind = KINDS["base_load"]
    wrong = replace(
        rule("night-load").parameters,  # type: ignore[type-var]  # a dataclass
        at_most=Fraction(11),
        after_h=Fraction(13),
        before_h=Fraction(-1),
        reference_days=0,
    )
    assert [name for name, *_ in kind.mistakes(wrong)] == ["at_most", "after_h", "before_h", "reference_days"]
    assert isinstance(rule("night-load"), Rule)
    assert isinstance(finding("night-load", LATE), Finding)
    assert WEEK.length == 7 * DAY_NS
