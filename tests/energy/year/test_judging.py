"""What is made of a year's readings, held against what really went through the meters."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from evaluators.energy.keeping import SETTLED_NS
from evaluators.energy.metering import Amount
from evaluators.energy.report import Report, Row, report
from evaluators.energy.using import amount_of, register
from evaluators.model.times import DAY_NS, HOUR_NS, Window, WindowKind
from tests.energy.year.feeding import QUARTER_NS, Metered, happened

WEEKS = 4
"""Of how many weeks every hour is looked at."""


def holds(amount: Amount, truth: Fraction) -> bool:
    """Whether the truth lies in the interval."""
    return amount.low <= truth and (amount.high is None or truth <= amount.high)


def is_exactly(amount: Amount, truth: Fraction) -> bool:
    """Whether it is the truth and nothing else."""
    return amount.low == amount.high == truth


def months(year: Metered) -> Report:
    """The report of the twelve months."""
    return report(year.facts, year.months)


def row(rows: tuple[Row, ...], name: str) -> Row:
    """The one of an id."""
    return next(each for each in rows if each.id == name)


def spoilt_h(year: Metered, meter: str, window: Window) -> Fraction:
    """For how long something was wrong with a meter within a window, with an hour on both sides of each thing."""
    return sum(
        (
            Fraction(min(fault["end"], window.end) - max(fault["start"], window.start), HOUR_NS) + 2
            for fault in year.faults(meter)
            if fault["start"] <= window.end and fault["end"] >= window.start
        ),
        Fraction(0),
    )


def test_each_month_of_each_meter_is_the_truth_or_holds_it(year: Metered) -> None:
    found = months(year)
    unbounded = set()
    for meter in year.loaded.site.meters:
        truth = year.truth["meters"][meter.id]
        for window, (month, text), amount in zip(
            year.months, truth["months"].items(), row(found.meters, meter.id).amounts, strict=True
        ):
            used = Fraction(text)
            assert used == year.true(meter.id, window.start, window.end)
            if month in truth["exact"]:
                assert is_exactly(amount, used), (meter.id, month, amount, used)
                continue
            assert holds(amount, used), (meter.id, month, amount, used)
            if meter.most_an_hour is None:
                unbounded.add((meter.id, amount.high))
                continue
            assert amount.high is not None
            assert amount.high - amount.low <= meter.most_an_hour * spoilt_h(year, meter.id, window)
    assert unbounded == {("pumps", None)}, "nobody said how much can go through the pumps' meter"


def test_the_year_of_each_meter_is_the_truth_or_holds_it(year: Metered) -> None:
    whole = Window(WindowKind.YEAR, year.truth["start"], year.end)
    for each in report(year.facts, [whole]).meters:
        truth = year.truth["meters"][each.id]
        (amount,) = each.amounts
        assert holds(amount, Fraction(truth["year"]))
        assert (amount.low == amount.high) == truth["year_is_exact"], each.id


def test_each_month_is_told_so_once_it_is_settled(year: Metered) -> None:
    at_last = months(year)
    for place, window in enumerate(year.months):
        found = report(year.known_at(window.end + SETTLED_NS), [window])
        for then, later in zip(found.meters, at_last.meters, strict=True):
            used = year.true(then.id, window.start, window.end)
            if any(fault["start"] < window.end < fault["end"] for fault in year.faults(then.id, "silent")):
                assert holds(then.amounts[0], used), (then.id, place)
            else:
                assert then.amounts[0] == later.amounts[place], (then.id, place)


def test_what_was_not_read_is_told(year: Metered) -> None:
    for found, window in zip(row(months(year).meters, "air").amounts, year.months, strict=True):
        silent = sum(
            max(0, min(fault["end"], window.end) - max(fault["start"], window.start))
            for fault in year.faults("air", "silent")
        )
        assert silent <= found.unread_ns <= silent + 2 * HOUR_NS * bool(silent)
    others = [each for each in months(year).meters if each.id != "air"]
    assert {amount.unread_ns for each in others for amount in each.amounts} == {0}


def test_what_happened_is_found_once_and_nothing_beside(year: Metered) -> None:
    found = [(meter.id, event.at, event.what) for meter, event in months(year).events]
    assert sorted(found) == sorted(happened(year))


def test_the_incomer_adds_up_and_the_leak_is_located(year: Metered) -> None:
    found = months(year).meters
    assert row(found, "main").holds == (True,) * 12
    for place, month in enumerate(year.truth["meters"]["water"]["months"]):
        above, *below = (
            Fraction(year.truth["meters"][name]["months"][month]) for name in ("water", "tower", "tenants-water")
        )
        assert row(found, "water").holds[place] is (above - sum(below) <= above * Fraction(2, 100)), month
    assert False in row(found, "water").holds
    for name, child in (("lighting", "floors-low"), ("hvac", "air"), ("power", "pumps")):
        for month, adds_up in zip(year.truth["meters"][child]["months"], row(found, name).holds, strict=True):
            assert adds_up or month not in year.truth["meters"][child]["exact"], (name, month)
            assert adds_up is not False, (name, month)


ITEMS = {
    "01A": ("lighting",),
    "01B": ("hvac",),
    "01C": ("power",),
    "01D": ("data-room", "kitchen", "chargers"),
}


def test_items_and_carriers_are_the_sums_of_their_meters(year: Metered) -> None:
    found = months(year)
    truths: dict[str, Any] = year.truth["meters"]
    assert [each.id for each in found.items] == list(ITEMS)
    for place, month in enumerate(truths["main"]["months"]):
        for item, names in ITEMS.items():
            used = sum((Fraction(truths[name]["months"][month]) for name in names), Fraction(0))
            amount = row(found.items, item).amounts[place]
            is_exact = all(month in truths[name]["exact"] for name in names)
            assert is_exactly(amount, used) if is_exact else holds(amount, used), (item, month)
        for carrier, name in (("electricity", "main"), ("water", "water"), ("gas", "gas"), ("heat", "heat")):
            amount = row(found.carriers, carrier).amounts[place]
            assert is_exactly(amount, Fraction(truths[name]["months"][month])), (carrier, month)


def hours_hold(year: Metered, meter: str, start: int, end: int, *, exactly: bool) -> None:
    """Of every hour of a span the truth lies in the interval, or is all of it."""
    of = year.meters[meter]
    for at in range(start, end, HOUR_NS):
        amount, used = amount_of(year.facts, at, at + HOUR_NS)(of), year.true(meter, at, at + HOUR_NS)
        assert is_exactly(amount, used) if exactly else holds(amount, used), (meter, at, amount, used)


def test_every_hour_of_some_weeks_is_the_truth(year: Metered) -> None:
    dice = random.Random(year.truth["seed"])
    days = (year.end - year.truth["start"]) // DAY_NS
    for first in dice.sample(range(days - 7), WEEKS):
        start = year.truth["start"] + first * DAY_NS
        for meter in year.meters:
            is_whole = not any(
                fault["start"] <= start + 8 * DAY_NS and fault["end"] >= start - DAY_NS
                for fault in year.faults(meter)
                if fault["kind"] != "turned-over"
            )
            hours_hold(year, meter, start, start + 7 * DAY_NS, exactly=is_whole)


def test_every_hour_around_each_fault_holds_the_truth(year: Metered) -> None:
    for fault in year.truth["faults"]:
        start = max(year.truth["start"], (fault["start"] // HOUR_NS - 6) * HOUR_NS)
        end = min(year.end, (fault["end"] // HOUR_NS + 7) * HOUR_NS)
        hours_hold(year, fault["meter"], start, end, exactly=fault["kind"] in ("turned-over", "replaced"))


def test_quarters_of_an_hour_that_no_reading_parts_hold_the_truth(year: Metered) -> None:
    """Readings within an hour are not looked at: each quarter of it is bounded by the hour's."""
    first = 200 * 96
    column = year.numbers("main/total")
    for place in range(first, first + 96):
        at, used = year.times[place], column[place + 1] - column[place]
        found = register(year.facts, year.meters["main"]).use(at, at + QUARTER_NS)
        assert found.low <= used
        assert found.high is not None
        assert used <= found.high
