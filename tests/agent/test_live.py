"""The words of the live view and of tables."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from agent.cli.live import event_line, transitions
from agent.cli.tables import percent, shown_value
from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (Fraction(1), Fraction(1), "100.00 %"),
        (Fraction(97_999, 100_000), Fraction(1), "97.99–100.00 %"),
        (Fraction(999_999, 1_000_000), Fraction(999_999, 1_000_000), "99.99 %"),
        (None, None, "–"),
    ],
)
def test_a_limit_that_was_not_reached_is_never_rounded_up_to(
    low: Fraction | None, high: Fraction | None, shown: str
) -> None:
    assert percent(low, high) == shown


def test_values_for_people() -> None:
    assert [shown_value(value) for value in (None, 1.005, 7, True, "自动")] == ["–", "1.00", "7", "True", "自动"]


def test_what_happened_is_told_in_order_without_the_start_of_judging() -> None:
    tracks = {
        "b": (
            Episode("b", 0, 2, State.NOT_REQUIRED),
            Episode("b", 2, 5, State.UNKNOWN),
            Episode("b", 5, 9, State.UP),
        ),
        "a": (Episode("a", 0, 4, State.UP), Episode("a", 4, 9, State.DOWN)),
    }
    assert [(e.item, e.start) for e in transitions(tracks)] == [("a", 4), ("b", 5)]


def test_an_event_says_when_in_the_sites_zone_and_why() -> None:
    at = 1_767_225_600 * SECOND_NS + 250_000_000
    gone = Episode("lift-1/car", at, at + 1, State.UNKNOWN, Cause("lifts/mode", Reason.TIMEOUT))
    assert event_line(gone, ZONE) == "08:00:00.2  lift-1/car unknown (lifts/mode: timeout)"
    silent = Episode("lift-1/car", at, at + 1, State.UNKNOWN, Cause("lifts/mode", Reason.NONE))
    assert event_line(silent, ZONE).endswith("(lifts/mode: no sample)")
    assert event_line(Episode("lift-1/car", at, at + 1, State.DOWN), ZONE).endswith("lift-1/car down")
