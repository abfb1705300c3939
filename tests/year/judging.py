"""Judging a simulated year: every clause over every window, and at any instant with what was known then."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from evaluators.facts import Facts
from evaluators.model.clauses import Clause
from evaluators.model.records import Record
from evaluators.model.times import DAY_NS, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Verdict
from evaluators.recordbook import RecordBook
from evaluators.registry import KINDS, judge
from evaluators.standing import Standing
from evaluators.windows import between, local_date, rolling, standing
from tests.year.feeding import Year, shuffled, stretched

ITEMS = int(os.environ.get("STEWARD_YEAR_ITEMS", "1000"))
"""The size of the year."""
SEED = int(os.environ.get("STEWARD_YEAR_SEED", "1"))
"""Another makes another year."""


@dataclass(slots=True)
class Court:
    """A year with its standing and its book."""

    year: Year
    telemetry: Standing
    book: RecordBook
    zone: ZoneInfo
    _known: dict[int, Facts] = field(default_factory=dict)
    _growing: RecordBook | None = None
    _taken: int = 0
    _arrived: list[Record[Any]] = field(default_factory=list)

    @classmethod
    def of(cls, year: Year, seed: int | None = None) -> Court:
        """The court of a year; with a seed everything came in another order."""
        zone = ZoneInfo(year.site.zone)
        records = year.records if seed is None else shuffled(year.records, seed)
        return cls(year, stretched(year, seed), RecordBook(zone, records), zone)

    @property
    def at_last(self) -> int:
        """When the year is judged: two days after its end, when the last clock of it is over."""
        end: int = self.year.truth["end"]
        return end + 2 * DAY_NS

    @property
    def clauses(self) -> Mapping[str, Clause]:
        """What the site is judged by, by id."""
        return {clause.id: clause for clause in self.year.loaded.clauses}

    def facts(self, as_of: int) -> Facts:
        """What was known at an instant."""
        if as_of not in self._known:
            self._known.clear()  # the book of one instant at a time is enough
            book = self.book if as_of >= self.at_last else self._as_known(as_of)
            view = self.telemetry.view(book, as_of, self.zone)
            self._known[as_of] = Facts(self.year.site, self.zone, self.year.loaded.calendar, book, view, as_of)
        return self._known[as_of]

    def _as_known(self, as_of: int) -> RecordBook:
        """As `RecordBook.as_known`; instants in order cost only what arrived between them."""
        if not self._arrived:
            self._arrived = sorted(self.book.everything(), key=lambda record: record.received)
        if self._growing is None or (self._taken and self._arrived[self._taken - 1].received > as_of):
            self._growing, self._taken = RecordBook(self.zone), 0
        while self._taken < len(self._arrived) and self._arrived[self._taken].received <= as_of:
            self._growing.add(self._arrived[self._taken])
            self._taken += 1
        return self._growing

    def judge(self, clause: Clause, window: Window, as_of: int) -> tuple[Verdict, ...]:
        """Every verdict of one clause."""
        return judge(clause, self.facts(as_of), window)

    def site_lines(self, clause: Clause, window: Window, as_of: int) -> tuple[Line, ...]:
        """The lines of the site's verdict alone: it comes first, and the others are not worked out."""
        return next(iter(KINDS[clause.kind].judge(clause, self.facts(as_of), window))).lines

    def window_of(self, clause: Clause, period: str) -> Window:
        """The window that the truth calls so."""
        return next(window for window in self.windows(clause) if self.period(window) == period)

    def windows(self, clause: Clause) -> Iterator[Window]:
        """The windows of the year; what has none, when the year is judged."""
        start, end = self.year.truth["start"], self.year.truth["end"]
        if clause.window.is_calendar:
            yield from between(clause.window, start, end, self.zone)
        elif clause.window is WindowKind.ROLLING:
            yield rolling(clause.window_days, self.at_last)
        else:
            yield standing(self.at_last)

    def period(self, window: Window) -> str:
        """What the truth calls a window: a day, ``2026-03``, ``2026-Q1`` or ``2026``."""
        day = local_date(window.start, self.zone)
        return {
            WindowKind.DAY: day.isoformat(),
            WindowKind.MONTH: f"{day:%Y-%m}",
            WindowKind.QUARTER: f"{day.year}-Q{(day.month + 2) // 3}",
            WindowKind.YEAR: str(day.year),
        }.get(window.kind, window.kind.value)


def of_site(verdicts: Iterable[Verdict]) -> Verdict:
    """The one on the site."""
    return next(verdict for verdict in verdicts if verdict.subject.level is Level.SITE)


def lines_of(verdicts: Iterable[Verdict]) -> list[Line]:
    """The lines of the site's verdict."""
    return list(of_site(verdicts).lines)


def names(line: Line) -> set[str]:
    """All that a line may be called by: what it is about, and its records, whatever their versions."""
    return {line.about, *(record.rpartition("@")[0] for record in line.records)}


def about(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Lines by all that they may be called by."""
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        for name in names(line):
            found[name].append(line)
    return found


def lapses(year: Year) -> dict[str, list[dict[str, Any]]]:
    """What was owed and not done, by clause."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for lapse in year.truth["lapses"]:
        found[lapse["clause"]].append(lapse)
    return found
