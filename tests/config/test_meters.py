"""What a site says of its meters' place: which count what is bought, and how it is converted."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from evaluators.kinds.energy_intensity import Parameters, reckoning
from evaluators.model.clauses import parameters_of
from evaluators.model.energy import Carrier, Purpose
from tests.config.site_file import RIGHT, loaded, problems

PAGE = Path(__file__).parents[2] / "docs" / "clauses" / "energy-intensity.md"
POINTS = "".join(
    f'[devices.{name}]\nconnection = "lift-gw"\ntopic = "{name}"\n'
    f'[devices.{name}.points]\nn = {{ type = "int", path = "n", unit = "{unit}" }}\n'
    for name, unit in (("power", "kW.h"), ("sub", "kW.h"), ("gas", "m3"), ("heat", "GJ"), ("cool", "kW.h"))
)
METERS = """
[meters.main]
point = "power/n"
[meters.floor]
point = "sub/n"
parent = "main"
purpose = "heating"
[meters.gas]
carrier = "gas"
point = "gas/n"
[meters.heat]
carrier = "heat"
point = "heat/n"
[meters.cool]
carrier = "cooling"
point = "cool/n"
"""
STANDARD = '[standards]\nenabled = ["X-eui"]\n'


def bought(folder: Path, text: str) -> dict[str, bool]:
    """Of each meter without a parent whether it counts what is bought."""
    site = loaded(folder, RIGHT + POINTS + text).site
    return {meter.id: meter.bought for meter in site.meters if not meter.parent}


def test_heat_and_cooling_are_made_on_site_unless_the_site_says_otherwise(tmp_path: Path) -> None:
    assert bought(tmp_path, METERS) == {"main": True, "gas": True, "heat": False, "cool": False}
    said = METERS.replace('point = "heat/n"', 'point = "heat/n"\nbought = true')
    said = said.replace('point = "power/n"', 'point = "power/n"\nbought = false')
    assert bought(tmp_path, said) == {"main": False, "gas": True, "heat": True, "cool": False}


@pytest.mark.parametrize("word", ["true", "false"])
def test_only_a_meter_at_the_top_says_whether_it_is_bought(word: str, tmp_path: Path) -> None:
    said = METERS.replace('parent = "main"', f'parent = "main"\nbought = {word}')
    (problem,) = problems(tmp_path, RIGHT + POINTS + said)
    assert problem.key == "meters.floor.bought"
    assert problem.wrong == "is for a meter without a parent, and this one is below main"
    assert problem.right == "leave it out, or say it of the meter at the top"


def test_it_is_true_or_false(tmp_path: Path) -> None:
    said = METERS.replace('point = "heat/n"', 'point = "heat/n"\nbought = "yes"')
    (problem,) = problems(tmp_path, RIGHT + POINTS + said)
    assert (problem.key, problem.right) == ("meters.heat.bought", "give true or false")


def test_a_factor_of_the_sites_own_as_its_page_shows_it(tmp_path: Path) -> None:
    (own,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found = loaded(tmp_path, RIGHT + POINTS + METERS + STANDARD + own)
    (clause,) = [clause for clause in found.clauses if clause.id == "X-eui"]
    reckoned = reckoning(parameters_of(clause, Parameters), found.site.energy)
    assert clause.overlaid == ("parameters.site_factors",)
    assert reckoned.worth(Carrier.COOLING) == Fraction(1, 4)
    assert reckoned.worth(Carrier.GAS) == Fraction(12143, 1229), "the standard's stay"
    assert reckoned.left_out == {Purpose.HEATING}


@pytest.mark.parametrize(
    ("old", "new", "below", "said"),
    [
        ("0.25", "0", ".site_factors", "0 for cooling is nothing; give a value above 0"),
        ("kW.h/kW.h", "kW.h", ".site_factors", "give it in kgce/kW.h or kW.h/kW.h"),
        ('source = "plant"', 'sorce = "plant"', ".site_factors.0.sorce", 'did you mean "source"?'),
        ('"0.25"', "0.25", ".site_factors.0.value", 'write it as text in quotes, such as "0.25"'),
        ('"cooling"', '"coolth"', ".site_factors.0.carrier", '"coolth" is none of the choices'),
    ],
)
def test_factors_that_are_wrong(old: str, new: str, below: str, said: str, tmp_path: Path) -> None:
    factor = '{ carrier = "cooling", value = "0.25", unit = "kW.h/kW.h", source = "plant" }'
    assert old in factor
    text = f"[clauses.X-eui]\nparameters = {{ site_factors = [{factor.replace(old, new)}] }}\n"
    (problem,) = problems(tmp_path, RIGHT + POINTS + METERS + STANDARD + text)
    assert problem.key == f"clauses.X-eui.parameters{below}"
    assert said in str(problem)
