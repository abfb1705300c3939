"""How much of a year the meters that intensity rests on were read."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from evaluators.model.verdicts import Outcome
from tests.evaluators.cases import judged, load_cases

CASES = dict(load_cases())


def test_a_meter_that_is_taken_out_has_to_be_read_too() -> None:
    case = deepcopy(CASES["energy_intensity/excluded-and-corrected"])
    case["registers"]["s/e"]["to"] = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    case["meters"][1]["most_an_hour"] = "100"
    verdict = judged(case)["site:tower"]
    assert verdict.coverage == Fraction(2 * 365 - 184, 2 * 365), "184 days of the data room are not read"
    assert verdict.low is not None
    assert verdict.high is not None
    # At most 400 a day remain in these days, and nothing at least: 18100 of the data room are certain.
    assert verdict.high == Fraction(365 * 400 - 18100, 1000) * Fraction("0.752") / 85
    assert verdict.low < verdict.high
    assert verdict.outcome is Outcome.UNDETERMINED


def test_a_meter_that_is_wholly_left_out_need_not_be() -> None:
    verdict = judged(CASES["energy_intensity/heating-is-left-out"])["site:tower"]
    assert verdict.coverage == 1
