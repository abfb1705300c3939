"""Care of the equipment: plans, rounds, services with their reports, overhauls, declared work. Pure.

What it says of makers' companies, cycles and equipment is what the ledger of the demonstration says.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from simulators.building.items import LIFTS_ON_BACNET, LIFTS_ON_GATEWAY, METERS
from simulators.people.book import Book
from simulators.people.days import month_of, on, quarter_of
from simulators.people.team import Team

LIFTS = (*LIFTS_ON_BACNET, *LIFTS_ON_GATEWAY)
MONTHLY = {
    "fire-panel": ("示范消防技术服务有限公司", 8),
    "fire-pump": ("示范消防技术服务有限公司", 9),
    "generator": ("示范动力设备有限公司", 10),
}
"""Other critical equipment: who maintains it, and on which day of the month."""
CRITICAL = (*LIFTS, *MONTHLY)
FORGOTTEN = LIFTS[-1]
"""The lift that nobody has serviced in this month."""
MONTHS_KEPT = 12
"""Of so many months before this one the records are here."""
_LIFT_COMPANY = "示范电梯维保有限公司"
_ASSESSOR = "江北安评检测有限公司"
_RUNS = frozenset({"fire-pump", "generator"})


def write_care(book: Book, team: Team) -> None:
    """Everything up to now, and the work on an air-handling unit that is about to begin."""
    for equipment in CRITICAL:
        book.add(
            "plan", f"PL-{equipment}", on(date(2024, 7, 1), 9), team["E-1"], equipment=(equipment,),
            valid_from=date(2024, 7, 1), levels=("daily", "monthly", "annual"),
        )  # fmt: skip
    _walk(book, team)
    for back in range(MONTHS_KEPT, -1, -1):
        _service_month(book, month_of(book.today, -back), this_month=back == 0)
    _service_the_rest(book)
    _overhaul(book)


def _walk(book: Book, team: Team) -> None:
    """Today's rounds, as early as the day allows; the generator's is still to come."""
    midnight = on(book.today, 0)
    for person, hour, share, equipment in (
        ("E-2", 8, 0.4, LIFTS),
        ("E-3", 9, 0.6, ("fire-panel", "fire-pump")),
    ):
        when = min(on(book.today, hour, book.dice.randint(5, 50)), midnight + share * (book.now - midnight))
        book.add(
            "round", f"RD-{book.today}-{person}", when, team[person],
            equipment=equipment, performed_at=when, person=team[person],
        )  # fmt: skip


def _service_month(book: Book, first: date, *, this_month: bool) -> None:
    """Lifts twice a month, what else is critical once."""
    for number, lift in enumerate(LIFTS):
        for day in (2, 16):
            if not (this_month and lift == FORGOTTEN):
                when = on(first.replace(day=day), 9 + 2 * number, book.dice.randint(0, 59))
                _service(book, lift, when, _LIFT_COMPANY, "half-month")
    for equipment, (company, day) in MONTHLY.items():
        _service(book, equipment, on(first.replace(day=day), 14, book.dice.randint(0, 59)), company, "month")


def _service_the_rest(book: Book) -> None:
    """The air conditioning once a quarter, meters once a year: as many times as the ledger owes."""
    for back in (3, 2, 1, 0):
        when = on(quarter_of(book.today, -back) + timedelta(days=4), 10)
        for equipment in ("ahu-1", "chiller-1"):
            _service(book, equipment, when, "示范空调维保有限公司", "quarter")
    for year in range(book.today.year - 3, book.today.year + 1):
        for meter in (*METERS, "water-meter") if year > 2024 else ():
            _service(book, meter, on(date(year, 3, 20), 10), "示范仪表有限公司", "year")


def _service(book: Book, equipment: str, when: datetime, company: str, level: str) -> None:
    book.add(
        "service", f"SV-{equipment}-{when:%Y%m%d}", when + timedelta(hours=3), company,
        equipment=(equipment,), performed_at=when, performer="specialist", organisation=company, level=level,
        report=f"JC-{when:%Y%m}-{equipment}-{when.day:02}", ran=equipment in _RUNS,
    )  # fmt: skip


def _overhaul(book: Book) -> None:
    """Last year's and this year's, assessed by a third party; the generator's of this year is still owed."""
    for year in (book.today.year - 1, book.today.year):
        for number, equipment in enumerate(CRITICAL):
            company = MONTHLY[equipment][0] if equipment in MONTHLY else _LIFT_COMPANY
            when = on(date(year, 3 + number, 22), 9)
            if (year, equipment) != (book.today.year, "generator"):
                book.add(
                    "overhaul", f"OH-{equipment}-{year}", when + timedelta(days=2), company,
                    equipment=(equipment,), performed_at=when, organisation=company, assessor=_ASSESSOR,
                    report=f"PG-{year}-{equipment}",
                )  # fmt: skip


def declare_work(book: Book, team: Team, start: datetime, end: datetime) -> None:
    """Planned work on the air-handling unit, told before it begins."""
    book.add(
        "declaration", f"DE-{start:%Y%m%d-%H%M%S}", book.now, team["E-1"], items=("ahu-1",), state="planned",
        start=start, end=end, reason="更换过滤网",
    )  # fmt: skip
