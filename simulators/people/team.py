"""The team: who works here, with which certificates, trained in what, and who answers the hotline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simulators.people.book import Book
from simulators.people.days import days, month_of, on, quarter_of

_POSTS = {
    "M-1": "project-manager", "C-1": "customer-service", "C-2": "customer-service", "C-3": "customer-service",
    "E-1": "engineering", "E-2": "engineering", "E-3": "engineering", "E-4": "engineering",
    "S-1": "security", "S-2": "security", "S-3": "security", "V-1": "environment",
}  # fmt: skip
_LEADS = frozenset({"M-1", "C-1", "E-1", "S-1"})
_SURNAMES = "沈陆顾秦柏骆温邵简贺阮汤"
_GIVEN = (
    "知远", "若涵", "景行", "书瑶", "明川", "雨桐", "承泽", "嘉禾", "亦凡", "听澜", "长青", "望舒", "柏年", "令仪",
)  # fmt: skip
_JOINED = date(2024, 7, 1)
"""When the building was handed over, and its team began."""


@dataclass(frozen=True, slots=True)
class Team:
    """Names by the ids of staff records."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, seed: int) -> Team:
        """The team that a seed makes up: no two share a name."""
        dice = Random(f"{seed} team")
        surnames = dice.sample(_SURNAMES, k=len(_POSTS))
        given = dice.sample(_GIVEN, k=len(_POSTS))
        return cls({post: first + last for post, first, last in zip(_POSTS, surnames, given, strict=True)})

    def __getitem__(self, staff: str) -> str:
        """Somebody's name."""
        return self.names[staff]


def write_team(book: Book, team: Team) -> None:
    """Staff, certificates (that of the security lead has run out), trainings, shifts of duty."""
    for staff, post in _POSTS.items():
        book.add(
            "staff", staff, on(_JOINED, 9), team["M-1"],
            name=team[staff], post=post, lead=staff in _LEADS, since=_JOINED,
        )  # fmt: skip
    _certify(book, team)
    _train(book, team)
    _answer(book, team)


def _certify(book: Book, team: Team) -> None:
    ran_out = book.today - timedelta(days=40)
    for staff, certificate, level, expires in (
        ("M-1", "property-manager", "", None),
        ("E-1", "electromechanical", "", None),
        ("S-1", "fire-facility-operator", "intermediate", ran_out),
    ):
        issued = date(2022, 5, 18)
        book.add(
            "certificate", f"CT-{staff}", on(_JOINED, 10), team["M-1"], staff=staff, certificate=certificate,
            level=level, number=f"ZS{book.dice.randint(10**7, 10**8 - 1)}", issued=issued, expires=expires,
        )  # fmt: skip


def _train(book: Book, team: Team) -> None:
    """Both subjects in this quarter and the one before; now one is away, one passes the second time."""
    everybody = tuple(_POSTS)
    for back in (1, 0):
        first = quarter_of(book.today, -back)
        for place, subject in enumerate(("service-awareness", "emergency-skills")):
            when = on(first + timedelta(days=5 + place), 14)
            came = tuple(staff for staff in everybody if back or (staff, place) != ("S-3", 1))
            failed = ("V-1",) if not back and place else ()
            book.add(
                "training", f"TR-{first:%Y%m}-{subject}", when + timedelta(hours=3), team["C-1"],
                performed_at=when, subject=subject, hours="2", attended=came,
                passed=tuple(staff for staff in came if staff not in failed), failed=failed,
            )  # fmt: skip
            if failed:
                again = when + timedelta(days=9)
                book.add(
                    "training", f"TR-{first:%Y%m}-{subject}-again", again + timedelta(hours=1), team["C-1"],
                    performed_at=again, subject=subject, hours="1", attended=failed, passed=failed,
                    retake_of=f"TR-{first:%Y%m}-{subject}",
                )  # fmt: skip
    agents = tuple(staff for staff, post in _POSTS.items() if post == "customer-service")
    for month in range(1, book.today.month + 1):
        when = on(date(book.today.year, month, 9), 9)
        book.add(
            "training", f"TR-{when:%Y%m}-etiquette", when + timedelta(hours=8), team["C-1"],
            performed_at=when, subject="etiquette-communication", hours="4", attended=agents, passed=agents,
        )  # fmt: skip


def _answer(book: Book, team: Team) -> None:
    """The hotline's shifts of the month and a few days on, as planned the month before."""
    first = month_of(book.today)
    planned = on(first - timedelta(days=3), 16)
    for day in days(first - timedelta(days=1), month_of(first, 1) + timedelta(days=3)):
        works = day.weekday() < 5
        agent = team[book.dice.choice(("C-1", "C-2", "C-3"))]
        manager = team[book.dice.choice(("M-1", "C-1", "S-1"))]
        opens, closes, following = on(day, 9), on(day, 18), on(day + timedelta(days=1), 9)
        book.add(
            "duty", f"DU-{day}-day", planned, team["M-1"], start=opens, end=closes,
            person=agent if works else manager, post="agent" if works else "duty-manager",
        )  # fmt: skip
        book.add(
            "duty", f"DU-{day}-night", planned, team["M-1"], start=closes, end=following, person=manager,
            post="duty-manager",
        )  # fmt: skip
