"""The year, its months, days and working days, in the building's zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]  # ships no types

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ZONE_NAME = "Asia/Shanghai"
ZONE = ZoneInfo(ZONE_NAME)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """An instant of a date, ns UTC; hours may run past 23 into the next days."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return (midnight - _EPOCH) // timedelta(seconds=1) * SECOND + hour * HOUR + minute * MINUTE + second * SECOND


def day_of(instant: int) -> date:
    """The date that holds an instant."""
    return (_EPOCH + timedelta(microseconds=instant // 1000)).astimezone(ZONE).date()


def iso(instant: int) -> str:
    """An instant as ISO 8601 with the zone's offset."""
    return (_EPOCH + timedelta(microseconds=instant // 1000)).astimezone(ZONE).isoformat()


def end_of_working_days(start: int, days: int) -> int:
    """The midnight at which the ``days``-th working day after the day of ``start`` is over."""
    day = day_of(start)
    while days:
        day += timedelta(days=1)
        days -= chinese_calendar.is_workday(day)
    return at(day + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Period:
    """A named half-open span of the calendar, ns UTC: ``2026-03``, ``2026-Q2``, ``2026``."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year of the zone."""

    number: int

    @property
    def start(self) -> int:
        """Its first instant."""
        return at(date(self.number, 1, 1))

    @property
    def end(self) -> int:
        """The first instant of the next year."""
        return at(date(self.number + 1, 1, 1))

    def day(self, month: int, day: int) -> date:
        """One of its dates."""
        return date(self.number, month, day)

    def days(self) -> Iterator[date]:
        """Every date, in order."""
        day = date(self.number, 1, 1)
        while day.year == self.number:
            yield day
            day += timedelta(days=1)

    def months(self) -> list[Period]:
        """Its twelve months."""
        return [Period(f"{self.number}-{month:02}", *self._between(month, month + 1)) for month in range(1, 13)]

    def quarters(self) -> list[Period]:
        """Its four quarters."""
        return [Period(f"{self.number}-Q{n + 1}", *self._between(3 * n + 1, 3 * n + 4)) for n in range(4)]

    def whole(self) -> Period:
        """The year itself."""
        return Period(str(self.number), self.start, self.end)

    def _between(self, month: int, until: int) -> tuple[int, int]:
        last = date(self.number + (until > 12), (until - 1) % 12 + 1, 1)
        return at(date(self.number, month, 1)), at(last)
