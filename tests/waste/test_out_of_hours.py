"""Plant that runs while the building is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from evaluators.model.energy import Carrier
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Range, Span, Tariff, Untold
from evaluators.waste.registry import KINDS, find
from tests.waste.scenes import at, by_hours, finding, found, hvac, is_open, meter, register, rule, scene


def left_on(local: datetime) -> int:
    """200 kW in open hours, 4 on standby, 100 from 22:00 to 02:00 on the Tuesday and all of the Sunday."""
    if is_open(local):
        return 200_000
    night = (local.day, local.hour) in {(24, 22), (24, 23), (25, 0), (25, 1)}
    return 100_000 if night or local.day == 29 else 4_000


RUNS = scene({hvac(): register(left_on)})


def test_every_run_is_told_with_what_it_used_above_standby() -> None:
    each = finding("hvac-out-of-hours", RUNS)
    assert each.spans == (Span(at(24, 22), at(25, 2)), Span(at(29), at(30)))
    assert each.measured == Range(Fraction(100), Fraction(100))
    assert (each.limit, each.unit) == (Fraction(60), "kW")
    assert each.wasted == Range(Fraction(80 * 28), Fraction(80 * 28))
    assert each.cost is None
    priced = replace(RUNS, tariff=Tariff("CNY", {Carrier.ELECTRICITY: Fraction(2)}))
    assert finding("hvac-out-of-hours", priced).cost == Range(Fraction(160 * 28), Fraction(160 * 28))


def test_running_up_and_down_is_no_waste() -> None:
    draw = lambda local: 200_000 if is_open(local) or local.hour in (6, 7, 18) else 0  # noqa: E731
    seen = scene({hvac(): register(draw)}, Span(at(23), at(25)))
    assert found("hvac-out-of-hours", seen) == []
    assert finding("hvac-out-of-hours", seen, before_h=Fraction(1)).spans == (
        Span(at(23, 6), at(23, 7)),
        Span(at(24, 6), at(24, 7)),
    )


def test_little_is_no_run_however_little_it_draws_in_open_hours() -> None:
    seen = scene({hvac(): register(by_hours(2_000, 800))})
    assert found("hvac-out-of-hours", seen) == []
    assert finding("hvac-out-of-hours", seen, least_kw=Fraction(1, 2)).limit == Fraction(6, 10)


def test_a_register_that_counts_coarsely_does_not_accuse() -> None:
    coarse = hvac(per_count=Fraction(8), scale=1)
    in_steps = register(by_hours(24, 8))
    assert found("hvac-out-of-hours", scene({coarse: in_steps})) == [], "8 kW.h a count: 56 to 72 kW, above 57.6"
    fine = scene({hvac(): register(by_hours(192_000, 64_000))})
    assert finding("hvac-out-of-hours", fine).measured == Range(Fraction(64), Fraction(64))


def test_what_was_not_read_by_the_hour_says_nothing_of_runs() -> None:
    seen = scene({hvac(): register(left_on, step=6 * HOUR_NS)})
    assert found("hvac-out-of-hours", seen) == []


def test_a_meter_below_another_of_the_item_is_not_told_twice() -> None:
    main, draws = meter(), register(left_on)
    seen = scene({main: draws, hvac(parent="main"): draws, hvac("chillers", parent="hvac"): draws})
    assert finding("hvac-out-of-hours", seen).meter == "hvac"
    between = {main: draws, hvac(parent="main"): draws, meter("riser", parent="hvac"): draws}
    assert finding("hvac-out-of-hours", scene(between | {hvac("fans", parent="riser"): draws})).meter == "hvac"
    named = replace(rule("hvac-out-of-hours"), meters=("chillers",))
    assert [each.meter for each in find([named], seen)] == ["chillers"]


def test_without_open_hours_to_compare_with_it_cannot_be_told() -> None:
    seen = scene({hvac(): register(left_on, since=at(29), until=at(30))}, Span(at(29), at(30)))
    assert found("hvac-out-of-hours", seen) == [
        Untold("hvac-out-of-hours", "hvac", "what it counts in open hours is not known")
    ]


def test_what_parameters_may_be() -> None:
    right = rule("hvac-out-of-hours").parameters
    shares = replace(right, runs_above=Fraction(2), standby=Fraction(-1))  # type: ignore[type-var]  # a dataclass
    times = replace(  # type: ignore[type-var]  # the same
        right, after_h=Fraction(13), before_h=Fraction(-1), reference_days=93, standby=Fraction(1, 2)
    )
    mistakes = KINDS["out_of_hours"].mistakes
    assert [name for name, *_ in mistakes(shares)] == ["runs_above", "standby"]
    assert [name for name, *_ in mistakes(times)] == ["after_h", "before_h", "reference_days", "standby"]
