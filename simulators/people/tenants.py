"""Tenants: contracts, requests, complaints with contacts and surveys, value-added services. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simulators.people.book import Book
from simulators.people.days import days, on
from simulators.people.team import Team

_COMPANIES = ("云岫咨询有限公司", "拾光软件有限公司", "松果传媒有限公司", "远汀律师事务所", "青梧设计有限公司")
_HOUR = timedelta(hours=1)


def write_tenants(book: Book, team: Team) -> None:
    """Everything up to now: mostly in time, some still open, one revisit too late."""
    _sign(book, team)
    _ask(book, team)
    for complaint in _COMPLAINTS:
        _complain(book, team, complaint)
    _offer(book, team)


def _sign(book: Book, team: Team) -> None:
    """One tenant has had all that is owed at moving in, one of two days ago not yet."""
    for number, days_ago in enumerate((16, 9, 2), 1):
        signed = on(book.today - timedelta(days=days_ago), 10, book.dice.randint(0, 59))
        steps = {
            "signed_at": signed,
            "profile_at": signed + 5 * _HOUR,
            "guide_at": signed + 27 * _HOUR if days_ago > 2 else signed + 60 * _HOUR,
            "visit_at": signed + timedelta(days=4),
        }
        visited = True if steps["visit_at"] <= book.now else None
        book.grow(
            "contract", f"CO-{signed:%Y%m%d}", team["C-1"], steps, tenant=_COMPANIES[number],
            visit_recorded=visited,
        )  # fmt: skip


def _ask(book: Book, team: Team) -> None:
    """A request every half day for ten days; of the inquiries one is not answered at once."""
    sorts: list[tuple[str, bool | None]] = [*(("inquiry", number > 0) for number in range(11)), *_SORTS]
    book.dice.shuffle(sorts)
    for number, (sort, spot) in enumerate(sorts):
        received = book.now - timedelta(hours=12 * (number + 1), minutes=book.dice.randint(0, 300))
        person = team[book.dice.choice(("C-1", "C-2", "C-3"))]
        inquiry = sort == "inquiry"
        took = timedelta(minutes=book.dice.randint(1, 3) if inquiry else book.dice.randint(12, 90))
        steps = {"received_at": received, "replied_at": received + took}
        if not inquiry:
            done = received + took + timedelta(minutes=book.dice.randint(20, 150))
            steps |= {"done_at": done, "confirmed_at": done + timedelta(minutes=book.dice.randint(10, 120))}
        _request(book, person, received, steps, sort, spot)
    just_now = book.now - timedelta(minutes=25)
    _request(book, team["C-2"], just_now, {"received_at": just_now}, "simple", None)


_SORTS: tuple[tuple[str, bool | None], ...] = (("simple", None),) * 6 + (("complex", None),) * 3


def _request(
    book: Book, person: str, received: datetime, steps: dict[str, datetime], sort: str, spot: bool | None
) -> None:
    book.grow(
        "request", f"RQ-{received:%Y%m%d-%H%M}", person, steps, tenant=book.dice.choice(_COMPANIES),
        difficulty=sort, first_person=person, answered_on_spot=spot,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Complaint:
    """``ago``: before now. ``answered``: after so many minutes. ``solved`` and ``asked``: after so long."""

    channel: str
    severity: str
    ago: timedelta
    answered: int
    solved: timedelta | None
    asked: timedelta | None
    pleased: bool = True


_COMPLAINTS = (
    _Complaint("online", "general", timedelta(days=17), 6, 7 * _HOUR, timedelta(days=15)),  # asked far too late
    _Complaint("phone", "general", timedelta(days=11), 4, 9 * _HOUR, timedelta(days=1)),
    _Complaint("on-site", "general", timedelta(days=8), 2, 3 * _HOUR, timedelta(days=1), pleased=False),
    _Complaint("phone", "major", timedelta(days=6), 3, 52 * _HOUR, timedelta(days=3)),
    _Complaint("online", "general", timedelta(days=5), 7, 5 * _HOUR, timedelta(days=1)),
    _Complaint("phone", "general", timedelta(days=4), 5, 6 * _HOUR, timedelta(days=1)),
    _Complaint("on-site", "general", timedelta(days=3), 3, 2 * _HOUR, timedelta(days=1)),
    _Complaint("phone", "general", timedelta(minutes=40), 4, None, None),
)


def _complain(book: Book, team: Team, what: _Complaint) -> None:
    received = book.now - what.ago
    name = f"CP-{received:%Y%m%d}"
    tenant = book.dice.choice(_COMPANIES)
    steps = {"received_at": received, "responded_at": received + timedelta(minutes=what.answered)}
    if what.solved is not None:
        steps["resolved_at"] = received + what.solved
    book.grow(
        "complaint", name, team["C-2"], steps, tenant=tenant, channel=what.channel, severity=what.severity,
        first_person=team["C-2"],
    )  # fmt: skip
    _talk(book, team, name, received, steps.get("resolved_at", book.now))
    if what.asked is not None:
        at = received + what.asked
        book.add(
            "survey", f"SU-{name}", at, team["C-3"], at=at, complaint=name, tenant=tenant, satisfied=what.pleased
        )


def _talk(book: Book, team: Team, name: str, received: datetime, until: datetime) -> None:
    """Two contacts on each day on which the complaint is open from its first hour to its last."""
    for day in days(received.date() + timedelta(days=1), until.date()):
        for hour in (10, 16):
            at = on(day, hour, book.dice.randint(0, 40))
            book.add("contact", f"CN-{name}-{at:%d%H}", at, team["C-2"], complaint=name, at=at, person=team["C-2"])


def _offer(book: Book, team: Team) -> None:
    """Six value-added services, two of them of this year; enough companies take part, too few employees."""
    year = book.today.year
    for number, title in enumerate(("健康讲座", "企业咖啡角", "快递代收", "亲子假日", "会议茶歇", "屋顶农园"), 1):
        first = date(year, 1, 5) if number > 4 else date(year - 1, 3, 1)
        book.add(
            "value-added", f"VA-{number}", on(first - timedelta(days=6), 11), team["C-1"],
            title=title, offered_from=first,
        )  # fmt: skip
    counted = book.today - timedelta(days=3)
    book.add(
        "participation", f"PA-{counted.year}", on(counted, 17), team["C-1"], counted_on=counted, companies=42,
        companies_took_part=21, employees=1860, employees_took_part=690,
    )  # fmt: skip
