"""The contract of the site model."""

from evaluators.model.samples import ValueKind
from evaluators.model.site import Point


def test_a_point_knows_its_device() -> None:
    assert Point("ahu/supply-temperature", ValueKind.FLOAT, "", "Cel", 3).device == "ahu"
