"""What time it is by a device's own clock (ASHRAE 135, clause 12.11). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from evaluators.model.times import SECOND_NS

_UNSPECIFIED = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_OFFSET = 1440
"""Minutes. No place is further from UTC."""
_DAYLIGHT_SAVING = 60
"""Minutes by which the local time is then ahead of the standard time."""


def instant(date: bytes, time: bytes, utc_offset: int, daylight_saving: bool) -> int | None:
    """The instant, ns UTC, that a device's Local_Date and Local_Time mean.

    ``date`` is year - 1900, month, day, day of the week; ``time`` hour, minute, second, hundredth; ``utc_offset``
    the minutes from local standard time to UTC, above 0 west of Greenwich. None when an octet is unspecified or
    they are no date, time or offset at all.
    """
    if len(date) != 4 or len(time) != 4 or _UNSPECIFIED in date + time or abs(utc_offset) > _MOST_OFFSET:
        return None
    year, month, day, _ = date
    hour, minute, second, hundredth = time
    try:
        local = datetime(1900 + year, month, day, hour, minute, second, hundredth * 10_000, tzinfo=UTC)
    except ValueError:
        return None
    minutes = utc_offset - (_DAYLIGHT_SAVING if daylight_saving else 0)
    return (local + timedelta(minutes=minutes) - _EPOCH) // _MICROSECOND * 1000


def near_midnight(time: bytes) -> bool:
    """Whether a Local_Time is within a minute of midnight: the Local_Date read with it may be of the other day."""
    return time[:2] in (b"\x00\x00", b"\x17\x3b")


def ahead_s(told: int, asked: int, answered: int) -> float:
    """How far a clock that ``told`` this is ahead of the one by which it was ``asked`` and ``answered``, seconds
    to the millisecond; below 0 where it is behind. Instants are ns UTC."""
    return round((told - (asked + answered) // 2) / SECOND_NS, 3)
