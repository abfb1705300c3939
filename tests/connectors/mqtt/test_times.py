"""Source times: every form that a site file can name, and what is not believed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.times import EARLIEST_NS, MOST_AHEAD_NS, UNITS_NS, Unreadable, check_format, time_reader
from evaluators.model.times import SECOND_NS, instant

NOW = instant(datetime(2026, 1, 31, 4, tzinfo=UTC))
NO_NUMBERS: list[object] = [
    None,
    True,
    "soon",
    "",
    "1e9",
    "0x1",
    [],
    {},
    float("nan"),
    float("-inf"),
    1e300,
    "9" * 21,
]
SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


@pytest.mark.parametrize(
    ("value", "time_format", "zone", "expected"),
    [
        ("2026-01-31T11:00:00+08:00", "iso", "", NOW - 3600 * 10**9),
        ("2026-01-31T04:00:00Z", "iso", "", NOW),
        (" 20260131T040000Z ", "iso", "", NOW),
        ("2026-01-31T04:00:00.1234569Z", "iso", "", NOW + 123_456_000),  # cut
        ("2026-01-31 12:00:00", "iso", SHANGHAI, NOW),
        ("2026-01-31T04:00:00Z", "iso", SHANGHAI, NOW),  # its own offset goes first
        (NOW // 10**9, "s", "", NOW),
        (NOW // 10**9 + 0.25, "s", "", NOW + 250_000_000),
        (NOW // 10**6 + 1, "ms", "", NOW + 10**6),
        (NOW / 10**6 + 0.5, "ms", "", NOW + 500_000),
        (NOW // 10**3 + 1, "us", "", NOW + 1000),
        (NOW + 1, "ns", "", NOW + 1),
        (NOW + MOST_AHEAD_NS, "ns", "", NOW + MOST_AHEAD_NS),
        (EARLIEST_NS, "ns", "", EARLIEST_NS),
        (f" {NOW // 10**6} ", "ms", "", NOW),
        (f"{NOW // 10**9}.000000001", "s", "", NOW + 1),  # digits in text lose nothing
        (f"{NOW + 7}", "ns", "", NOW + 7),
        ("31.01.2026 12:00:00", "%d.%m.%Y %H:%M:%S", SHANGHAI, NOW),
        ("01/31/26 04:00 AM +0000", "%m/%d/%y %I:%M %p %z", "", NOW),
        ("2026年01月31日12时00分", "%Y年%m月%d日%H时%M分", SHANGHAI, NOW),
        ("2026-01-31 04:00:00.000007", "%Y-%m-%d %H:%M:%S.%f", "UTC", NOW + 7000),
    ],
)
def test_source_times(value: object, time_format: str, zone: str, expected: int) -> None:
    assert time_reader(time_format, zone)(value, NOW) == expected


@pytest.mark.parametrize(
    ("value", "time_format"),
    [
        *product(NO_NUMBERS, ("s", "ms", "us", "ns")),
        (NOW / 10**3, "us"),  # a float has no room for it
        (float(NOW), "ns"),
        (NOW + MOST_AHEAD_NS + 1, "ns"),
        (EARLIEST_NS - 1, "ns"),
        (10**400, "s"),
        (-(10**400), "ns"),
        ("2026-01-31T04:00:00", "iso"),
        ("2026-01-31", "iso"),
        ("2026-W05-6", "iso"),
        ("\ud800", "iso"),
        ("soon", "iso"),
        ("0001-01-01T00:00:00+23:59", "iso"),
        ("9999-12-31T23:59:59-23:59", "iso"),
        (NOW, "iso"),
        (None, "iso"),
        (NOW, "%Y-%m-%d %H:%M%z"),
        ("2026-01-31", "%Y-%m-%d %H:%M%z"),
        ("2026-02-30 12:00+0800", "%Y-%m-%d %H:%M%z"),
        ("\ud800", "%Y-%m-%d %H:%M%z"),
    ],
)  # fmt: skip
def test_times_that_are_not_believed(value: object, time_format: str) -> None:
    with pytest.raises(Unreadable):
        time_reader(time_format, "")(value, NOW)


@pytest.mark.parametrize("clock", ["2026-03-29T02:30:00", "2025-10-26T02:30:00"])
def test_an_hour_that_comes_twice_or_never_is_not_guessed(clock: str) -> None:
    with pytest.raises(Unreadable, match="the hour in which clocks are set"):
        time_reader("iso", BERLIN)(clock, NOW + 365 * MOST_AHEAD_NS)
    assert time_reader("iso", BERLIN)(f"{clock}+02:00", NOW + 365 * MOST_AHEAD_NS)


@pytest.mark.parametrize("zone", ["", SHANGHAI, "America/St_Johns"])
@pytest.mark.parametrize("year", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_ends_of_all_years_are_not_believed(year: str, zone: str) -> None:
    for written, time_format in ((year, "iso"), (f"{year}+23:59", "iso"), (f"{year}-23:59", "iso")):
        with pytest.raises(Unreadable):
            time_reader(time_format, zone)(written, NOW)
    with pytest.raises(Unreadable):
        time_reader("%Y-%m-%dT%H:%M:%S", zone)(year, NOW)


def test_a_day_is_no_time_even_in_a_known_zone() -> None:
    with pytest.raises(Unreadable, match="a day without a time"):
        time_reader("iso", SHANGHAI)("2026-01-31", NOW)


@given(st.integers(EARLIEST_NS, NOW + MOST_AHEAD_NS), st.sampled_from(sorted(UNITS_NS)), st.booleans())
def test_whole_numbers_are_exact_in_digits_and_text(at: int, unit: str, as_text: bool) -> None:
    number = at // UNITS_NS[unit]
    believed = max(number * UNITS_NS[unit], EARLIEST_NS)
    number = believed // UNITS_NS[unit]
    assert time_reader(unit, "")(str(number) if as_text else number, NOW) == number * UNITS_NS[unit]


MOMENTS = st.datetimes(datetime(2001, 1, 2), datetime(2026, 1, 30))  # noqa: DTZ001  # the zone is added below


@given(MOMENTS, st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC", "Asia/Kathmandu"]))
def test_local_times_are_their_instants(moment: datetime, zone: str) -> None:
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    once = aware.utcoffset() == aware.replace(fold=1).utcoffset()
    for written, time_format in (
        (moment.isoformat(), "iso"),
        (moment.strftime("%d/%m/%Y %H:%M:%S.%f"), "%d/%m/%Y %H:%M:%S.%f"),
    ):
        if once:
            assert time_reader(time_format, zone)(written, NOW) == instant(aware)
        else:
            with pytest.raises(Unreadable):
                time_reader(time_format, zone)(written, NOW)


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_offsets_are_kept(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    at = instant(moment.replace(tzinfo=UTC)) - minutes * 60 * 10**9
    assert (
        time_reader("iso", SHANGHAI)(f"{moment.isoformat()}{sign}{hours:02}:{rest:02}", NOW + MOST_AHEAD_NS) == at
    )


@given(
    st.text() | st.integers() | st.floats() | st.none() | st.booleans(), st.sampled_from([*UNITS_NS, "iso", "%c"])
)
def test_whatever_comes_is_a_believable_time_or_unreadable(value: object, time_format: str) -> None:
    for zone in ("", SHANGHAI):
        try:
            at = time_reader(time_format, zone)(value, NOW)
        except Unreadable:
            continue
        assert EARLIEST_NS <= at <= NOW + MOST_AHEAD_NS


@pytest.mark.parametrize(
    ("time_format", "has_zone", "why"),
    [
        ("minutes", True, "no format of times"),
        ("%Q", True, "no format of times"),
        ("%", True, "no format of times"),
        ("%Y-%m-%d", True, "leaves out a part"),
        ("%H:%M:%S", True, "leaves out a part"),
        ("%Y-%m-%d %I:%M", True, "leaves out a part"),
        ("%Y-%m-%d %H:%M %Z", True, "differ from machine to machine"),
        ("%Y-%m-%d %H:%M", False, "has no zone"),
    ],
)
def test_formats_that_could_not_be_read(time_format: str, has_zone: bool, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_format(time_format, has_zone)


@pytest.mark.parametrize("time_format", ["iso", *UNITS_NS, "%Y-%m-%d %H:%M%z", "%y%j%H%M%z"])
def test_formats_that_say_it_all(time_format: str) -> None:
    check_format(time_format, has_zone=False)


def test_while_our_own_clock_was_never_set_a_devices_time_is_not_held_against_it() -> None:
    sent = "2026-03-01T00:00:00Z"
    read = time_reader("iso", "")
    assert read(sent, 12 * SECOND_NS) == instant(datetime.fromisoformat(sent))
    with pytest.raises(Unreadable, match="more than a day ahead"):
        read(sent, instant(datetime(2026, 2, 27, tzinfo=UTC)))
