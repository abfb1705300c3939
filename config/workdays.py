"""Working days: an official table, and what the site file says besides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from config.draft import Draft
from config.problems import shown
from config.tables import CalendarTable
from evaluators.model.calendar import WorkCalendar

CHINA = frozenset(
    {
        "Asia/Chongqing",
        "Asia/Chungking",
        "Asia/Harbin",
        "Asia/Kashgar",
        "Asia/Shanghai",
        "Asia/Urumqi",
        "PRC",
    }
)
"""The zones in which the State Council's working days hold; Hong Kong, Macau and Taipei have others."""

_LAST_HOLIDAY = (10, 1)
"""Month and day of the holiday without which a year's table is not whole."""


def work_calendar(draft: Draft) -> WorkCalendar:
    """The site's calendar; what the site file gets wrong about it is noted."""
    table = draft.calendar
    in_china = draft.site is not None and draft.site.timezone in CHINA
    official = table.official or ("china" if in_china else "none")
    base = chinese_workdays() if official == "china" else WorkCalendar()
    _check(draft, table, base)
    return with_days(base, table.years, table.days_off, table.workdays)


def chinese_workdays() -> WorkCalendar:
    """Working days in mainland China, of the years whose whole table the library has. Imports it.

    The last days of December may still change: a next year's table, once it is out, may move them.
    """
    import chinese_calendar as china  # type: ignore[import-untyped]  # ships no types

    def is_known(year: int) -> bool:
        try:
            china.is_workday(date(year, 12, 31))
        except NotImplementedError:
            return False
        return date(year, *_LAST_HOLIDAY) in china.holidays

    years = frozenset(year for year in {day.year for day in china.holidays} if is_known(year))
    return with_days(WorkCalendar(years), (), china.holidays, china.workdays)


def with_days(
    base: WorkCalendar, years: Iterable[int], days_off: Iterable[date], workdays: Iterable[date]
) -> WorkCalendar:
    """A calendar with further years, and with days that go before its own."""
    off, on = frozenset(days_off), frozenset(workdays)
    return WorkCalendar(
        years=base.years | frozenset(years),
        days_off=base.days_off - on | {day for day in off if day.weekday() < 5},
        workdays=base.workdays - off | {day for day in on if day.weekday() >= 5},
    )


def _check(draft: Draft, table: CalendarTable, base: WorkCalendar) -> None:
    """Each day once, in a year with a table; each year of the site's own with its days off."""
    known = base.years | set(table.years)
    seen: set[date] = set()
    for name, days in (("days_off", table.days_off), ("workdays", table.workdays)):
        for number, day in enumerate(days):
            key = ("calendar", name, str(number))
            if day.year not in known:
                draft.problem(key, f"no table says which days of {day.year} are working days", _add_year(day.year))
            if day in seen:
                draft.problem(key, f"{shown(day)} is named twice", "let each day be one thing, once")
            seen.add(day)
    for number, year in enumerate(table.years):
        if year not in base.years and not any(day.year == year for day in table.days_off):
            wrong = f"{year} has neither an official table here nor days off of its own"
            draft.problem(("calendar", "years", str(number)), wrong, "give its holidays in days_off")


def _add_year(year: int) -> str:
    return f"give all of its holidays and make-up days, and add {year} to years"
