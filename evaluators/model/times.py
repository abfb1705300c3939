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
    """How a window came about."""

    INSTANT = "instant"
    """One instant: start equals end."""
    MONTH = "month"
    """A calendar month in the site's zone."""
    SPAN = "span"
    """Any span that was asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span ``[start, end)`` of instants; an instant window has ``start == end``."""

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
