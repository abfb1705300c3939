"""What was wasted in the year is found in the week it happened, by its right name, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evaluators.energy.metering import count, nature, replacements
from evaluators.energy.registers import Register
from evaluators.model.energy import Meter
from evaluators.model.times import DAY_NS, HOUR_NS
from evaluators.model.waste import Finding, Range, Span
from evaluators.recordbook import RecordBook
from evaluators.waste.registry import find
from evaluators.waste.scene import MILLION, Quarter, Scene
from evaluators.windows import day_start, local_date
from tests.energy.year.feeding import QUARTER_NS, Metered

RULES = {
    "hvac-left-on": "hvac-out-of-hours",
    "lighting-left-on": "holiday-load",
    "peak": "demand-peak",
    "power-factor": "power-factor",
    "currents": "phase-imbalance",
    "leak": "night-flow",
}
"""Which rule is to find what."""


class Plant:
    """A year with its registers and means, looked at week by week."""

    def __init__(self, year: Metered) -> None:
        self.year = year
        self.zone = ZoneInfo(year.loaded.site.zone)
        book = RecordBook(self.zone, year.records)
        self._registers = {meter.id: _register(year, meter, book) for meter in year.loaded.site.meters}
        self._quarters: dict[str, list[Quarter]] = {}
        for key in (key for meter in year.loaded.site.meters for key in meter.momentary):
            values = [round(value * MILLION) for value in year.numbers(key)]
            self._quarters[key] = [Quarter(t, 1, v, abs(v)) for t, v in zip(year.times, values, strict=True)]

    def weeks(self) -> Iterator[Span]:
        """From Monday to Monday, those that lie in the year."""
        at = self.year.truth["start"]
        while local_date(at, self.zone).weekday():
            at = day_start(local_date(at + 36 * HOUR_NS, self.zone), self.zone)
        while at + 7 * DAY_NS <= self.year.end:
            yield Span(at, at + 7 * DAY_NS)
            at += 7 * DAY_NS

    def findings(self, span: Span) -> dict[str, Finding]:
        """What all rules surely find, by rule."""
        waste = self.year.loaded.waste
        first, last = ((at - self.year.truth["start"]) // QUARTER_NS + 1 for at in (span.start, span.end))
        scene = Scene(
            meters=self.year.loaded.site.meters,
            span=span,
            zone=self.zone,
            registers=self._registers,
            quarters={key: found[first:last] for key, found in self._quarters.items()},
            open_hours=waste.open_hours,
            calendar=self.year.loaded.calendar,
            tariff=waste.tariff,
        )
        found = [each for each in find(waste.rules, scene) if isinstance(each, Finding) and not each.may_be]
        assert len({each.rule for each in found}) == len(found)
        return {each.rule: each for each in found}


def _register(year: Metered, meter: Meter, book: RecordBook) -> Register:
    found = Register(nature(meter), replacements(meter, book))
    cells = [
        (t, c) for t, c in zip(year.times, year.readings[meter.point], strict=True) if isinstance(c, int | float)
    ]
    found.take([time for time, _ in cells], [count(meter, cell) for _, cell in cells])
    return found


@pytest.fixture(scope="module")
def plant(year: Metered) -> Plant:
    return Plant(year)


def planted(year: Metered, span: Span) -> dict[str, Mapping[str, Any]]:
    """What was wasted in a week, by the rule that is to find it."""
    return {
        RULES[waste["kind"]]: waste
        for waste in year.truth["waste"]
        if waste["start"] < span.end and waste["end"] > span.start
    }


def test_every_week_shows_what_was_wasted_in_it_and_nothing_else(plant: Plant) -> None:
    for span in plant.weeks():
        found, true = plant.findings(span), planted(plant.year, span)
        for rule, waste in true.items():
            cut = min(waste["end"], span.end) - max(waste["start"], span.start)
            if cut >= min(waste["end"] - waste["start"], 2 * DAY_NS):
                assert rule in found, (local_date(span.start, plant.zone), rule)
        assert set(found) <= set(true), local_date(span.start, plant.zone)


def told(plant: Plant, kind: str) -> list[tuple[Mapping[str, Any], Span, Finding]]:
    """Each waste of a kind with the weeks it lies in, and what was found of it in each."""
    found = []
    for span in plant.weeks():
        for rule, waste in planted(plant.year, span).items():
            if waste["kind"] == kind:
                found.append((waste, span, plant.findings(span)[rule]))
    return found


def share(waste: Mapping[str, Any], span: Span) -> Fraction:
    """How much of a waste lies in a week."""
    inside = min(waste["end"], span.end) - max(waste["start"], span.start)
    return Fraction(inside, waste["end"] - waste["start"])


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("hvac-left-on", "0.6", "1.1"), ("lighting-left-on", "0.25", "1"), ("leak", "0.9", "1.1")],
)
def test_estimates_are_near_the_truth_and_hardly_above(plant: Plant, kind: str, least: str, most: str) -> None:
    """What runs within the time for running up and down is nobody's waste, nor is what is below a limit."""
    estimated = true = Fraction(0)
    for waste, span, finding in told(plant, kind):
        assert finding.wasted is not None
        estimated += finding.wasted.low
        true += Fraction(waste["amount"]) * share(waste, span)
    assert Fraction(least) * true <= estimated <= Fraction(most) * true, float(estimated / true)


def test_the_peak_is_told_to_the_watt(plant: Plant) -> None:
    ((waste, _, finding),) = told(plant, "peak")
    assert finding.measured == Range(Fraction(waste["peak_kw"]), Fraction(waste["peak_kw"]))
    assert finding.spans[0].start == waste["peak_quarter"]
    above = Fraction(waste["peak_kw"]) - Fraction("1.05") * plant.year.truth["contract_kw"]
    assert finding.cost == Range(above * 80, above * 80)


def test_a_bad_power_factor_costs_what_the_table_says(plant: Plant) -> None:
    for waste, span, finding in told(plant, "power-factor"):
        if share(waste, span) == Fraction(1, 3):
            assert Fraction("0.80") < finding.measured.low < Fraction("0.84")
            assert finding.cost is not None
            bought = plant.year.true("main", span.start, span.end)
            assert bought * Fraction("0.3") < finding.cost.low / Fraction("0.04") < bought * Fraction("1.1")


def test_an_uneven_load_is_told_with_its_days(plant: Plant) -> None:
    for waste, span, finding in told(plant, "currents"):
        assert finding.meter == waste["meter"]
        assert abs(finding.measured.low - Fraction("0.3")) < Fraction(1, 100)
        first, last = max(waste["start"], span.start), min(waste["end"], span.end)
        assert all(first <= each.start and each.end <= last for each in finding.spans)
