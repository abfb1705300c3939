"""What meters, items and the building used, span by span."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from zoneinfo import ZoneInfo

from evaluators.energy.metering import Amount
from evaluators.energy.registers import Happening
from evaluators.energy.report import report
from evaluators.facts import Facts
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, EnergyItem, Meter
from evaluators.model.site import Site
from evaluators.model.times import HOUR_NS, Window, WindowKind
from evaluators.recordbook import RecordBook
from tests.evaluators.cases import Scripted

UTC = ZoneInfo("UTC")


def a_meter(name: str, parent: str = "", item: EnergyItem | None = None) -> Meter:
    """An electricity meter that is read every hour."""
    point = f"{name}/e"
    return Meter(name, name, Carrier.ELECTRICITY, point, Fraction(1), 2 * HOUR_NS, parent=parent, item=item)


METERS = (
    a_meter("air", "main", EnergyItem.HVAC),
    a_meter("main"),
    a_meter("fans", "air"),
    replace(a_meter("water"), carrier=Carrier.WATER),
)
"""Not in the order of the tree."""
COUNTS = {
    "main/e": [0, 10, 20, 30, 40, 50],
    "air/e": [0, 10, 20, 24, 28, 32],
    "fans/e": [700, 709, 718, 3, 6, 9],
    "water/e": [5, 5, 6, 6, 8, 8],
}
HOURS = [Window(WindowKind.DAY, hour * HOUR_NS, (hour + 3) * HOUR_NS) for hour in (0, 3)]
"""Two spans of three hours; the second is not over."""


def facts() -> Facts:
    """The meters' readings at each whole hour, up to the fifth."""
    registers = {key: [(hour * HOUR_NS, float(n)) for hour, n in enumerate(said)] for key, said in COUNTS.items()}
    return Facts(
        site=replace(Site("tower", "Tower", "UTC", (), (), ()), meters=METERS),
        zone=UTC,
        calendar=WorkCalendar(),
        records=RecordBook(UTC, ()),
        telemetry=Scripted({}, {}, {}, registers),
        as_of=5 * HOUR_NS + 1,
    )


def exactly(*amounts: int) -> tuple[Amount, ...]:
    """Amounts that are known, wholly read."""
    return tuple(Amount(Fraction(each), Fraction(each)) for each in amounts)


def test_meters_come_in_the_order_of_the_tree_and_say_whether_they_add_up() -> None:
    found = report(facts(), HOURS)
    assert [(row.id, row.depth) for row in found.meters] == [("main", 0), ("air", 1), ("fans", 2), ("water", 0)]
    main, air, fans, water = found.meters
    assert main.amounts == exactly(30, 20)
    assert main.holds == (False, False), "24 of 30, 8 of 20 are below it"
    assert air.amounts == exactly(24, 8)
    assert air.holds == (None, False), "what the reset hid nobody can say; later 2 of 8 are lost"
    assert fans.amounts[0] == Amount(Fraction(18), None)
    assert (fans.amounts[1], fans.holds) == (*exactly(6), ())
    assert water.amounts == exactly(1, 2)


def test_items_and_carriers_are_sums() -> None:
    found = report(facts(), HOURS)
    (item,) = found.items
    assert (item.id, item.name, item.amounts) == ("01B", "hvac", exactly(24, 8))
    assert [(row.id, row.amounts) for row in found.carriers] == [
        ("electricity", exactly(30, 20)),
        ("water", exactly(1, 2)),
    ]


def test_what_happened_to_registers_is_told_within_the_spans() -> None:
    assert [(m.id, e.what, e.at) for m, e in report(facts(), HOURS).events] == [
        ("fans", Happening.RESET, 3 * HOUR_NS)
    ]
    assert report(facts(), HOURS[:1]).events == ()
