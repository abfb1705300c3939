"""Obligations: what is owed again and again, by whom and in which period, and which record serves which.

The one rule: records are taken in the order of their times (then source, then id), whatever order they came in.
Each serves the earliest obligation of its task and target that is not served yet and whose time holds it. Without
days of grace that is the period it was performed in, so a second one in a period serves nothing and nothing is
carried over. Records in doubt come after all of those that are sound.

A *calendar* obligation has a day, a week (from Monday), a month, a quarter or a year of the site's zone. A
*rolling* one begins on the day after the last record that served and lasts a number of days or months; one that
nobody serves is followed by the next at once.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Any, ClassVar

from evaluators.model.bodies import BODIES, Performer
from evaluators.model.site import Equipment, Part, PartKind, Site
from evaluators.model.times import WindowKind
from evaluators.model.verdicts import Mark, Witness
from evaluators.windows import add_months, day_start, first_of, local_date, next_first


class Period(StrEnum):
    """How long a calendar obligation lasts."""

    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is owed again and again, for whom, and what a record must say to serve it.

    How often: exactly one of ``period``, ``every_days`` and ``every_months``. For whom: at most one of
    ``critical``, ``kinds``, ``documents`` and ``parts``; the site as a whole without any.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    records: tuple[str, ...]
    """The kinds of records that serve it. An overhaul serves a month only if it says so."""
    name: str = ""
    """Tells the tasks of one clause apart; empty where there is but one."""
    owner: str = ""
    """Who has to act, such as ``engineering``; ``maintainer`` is the equipment's."""
    period: Period | None = None
    every_days: int = 0
    every_months: int = 0
    critical: bool = False
    """Owed for each piece of critical equipment."""
    kinds: tuple[str, ...] = ()
    """Owed for each piece of equipment of these kinds."""
    documents: tuple[str, ...] = ()
    """Owed for each of these kinds of documents."""
    parts: tuple[PartKind, ...] = ()
    """Owed for each part of these kinds; a trace on the wire serves as a record does."""
    levels: tuple[str, ...] = ()
    """Only records of one of these levels are looked at; empty: any."""
    review: str = ""
    """Only reviews of this sort are looked at; empty: any."""
    performers: tuple[Performer, ...] = ()
    """Who may have done it; empty: anybody."""
    report: bool = False
    """Whether the number of a report, or an attachment, must be there."""
    assessed: bool = False
    """Whether somebody must have assessed it who neither maintains the equipment nor did the work."""
    minutes: int = 0
    """How long it must have lasted at least."""
    years: tuple[int, ...] = ()
    """Owed only in these years after that of installation (1: the next one); empty: every year."""
    yearly_after: int = 0
    """With ``years``: owed in every year after this one too; 0: in none."""

    def __post_init__(self) -> None:
        if sum((self.period is not None, self.every_days > 0, self.every_months > 0)) != 1:
            raise ValueError("a task has exactly one of period, every_days and every_months")
        if sum(map(bool, (self.critical, self.kinds, self.documents, self.parts))) > 1:
            raise ValueError("a task has at most one of critical, kinds, documents and parts")
        if self.years and self.period is not Period.YEAR:
            raise ValueError('years go with period = "year" alone')
        if self.parts and (self.period is None or self.records != ("test",)):
            raise ValueError('a task for parts has a period, and records = ["test"]')
        unknown = [kind for kind in self.records if kind not in BODIES]
        if unknown or not self.records:
            raise ValueError(
                f"{', '.join(unknown) or 'nothing'} is no kind of record: see evaluators.model.bodies"
            )

    @property
    def rolls(self) -> bool:
        """Whether it is owed since the last time, rather than by the calendar."""
        return self.period is None

    def last_day(self, since: date) -> date:
        """Of a rolling task: the last date in time, when it was done on ``since``."""
        if self.every_days:
            return since + timedelta(days=self.every_days)
        month = add_months(since.replace(day=1), self.every_months)
        return month.replace(day=min(since.day, monthrange(month.year, month.month)[1]))


@dataclass(frozen=True, slots=True)
class Tenure:
    """Over which time something is owed: ``[since, until)``, ns UTC; None: no bound is known.

    ``installed`` is the year of installation.
    """

    since: int | None = None
    until: int | None = None
    installed: int | None = None

    def excluded(self, start: int, end: int) -> str | None:
        """Why a period that is only partly within is not owed; empty: it is owed; None: it is outside."""
        if (self.since is not None and end <= self.since) or (self.until is not None and self.until <= start):
            return None
        if self.since is not None and start < self.since:
            return "hand-over or installation was in this period: owed from the next one on"
        if self.until is not None and self.until < end:
            return "removed in this period: nothing is owed from it on"
        return ""


