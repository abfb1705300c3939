"""Tariff, opening hours and rules of waste that a site file gives."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from config.waste import load_rules
from evaluators.model.energy import Carrier
from evaluators.model.site import WeekHours
from evaluators.model.waste import Band, Tariff
from evaluators.waste.base_load import Parameters
from evaluators.waste.hours import Closed
from evaluators.waste.registry import KINDS
from tests.config.site_file import RIGHT, changed, loaded, problems

WASTE = """
[meters.main]
point = "meter/energy"
unit = "kW.h"

[energy]
open = [
    { days = ["mon", "tue"], from = "08:00", to = "18:00" },
    { days = ["sat"], from = "20:00", to = "02:00" },
]

[tariff]
currency = "EUR"
prices = { electricity = "0.25", water = "4" }
bands = [{ name = "peak", price = "0.4", days = ["mon"], from = "10:00", to = "12:00", months = [7, 8] }]
contract_kw = "500"
demand_price = "9.5"

[waste.night-load]
meters = ["main"]
parameters = { at_most = "0.2" }

[waste.night-flow]
on = false

[waste.server-room]
kind = "base_load"
title_zh = "机房"
title_en = "The server room at night"
parameters = { when = "nights", at_most = "0.9" }
"""


def test_every_kind_has_a_rule_and_every_rule_is_right() -> None:
    rules = load_rules()
    assert {rule.kind for rule in rules} == set(KINDS)
    for rule in rules:
        assert isinstance(rule.parameters, KINDS[rule.kind].parameters)
        assert rule.source, rule.id


def test_what_a_site_changes(tmp_path: Path) -> None:
    waste = loaded(tmp_path, RIGHT + WASTE).waste
    rules = {rule.id: rule for rule in waste.rules}
    every = [rule.id for rule in load_rules()]
    assert list(rules) == [*(name for name in every if name != "night-flow"), "server-room"]
    night = rules["night-load"]
    assert night.parameters == Parameters(when=Closed.NIGHTS, at_most=Fraction(1, 5))
    assert (night.meters, night.title_en) == (("main",), "Base load at night")
    own = rules["server-room"]
    assert own.parameters == Parameters(when=Closed.NIGHTS, at_most=Fraction(9, 10))
    assert (own.kind, own.title_zh, own.verified) == ("base_load", "机房", True)
    assert waste.open_hours == (WeekHours((0, 1), 8 * 3600, 18 * 3600), WeekHours((5,), 20 * 3600, 2 * 3600))
    peak = Band("peak", Fraction(4, 10), WeekHours((0,), 10 * 3600, 12 * 3600), frozenset({7, 8}))
    prices = {Carrier.ELECTRICITY: Fraction(1, 4), Carrier.WATER: Fraction(4)}
    assert waste.tariff == Tariff("EUR", prices, (peak,), Fraction(500), Fraction(19, 2))


def test_a_site_that_says_nothing_has_every_rule(tmp_path: Path) -> None:
    waste = loaded(tmp_path, RIGHT).waste
    assert (waste.rules, waste.open_hours, waste.tariff) == (load_rules(), (), Tariff())


MISTAKES = {
    "a rule that is not there": (
        "[waste.night-load]", "[waste.nigt-load]", "waste.nigt-load",
        'there is no rule "nigt-load"; did you mean "night-load"?; a rule of your own gives its kind',
    ),
    "a kind that is not there": (
        '"base_load"', '"baseload"', "waste.server-room.kind",
        '"baseload" is no kind of rule; did you mean "base_load"?',
    ),
    "a kind for a rule that has one": (
        'meters = ["main"]', 'kind = "demand"\ntitle_zh = "x"\ntitle_en = "x"', "waste.night-load.kind",
        "is given already",
    ),
    "a rule without a title": (
        'title_zh = "机房"\n', "", "waste.server-room", "a rule of your own needs title_zh and title_en",
    ),
    "a meter that is not there": (
        'meters = ["main"]', 'meters = ["mian"]', "waste.night-load.meters.0",
        'there is no meter "mian"; did you mean "main"?',
    ),
    "a parameter that is not there": (
        'at_most = "0.2"', 'atmost = "0.2"', "waste.night-load.parameters.atmost", 'did you mean "at_most"?',
    ),
    "a share that is not exact": (
        'at_most = "0.2"', "at_most = 0.2", "waste.night-load.parameters.at_most",
        'write it as text in quotes, such as "0.2"',
    ),
    "a share out of range": (
        'at_most = "0.2"', 'at_most = "11"', "waste.night-load.parameters.at_most",
        "11 is out of range; give one from 0 to 10",
    ),
    "a rule of one's own with a wrong parameter": (
        'when = "nights", at_most = "0.9"', 'when = "noons", at_most = "0.9"', "waste.server-room.parameters.when",
        '"noons" is none of the choices',
    ),
    "hours that are none": (
        'from = "08:00", to = "18:00"', 'from = "08:00", to = "08:00"', "energy.open.0", "from and to are",
    ),
    "a price that is no decimal": (
        'electricity = "0.25"', 'electricity = "cheap"', "tariff.prices.electricity", '"cheap" does not have',
    ),
    "a month that is none": ("months = [7, 8]", "months = [7, 13]", "tariff.bands.0.months.1", "13 is out of"),
    "a carrier that is none": ("water =", "steam =", "tariff.prices.steam", '"steam" is none of the choices'),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_problem_that_names_its_key_and_the_cure(name: str, tmp_path: Path) -> None:
    old, new, key, said = MISTAKES[name]
    (problem,) = problems(tmp_path, changed((old, new), text=RIGHT + WASTE))
    assert problem.key == key
    assert said in str(problem)
