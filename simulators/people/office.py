"""The organisation: documents, their reviews, the supervision, major matters, what older archives hold. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from simulators.people.book import Book
from simulators.people.care import MONTHS_KEPT
from simulators.people.days import month_of, on, quarter_of
from simulators.people.team import Team

MANUALS = {
    "customer-service-manual": "客户服务手册",
    "maintenance-manual": "设施设备维护手册",
    "emergency-plan": "突发事件应急预案",
    "environment-standard": "环境管理标准",
    "energy-policy": "节能管理制度",
    "intelligent-systems-manual": "智能化系统运维手册",
}
_FIRST_DAY = date(2024, 7, 1)
_DUTIES = ("decision", "execution", "supervision", "customer-service", "engineering", "security", "environment")
_REVIEWS = {"legal": "常年法律顾问", "expert": "外聘专家组", "revision": "制度修订小组"}


def write_office(book: Book, team: Team) -> None:
    """Everything of the organisation; the year's management review and some reviews are still owed."""
    _write_documents(book, team)
    _review(book, team)
    _supervise(book, team)
    _raise_matters(book, team)
    _keep_archives(book, team)


def _write_documents(book: Book, team: Team) -> None:
    year = book.today.year
    for document, title in MANUALS.items():
        _document(book, team, document, title, _FIRST_DAY)
    _document(book, team, "charter", "项目组织章程", _FIRST_DAY, covers=_DUTIES)
    _document(book, team, "coordination", "跨部门协调机制", _FIRST_DAY)
    goals, until = f"{year}年度目标", date(year, 12, 31)
    _document(book, team, "yearly-goals", goals, date(year, 1, 1), valid_until=until)


def _document(book: Book, team: Team, document: str, title: str, since: date, /, **columns: object) -> None:
    book.add(
        "document", f"DO-{document}-{since.year}", on(since - timedelta(days=5), 15), team["M-1"],
        document=document, title=title, valid_from=since, **columns,
    )  # fmt: skip


def _review(book: Book, team: Team) -> None:
    """Three reviews of each manual a year, but nobody has asked an expert about the energy policy."""
    for month, document in enumerate(MANUALS, 2):
        for place, (review, person) in enumerate(_REVIEWS.items()):
            day = date(book.today.year, month, 4 + 7 * place)
            if (document, review) != ("energy-policy", "expert"):
                book.add(
                    "review", f"RV-{day.year}-{document}-{review}", on(day, 17), team["M-1"],
                    document=document, review=review, performed_on=day, person=person,
                )  # fmt: skip


def _supervise(book: Book, team: Team) -> None:
    for back in (1, 0):
        first = quarter_of(book.today, -back)
        for place, activity in enumerate(("quality-inspection", "satisfaction-survey", "follow-up")):
            day = first + timedelta(days=9 + 2 * place)
            book.add(
                "oversight", f"OV-{day:%Y%m%d}-{activity}", on(day, 18), "品质监督部",
                activity=activity, performed_on=day, person="品质监督部", independent=True,
            )  # fmt: skip
    for number, (title, days_ago, took) in enumerate(
        (("消防通道堆放杂物", 24, 2), ("B1层照明缺损", 13, 4), ("11层疏散指示灯不亮", 6, None)), 1
    ):
        found = on(book.today - timedelta(days=days_ago), 10, 20)
        steps = {"found_at": found}
        if took is not None:
            steps["closed_at"] = found + timedelta(days=took)
        book.grow(
            "finding", f"FI-{found:%Y%m%d}-{number}", "品质监督部", steps,
            title=title, due_at=found + timedelta(days=8), person=team["E-1"],
        )  # fmt: skip


def _raise_matters(book: Book, team: Team) -> None:
    for title, days_ago, minutes in (("市政停水通知", 17, 9), ("大堂玻璃破损", 4, 6)):
        raised = on(book.today - timedelta(days=days_ago), 13, book.dice.randint(0, 50))
        steps = {"raised_at": raised, "answered_at": raised + timedelta(minutes=minutes)}
        book.grow("matter", f"MA-{raised:%Y%m%d}", team["C-1"], steps, title=title, person=team["M-1"])


def _keep_archives(book: Book, team: Team) -> None:
    """Paper from the hand-over until a year ago: it is said to be there, and nobody has it here."""
    a_year_ago = month_of(book.today, -MONTHS_KEPT) - timedelta(days=1)
    last_year = date(book.today.year - 2, 12, 31)
    for operation in ("test", "linkage-test", "service", "overhaul"):
        until = last_year if operation == "overhaul" else a_year_ago
        if until < _FIRST_DAY:
            continue
        book.add(
            "archive", f"AR-{operation}", on(until + timedelta(days=4), 11), team["E-1"], operation=operation,
            covers_from=_FIRST_DAY, covers_until=until, place="B1层档案室",
        )  # fmt: skip
