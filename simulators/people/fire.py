"""The fire system: forms of monthly tests, linkage tests, drills, and the form of a test that never was. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from simulators.building.items import DETECTORS_A_LOOP, LOOPS
from simulators.people.book import Book, Stated, record
from simulators.people.care import MONTHS_KEPT
from simulators.people.days import month_of, on, quarter_of
from simulators.people.team import Team

DETECTORS = tuple(f"{loop}-{number:03}" for loop in LOOPS for number in range(1, DETECTORS_A_LOOP + 1))
"""The addresses of the smoke detectors."""


def write_fire(book: Book, team: Team) -> None:
    """Everything up to now; of this month's test there is nothing yet."""
    for back in range(MONTHS_KEPT, 0, -1):
        when = on(month_of(book.today, -back).replace(day=12), 9, 30)
        book.add(
            "test", f"FT-{when:%Y%m}", when + timedelta(hours=3), team["S-2"], equipment="fire-panel",
            performed_at=when, finished_at=when + timedelta(minutes=70), part_kind="smoke", addresses=DETECTORS,
            person=team["S-2"],
        )  # fmt: skip
    for back in range(MONTHS_KEPT // 3, -1, -1):
        when = on(quarter_of(book.today, -back) + timedelta(days=17), 9)
        book.add(
            "linkage-test", f"LT-{when:%Y%m}", when + timedelta(hours=4), team["S-1"], performed_at=when,
            finished_at=when + timedelta(hours=2), attendance="authority", attendees="辖区消防救援站、安防部",
            parts=("fire-pump",),
        )  # fmt: skip
    for month in (4, 10):
        when = on(date(book.today.year, month, 16), 14)
        book.add(
            "drill", f"DR-{when:%Y%m}", when + timedelta(hours=3), team["S-1"], performed_at=when,
            subject="fire", covers=("all",), participants=book.dice.randint(180, 320), person=team["S-1"],
        )  # fmt: skip


def false_form(team: Team, start: datetime, end: datetime) -> Stated:
    """Says that every smoke detector was tested over ``[start, end]``, which the panel would have shown."""
    columns = {
        "equipment": "fire-panel", "performed_at": start, "finished_at": end, "part_kind": "smoke",
        "addresses": DETECTORS, "person": team["S-3"],
    }  # fmt: skip
    return record("test", f"FT-{start:%Y%m}", end, team["S-3"], columns)
