"""The quarters of an hour of a year, and its working days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from simulators.year.calendar import MINUTE, Year, at

QUARTER = 15 * MINUTE
A_DAY = 96
"""Quarters of an hour in a day; the zone has no summer time."""
OPENS, CLOSES = 32, 74
"""Working days are open from 08:00 to 18:30: quarters of the day."""

Span = tuple[int, int]
"""Quarters of the year, by number from 0, half-open."""


@dataclass(frozen=True, slots=True)
class WorkTable:
    """Public holidays, each from its first to its last day, and weekend days that are worked instead."""

    holidays: tuple[tuple[date, date], ...]
    workdays: frozenset[date]


_TABLES: Mapping[int, WorkTable] = {
    2026: WorkTable(
        holidays=(
            (date(2026, 1, 1), date(2026, 1, 3)),
            (date(2026, 2, 15), date(2026, 2, 23)),
            (date(2026, 4, 4), date(2026, 4, 6)),
            (date(2026, 5, 1), date(2026, 5, 5)),
            (date(2026, 6, 19), date(2026, 6, 21)),
            (date(2026, 9, 25), date(2026, 9, 27)),
            (date(2026, 10, 1), date(2026, 10, 7)),
        ),
        workdays=frozenset(
            {
                date(2026, 1, 4),
                date(2026, 2, 14),
                date(2026, 2, 28),
                date(2026, 5, 9),
                date(2026, 9, 20),
                date(2026, 10, 10),
            }
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Days:
    """A year by quarters of an hour and working days."""

    year: Year
    table: WorkTable
    days_off: frozenset[date]

    @classmethod
    def of(cls, number: int) -> Days:
        """ValueError for a year whose holidays are not in the table."""
        if number not in _TABLES:
            raise ValueError(f"the holidays of {number} are not known here; take one of {sorted(_TABLES)}")
        table = _TABLES[number]
        off = frozenset(day for first, last in table.holidays for day in _days(first, last))
        return cls(Year(number), table, off)

    @property
    def quarters(self) -> int:
        """How many quarters of an hour the year has."""
        return (self.year.end - self.year.start) // QUARTER

    def time(self, quarter: int) -> int:
        """When a quarter begins, ns UTC."""
        return self.year.start + quarter * QUARTER

    def first_quarter(self, day: date) -> int:
        """The number of the first quarter of a date."""
        return (at(day) - self.year.start) // QUARTER

    def day(self, quarter: int) -> date:
        """The date that holds a quarter."""
        return date(self.year.number, 1, 1) + timedelta(days=quarter // A_DAY)

    def is_workday(self, day: date) -> bool:
        """Whether people work on a date."""
        return day in self.table.workdays or (day.weekday() < 5 and day not in self.days_off)

    def months(self) -> list[tuple[str, Span]]:
        """The months by name, such as ``2026-03``, with their quarters."""
        return [
            (month.name, ((month.start - self.year.start) // QUARTER, (month.end - self.year.start) // QUARTER))
            for month in self.year.months()
        ]


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
