"""Instants and windows: integer nanoseconds since the epoch, UTC; windows are half-open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_to_ns(seconds: float) -> int:
    """Seconds as whole nanoseconds, rounded to the nearest microsecond."""
    return round(seconds * 1_000_000) * 1000


def instant(moment: datetime) -> int:
    """The instant of an aware datetime, exact to the microsecond; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: add an offset, such as +08:00 or Z")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def moment(at: int) -> datetime:
    """The aware UTC datetime of an instant, cut to the microsecond."""
    return _EPOCH + timedelta(microseconds=at // 1000)


class WindowKind(StrEnum):
    """How a window came about. Calendar windows are those of the site's zone."""

    INSTANT = "instant"
    """One instant: start equals end."""
    STANDING = "standing"
    """What holds at the instant judged at: start equals end. Only the newest such verdict matters."""
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    """Three calendar months, from January, April, July or October."""
    YEAR = "year"
    ROLLING = "rolling"
    """A fixed number of days that ends at the instant judged at."""
    SPAN = "span"
    """Any span that was asked for."""

    @property
    def is_calendar(self) -> bool:
        """Whether such windows begin and end with days of the site's zone, and so close for good."""
        return self in _CALENDAR


_CALENDAR = {WindowKind.DAY, WindowKind.MONTH, WindowKind.QUARTER, WindowKind.YEAR}


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span ``[start, end)`` of instants; one of a single instant has ``start == end``."""

    kind: WindowKind
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a window cannot end ({self.end}) before it starts ({self.start})")

    @property
    def length(self) -> int:
        """Nanoseconds from start to end."""
        return self.end - self.start

    @property
    def opened(self) -> int | None:
        """When it began, for what begins with it; None for one of a single instant, with which nothing begins."""
        return None if self.start == self.end else self.start

    def holds(self, at: int) -> bool:
        """Whether an instant is in ``[start, end)``."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A length of time that a clause allows: hours of the clock (nights and holidays count), or working days."""

    minutes: int = 0
    hours: int = 0
    days: int = 0
    """Of 24 hours each."""
    working_days: int = 0
    """The day it begins on is not counted; the last one ends at 24:00. Goes with none of the others."""

    def __post_init__(self) -> None:
        if min(self.minutes, self.hours, self.days, self.working_days) < 0:
            raise ValueError("a limit cannot be negative: give whole numbers from 0")
        if self.working_days and self.length:
            raise ValueError("working days go with no other unit: give working_days alone")

    @property
    def length(self) -> int:
        """Nanoseconds; 0 where the limit is in working days."""
        return self.minutes * MINUTE_NS + self.hours * HOUR_NS + self.days * DAY_NS
