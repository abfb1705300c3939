"""When a building is open, and the nights and days off in between."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from evaluators.model.calendar import WorkCalendar
from evaluators.model.site import WeekHours
from evaluators.model.times import HOUR_NS, instant, moment
from evaluators.model.waste import Span
from evaluators.waste.hours import Closed, Hours
from evaluators.waste.scene import QUARTER_NS
from tests.waste.scenes import CALENDAR, OPEN, WEEK, ZONE, at, is_open

HOURS = Hours(OPEN, CALENDAR, ZONE)


def test_open_is_what_the_week_and_the_calendar_say() -> None:
    spans = HOURS.open_spans(at(1), at(31))
    for start in range(at(1), at(31), QUARTER_NS):
        inside = any(span.start <= start < span.end for span in spans)
        assert inside is is_open(moment(start).astimezone(ZONE)), moment(start)


def test_open_spans_are_cut_to_what_is_asked_for() -> None:
    assert HOURS.open_spans(at(23, 9), at(23, 10)) == [Span(at(23, 9), at(23, 10))]
    assert HOURS.open_spans(at(23, 20), at(23, 22)) == []
    assert HOURS.open_spans(at(23, 9), at(23, 9)) == []


def test_a_year_without_a_table_has_its_weekdays() -> None:
    unknown = Hours(OPEN, WorkCalendar(), ZONE)
    assert unknown.open_spans(at(25), at(26)) == [Span(at(25, 8), at(25, 18))]
    assert unknown.open_spans(at(28), at(29)) == []


def test_closed_is_the_rest_by_nights_and_days_off() -> None:
    found = list(HOURS.closed_spans(WEEK.start, WEEK.end))
    assert found == [
        (Closed.NIGHTS, Span(at(23), at(23, 8))),
        (Closed.NIGHTS, Span(at(23, 18), at(24, 8))),
        (Closed.NIGHTS, Span(at(24, 18), at(25))),
        (Closed.DAYS_OFF, Span(at(25), at(26))),
        (Closed.NIGHTS, Span(at(26), at(26, 8))),
        (Closed.NIGHTS, Span(at(26, 18), at(27, 8))),
        (Closed.NIGHTS, Span(at(27, 18), at(28, 8))),
        (Closed.NIGHTS, Span(at(28, 18), at(29))),
        (Closed.DAYS_OFF, Span(at(29), at(30))),
    ]


def test_running_down_and_up_are_left_out() -> None:
    found = list(HOURS.closed_spans(at(23), at(24), HOUR_NS, 2 * HOUR_NS))
    assert found == [(Closed.NIGHTS, Span(at(23), at(23, 6))), (Closed.NIGHTS, Span(at(23, 19), at(24)))]
    assert list(HOURS.closed_spans(at(23, 18), at(23, 19), HOUR_NS, 0)) == [], "it closed just before"
    assert list(HOURS.closed_spans(at(23, 6), at(23, 8), 0, 2 * HOUR_NS)) == [], "it opens right after"


def test_a_weekend_is_one_span() -> None:
    days_off = [span for kind, span in HOURS.closed_spans(at(20), at(24)) if kind is Closed.DAYS_OFF]
    assert days_off == [Span(at(21), at(23))]


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    bar = Hours((WeekHours((4,), 18 * 3600, 2 * 3600),), CALENDAR, ZONE)
    assert bar.open_spans(at(27), at(29)) == [Span(at(27, 18), at(28, 2))]
    assert [kind for kind, _ in bar.closed_spans(at(28), at(29))] == [Closed.NIGHTS], "part of it is open"


def test_hours_that_touch_are_one() -> None:
    split = Hours((WeekHours((0,), 8 * 3600, 12 * 3600), WeekHours((0,), 12 * 3600, 18 * 3600)), CALENDAR, ZONE)
    assert split.open_spans(at(23), at(24)) == [Span(at(23, 8), at(23, 18))]


def test_hours_that_the_zone_skips_are_none() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    skipped = Hours((WeekHours((6,), 2 * 3600, 3 * 3600),), WorkCalendar(), berlin)
    start, end = (instant(datetime(2026, 3, day, tzinfo=berlin)) for day in (29, 30))
    assert skipped.open_spans(start, end) == []
