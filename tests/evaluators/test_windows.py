"""Calendar windows and limits: zones with changes of the clock, leap days, working days."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.calendar import WorkCalendar
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Limit, Window, WindowKind, instant
from evaluators.windows import (
    add_months,
    between,
    calendar_window,
    containing,
    dates,
    day_start,
    due_at,
    first_of,
    local_date,
    next_first,
    rolling,
    standing,
    year_before,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
BEIRUT = ZoneInfo("Asia/Beirut")
"""Its clocks go from 23:59:59 to 01:00: there is no midnight on that day."""

CALENDAR_KINDS = [kind for kind in WindowKind if kind.is_calendar]


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    """A local time as an instant."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("kind", "day", "first", "following"),
    [
        (WindowKind.DAY, date(2028, 2, 28), date(2028, 2, 28), date(2028, 2, 29)),
        (WindowKind.DAY, date(2028, 2, 29), date(2028, 2, 29), date(2028, 3, 1)),
        (WindowKind.MONTH, date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (WindowKind.MONTH, date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (WindowKind.QUARTER, date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
        (WindowKind.QUARTER, date(2026, 10, 1), date(2026, 10, 1), date(2027, 1, 1)),
        (WindowKind.YEAR, date(2028, 2, 29), date(2028, 1, 1), date(2029, 1, 1)),
    ],
)
def test_dates_of_calendar_windows(kind: WindowKind, day: date, first: date, following: date) -> None:
    assert first_of(kind, day) == first
    assert next_first(kind, first) == following


@pytest.mark.parametrize("kind", [WindowKind.STANDING, WindowKind.ROLLING, WindowKind.SPAN, WindowKind.INSTANT])
def test_other_windows_are_no_calendar_windows(kind: WindowKind) -> None:
    with pytest.raises(ValueError, match="use day, month, quarter or year"):
        first_of(kind, date(2026, 1, 1))


def test_a_day_may_have_23_or_25_hours() -> None:
    spring, autumn = (calendar_window(WindowKind.DAY, date(2026, *day), BERLIN) for day in ((3, 29), (10, 25)))
    assert (spring.length, autumn.length) == (23 * HOUR_NS, 25 * HOUR_NS)
    march = containing(WindowKind.MONTH, at("2026-03-15T12:00", BERLIN), BERLIN)
    assert march.length == 31 * DAY_NS - HOUR_NS


def test_a_day_without_midnight_begins_where_its_date_does() -> None:
    skipped = date(2026, 3, 29)
    assert not any(
        local_date(day_start(skipped, BEIRUT) - back, BEIRUT) == skipped for back in (1, MINUTE_NS, HOUR_NS)
    )
    assert local_date(day_start(skipped, BEIRUT), BEIRUT) == skipped
    before = calendar_window(WindowKind.DAY, date(2026, 3, 28), BEIRUT)
    assert before.end == day_start(skipped, BEIRUT)
    assert before.length == 24 * HOUR_NS


@given(
    st.sampled_from(CALENDAR_KINDS),
    st.integers(157_766_400, 4_102_444_800),  # seconds: from 1975 to 2100
    st.sampled_from([SHANGHAI, BERLIN, BEIRUT, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")]),
)
def test_calendar_windows_hold_their_instant_and_follow_each_other(
    kind: WindowKind, second: int, zone: ZoneInfo
) -> None:
    here = second * 10**9
    window = containing(kind, here, zone)
    assert window.holds(here)
    following = containing(kind, window.end, zone)
    assert following.start == window.end
    assert list(between(kind, here, window.end + 1, zone)) == [window, following]
    assert containing(kind, window.end - 1, zone) == window


def test_windows_without_a_calendar() -> None:
    assert standing(7) == Window(WindowKind.STANDING, 7, 7)
    assert rolling(15, 20 * DAY_NS) == Window(WindowKind.ROLLING, 5 * DAY_NS, 20 * DAY_NS)
    assert list(between(WindowKind.DAY, 5, 5, SHANGHAI)) == []


def test_dates_of_a_window() -> None:
    window = Window(WindowKind.SPAN, at("2026-02-27T13:00"), at("2026-03-01T00:00") + 1)
    assert list(dates(window, SHANGHAI)) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


def test_months_are_added_across_years() -> None:
    assert add_months(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)


WORK = WorkCalendar(
    years=frozenset({2026}), days_off=frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
    workdays=frozenset({date(2026, 10, 10)}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-03-02T23:50", Limit(minutes=15), "2026-03-03T00:05"),
        ("2026-03-07T09:00", Limit(hours=24), "2026-03-08T09:00"),
        ("2026-03-02T09:00", Limit(days=2, hours=1), "2026-03-04T10:00"),
        ("2026-03-02T09:00", Limit(working_days=3), "2026-03-06T00:00"),
        ("2026-03-06T09:00", Limit(working_days=3), "2026-03-12T00:00"),
        ("2026-03-07T09:00", Limit(working_days=1), "2026-03-10T00:00"),
        ("2026-09-30T09:00", Limit(working_days=1), "2026-10-06T00:00"),
        ("2026-10-09T09:00", Limit(working_days=1), "2026-10-11T00:00"),
    ],
)
def test_when_a_limit_is_over(start: str, limit: Limit, due: str) -> None:
    assert due_at(at(start), limit, SHANGHAI, WORK) == at(due)


def test_a_year_without_an_official_table_is_never_guessed() -> None:
    assert due_at(at("2026-12-31T09:00"), Limit(working_days=1), SHANGHAI, WORK) is None
    assert WORK.is_workday(date(2027, 1, 4)) is None
    assert due_at(at("2026-12-31T09:00"), Limit(hours=1), SHANGHAI, WORK) == at("2026-12-31T10:00")


def test_a_limit_is_one_kind_of_time() -> None:
    with pytest.raises(ValueError, match="working_days alone"):
        Limit(hours=1, working_days=1)
    with pytest.raises(ValueError, match="negative"):
        Limit(hours=-1)


@pytest.mark.parametrize(
    ("now", "then", "zone"),
    [
        ("2027-07-01T12:30", "2026-07-01T12:30", SHANGHAI),
        ("2025-03-01", "2024-03-01", SHANGHAI),
        ("2024-02-28T10:00", "2023-02-28T10:00", SHANGHAI),
        ("2024-02-29", "2023-03-01", SHANGHAI),
        ("2024-02-29T10:00", "2023-03-01", SHANGHAI),
        ("2026-03-29T12:00", "2025-03-29T12:00", BERLIN),
    ],
)
def test_a_year_before_is_the_same_date(now: str, then: str, zone: ZoneInfo) -> None:
    assert year_before(at(now, zone), zone) == at(then, zone)
