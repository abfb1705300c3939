"""Availability by worked examples and by properties."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.assessment import Judgement, availability, subjects, windows
from evaluators.availability import Account, account, judge, missing, snapshot, swing
from evaluators.model.clauses import Clause
from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.samples import Reason
from evaluators.model.times import DAY_NS, HOUR_NS, Window, WindowKind, instant
from evaluators.model.verdicts import Level, Missing, Outcome, Subject
from evaluators.windows import at_instant, month
from tests.evaluators.building import CLAUSE, site, works

STATES = {"U": State.UP, "D": State.DOWN, "?": State.UNKNOWN, "P": State.PLANNED, ".": State.NOT_REQUIRED}
SUBJECT = Subject(Level.ITEM, "lift-0/car")


def track(line: str, item: str = "lift-0/car") -> tuple[Episode, ...]:
    """One letter a tick, an episode each."""
    return tuple(Episode(item, t, t + 1, STATES[letter]) for t, letter in enumerate(line))


def span(start: int, end: int) -> Window:
    """A window of any kind."""
    return Window(WindowKind.SPAN, start, end)


@pytest.mark.parametrize(
    ("line", "low", "high", "outcome"),
    [
        ("U" * 50, 1, 1, Outcome.MET),
        ("U" * 49 + "D", Fraction(49, 50), Fraction(49, 50), Outcome.MET),
        ("U" * 48 + "DD", Fraction(48, 50), Fraction(48, 50), Outcome.NOT_MET),
        ("U" * 48 + "D?", Fraction(48, 50), Fraction(49, 50), Outcome.UNDETERMINED),
        ("U" * 49 + "?", Fraction(49, 50), 1, Outcome.MET),
        ("U" * 47 + "DD?", Fraction(47, 50), Fraction(48, 50), Outcome.NOT_MET),
        ("?" * 50, 0, 1, Outcome.UNDETERMINED),
        ("." * 50, None, None, Outcome.NOT_APPLICABLE),
        ("U" * 49 + "D" + "." * 30, Fraction(49, 50), Fraction(49, 50), Outcome.MET),
        ("D" * 10, 0, 0, Outcome.NOT_MET),
        ("U", 1, 1, Outcome.MET),
    ],
)
def test_the_verdict_of_a_closed_window(
    line: str, low: Fraction | None, high: Fraction | None, outcome: Outcome
) -> None:
    window = span(0, len(line))
    verdict = judge(CLAUSE, SUBJECT, account(track(line), window), window, as_of=len(line))
    assert (verdict.low, verdict.high, verdict.outcome) == (low, high, outcome)


def test_planned_time_is_printed_both_ways_and_decides_nothing_in_silence() -> None:
    window = span(0, 100)
    figures = account(track("U" * 95 + "P" * 5), window)
    assert figures.interval == (Fraction(1), Fraction(1))
    assert figures.interval_with_planned == (Fraction(95, 100), Fraction(95, 100))
    verdict = judge(CLAUSE, SUBJECT, figures, window, as_of=100)
    assert verdict.outcome is Outcome.UNDETERMINED
    assert "met with planned time excluded, not_met with it included" in verdict.note
    only_planned = judge(CLAUSE, SUBJECT, account(track("P" * 100), window), window, as_of=100)
    assert only_planned.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("line", "coming", "outcome"),
    [
        ("D" * 1, 49, Outcome.PENDING),
        ("D" * 2, 48, Outcome.NOT_MET),
        ("?" * 40, 10, Outcome.PENDING),
        ("U" * 40, 10, Outcome.PENDING),
        ("", 50, Outcome.PENDING),
    ],
)
def test_an_open_window_is_pending_until_it_cannot_be_mended(line: str, coming: int, outcome: Outcome) -> None:
    window = span(0, 50)
    verdict = judge(CLAUSE, SUBJECT, account(track(line), window), window, len(line), coming)
    assert verdict.outcome is outcome


def test_an_outage_that_began_before_the_window_counts_from_its_start() -> None:
    assert account([Episode("i", 0, 30, State.DOWN), Episode("i", 30, 90, State.UP)], span(20, 60)) == Account(
        up=30, down=10
    )


def test_accounts_add_up_and_know_their_coverage() -> None:
    both = Account(1, 2, 3, 4, 5) + Account(10, 20, 30, 40, 50)
    assert both == Account(11, 22, 33, 44, 55)
    assert both.coverage == Fraction(33, 66)
    assert Account(planned=5).coverage is None


def test_the_snapshot_counts_items_at_an_instant() -> None:
    tracks = [track("UUD"), track("UUU"), track("U?U"), track("UP"), ()]
    assert snapshot(tracks, 1) == Account(up=4, unknown=1)
    assert snapshot(tracks, 2) == Account(up=2, unknown=2, planned=1)
    assert snapshot(tracks, 3) == Account(up=2, down=1, unknown=2)


def test_minimum_and_time_under_the_threshold() -> None:
    tracks = [track("UUDDUU.."), track("UUU?U?..")]
    found = swing(tracks, span(0, 8), Fraction(98, 100))
    assert found.minimum == (Fraction(0), Fraction(1, 2))
    assert (found.under_surely, found.under_possibly) == (2, 3)
    assert swing([], span(0, 8), Fraction(98, 100)).minimum is None


def test_what_is_missing_is_named_longest_first() -> None:
    gone = Cause("d/0", Reason.TIMEOUT)
    episodes = [
        Episode("i", 0, 3, State.UNKNOWN, None),
        Episode("i", 3, 20, State.UNKNOWN, gone),
        Episode("i", 20, 25, State.UP),
        Episode("i", 25, 40, State.UNKNOWN, gone),
    ]
    assert missing(episodes, span(1, 30)) == (Missing(gone, 22), Missing(None, 2))


UTC_PLUS_8 = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "zone", "start", "end"),
    [
        ("2026-02-10T00:00:00+08:00", "Asia/Shanghai", "2026-02-01T00:00:00+08:00", "2026-03-01T00:00:00+08:00"),
        ("2028-02-29T23:59:59+08:00", "Asia/Shanghai", "2028-02-01T00:00:00+08:00", "2028-03-01T00:00:00+08:00"),
        ("2026-12-31T16:00:00+00:00", "Asia/Shanghai", "2027-01-01T00:00:00+08:00", "2027-02-01T00:00:00+08:00"),
        ("2026-03-15T12:00:00+00:00", "Europe/Berlin", "2026-02-28T23:00:00+00:00", "2026-03-31T22:00:00+00:00"),
        ("2026-10-15T12:00:00+00:00", "Europe/Berlin", "2026-09-30T22:00:00+00:00", "2026-10-31T23:00:00+00:00"),
    ],
)
def test_calendar_months_in_the_sites_zone(at: str, zone: str, start: str, end: str) -> None:
    found = month(instant(datetime.fromisoformat(at)), ZoneInfo(zone))
    assert found == Window(
        WindowKind.MONTH, instant(datetime.fromisoformat(start)), instant(datetime.fromisoformat(end))
    )


def test_a_month_with_a_changed_clock_is_an_hour_shorter() -> None:
    assert (
        month(instant(datetime(2026, 3, 15, tzinfo=UTC)), ZoneInfo("Europe/Berlin")).length
        == 31 * DAY_NS - HOUR_NS
    )


def test_the_stroke_of_midnight_still_closes_the_old_month() -> None:
    midnight = instant(datetime(2026, 3, 1, tzinfo=UTC_PLUS_8))
    now, window = windows(CLAUSE, midnight, UTC_PLUS_8)
    assert now == at_instant(midnight)
    assert window.end == midnight


def test_a_window_of_a_kind_that_cannot_be_judged_is_refused() -> None:
    odd = Clause("x", "x", "x", "x", "availability", Fraction(1), "1", WindowKind.SPAN)
    with pytest.raises(ValueError, match="cannot be judged"):
        windows(odd, 0, UTC)


def test_every_level_is_judged_and_four_dead_lifts_show_beside_the_site() -> None:
    building = site([[works()], [works()]])
    states = {"lift-0/car": track("UUUU"), "lift-1/car": track("DDDD", "lift-1/car")}
    found = {
        str(j.verdict.subject): j.verdict for j in availability(CLAUSE, building, states, span(0, 4), as_of=4)
    }
    assert set(found) == {str(subject) for subject, _ in subjects(building)}
    assert found["site:tower"].low == Fraction(1, 2)
    assert found["system:lifts"].outcome is Outcome.NOT_MET
    assert found["system:empty"].outcome is Outcome.NOT_APPLICABLE
    assert found["equipment:lift-0"].outcome is Outcome.MET
    assert found["item:lift-1/car"].low == 0


def by_subject(judgements: list[Judgement]) -> dict[str, Judgement]:
    """Judgements by subject."""
    return {str(j.verdict.subject): j for j in judgements}


def test_an_instant_is_judged_at_once_and_an_open_month_waits() -> None:
    building = site([[works()]], judged_from=2)
    states = {"lift-0/car": track("..UU")}
    now = by_subject(list(availability(CLAUSE, building, states, at_instant(4), as_of=4)))["site:tower"]
    assert now.verdict.outcome is Outcome.MET
    assert now.swing is None
    later = by_subject(list(availability(CLAUSE, building, states, Window(WindowKind.MONTH, 0, 100), as_of=4)))
    running = later["site:tower"]
    assert running.verdict.outcome is Outcome.PENDING
    assert running.account == Account(up=2, not_required=2)
    assert running.swing is not None
    assert running.swing.minimum == (Fraction(1), Fraction(1))


lines = st.text("UD?P.", min_size=1, max_size=30)


@given(st.lists(lines, min_size=1, max_size=3))
def test_the_interval_holds_the_truth_however_the_unknown_is_filled(drawn: list[str]) -> None:
    window = span(0, 30)
    figures = account([e for line in drawn for e in track(line)], window).interval
    for fill in product("UD", repeat=2):
        filled = [e for n, line in enumerate(drawn) for e in track(line.replace("?", fill[n % 2]))]
        truth = account(filled, window).interval
        assert (truth is None) == (figures is None)
        if truth and figures:
            assert figures[0] <= truth[0] == truth[1] <= figures[1]


@given(st.lists(lines, min_size=1, max_size=4), st.integers(0, 30))
def test_the_sweep_agrees_with_a_look_at_every_tick(drawn: list[str], start: int) -> None:
    tracks = [track(line) for line in drawn]
    window = span(start, 30)
    threshold = Fraction(2, 3)
    looks = []
    for tick in range(start, 30):
        held = [line[tick] for line in drawn if tick < len(line)]
        required = sum(letter in "UD?" for letter in held)
        if required:
            looks.append(
                (Fraction(held.count("U"), required), Fraction(held.count("U") + held.count("?"), required))
            )
    found = swing(tracks, window, threshold)
    assert found.minimum == ((min(a for a, _ in looks), min(b for _, b in looks)) if looks else None)
    assert found.under_surely == sum(b < threshold for _, b in looks)
    assert found.under_possibly == sum(a < threshold for a, _ in looks)
