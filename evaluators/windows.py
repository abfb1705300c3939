"""Calendar windows in the site's zone. The zone and the instant are arguments; no clock is asked.

Where a zone skips a midnight, the day begins at the first instant of its date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from evaluators.model.calendar import WorkCalendar
from evaluators.model.times import DAY_NS, Limit, Window, WindowKind, instant, moment


def at_instant(at: int) -> Window:
    """The window that is one instant, ns UTC."""
    return Window(WindowKind.INSTANT, at, at)


def standing(at: int) -> Window:
    """What holds at the instant ``at``, ns UTC."""
    return Window(WindowKind.STANDING, at, at)


def rolling(days: int, at: int) -> Window:
    """The ``days`` times 24 hours before ``at``."""
    return Window(WindowKind.ROLLING, at - days * DAY_NS, at)


def local_date(at: int, zone: tzinfo) -> date:
    """The date in ``zone`` at the instant ``at``."""
    return moment(at).astimezone(zone).date()


def day_start(day: date, zone: tzinfo) -> int:
    """The first instant of a date in ``zone``, ns UTC."""
    # A midnight that was skipped is read by the offset before the change: that is the change itself.
    return instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def first_of(kind: WindowKind, day: date) -> date:
    """The first date of the day, month, quarter or year that holds ``day``; ValueError for other kinds."""
    match kind:
        case WindowKind.DAY:
            return day
        case WindowKind.MONTH:
            return day.replace(day=1)
        case WindowKind.QUARTER:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case WindowKind.YEAR:
            return date(day.year, 1, 1)
    raise ValueError(f"{kind} is no calendar window: use day, month, quarter or year")


def next_first(kind: WindowKind, first: date) -> date:
    """The first date of the calendar window after the one that begins on ``first``."""
    if kind is WindowKind.DAY:
        return first + timedelta(days=1)
    return add_months(first, _MONTHS[kind])


_MONTHS = {WindowKind.MONTH: 1, WindowKind.QUARTER: 3, WindowKind.YEAR: 12}


def add_months(first: date, months: int) -> date:
    """The first day of a month, so many months on."""
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def calendar_window(kind: WindowKind, day: date, zone: tzinfo) -> Window:
    """The calendar window of ``zone`` that holds the date ``day``."""
    first = first_of(kind, day)
    return Window(kind, day_start(first, zone), day_start(next_first(kind, first), zone))


def containing(kind: WindowKind, at: int, zone: tzinfo) -> Window:
    """The calendar window of ``zone`` that holds the instant ``at``."""
    return calendar_window(kind, local_date(at, zone), zone)


def month(at: int, zone: tzinfo) -> Window:
    """The calendar month of ``zone`` that holds the instant ``at``: from its first midnight to the next one's."""
    return containing(WindowKind.MONTH, at, zone)


def year_before(at: int, zone: tzinfo) -> int:
    """The same date and time of day a year before in ``zone``, ns UTC, cut to the microsecond; of 29 February the
    first instant of 1 March."""
    then = moment(at).astimezone(zone).replace(tzinfo=None)
    if (then.month, then.day) == (2, 29):
        return day_start(date(then.year - 1, 3, 1), zone)
    return instant(then.replace(year=then.year - 1, tzinfo=zone))


def between(kind: WindowKind, start: int, end: int, zone: tzinfo) -> Iterator[Window]:
    """Every calendar window that shares an instant with ``[start, end)``, the earliest first."""
    at = start
    while at < end:
        window = containing(kind, at, zone)
        yield window
        at = window.end


def dates(window: Window, zone: tzinfo) -> Iterator[date]:
    """Every date of ``zone`` that shares an instant with the window."""
    for day in between(WindowKind.DAY, window.start, window.end, zone):
        yield local_date(day.start, zone)


def due_at(start: int, limit: Limit, zone: tzinfo, calendar: WorkCalendar) -> int | None:
    """When a limit that begins at ``start`` is over, ns UTC: what is done before or at that instant is in time.

    Working days end at 24:00 of the last one, given as the next midnight; None where the calendar of a year that
    matters is not known.
    """
    if not limit.working_days:
        return start + limit.length
    day = local_date(start, zone)
    left = limit.working_days
    while left:
        day += timedelta(days=1)
        works = calendar.is_workday(day)
        if works is None:
            return None
        left -= works
    return day_start(day + timedelta(days=1), zone)
