"""The source's own time, in whatever form it writes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from evaluators.model.samples import INT64_MAX
from evaluators.model.times import DAY_NS, instant, seconds_to_ns

EARLIEST_NS = instant(datetime(2001, 1, 1, tzinfo=UTC))
"""Clocks that lost their power start again at 1970 or 2000: a source time before this is not believed."""
MOST_AHEAD_NS = DAY_NS
"""A source time this far after receipt is still believed; any is while our own clock was never set."""

UNITS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_DIGITS = re.compile(r"\s*-?\d{1,20}(\.\d{1,20})?\s*", re.ASCII)
_SHORTEST_ISO = len("20260131T08")
_PROBE = datetime(2026, 11, 28, 13, 45, 50)  # noqa: DTZ001  # what a pattern makes of it has no zone either

TimeReader = Callable[[object, int], int]
"""The instant that a value means, ns UTC, given when it was received; `Unreadable` when it cannot be had."""


class Unreadable(ValueError):
    """A payload as a whole, or its time, cannot be read; the message says what would be right. It is the same for
    all messages with the same fault."""


def check_format(time_format: str, has_zone: bool) -> None:
    """ValueError unless times can be read like this."""
    if time_format == "iso" or time_format in UNITS_NS:
        return
    if "%" not in time_format:
        raise ValueError(
            'this is no format of times: give "iso", "s", "ms", "us", "ns" or one such as "%Y-%m-%d %H:%M"'
        )
    if "%Z" in time_format:
        raise ValueError("%Z reads names of zones that differ from machine to machine: use %z or time_zone")
    try:
        again = datetime.strptime(_PROBE.replace(tzinfo=UTC).strftime(time_format), time_format)  # noqa: DTZ007  # %z may be in the pattern
    except ValueError as error:
        raise ValueError('this is no format of times: give one such as "%Y-%m-%d %H:%M:%S"') from error
    if again.replace(tzinfo=None, second=0, microsecond=0) != _PROBE.replace(second=0):
        raise ValueError("the format leaves out a part of the time: it needs year, month, day, hour and minute")
    if again.tzinfo is None and not has_zone:
        raise ValueError('the format has no zone: add %z, or time_zone = "Asia/Shanghai" for example')


def time_reader(time_format: str, zone: str) -> TimeReader:
    """What reads times of this format; ``zone`` (IANA, or empty) is that of times which do not say theirs.

    Integers and digits in text are exact. Other numbers are rounded to the microsecond, other texts cut to it.
    """
    local = ZoneInfo(zone) if zone else None
    if time_format in UNITS_NS:
        unit = UNITS_NS[time_format]
        return lambda value, received: _believed(_from_number(value, unit, time_format), received)
    if time_format == "iso":
        return lambda value, received: _believed(_from_iso(value, local), received)
    return lambda value, received: _believed(_from_pattern(value, time_format, local), received)


def _believed(at: int, received: int) -> int:
    if at < EARLIEST_NS:
        raise Unreadable("it lies before 2001: set the device's clock")
    if at > received + MOST_AHEAD_NS and received >= EARLIEST_NS:
        raise Unreadable("it lies more than a day ahead: set the device's clock, or time_format")
    return at


def _from_number(value: object, unit: int, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value * unit
    if isinstance(value, float) and abs(value) < INT64_MAX and unit >= UNITS_NS["ms"]:
        return seconds_to_ns(value) if name == "s" else round(value * 1000) * 1000
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(Decimal(value.strip()) * unit)
    raise Unreadable(f"it is no number of {name} since 1970")


def _from_iso(value: object, local: ZoneInfo | None) -> int:
    if not isinstance(value, str):
        raise Unreadable("it is no text: ISO 8601 is read")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise Unreadable("it is not ISO 8601, such as 2026-01-31T08:00:00+08:00") from error
    if len(value.strip()) < _SHORTEST_ISO:
        raise Unreadable("it is a day without a time: ISO 8601 with both is read")
    return _placed(moment, local)


def _from_pattern(value: object, pattern: str, local: ZoneInfo | None) -> int:
    if not isinstance(value, str):
        raise Unreadable(f"it is no text: {pattern} is read")
    try:
        moment = datetime.strptime(value.strip(), pattern)  # noqa: DTZ007  # placed right below
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"it is not written as {pattern}") from error
    return _placed(moment, local)


def _placed(moment: datetime, local: ZoneInfo | None) -> int:
    """The instant of a clock's reading; what comes twice when clocks are put back is not guessed."""
    if moment.tzinfo is None:
        if local is None:
            raise Unreadable("it has no zone: give an offset such as +08:00, or time_zone in the site file")
        first, second = (instant(moment.replace(tzinfo=local, fold=fold)) for fold in (0, 1))
        if first != second:
            raise Unreadable("it lies in the hour in which clocks are set, and says no offset")
        return first
    return instant(moment)
