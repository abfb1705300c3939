"""Availability by worked examples and by properties; the worked months are under ``testcases/availability``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.availability import Figures, account, figures, half_used, judge, missing, snapshot, swing, total
from evaluators.facts import Facts
from evaluators.kinds import availability
from evaluators.model.bodies import Declaration, Instant, ItemChange
from evaluators.model.calendar import WorkCalendar
from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.gaps import GapCause
from evaluators.model.records import Record
from evaluators.model.samples import Reason
from evaluators.model.site import Site, WeekHours
from evaluators.model.times import DAY_NS, HOUR_NS, SECOND_NS, Window, WindowKind, instant
from evaluators.model.verdicts import Account, Level, Line, Mark, Missing, Outcome, Subject, Verdict
from evaluators.recordbook import RecordBook
from evaluators.reliability import Outages, facts, outages
from evaluators.tracks import Change, merged
from evaluators.windows import at_instant, month
from tests.evaluators.building import CLAUSE, site, works
from tests.evaluators.cases import Scripted

STATES = {"U": State.UP, "D": State.DOWN, "?": State.UNKNOWN, "P": State.PLANNED, ".": State.NOT_REQUIRED}
SUBJECT = Subject(Level.ITEM, "lift-0/car")
UTC_PLUS_8 = ZoneInfo("Asia/Shanghai")


def episodes(line: str, item: str = "lift-0/car") -> tuple[Episode, ...]:
    """One letter a tick, an episode each."""
    return tuple(Episode(item, t, t + 1, STATES[letter]) for t, letter in enumerate(line))


def track(line: str) -> list[Change]:
    """One letter a tick."""
    return merged((t, STATES[letter], None) for t, letter in enumerate(line))


def summed(lines: Sequence[str]) -> Figures:
    """The figures of several items."""
    return total(figures(track(line), len(line)) for line in lines)


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
    verdict = judge(CLAUSE, SUBJECT, account(episodes(line), window), window, as_of=len(line))
    assert (verdict.low, verdict.high, verdict.outcome) == (low, high, outcome)
    assert verdict.account == summed([line]).account


def test_planned_time_is_printed_both_ways_and_decides_nothing_in_silence() -> None:
    window = span(0, 100)
    counted = account(episodes("U" * 95 + "P" * 5), window)
    assert counted.interval == (Fraction(1), Fraction(1))
    assert counted.interval_with_planned == (Fraction(95, 100), Fraction(95, 100))
    verdict = judge(CLAUSE, SUBJECT, counted, window, as_of=100)
    assert verdict.outcome is Outcome.UNDETERMINED
    assert "met with planned time excluded, not_met with it included" in verdict.note
    only_planned = judge(CLAUSE, SUBJECT, account(episodes("P" * 100), window), window, as_of=100)
    assert only_planned.outcome is Outcome.NOT_APPLICABLE
    assert Account().interval_with_planned is None


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
    verdict = judge(CLAUSE, SUBJECT, account(episodes(line), window), window, len(line), coming)
    assert verdict.outcome is outcome


def test_an_outage_that_began_before_the_window_counts_from_its_start() -> None:
    assert account([Episode("i", 0, 30, State.DOWN), Episode("i", 30, 90, State.UP)], span(20, 60)) == Account(
        up=30, down=10
    )


def test_accounts_add_up_and_know_their_coverage() -> None:
    both = Account(1, 2, 3, 4, 5) + Account(10, 20, 30, 40, 50)
    assert both == Account(11, 22, 33, 44, 55)
    assert both.coverage == Fraction(33, 66)
    assert Account(up=5).coverage == 1
    assert Account(planned=5).coverage is None


def test_the_snapshot_counts_items() -> None:
    states = [State.UP, State.UP, State.DOWN, State.UNKNOWN, State.PLANNED, State.NOT_REQUIRED]
    assert snapshot(states) == Account(2, 1, 1, 1, 1)
    assert snapshot([]) == Account()


def test_minimum_and_time_under_the_threshold() -> None:
    found = swing(summed(["UUDDUU..", "UUU?U?.."]), 0, 8, Fraction(98, 100))
    assert found.minimum == (Fraction(0), Fraction(1, 2))
    assert (found.under_surely, found.under_possibly) == (2, 3)
    assert swing(summed([]), 0, 8, Fraction(98, 100)).minimum is None


def test_what_is_missing_is_named_longest_first() -> None:
    gone, other = Cause("d/0", Reason.TIMEOUT), Cause("d/0", Reason.OFFLINE)
    changes: list[Change] = [
        (1, State.UNKNOWN, None),
        (3, State.UNKNOWN, gone),
        (20, State.UP, None),
        (25, State.UNKNOWN, gone),
        (30, State.UNKNOWN, other),
    ]
    assert missing(figures(changes, 32).missing) == (Missing(gone, 22), Missing(None, 2), Missing(other, 2))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("UUUU", Outages()),
        ("UUDDUD", Outages(2, 1, 2, 2, 2, 2)),
        ("DDUU", Outages(0, 0, 0, 0, 2, 2)),
        ("UD?DU", Outages(1, 1, 2, 3, 1, 3)),
        ("U?DDU", Outages(1, 1, 2, 3, 2, 3)),
        ("U??U", Outages(0, 0, 0, 0, 0, 2)),
        ("?D", Outages(0, 0, 0, 0, 1, 2)),
        ("UPPDU", Outages(0, 0, 0, 0, 1, 1)),
        ("U..DU", Outages(1, 1, 1, 1, 1, 1)),
        ("UD.DU", Outages(1, 0, 0, 0, 1, 1)),
        ("UDDDD", Outages(1, 0, 0, 0, 4, 4)),
    ],
)
def test_failures(line: str, expected: Outages) -> None:
    assert outages(track(line), len(line)) == expected


def test_figures_beside_availability_are_exact() -> None:
    assert facts(None, 5, 0) == (("failures", "0"),)
    assert facts(Outages(3, 2, 3 * SECOND_NS, 4 * SECOND_NS, 2 * SECOND_NS, 2 * SECOND_NS), SECOND_NS, 0) == (
        ("failures", "3"),
        ("mtbf_s", "1/3"),
        ("mttr_s", "3/2..2"),
        ("longest_outage_s", "2"),
    )
    assert facts(Outages(0, 0, 0, 0, SECOND_NS, SECOND_NS), 5, 0) == (("failures", "0"), ("longest_outage_s", "1"))
    assert facts(Outages(1, 0, 0, 0, 0, SECOND_NS), 4 * SECOND_NS, SECOND_NS) == (
        ("failures", "1.."),
        ("mtbf_s", "..5"),
        ("longest_outage_s", "0..1"),
    )


@pytest.mark.parametrize(
    ("counted", "coming", "expected"),
    [
        (Account(up=999, unknown=1), 0, None),
        (Account(up=990, unknown=10), 0, 20),
        (Account(up=985, down=5, unknown=10), 0, 15),
        (Account(up=990, unknown=10), 100, None),
        (Account(up=900, down=20, unknown=80), 0, None),
        (Account(up=1000), 0, None),
    ],
)
def test_unknown_time_that_has_used_half_of_the_margin(
    counted: Account, coming: int, expected: int | None
) -> None:
    assert half_used(counted, coming, Fraction(98, 100)) == expected


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


def judged(
    building: Site,
    lines: dict[str, str],
    window: Window,
    as_of: int,
    records: Sequence[Record[Declaration] | Record[ItemChange]] = (),
) -> dict[str, Verdict]:
    """The verdicts by subject; lines are states by item, one letter a tick from 0."""
    items = {key: [(t, STATES[letter]) for t, letter in enumerate(line)] for key, line in lines.items()}
    resting = Facts(building, UTC, WorkCalendar(), RecordBook(UTC, records), Scripted(items, {}, {}), as_of)
    return {str(verdict.subject): verdict for verdict in availability.judge(CLAUSE, resting, window)}


def test_every_level_is_judged_and_four_dead_lifts_show_beside_the_site() -> None:
    found = judged(site([[works()], [works()]]), {"lift-0/car": "UUUU", "lift-1/car": "DDDD"}, span(0, 4), 4)
    assert list(found) == [
        "site:tower",
        "system:lifts",
        "system:empty",
        "equipment:lift-0",
        "equipment:lift-1",
        "item:lift-0/car",
        "item:lift-1/car",
    ]
    assert found["site:tower"].low == Fraction(1, 2)
    assert found["system:lifts"].outcome is Outcome.NOT_MET
    assert found["system:empty"].outcome is Outcome.NOT_APPLICABLE
    assert found["equipment:lift-0"].outcome is Outcome.MET
    assert found["item:lift-1/car"].low == 0
    assert found["site:tower"].account == found["system:lifts"].account == Account(4, 4)


def test_an_instant_is_judged_at_once_and_an_open_month_waits() -> None:
    building = site([[works()]], judged_from=2)
    lines = {"lift-0/car": "..UU"}
    now = judged(building, lines, at_instant(4), 4)["site:tower"]
    assert now.outcome is Outcome.MET
    assert now.account == Account(up=1)
    assert now.swing is None
    running = judged(building, lines, Window(WindowKind.MONTH, 0, 100), 4)["site:tower"]
    assert running.outcome is Outcome.PENDING
    assert running.account == Account(up=2, not_required=2)
    assert running.swing is not None
    assert running.swing.minimum == (Fraction(1), Fraction(1))


def test_a_window_that_has_not_begun_says_nothing_yet() -> None:
    found = judged(site([[works()]]), {"lift-0/car": "UU"}, Window(WindowKind.MONTH, 50, 100), 2)["site:tower"]
    assert (found.outcome, found.low, found.account) == (Outcome.PENDING, None, Account())
    assert judged(site([[works()]]), {"lift-0/car": ""}, at_instant(5), 5)["site:tower"].account == Account(
        unknown=1
    )


def changed(item: str, at: int, *, counts: bool, record_id: str = "C-1") -> Record[ItemChange]:
    """A change of the list that was known at once."""
    body = ItemChange(item=item, at=Instant(at), counts=counts, approved_by="Li Na")
    return Record(id=record_id, body=body, received=0)


def test_what_an_open_month_can_still_add_leaves_out_what_is_out() -> None:
    window = Window(WindowKind.MONTH, 0, 100)
    lines = {"lift-0/car": "D" * 2}
    assert judged(site([[works()]]), lines, window, 2)["site:tower"].outcome is Outcome.PENDING
    out = changed("lift-0/car", 20, counts=False)
    gone = judged(site([[works()]]), lines, window, 2, [out])["site:tower"]
    assert gone.outcome is Outcome.NOT_MET
    assert gone.lines == ()
    back = changed("lift-0/car", 30, counts=True, record_id="C-2")
    assert judged(site([[works()]]), lines, window, 2, [out, back])["site:tower"].outcome is Outcome.NOT_MET
    late = changed("lift-0/car", 99, counts=False)
    assert (
        judged(site([[works()]]), {"lift-0/car": "D"}, window, 1, [late])["site:tower"].outcome is Outcome.PENDING
    )


def test_what_an_open_month_can_still_add_leaves_out_standing_hours() -> None:
    building = site([[works()], [works()]])
    nights = (WeekHours((0, 1, 2, 3, 4, 5, 6), 0, 43_200), WeekHours((3,), 0, 43_200))
    equipment = tuple(
        replace(each, items=tuple(replace(item, stand_down=nights) for item in each.items))
        for each in building.equipment
    )
    window = Window(WindowKind.MONTH, 0, 4 * DAY_NS)
    resting = Facts(
        replace(building, equipment=equipment),
        UTC,
        WorkCalendar(),
        RecordBook(UTC),
        Scripted({key: [(0, State.DOWN)] for key in ("lift-0/car", "lift-1/car")}, {}, {}),
        HOUR_NS,
    )
    (whole, *_) = availability.judge(CLAUSE, resting, window)
    assert whole.outcome is Outcome.NOT_MET  # 2 of 98 half days, as against 2 of 192
    assert availability._coming(resting, window) == dict.fromkeys(("lift-0/car", "lift-1/car"), 2 * DAY_NS)


def test_equipment_that_is_gone_by_the_ledger_is_shown() -> None:
    building = site([[works()]])
    (lift,) = building.equipment
    gone = replace(building, equipment=(replace(lift, removed=date(1970, 1, 2)),))
    found = judged(gone, {"lift-0/car": "U"}, Window(WindowKind.MONTH, 0, 3 * DAY_NS), 2 * DAY_NS)["site:tower"]
    assert found.lines[0] == Line(about="lift-0/car", mark=Mark.EXCLUDED, start=DAY_NS, note="gone by the ledger")


def test_a_late_declaration_is_told_once_for_whoever_it_concerns() -> None:
    body = Declaration(
        items=("lift-0", "lift-1/car", "lift-9"), state=State.PLANNED, start=Instant(1), end=Instant(3)
    )
    late = Record(id="D-1", body=body, received=2, author="Wang Wei")
    lines = {f"lift-{n}/car": "UUUU" for n in range(3)}
    found = judged(site([[works()]] * 3), lines, span(0, 4), 4, [late])
    told = {subject: [line.about for line in verdict.lines] for subject, verdict in found.items()}
    assert told["site:tower"] == ["declaration:D-1"]
    assert told["item:lift-1/car"] == ["declaration:D-1"]
    assert told["equipment:lift-2"] == []
    assert found["site:tower"].lines[0].records == ("declaration:D-1@1",)


def test_the_point_that_is_missing_is_named_where_unknown_time_eats_the_margin() -> None:
    subject = Subject(Level.SITE, "tower")
    counted = figures(
        [(0, State.UP, None), (98 * HOUR_NS, State.UNKNOWN, Cause("d/0", Reason.TIMEOUT))], 99 * HOUR_NS
    )
    found = availability._Sum(counted, HOUR_NS, ())
    (line,) = availability._margin(CLAUSE, subject, found, span(0, 100 * HOUR_NS), missing(counted.missing))
    assert line.note == "1.0 h are unknown, of 2.0 h that the threshold leaves; mostly d/0"
    stopped: dict[Cause | None, int] = {Cause("d/0", Reason.NONE, GapCause.STOPPED): HOUR_NS}
    (line,) = availability._margin(CLAUSE, subject, found, span(0, 100 * HOUR_NS), missing(stopped))
    assert line.note.endswith("leaves; mostly d/0: agent stopped")


lines = st.text("UD?P.", min_size=1, max_size=30)


@given(st.lists(lines, min_size=1, max_size=3))
def test_the_interval_holds_the_truth_however_the_unknown_is_filled(drawn: list[str]) -> None:
    interval = summed(drawn).account.interval
    for fill in product("UD", repeat=2):
        truth = summed([line.replace("?", fill[n % 2]) for n, line in enumerate(drawn)]).account.interval
        assert (truth is None) == (interval is None)
        if truth and interval:
            assert interval[0] <= truth[0] == truth[1] <= interval[1]


@given(lines, st.data())
def test_failures_and_outages_hold_the_truth_however_the_unknown_is_filled(line: str, data: st.DataObject) -> None:
    found = outages(track(line), len(line))
    filled = "".join(data.draw(st.sampled_from("UD")) if letter == "?" else letter for letter in line)
    truth = outages(track(filled), len(line))
    assert found.failures <= truth.failures
    assert found.longest_low <= truth.longest_low == truth.longest_high <= found.longest_high


@given(st.lists(lines, min_size=1, max_size=4), st.integers(0, 30))
def test_the_sweep_agrees_with_a_look_at_every_tick(drawn: list[str], start: int) -> None:
    padded = [(line + "." * 30)[start:30] for line in drawn]
    threshold = Fraction(2, 3)
    looks = []
    for tick in range(30 - start):
        held = [line[tick] for line in padded]
        required = sum(letter in "UD?" for letter in held)
        if required:
            looks.append(
                (Fraction(held.count("U"), required), Fraction(held.count("U") + held.count("?"), required))
            )
    found = swing(summed(padded), 0, 30 - start, threshold)
    assert found.minimum == ((min(a for a, _ in looks), min(b for _, b in looks)) if looks else None)
    assert found.under_surely == sum(b < threshold for _, b in looks)
    assert found.under_possibly == sum(a < threshold for a, _ in looks)
