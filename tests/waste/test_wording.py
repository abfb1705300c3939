"""Findings in a sentence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from evaluators.model.energy import Carrier
from evaluators.model.waste import Finding, Range, Span
from evaluators.waste.wording import figure, told

PEAK = Finding(
    rule="demand-peak",
    meter="main",
    carrier=Carrier.ELECTRICITY,
    measured=Range(Fraction(459), Fraction(461)),
    limit=Fraction(420),
    unit="kW",
    spans=(Span(0, 1),),
    wasted=Range(Fraction(10), Fraction(10)),
    cost=Range(Fraction(3200), None),
    how="",
)


def test_a_finding_is_one_sentence() -> None:
    assert told(PEAK, "CNY") == "459 to 461 kW, the limit is 420 kW; about 10 kW.h, at least 3200 CNY"
    share = replace(PEAK, measured=Range(Fraction(2, 3), Fraction(2, 3)), limit=Fraction(35, 100), unit="1")
    assert told(replace(share, wasted=None, cost=None), "CNY") == "0.66, the limit is 0.35"


def test_a_range_is_one_number_where_both_ends_read_the_same() -> None:
    assert figure(Range(Fraction(1), Fraction(1001, 1000))) == "1"
