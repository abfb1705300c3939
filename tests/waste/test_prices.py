"""What use costs by a tariff."""

from __future__ import annotations

from fractions import Fraction

from evaluators.energy.registers import Register
from evaluators.energy.uses import Nature
from evaluators.model.energy import Carrier
from evaluators.model.site import WeekHours
from evaluators.model.waste import Band, Range, Span, Tariff
from evaluators.waste.prices import bill, price_of, priced
from tests.waste.scenes import ZONE, at, by_hours, found, meter, register, scene, water

EVERY_DAY = tuple(range(7))
PEAK = Band("peak", Fraction(3), WeekHours(EVERY_DAY, 8 * 3600, 12 * 3600))
SUMMER = Band("summer", Fraction(5), WeekHours(EVERY_DAY, 0, 0), frozenset({4}))
TARIFF = Tariff("CNY", {Carrier.ELECTRICITY: Fraction(1), Carrier.WATER: Fraction(4)}, (PEAK, SUMMER))


def test_a_span_is_cut_where_the_price_changes() -> None:
    around = Span(at(31, 6), at(1, 9, month=4))
    assert list(priced(TARIFF, Fraction(1), around, ZONE)) == [
        (Span(at(31, 6), at(31, 8)), Fraction(1)),
        (Span(at(31, 8), at(31, 12)), Fraction(3)),
        (Span(at(31, 12), at(1, month=4)), Fraction(1)),
        (Span(at(1, month=4), at(1, 8, month=4)), Fraction(5)),
        (Span(at(1, 8, month=4), at(1, 9, month=4)), Fraction(3)),
    ]


def test_the_mean_price_is_weighted_by_use() -> None:
    seen = scene({meter(): register(by_hours(100_000, 50_000))}, tariff=TARIFF)
    main = seen.meters[0]
    assert price_of(seen, main, [Span(at(23, 6), at(23, 12))]) == Fraction(2 * 50 + 4 * 100 * 3, 500)
    assert bill(seen, main) is not None
    monday = scene({meter(): register(by_hours(100_000, 50_000))}, Span(at(23), at(24)), tariff=TARIFF)
    assert bill(monday, main) == Range(*[Fraction(14 * 50 + 6 * 100 + 4 * 100 * 3)] * 2)


def test_where_nothing_was_used_it_is_weighted_by_time() -> None:
    seen = scene({meter(): register(by_hours(0, 0))}, tariff=TARIFF)
    assert price_of(seen, seen.meters[0], [Span(at(23, 6), at(23, 12))]) == Fraction(2 + 4 * 3, 6)
    assert price_of(seen, seen.meters[0], []) == 1


def test_only_electricity_has_times_of_use() -> None:
    seen = scene({water(): register(by_hours(4, 4))}, tariff=TARIFF)
    assert price_of(seen, seen.meters[0], [seen.span]) == 4
    plain = scene({meter(): register(by_hours(4, 4))}, tariff=Tariff(prices={Carrier.ELECTRICITY: Fraction(2)}))
    assert price_of(plain, plain.meters[0], [plain.span]) == 2


def test_without_a_price_nothing_is_told() -> None:
    seen = scene({meter(): register(by_hours(4, 4))})
    assert price_of(seen, seen.meters[0], [seen.span]) is None
    assert bill(seen, seen.meters[0]) is None


def test_a_meter_that_was_never_read_has_no_span() -> None:
    seen = scene({meter(): Register(Nature(1))})
    assert seen.read(seen.meters[0], seen.span.start, seen.span.end) is None
    assert found("night-load", seen) == []
