"""Hours of the week as spans of time, in the site's zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from evaluators.model.site import WeekHours
from evaluators.model.times import instant
from evaluators.windows import day_start, local_date

DAY_S = 86_400


def hours(entries: Sequence[WeekHours], start: int, end: int, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The spans ``[from, to)``, ns UTC, that share time with ``[start, end)``, entry by entry and day by day.

    A time of the day that the zone skips is read by the clock before the change; of one that comes twice the first
    counts.
    """
    if end <= start:
        return
    first, last = local_date(start, zone).toordinal() - 1, local_date(end - 1, zone).toordinal()
    for entry in entries:
        for day in range(first, last + 1):
            left, right = _of_day(entry, day, zone)
            if left < end and right > start and left < right:
                yield left, right


@lru_cache(maxsize=65_536)
def _of_day(entry: WeekHours, day: int, zone: tzinfo) -> tuple[int, int]:
    """The hours that begin on a day, given by its ordinal; an empty span where none do."""
    begins = date.fromordinal(day)
    return on_day(entry, begins, zone) if begins.weekday() in entry.days else (0, 0)


def on_day(entry: WeekHours, day: date, zone: tzinfo) -> tuple[int, int]:
    """The hours of an entry if they begin on a date, whatever day of the week that is; ns UTC."""
    over = DAY_S if entry.end_s <= entry.start_s else 0
    return _at(day, entry.start_s, zone), _at(day, entry.end_s + over, zone)


def _at(day: date, seconds: int, zone: tzinfo) -> int:
    day += timedelta(days=seconds // DAY_S)
    seconds %= DAY_S
    if not seconds:
        return day_start(day, zone)
    clock = datetime(day.year, day.month, day.day, seconds // 3600, seconds // 60 % 60, seconds % 60, tzinfo=zone)
    return instant(clock)
