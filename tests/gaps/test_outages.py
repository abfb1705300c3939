"""What of a device's ups and downs is worth a row of the ledger; times in seconds."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from agent.gaps.outages import QUIET_NS, Begins, Ends, GoesOn, Note, OutageWatch, OverflowWatch
from connectors.protocol import DeviceHealth, Link
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import SECOND_NS

HOLD_S = 30


def health(link: Link, since: int, good: int | None, detail: str = "") -> DeviceHealth:
    """How a device does."""
    last_good = None if good is None else good * SECOND_NS
    return DeviceHealth("panel", link, since * SECOND_NS, last_good, detail=detail)


def noted(looks: Iterable[tuple[int, DeviceHealth]], begun: int = 100) -> list[Note]:
    """All that a watch notes over some looks."""
    watch = OutageWatch("panel", HOLD_S * SECOND_NS, begun * SECOND_NS)
    found = []
    for now, each in looks:
        note = watch.wanted(each, now * SECOND_NS)
        if note is not None:
            assert watch.wanted(each, now * SECOND_NS) == note, "what was not kept is wanted again"
            watch.done(note)
            found.append(note)
    return found


def outage(start: int, detail: str = "") -> Begins:
    """It begins."""
    return Begins(Gap(GapCause.UNREACHABLE, start * SECOND_NS, subject="panel", detail=detail))


@pytest.mark.parametrize("gone", [Link.DOWN, Link.BACKING_OFF])
@pytest.mark.parametrize("there", [Link.UP, Link.DEGRADED])
def test_an_outage_goes_from_the_last_good_answer_to_the_first_answer(gone: Link, there: Link) -> None:
    assert noted(
        [
            (150, health(Link.UP, 101, 149)),
            (180, health(gone, 160, 150, "no answer")),
            (181, health(gone, 160, 150, "no answer")),
            (182, health(gone, 160, 150, "still none")),
            (190, health(Link.CONNECTING, 189, 150)),
            (200, health(there, 195, 199)),
        ]
    ) == [outage(150, "no answer"), Ends(195 * SECOND_NS)]


def test_what_is_shorter_than_a_value_stands_is_no_row() -> None:
    assert noted([(170, health(Link.DOWN, 160, 150)), (181, health(Link.UP, 181, 181))]) == []


def test_a_device_that_never_answered_is_missed_since_it_was_first_asked() -> None:
    assert noted([(131, health(Link.BACKING_OFF, 102, None))]) == [outage(100)]


def test_a_device_that_comes_and_goes_fills_one_row() -> None:
    looks = []
    for turn in range(150, 900, 75):  # a good answer, 60 s of silence, then an answer that brings nothing
        looks += [
            (turn + 59, health(Link.DOWN, turn + 1, turn, "silent")),
            (turn + 60, health(Link.UP, turn + 60, None)),
        ]
    found = noted(looks)
    assert found[:3] == [
        outage(150, "silent"),
        Ends(210 * SECOND_NS),
        GoesOn("2 outages less than a minute apart; silent"),
    ]
    assert found[-2] == GoesOn("10 outages less than a minute apart; silent")
    assert sum(isinstance(note, Begins) for note in found) == 1


def test_an_outage_a_minute_after_the_last_is_another_and_none_overlap() -> None:
    quiet = [
        (200, health(Link.DOWN, 160, 150)),
        (210, health(Link.DEGRADED, 205, 150)),  # it answers, but nothing of it is good
        (300, health(Link.DOWN, 290, 150)),
        (310, health(Link.UP, 305, 305)),
        (500, health(Link.DOWN, 460, 400)),
    ]
    assert noted(quiet) == [
        outage(150), Ends(205 * SECOND_NS), GoesOn("2 outages less than a minute apart; "), Ends(305 * SECOND_NS),
        outage(400),
    ]  # fmt: skip


def test_an_overflow_lasts_until_nothing_is_left_out_any_more_and_counts_samples() -> None:
    watch = OverflowWatch("panel", 7, 100 * SECOND_NS)

    def at(now: int, count: int) -> Note | None:
        errors = {"overflow": count} if count else {}
        note = watch.wanted(DeviceHealth("panel", Link.UP, 0, errors=errors), now * SECOND_NS)
        if note is not None:
            watch.done(note)
        return note

    quiet_s = QUIET_NS // SECOND_NS
    assert at(101, 0) is None
    begins = at(102, 3)
    assert isinstance(begins, Begins)
    assert (begins.gap.cause, begins.gap.start, begins.gap.end) == (GapCause.OVERFLOW, 101 * SECOND_NS, None)
    assert at(103, 5) is None
    assert at(103 + quiet_s, 5) is None
    assert at(104 + quiet_s, 5) == Ends(103 * SECOND_NS, lost=5 * 7)
    assert at(200, 5) is None
    assert isinstance(at(201, 2), Begins), "a connector that was made anew counts from nothing"
    assert at(202 + quiet_s, 2) == Ends(201 * SECOND_NS, lost=2 * 7)
