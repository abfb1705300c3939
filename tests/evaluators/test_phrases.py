"""Dates and lists in notes."""

from __future__ import annotations

from evaluators.phrases import by_when, dated, listed
from tests.evaluators.bookkeeping import ZONE, at


def test_dates_are_of_the_zone_and_cut_to_the_minute() -> None:
    assert dated(at("2026-03-04 17:00:59"), ZONE) == "2026-03-04 17:00"
    assert dated(at("2026-03-04 00:00"), ZONE) == "2026-03-04 00:00"


def test_a_midnight_by_which_something_is_due_ends_a_day() -> None:
    assert by_when(at("2026-03-01 00:00"), ZONE) == "2026-02-28 24:00"
    assert by_when(at("2026-03-01 00:01"), ZONE) == "2026-03-01 00:01"


def test_words_in_a_row() -> None:
    assert (listed(()), listed("ab")) == ("", "a, b")