def tenure(site: Site, zone: tzinfo, equipment: Equipment | None = None, part: Part | None = None) -> Tenure:
    """Since when and until when something is owed, from the ledger.

    Since: a part's installation, or else the equipment's hand-over, its installation, the site's hand-over, the
    begin of judging. Dates count from their first instant.
    """
    at = site.judged_from
    found = [part.installed] if part else []
    found += [equipment.handed_over, equipment.installed] if equipment else []
    since = next((day for day in (*found, site.handed_over) if day), None)
    gone = [day for day in (part.removed if part else None, equipment.removed if equipment else None) if day]
    return Tenure(
        since=day_start(since, zone) if since else at,
        until=day_start(min(gone), zone) if gone else None,
        installed=equipment.installed.year if equipment and equipment.installed else None,
    )


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is owed once: over ``[start, end)``, and until ``due`` (ns UTC), which grace puts after ``end``.

    It belongs to the window that holds its last instant.
    """

    label: str
    start: int
    end: int
    due: int
    excluded: str = ""
    """Why it is not owed after all."""

    def belongs_to(self, start: int, end: int) -> bool:
        """Whether its last instant is in ``[start, end)``."""
        return start < self.end <= end


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done: at ``at`` (ns UTC), as a record or the wire says.

    ``worth`` is `Mark.GOOD` where it serves, `Mark.UNKNOWN` where that is in doubt, `Mark.BAD` where it does not.
    """

    at: int
    source: str
    id: str
    worth: Mark = Mark.GOOD
    note: str = ""
    records: tuple[str, ...] = ()
    witness: Witness | None = None
    late: bool = False

    @property
    def order(self) -> tuple[int, str, str]:
        """By time; source and id decide between two of one instant."""
        return self.at, self.source, self.id


def calendar_obligations(
    task: Task, owed: Tenure, start: int, end: int, zone: tzinfo, grace_days: int = 0
) -> Iterator[Obligation]:
    """Every obligation of a calendar task whose period shares an instant with ``[start, end)``, in order."""
    assert task.period is not None, "rolling tasks have cycles"
    first = _first_of(task.period, local_date(start, zone))
    while (begins := day_start(first, zone)) < end:
        after = _next_first(task.period, first)
        ends = day_start(after, zone)
        why = owed.excluded(begins, ends)
        if why is not None and _is_a_year_of(task, owed, first.year):
            due = day_start(after + timedelta(days=grace_days), zone)
            yield Obligation(_label(task.period, first), begins, ends, due, why)
        first = after


def period_start(period: Period, at: int, zone: tzinfo) -> int:
    """The first instant of the period of ``zone`` that holds ``at``, ns UTC."""
    return day_start(_first_of(period, local_date(at, zone)), zone)


def served(obligations: Sequence[Obligation], deeds: Sequence[Deed]) -> dict[Obligation, Deed]:
    """Which deed serves which obligation, by the one rule; ``obligations`` in order of time.

    A deed serves at most one; those whose worth is bad serve none.
    """
    owed = [each for each in obligations if not each.excluded]
    starts, dues = [each.start for each in owed], [each.due for each in owed]
    found: dict[Obligation, Deed] = {}
    ordered = sorted(deeds, key=lambda deed: deed.order)
    for worth in (Mark.GOOD, Mark.UNKNOWN):
        for deed in (deed for deed in ordered if deed.worth is worth):
            open_then = owed[bisect_right(dues, deed.at) : bisect_right(starts, deed.at)]
            obligation = next((each for each in open_then if each not in found), None)
            if obligation is not None:
                found[obligation] = deed
    return found


def cycles(
    task: Task, owed: Tenure, deeds: Sequence[Deed], as_of: int, zone: tzinfo, grace_days: int = 0
) -> Iterator[tuple[Obligation, Deed | None]]:
    """Every cycle of a rolling task up to the one that runs at ``as_of``, each with what serves it.

    It begins with the last sound deed within one cycle before the tenure, or else with the tenure's first day;
    where that is unknown, with the first sound deed. Of several deeds of one day the first serves, the others
    nothing.
    """
    dated = [(local_date(deed.at, zone), deed) for deed in sorted(deeds, key=lambda deed: deed.order)]
    last = _beginning(task, owed, dated, zone)
    while last is not None:
        first = last + timedelta(days=1)
        over = task.last_day(last) + timedelta(days=1 + grace_days)
        start, due = day_start(first, zone), day_start(over, zone)
        within = [(day, deed) for day, deed in dated if first <= day < over]
        found = next((pair for pair in within if pair[1].worth is Mark.GOOD), None)
        end = due if found is None else day_start(found[0] + timedelta(days=1), zone)
        why = Tenure(until=owed.until).excluded(start, end)
        if why is None:
            return
        yield Obligation(first.isoformat(), start, end, due, why), found[1] if found else _doubtful(within)
        if why or (found is None and due > as_of):
            return
        last = found[0] if found else over - timedelta(days=1)


def _beginning(task: Task, owed: Tenure, dated: Sequence[tuple[date, Deed]], zone: tzinfo) -> date | None:
    sound = [day for day, deed in dated if deed.worth is Mark.GOOD]
    if owed.since is None:
        return min(sound, default=None)
    since = local_date(owed.since, zone)
    return max((day for day in sound if day <= since <= task.last_day(day)), default=since)


def _doubtful(within: Sequence[tuple[date, Deed]]) -> Deed | None:
    return next((deed for _, deed in within if deed.worth is Mark.UNKNOWN), None)


def _is_a_year_of(task: Task, owed: Tenure, year: int) -> bool:
    if not task.years:
        return True
    if owed.installed is None:
        return False
    age = year - owed.installed
    return age in task.years or 0 < task.yearly_after < age


def _first_of(period: Period, day: date) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return first_of(WindowKind(period.value), day)


def _next_first(period: Period, first: date) -> date:
    if period is Period.WEEK:
        return first + timedelta(days=7)
    return next_first(WindowKind(period.value), first)


def _label(period: Period, first: date) -> str:
    match period:
        case Period.DAY:
            return first.isoformat()
        case Period.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        case Period.MONTH:
            return f"{first.year}-{first.month:02}"
        case Period.QUARTER:
            return f"{first.year}-Q{first.month // 3 + 1}"
    return str(first.year)
