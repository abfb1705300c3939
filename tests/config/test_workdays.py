"""Working days: the official table as far as it reaches, and what the site file says besides."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.workdays import CHINA, chinese_workdays, with_days
from evaluators.model.calendar import WorkCalendar
from tests.config.site_file import RIGHT, changed, loaded

CHINESE = chinese_workdays()
DAYS = st.dates(date(2004, 1, 1), date(2031, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 1, 26), True),  # Sunday made up for the Spring Festival
        (date(2025, 1, 28), False),  # Tuesday of it
        (date(2025, 2, 8), True),  # Saturday made up
        (date(2025, 5, 5), False),  # Monday of Labour Day
        (date(2025, 9, 28), True),  # Sunday made up for the National Day
        (date(2025, 10, 8), False),  # Wednesday of it
        (date(2025, 10, 11), True),  # Saturday made up
        (date(2025, 10, 12), False),  # a Sunday
        (date(2026, 1, 2), False),  # Friday after New Year
        (date(2026, 1, 4), True),  # Sunday made up for it
        (date(2026, 2, 14), True),  # Saturday made up for the Spring Festival
        (date(2026, 2, 23), False),  # Monday of it
        (date(2026, 3, 2), True),  # a Monday
        (date(2026, 5, 9), True),  # Saturday made up for Labour Day
        (date(2026, 10, 10), True),  # Saturday made up for the National Day
    ],
)
def test_known_days(day: date, works: bool) -> None:
    assert CHINESE.is_workday(day) is works


def test_it_is_the_librarys_word_on_every_day_of_every_year_it_knows() -> None:
    assert {2025, 2026} <= CHINESE.years
    for year in CHINESE.years:
        days = (date(year, 1, 1) + timedelta(n) for n in range(365))
        assert all(CHINESE.is_workday(day) is chinese_calendar.is_workday(day) for day in days)


def test_a_year_that_the_library_does_not_know_is_unknown() -> None:
    for year in (min(CHINESE.years) - 1, max(CHINESE.years) + 1):
        assert CHINESE.is_workday(date(year, 6, 1)) is None
        with pytest.raises(NotImplementedError):
            chinese_calendar.is_workday(date(year, 6, 1))


def test_a_year_whose_table_has_only_begun_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    year = max(CHINESE.years) + 1
    monkeypatch.setitem(chinese_calendar.holidays, date(year, 1, 1), "New Year's Day")
    assert chinese_calendar.is_workday(date(year, 6, 2)) is not None, "the library would guess"
    assert chinese_workdays().is_workday(date(year, 6, 2)) is None


def test_a_year_between_others_that_the_library_refuses_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(day: date) -> bool:
        raise NotImplementedError(day)

    monkeypatch.setattr(chinese_calendar, "is_workday", refuse)
    assert chinese_workdays() == WorkCalendar(frozenset(), CHINESE.days_off, CHINESE.workdays)


@given(DAYS, st.frozensets(DAYS), st.frozensets(DAYS))
def test_days_of_the_site_go_before_the_official_ones(
    day: date, off: frozenset[date], on: frozenset[date]
) -> None:
    found = with_days(CHINESE, [day.year], off - on, on)
    plain = WorkCalendar(CHINESE.years | {day.year}, CHINESE.days_off, CHINESE.workdays).is_workday(day)
    assert found.is_workday(day) is (day in on or (plain and day not in off))


def test_a_site_in_china_has_the_official_days(tmp_path: Path) -> None:
    assert loaded(tmp_path).calendar == CHINESE
    assert "Asia/Hong_Kong" not in CHINA


@pytest.mark.parametrize(
    "text",
    [
        changed(("Asia/Shanghai", "Europe/Berlin")),
        RIGHT + '[calendar]\nofficial = "none"\n',
    ],
)
def test_elsewhere_and_at_will_there_are_none(text: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, text).calendar == WorkCalendar()


def test_a_site_elsewhere_may_follow_chinas(tmp_path: Path) -> None:
    text = changed(("Asia/Shanghai", "Asia/Hong_Kong")) + '[calendar]\nofficial = "china"\n'
    assert loaded(tmp_path, text).calendar == CHINESE


def test_a_year_and_days_of_the_sites_own(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        RIGHT + "[calendar]\nyears = [2031]\ndays_off = [2031-10-01, 2026-03-02, 2026-01-04]\n"
        "workdays = [2031-10-04, 2026-01-02]\n",
    ).calendar
    assert found.years == CHINESE.years | {2031}
    assert [found.is_workday(date(2031, 10, day)) for day in (1, 2, 4, 5)] == [False, True, True, False]
    assert found.is_workday(date(2026, 3, 2)) is False, "a Monday off"
    assert found.is_workday(date(2026, 1, 4)) is False, "a make-up Sunday that is not worked here"
    assert found.is_workday(date(2026, 1, 2)) is True, "a holiday that is worked here"
    assert found.is_workday(date(2032, 1, 5)) is None


def test_a_year_that_becomes_official_may_stay_in_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, RIGHT + "[calendar]\nyears = [2026]\n").calendar == CHINESE


def test_the_library_is_loaded_only_where_it_is_asked_for() -> None:
    code = "import sys, config.site; sys.exit('chinese_calendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
