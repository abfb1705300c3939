"""Days, months and quarters of the building's zone, which has no clock changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: int) -> datetime:
    """An instant (ns UTC) in the building's zone, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=at // 1000)).astimezone(ZONE)


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a date."""
    return datetime.combine(day, time(hour, minute), ZONE)


def month_of(day: date, months_later: int = 0) -> date:
    """The first date of the month of ``day``, or of one before (negative) or after it."""
    years, month = divmod(day.year * 12 + day.month - 1 + months_later, 12)
    return date(years, month + 1, 1)


def quarter_of(day: date, quarters_later: int = 0) -> date:
    """The first date of the quarter of ``day``, or of one before (negative) or after it."""
    return month_of(day, 3 * quarters_later - (day.month - 1) % 3)


def days(first: date, end: date) -> Iterator[date]:
    """Every date from ``first`` on, ``end`` left out."""
    while first < end:
        yield first
        first += timedelta(days=1)
