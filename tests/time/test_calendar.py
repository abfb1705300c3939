"""Calendar windows over changes of the clock and leap days: no hole, no overlap, each as long as it really was."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from evaluators.model.times import DAY_NS, HOUR_NS, WindowKind, instant, moment
from evaluators.windows import between, calendar_window

ZONES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25), 1),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1), 1),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5), 0.5),
}
"""The day on which clocks go forward, that on which they go back, and by how many hours."""


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("kind", [WindowKind.DAY, WindowKind.MONTH])
def test_a_window_with_a_change_of_the_clock_is_as_long_as_it_really_was(name: str, kind: WindowKind) -> None:
    zone = ZoneInfo(name)
    forward, back, hours = ZONES[name]
    change = round(hours * HOUR_NS)
    for day, moved in ((forward, -change), (back, change)):
        window = calendar_window(kind, day, zone)
        days = round(window.length / DAY_NS)
        assert window.length == days * DAY_NS + moved, (kind, day)
        assert days == 1 or kind is WindowKind.MONTH
        before = calendar_window(kind, moment(window.start - 1).astimezone(zone).date(), zone)
        after = calendar_window(kind, moment(window.end).astimezone(zone).date(), zone)
        assert (before.end, after.start) == (window.start, window.end)


@pytest.mark.parametrize("name", [*ZONES, "Asia/Shanghai"])
@pytest.mark.parametrize("kind", [WindowKind.DAY, WindowKind.MONTH, WindowKind.QUARTER, WindowKind.YEAR])
def test_the_windows_of_a_leap_year_follow_each_other_without_a_hole(name: str, kind: WindowKind) -> None:
    zone = ZoneInfo(name)
    year = calendar_window(WindowKind.YEAR, date(2028, 2, 29), zone)
    assert year.length == 366 * DAY_NS
    windows = list(between(kind, year.start, year.end, zone))
    assert (
        len(windows)
        == {WindowKind.DAY: 366, WindowKind.MONTH: 12, WindowKind.QUARTER: 4, WindowKind.YEAR: 1}[kind]
    )
    assert (windows[0].start, windows[-1].end) == (year.start, year.end)
    assert all(before.end == after.start for before, after in pairwise(windows))


def test_the_leap_day_is_a_day_of_its_own() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    leap = calendar_window(WindowKind.DAY, date(2028, 2, 29), zone)
    assert leap.start == instant(datetime(2028, 2, 29, tzinfo=zone))
    assert leap.length == DAY_NS
    assert calendar_window(WindowKind.MONTH, date(2028, 2, 1), zone).length == 29 * DAY_NS
    assert calendar_window(WindowKind.MONTH, date(2027, 2, 1), zone).length == 28 * DAY_NS
