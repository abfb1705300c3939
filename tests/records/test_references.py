"""What records name must be in the site file."""

from __future__ import annotations

from typing import Any

import pytest

from agent.records.references import Names, misordered, names_of, refer
from config.problems import Refused
from evaluators.model.bodies import BODIES
from tests.records.stated import SITE

NAMES = names_of(SITE)


def named(kind: str, field: str, value: Any, names: Names = NAMES, **record: Any) -> Any:
    """A value as it is kept."""
    return refer(names, BODIES[kind], field, value, record)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("work-order", "equipment", "lift-1"),
        ("work-order", "cause", "anything"),
        ("round", "equipment", ("lift-1", "pump")),
        ("inspection", "item", "lift-1/car"),
        ("declaration", "items", ("pump", "lift-1/intercom")),
        ("commissioning", "points", ("lift-1", "panel/state")),
    ],
)
def test_what_is_there_is_kept_as_it_is(kind: str, field: str, value: Any) -> None:
    assert named(kind, field, value) == value


@pytest.mark.parametrize(
    ("kind", "field", "value", "said"),
    [
        ("work-order", "equipment", "lift-2", 'there is no equipment "lift-2": did you mean "lift-1"?'),
        ("work-order", "equipment", "xyz", "equipment ids there are: fire-panel, lift-1, pump"),
        ("round", "equipment", ("pump", "pomp"), 'did you mean "pump"'),
        ("inspection", "item", "lift-1", "name it as equipment/item"),
        ("inspection", "item", "lift-1/cab", 'no functional item "lift-1/cab": did you mean "lift-1/car"'),
        ("inspection", "item", "lift-1/zzz", "functional items there are: car, intercom"),
        ("inspection", "item", "lift-7/car", 'there is no equipment "lift-7"'),
        ("declaration", "items", ("lift-1/cab",), 'did you mean "lift-1/car"'),
        ("commissioning", "points", ("pannel",), 'there is no device "pannel": did you mean "panel"'),
        ("commissioning", "points", ("panel/stat",), 'there is no point "panel/stat": did you mean "panel/state"'),
    ],
)
def test_what_is_not_there_is_refused_with_what_was_meant(kind: str, field: str, value: Any, said: str) -> None:
    with pytest.raises(Refused, match=said):
        named(kind, field, value)


def test_an_item_of_the_records_own_equipment_is_kept_without_it() -> None:
    assert named("work-order", "item", "car", equipment="lift-1") == "car"
    assert named("work-order", "item", "lift-1/car", equipment="lift-1") == "car"
    assert named("work-order", "item", "", equipment="lift-1") == ""
    assert named("work-order", "item", "car", equipment="gone") == "car", "the equipment is what is wrong"
    with pytest.raises(Refused, match='did you mean "lift-1/car"'):
        named("work-order", "item", "cart", equipment="lift-1")


def test_addresses_are_those_of_the_panels_parts_where_it_has_some() -> None:
    assert named("test", "addresses", ("1-001", "fire-panel/1-002"), equipment="fire-panel") == ("1-001", "1-002")
    assert named("test", "addresses", ("x",), equipment="pump") == ("x",)
    assert named("test", "addresses", ("x",)) == ("x",)
    with pytest.raises(Refused, match='there is no part "fire-panel/1-003"'):
        named("test", "addresses", ("1-003",), equipment="fire-panel")


def test_suggestions_can_be_left_out() -> None:
    quiet = Names(NAMES.items, NAMES.parts, NAMES.points, suggests=False)
    with pytest.raises(Refused, match="name one of the site file's equipment ids"):
        named("work-order", "equipment", "lift-2", quiet)


def test_times_go_the_right_way() -> None:
    assert misordered({"start": 1, "end": 1}) is None
    assert misordered({"start": 1, "end": None}) is None
    assert misordered({"start": 2, "end": 1}) == ("start", "end")
