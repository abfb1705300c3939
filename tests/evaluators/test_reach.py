"""How far back an order reaches: to where the outage began that it may belong to."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from evaluators.facts import Facts
from evaluators.model.bodies import Instant, WorkOrder
from evaluators.model.calendar import WorkCalendar
from evaluators.model.episodes import State
from evaluators.model.site import Equipment, Item, Site
from evaluators.model.times import DAY_NS, HOUR_NS
from evaluators.reach import SOUND_NS, outage_began
from evaluators.recordbook import RecordBook
from tests.evaluators.building import works
from tests.evaluators.cases import Scripted

ZONE = ZoneInfo("Asia/Shanghai")
LIFT = Equipment(
    "lift-1",
    "Lift",
    "lifts",
    (
        Item("lift-1/car", "Car", (works("lift-1/mode"),)),
        Item("lift-1/intercom", "Intercom", (works("lift-1/line"),)),
        Item("lift-1/cabin", "Cabin", ()),
    ),
)
OTHER = replace(LIFT, id="lift-2", items=(Item("lift-2/car", "Car", (works("lift-2/mode"),)),))
SITE = Site("tower", "Tower", ZONE.key, (), (LIFT, OTHER), ())
AT = 1000 * DAY_NS
NOW = AT + DAY_NS
UP, DOWN, UNKNOWN, PLANNED, RESTS = State.UP, State.DOWN, State.UNKNOWN, State.PLANNED, State.NOT_REQUIRED

Changes = list[tuple[int, State]]


def order(item: str = "", equipment: str = "lift-1", at: int = AT) -> WorkOrder:
    """An order."""
    return WorkOrder(equipment=equipment, item=item, reported_at=Instant(at))


def began(said: dict[str, Changes], *orders: WorkOrder, floor: int = 0) -> int | None:
    """When the oldest outage of some orders, or of one of lift 1, began; ``said``: changes by item of lift 1."""
    tracks = {f"lift-1/{name}": said.get(name, [(0, UP)]) for name in ("car", "intercom", "cabin")}
    tracks["lift-2/car"] = [(0, DOWN)]
    points = {"car": "lift-1/mode", "intercom": "lift-1/line"}
    wire = Scripted(tracks, {}, {points[name]: 1 for name in points if name not in said or said[name]})
    facts = Facts(SITE, ZONE, WorkCalendar(), RecordBook(ZONE), wire, NOW)
    return outage_began(orders or [order()], facts, floor)


def days(before: float) -> int:
    """An instant so many days before the order."""
    return AT - round(before * DAY_NS)


@pytest.mark.parametrize(
    ("car", "since"),
    [
        ([(0, UP)], 0),
        ([(0, UP), (days(3), DOWN)], 3),
        ([(0, UP), (days(300), DOWN)], 300),
        ([(0, UP), (days(300), DOWN), (days(200), UNKNOWN)], 300),
        ([(0, UP), (days(300), DOWN), (days(200), UP), (days(198), DOWN)], 198),
        ([(0, UP), (days(300), DOWN), (days(200), UP), (days(198) - 1, DOWN)], 300),
        ([(0, UP), (days(300), UNKNOWN), (days(200), DOWN)], 200),
        ([(0, UP), (days(300), DOWN), (days(200), RESTS), (days(199), PLANNED), (days(198), DOWN)], 198),
        ([(0, UP), (days(-0.5), DOWN)], 0),
        ([(0, DOWN)], 1000),
    ],
)
def test_an_outage_began_when_it_was_first_seen_down_since_it_last_worked_for_two_days(
    car: Changes, since: int
) -> None:
    assert began({"car": car}) == (days(since) if since else None)
    assert SOUND_NS == 2 * DAY_NS


def test_the_oldest_outage_of_the_equipment_counts_unless_the_order_names_an_item() -> None:
    said: dict[str, Changes] = {
        "car": [(0, UP), (days(100), DOWN)],
        "intercom": [(0, UP), (days(200), DOWN)],
    }
    assert began(said) == days(200)
    assert began(said, order("car")) == days(100)
    assert began(said, order("car"), order("intercom")) == days(200)
    assert began(said, order("cabin")) is None


def test_it_is_looked_for_no_further_back_than_judging_goes() -> None:
    assert began({"car": [(0, DOWN)]}, floor=days(400)) == days(400)
    assert began({"car": [(0, UNKNOWN)]}, floor=days(400)) is None, "nothing was seen down"


def test_items_that_were_never_seen_and_equipment_that_is_not_there_have_none() -> None:
    assert began({"car": []}, order("car")) is None
    assert began({}, order(equipment="gone")) is None


def test_an_item_that_lives_by_inspections_has_an_outage_too() -> None:
    said = {"cabin": [(0, UP), (days(90), DOWN), (days(89) + HOUR_NS, UNKNOWN)]}
    assert began(said, order("cabin")) == days(90)
