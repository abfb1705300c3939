"""The contract of instants and windows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.times import SECOND_NS, Window, WindowKind, instant, moment, seconds_to_ns


def test_instants_are_utc_nanoseconds() -> None:
    assert instant(datetime(1970, 1, 1, 8, 0, 1, tzinfo=timezone(timedelta(hours=8)))) == SECOND_NS


@given(st.datetimes(timezones=st.just(UTC)))
def test_moment_is_the_inverse_of_instant(when: datetime) -> None:
    assert moment(instant(when)) == when


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant(datetime(2026, 1, 1))  # noqa: DTZ001  # a naive one is the point


def test_seconds_become_whole_microseconds() -> None:
    assert seconds_to_ns(0.1) == 100_000_000


def test_a_window_cannot_end_before_it_starts() -> None:
    assert Window(WindowKind.SPAN, 3, 5).length == 2
    with pytest.raises(ValueError, match="cannot end"):
        Window(WindowKind.SPAN, 5, 3)
