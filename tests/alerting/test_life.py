"""The life of an alert, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pytest

from agent.alerting.events import AlertEvent, Ending, Event, Severity, Stage
from agent.alerting.life import after, step
from agent.alerting.policy import Policy
from agent.alerting.rings import series
from evaluators.model.clauses import Clause
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Limit, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict
from evaluators.windows import rolling, standing
from tests.alerting.scenes import (
    AVAILABILITY,
    CLAUSES,
    DAILY,
    MONTH,
    REPLY,
    RESPONSE,
    SATISFIED,
    START,
    a_fault,
    a_round,
    clause,
    day,
    live,
    verdict,
)

Tick = tuple[int, Sequence[Verdict]]


def told(*ticks: Tick, clauses: Iterable[Clause] = CLAUSES, policy: Policy | None = None) -> list[AlertEvent]:
    """Everything that is told over some ticks."""
    policy = policy or Policy()
    known: dict[str, AlertEvent] = {}
    found: list[AlertEvent] = []
    for as_of, verdicts in ticks:
        events = step(known, verdicts, clauses, as_of, policy)
        known = after(known, events, as_of, policy)
        found += events
    return found


def words(events: Iterable[AlertEvent]) -> list[str]:
    """Events in short: what happened, the stage, and why it ended."""
    return [" ".join(filter(None, (e.event.value, e.stage.value, e.ending))) for e in events]


def rounds(*lines: Line, number: int = 0) -> Verdict:
    """The verdict on the rounds of one day."""
    return verdict(DAILY, day(number), *lines)


NEARLY_OVER = START + 20 * HOUR_NS
NEXT_DAY = START + DAY_NS + 1


def test_what_is_owed_rings_in_the_last_quarter_of_its_period_and_ends_when_it_is_done() -> None:
    events = told(
        (START + 17 * HOUR_NS, [rounds(a_round(0, Mark.RUNNING))]),
        (START + 18 * HOUR_NS, [rounds(a_round(0, Mark.RUNNING))]),
        (START + 19 * HOUR_NS, [rounds(a_round(0, Mark.RUNNING))]),
        (START + 20 * HOUR_NS, [rounds(a_round(0, Mark.GOOD, note="张工 19:40"))]),
    )
    assert words(events) == ["opened due_soon", "resolved due_soon done"]
    assert events[0] == AlertEvent(
        key="1.4-daily/lift-1 2026-01-01",
        at=START + 18 * HOUR_NS,
        event=Event.OPENED,
        stage=Stage.DUE_SOON,
        severity=Severity.WARNING,
        since=START + 18 * HOUR_NS,
        clause="1.4-daily",
        title_zh="标题 1.4-daily",
        title_en="Title 1.4-daily",
        subject="site:tower",
        window=day(0),
        about="lift-1 2026-01-01",
        start=START,
        due=START + DAY_NS,
        owner="工程部",
    )
    assert events[1].since == events[0].since
    assert events[1].note == "张工 19:40"


@pytest.mark.parametrize(
    ("allowed", "lead"),
    [(4 * MINUTE_NS, 5 * MINUTE_NS), (HOUR_NS, 15 * MINUTE_NS), (DAY_NS, 6 * HOUR_NS), (365 * DAY_NS, 7 * DAY_NS)],
)
def test_the_lead_is_a_quarter_but_five_minutes_at_least_and_a_week_at_most(allowed: int, lead: int) -> None:
    assert Policy().lead_ns(START, START + allowed) == lead


def test_without_a_start_the_lead_is_the_longest() -> None:
    assert Policy().lead_ns(None, START) == 7 * DAY_NS


def test_a_missed_round_is_told_as_a_lapse_and_ends_with_the_next_one() -> None:
    missed = rounds(a_round(0, Mark.BAD))
    events = told(
        (NEARLY_OVER, [rounds(a_round(0, Mark.RUNNING))]),
        (NEXT_DAY, [missed, rounds(a_round(1, Mark.RUNNING), number=1)]),
        (NEXT_DAY + HOUR_NS, [rounds(a_round(1, Mark.RUNNING), number=1)]),
        (NEXT_DAY + 2 * HOUR_NS, [rounds(a_round(1, Mark.GOOD), number=1)]),
        (NEXT_DAY + 3 * HOUR_NS, [missed, rounds(a_round(1, Mark.GOOD), number=1)]),
    )
    assert words(events) == ["opened due_soon", "changed lapsed", "resolved lapsed superseded"]
    assert events[1].severity is Severity.BREACH


def test_a_round_of_another_lift_ends_nothing() -> None:
    events = told(
        (NEXT_DAY, [rounds(a_round(0, Mark.BAD)), rounds(a_round(1, Mark.GOOD, "lift-2"), number=1)]),
    )
    assert words(events) == ["opened lapsed"]


def test_a_record_that_comes_late_ends_a_lapse() -> None:
    events = told(
        (NEXT_DAY, [rounds(a_round(0, Mark.BAD))]),
        (NEXT_DAY + HOUR_NS, []),
        (NEXT_DAY + 2 * HOUR_NS, [rounds(a_round(0, Mark.GOOD))]),
        (NEXT_DAY + 3 * HOUR_NS, [rounds(a_round(0, Mark.GOOD))]),
    )
    assert words(events) == ["opened lapsed", "resolved lapsed done"]


def test_a_lapse_that_nobody_makes_up_for_rings_a_week_and_no_longer() -> None:
    missed = rounds(a_round(0, Mark.BAD))
    due = START + DAY_NS
    events = told(
        (NEXT_DAY, [missed]),
        (due + 7 * DAY_NS - 1, [missed]),
        (due + 7 * DAY_NS, [missed]),
        (due + 8 * DAY_NS, [missed]),
    )
    assert words(events) == ["opened lapsed", "resolved lapsed expired"]
    assert events[1].at == due + 7 * DAY_NS


def test_it_ends_so_too_when_its_window_is_not_judged_any_more() -> None:
    events = told((NEXT_DAY, [rounds(a_round(0, Mark.BAD))]), (START + 8 * DAY_NS, []))
    assert words(events) == ["opened lapsed", "resolved lapsed expired"]


def test_what_has_a_longer_period_rings_for_as_long_again() -> None:
    line = Line(about="lift-1 2026", mark=Mark.BAD, start=START, due=START + 365 * DAY_NS)
    window = Window(WindowKind.YEAR, START, START + 365 * DAY_NS)
    owed = [verdict(DAILY, window, line)]
    events = told((window.end + 300 * DAY_NS, owed), (window.end + 365 * DAY_NS, owed))
    assert words(events) == ["opened lapsed", "resolved lapsed expired"]


def test_off_over_a_due_date_there_is_exactly_one_lapse() -> None:
    on_return = [rounds(a_round(0, Mark.BAD)), rounds(a_round(1, Mark.RUNNING), number=1)]
    before = (NEARLY_OVER, [rounds(a_round(0, Mark.RUNNING))])
    for ticks in ([before], []):
        events = told(*ticks, (NEXT_DAY + HOUR_NS, on_return), (NEXT_DAY + 2 * HOUR_NS, on_return))
        assert [event.stage for event in events].count(Stage.LAPSED) == 1
        assert events[-1].is_open


def test_off_until_it_was_made_up_for_the_lapse_is_told_once_and_is_over() -> None:
    on_return = [rounds(a_round(0, Mark.BAD)), rounds(a_round(1, Mark.GOOD), number=1)]
    at = NEXT_DAY + HOUR_NS
    assert words(told((at, on_return), (at + 1, on_return), (at + 2, on_return))) == [
        "opened lapsed",
        "resolved lapsed superseded",
    ]
    known = (NEARLY_OVER, [rounds(a_round(0, Mark.RUNNING))])
    assert words(told(known, (at, on_return), (at + 1, on_return))) == [
        "opened due_soon",
        "changed lapsed",
        "resolved lapsed superseded",
    ]


def test_what_was_over_more_than_a_week_ago_is_not_told() -> None:
    on_return = [rounds(a_round(0, Mark.BAD)), rounds(a_round(1, Mark.GOOD), number=1)]
    assert told((START + 8 * DAY_NS, on_return)) == []


def test_a_clock_rings_while_it_runs_and_when_little_is_left_and_when_it_is_missed() -> None:
    running, missed = a_fault(Mark.RUNNING), a_fault(Mark.BAD)
    late = a_fault(Mark.BAD, done=START + 40 * MINUTE_NS)
    events = told(
        (START + 1, [verdict(RESPONSE, MONTH, running)]),
        (START + 10 * MINUTE_NS, [verdict(RESPONSE, MONTH, running)]),
        (START + 23 * MINUTE_NS, [verdict(RESPONSE, MONTH, running)]),
        (START + 31 * MINUTE_NS, [verdict(RESPONSE, MONTH, missed)]),
        (START + 41 * MINUTE_NS, [verdict(RESPONSE, MONTH, late)]),
        (START + 42 * MINUTE_NS, [verdict(RESPONSE, MONTH, late)]),
    )
    assert words(events) == [
        "opened running",
        "changed due_soon",
        "changed breached",
        "resolved breached done_late",
    ]
    assert [event.severity for event in events[:3]] == [Severity.INFO, Severity.WARNING, Severity.BREACH]
    assert {event.since for event in events} == {START + 1}


def test_a_clock_without_a_due_time_rings_until_it_is_stopped() -> None:
    line = Line(about="work-order:WO-1", mark=Mark.RUNNING, start=START)
    stopped = replace(line, mark=Mark.GOOD, done=START + 1)
    late = START + 30 * DAY_NS
    events = told(
        (START, [verdict(RESPONSE, MONTH, line)]),
        (late, [verdict(RESPONSE, MONTH, line)]),
        (late + 1, [verdict(RESPONSE, MONTH, stopped)]),
    )
    assert words(events) == ["opened running", "resolved running done"]


def test_one_whose_due_time_nobody_knows_is_forgotten_after_a_week_out_of_sight() -> None:
    line = Line(about="work-order:WO-1", mark=Mark.RUNNING)
    events = told((START, [verdict(RESPONSE, MONTH, line)]), (START + 6 * DAY_NS, []), (START + 7 * DAY_NS, []))
    assert words(events) == ["opened running", "resolved running expired"]


def test_what_has_no_clock_does_not_ring_while_there_is_time() -> None:
    line = Line(about="request:R-1", mark=Mark.RUNNING, start=START, due=START + 2 * HOUR_NS)
    reply = [verdict(REPLY, MONTH, line)]
    assert told((START + HOUR_NS, reply)) == []
    assert words(told((START + 90 * MINUTE_NS, reply))) == ["opened due_soon"]


def test_a_life_safety_items_clock_is_an_emergency_from_its_first_to_its_last() -> None:
    policy = Policy(life_safety=frozenset({"panel/loop-1"}))
    line = Line(about="panel/loop-1 2026-01-01", mark=Mark.RUNNING, start=START, due=START + 30 * MINUTE_NS)
    ticks = [
        (START, [verdict(RESPONSE, MONTH, line)]),
        (START + 31 * MINUTE_NS, [verdict(RESPONSE, MONTH, replace(line, mark=Mark.BAD))]),
    ]
    assert [e.severity for e in told(*ticks, policy=policy)] == [Severity.EMERGENCY] * 2
    assert [e.severity for e in told(*ticks)] == [Severity.INFO, Severity.BREACH]


@dataclass(frozen=True, slots=True)
class Limits:
    """Parameters of a kind that knows emergencies."""

    emergency: Limit | None


@pytest.mark.parametrize(
    ("limit", "minutes", "is_emergency"),
    [(Limit(minutes=15), 15, True), (Limit(minutes=15), 30, False), (None, 15, False)],
)
def test_a_clock_with_an_emergencys_limit_is_one(limit: Limit | None, minutes: int, is_emergency: bool) -> None:
    judged = replace(RESPONSE, parameters=Limits(limit))
    (event,) = told((START, [verdict(judged, MONTH, a_fault(Mark.RUNNING, minutes=minutes))]), clauses=(judged,))
    assert (event.severity is Severity.EMERGENCY) == is_emergency


def test_an_emergency_whose_start_nobody_knows_is_no_emergency() -> None:
    judged = replace(RESPONSE, parameters=Limits(Limit(minutes=15)))
    line = replace(a_fault(Mark.RUNNING, minutes=15), start=None)
    assert [e.severity for e in told((START, [verdict(judged, MONTH, line)]), clauses=(judged,))] == [
        Severity.WARNING
    ]


def test_a_response_of_hours_rings_when_little_is_left_but_a_repair_at_once() -> None:
    repair = clause("1.4-repair", "repair_rate", WindowKind.MONTH)
    line = a_fault(Mark.RUNNING, minutes=24 * 60)
    tick = [verdict(RESPONSE, MONTH, line), verdict(repair, MONTH, line)]
    assert [e.clause for e in told((START, tick), clauses=(RESPONSE, repair))] == ["1.4-repair"]
    no_start = replace(line, start=None, due=START + 30 * DAY_NS)
    assert told((START, [verdict(RESPONSE, MONTH, no_start)])) == []


def test_what_runs_out_of_itself_is_told_when_it_is_worth_a_finding() -> None:
    about = "manager staff:W-1 expires"
    line = Line(about=about, mark=Mark.FINDING, start=START, due=START + 30 * DAY_NS, owner="张三")
    ended = START + 30 * DAY_NS
    events = told(
        (START, [verdict(REPLY, standing(START), line)]),
        (ended, [verdict(REPLY, standing(ended), replace(line, start=ended))]),
        (ended + 1, [verdict(REPLY, standing(ended + 1))]),
    )
    assert words(events) == ["opened due_soon", "resolved due_soon excluded"]


@pytest.mark.parametrize(
    ("about", "named"),
    [
        ("lift-1 2026-03-04", "lift-1"),
        ("lift-1 legal 2026", "lift-1 legal"),
        ("lift-1 2026-W10", "lift-1"),
        ("lift-1 2026-Q1", "lift-1"),
        ("charter of goals", "charter of goals"),
        ("lift-1/car 2026-03-04T10:00:00+08:00", "lift-1/car 2026-03-04T10:00:00+08:00"),
    ],
)
def test_a_series_is_the_name_without_its_period(about: str, named: str) -> None:
    assert series(about) == named


def test_a_lapse_outlasts_its_window_although_its_name_comes_back_in_the_next() -> None:
    first, second = (
        Line(about="staff:W-1", mark=Mark.RUNNING, start=day(n).start, due=day(n).end) for n in (0, 1)
    )
    events = told(
        (NEXT_DAY, [rounds(replace(first, mark=Mark.BAD)), rounds(second, number=1)]),
        (NEXT_DAY + 1, [rounds(second, number=1)]),
        (NEXT_DAY + 2, [rounds(replace(second, mark=Mark.GOOD), number=1)]),
    )
    assert words(events) == ["opened lapsed", "resolved lapsed superseded"]


def test_a_due_time_that_moves_is_told_and_one_that_moves_far_away_ends_it() -> None:
    line = a_fault(Mark.RUNNING, minutes=30)
    reply = replace(line, about="request:R-1")
    events = told(
        (START, [verdict(RESPONSE, MONTH, line), verdict(REPLY, MONTH, replace(reply, due=START + MINUTE_NS))]),
        (
            START + 1,
            [
                verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING, minutes=60)),
                verdict(REPLY, MONTH, replace(reply, due=START + DAY_NS)),
            ],
        ),
    )
    assert words(events) == [
        "opened running",
        "opened due_soon",
        "changed running",
        "resolved due_soon not_due",
    ]
    assert events[2].due == START + 60 * MINUTE_NS


@pytest.mark.parametrize("mark", [Mark.EXCLUDED, Mark.FINDING])
def test_what_does_not_count_any_more_ends(mark: Mark) -> None:
    events = told(
        (START, [verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING))]),
        (START + 1, [verdict(RESPONSE, MONTH, replace(a_fault(mark), due=None))]),
    )
    assert words(events) == ["opened running", "resolved running excluded"]


def test_what_is_unknown_is_not_good() -> None:
    events = told(
        (START, [verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING))]),
        (START + MINUTE_NS, [verdict(RESPONSE, MONTH, a_fault(Mark.UNKNOWN))]),
        (START + HOUR_NS, [verdict(RESPONSE, MONTH, a_fault(Mark.UNKNOWN))]),
    )
    assert words(events) == ["opened running"]


def test_unknown_does_not_open() -> None:
    assert told((START, [verdict(RESPONSE, MONTH, a_fault(Mark.UNKNOWN), a_fault(Mark.GOOD, name="WO-2"))])) == []


def test_a_withdrawn_record_ends_what_it_began_but_a_window_out_of_sight_ends_nothing() -> None:
    begun = (START, [verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING))])
    elsewhere = verdict(RESPONSE, replace(MONTH, start=MONTH.end, end=MONTH.end + 28 * DAY_NS))
    events = told(begun, (START + 1, []), (START + 2, [elsewhere]), (START + 3, [verdict(RESPONSE, MONTH)]))
    assert words(events) == ["opened running", "resolved running gone"]
    assert events[1].at == START + 3


@pytest.mark.parametrize("make", [standing, lambda at: rolling(15, at)])
def test_windows_that_move_with_the_instant_are_one(make: object) -> None:
    assert callable(make)
    line = Line(about="staff:W-1", mark=Mark.RUNNING, due=START + DAY_NS)
    events = told(
        (START, [verdict(REPLY, make(START), line)]),
        (START + 1, [verdict(REPLY, make(START + 1), line)]),
        (START + 2, [verdict(REPLY, make(START + 2))]),
    )
    assert words(events) == ["opened due_soon", "resolved due_soon gone"]


def test_a_clause_that_is_switched_off_or_unconfirmed_ends_its_alerts_and_rings_no_more() -> None:
    tick = [verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING))]
    known = {event.key: event for event in told((START, tick))}
    for clauses in ((DAILY,), (replace(RESPONSE, verified=False),)):
        assert words(step(known, tick, clauses, START + 1)) == ["resolved running gone"]
        assert step({}, tick, clauses, START + 1) == ()


def test_a_clause_that_could_not_be_judged_ends_nothing() -> None:
    void = verdict(RESPONSE, MONTH, outcome=Outcome.UNDETERMINED, note="cannot be judged: ZeroDivisionError")
    events = told(
        (START, [verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING))]),
        (START + 1, [void]),
        (START + 2, [verdict(RESPONSE, MONTH)]),
    )
    assert words(events) == ["opened running", "resolved running gone"]
    assert events[1].at == START + 2


def test_only_the_sites_own_verdict_rings_unless_there_are_only_parts() -> None:
    part = Subject(Level.PART, "companies")
    equipment = Subject(Level.EQUIPMENT, "lift-1")
    line = a_fault(Mark.RUNNING)
    of_part = verdict(RESPONSE, MONTH, line, subject=part)
    of_site, of_lift = verdict(RESPONSE, MONTH), verdict(RESPONSE, MONTH, line, subject=equipment)
    assert told((START, [of_site, of_part, of_lift])) == []
    assert [event.subject for event in told((START, [of_part, of_lift]))] == ["part:companies"]


def test_the_same_name_in_two_windows_is_one_alert_and_the_lapse_is_not_lost() -> None:
    """Where a kind names no period, the last one that rings counts."""
    first, second = (
        Line(about="staff:W-1", mark=Mark.RUNNING, start=day(n).start, due=day(n).end) for n in (0, 1)
    )
    events = told(
        (NEARLY_OVER, [rounds(first)]),
        (NEXT_DAY, [rounds(replace(first, mark=Mark.BAD)), rounds(second, number=1)]),
        (NEARLY_OVER + DAY_NS, [rounds(replace(first, mark=Mark.BAD)), rounds(second, number=1)]),
        (NEXT_DAY + DAY_NS, [rounds(replace(second, mark=Mark.GOOD), number=1)]),
    )
    assert words(events) == ["opened due_soon", "changed lapsed", "changed due_soon", "resolved due_soon done"]


def test_of_two_lines_of_one_name_the_alerts_own_says_how_it_ended() -> None:
    first, second = (
        Line(about="staff:W-1", mark=Mark.RUNNING, start=day(n).start, due=day(n).end) for n in (0, 1)
    )
    events = told(
        (NEARLY_OVER, [rounds(first)]),
        (NEXT_DAY, [rounds(replace(first, mark=Mark.GOOD)), rounds(second, number=1)]),
    )
    assert words(events) == ["opened due_soon", "resolved due_soon done"]


def test_an_alert_is_opened_again_when_the_same_comes_back() -> None:
    good, bad = [rounds(a_round(0, Mark.GOOD))], [rounds(a_round(0, Mark.BAD))]
    events = told((NEXT_DAY, bad), (NEXT_DAY + 1, good), (NEXT_DAY + 2, bad))
    assert words(events) == ["opened lapsed", "resolved lapsed done", "opened lapsed"]
    assert events[2].since == NEXT_DAY + 2


class TestVerdicts:
    """What has no due time rings through its verdict."""

    def test_a_clause_that_is_lost_rings_once_and_names_what_fails(self) -> None:
        bad = [Line(about=f"complaint:C-{n}", mark=Mark.BAD, note="不满意") for n in range(5)]
        lost = verdict(
            SATISFIED, MONTH, *bad, outcome=Outcome.NOT_MET, interval=("1/3", "1/2"), note="as of the survey"
        )
        events = told((START, [lost]), (START + 1, [lost]))
        assert words(events) == ["opened not_met"]
        assert events[0].key == "2.1.3-satisfied@site:tower"
        assert events[0].severity is Severity.BREACH
        assert events[0].note == (
            "33.33 % – 50 %, threshold 85 %; complaint:C-0, complaint:C-1, complaint:C-2 and 2 more; "
            "as of the survey"
        )

    def test_where_lines_with_due_times_fail_the_verdict_is_not_told_besides(self) -> None:
        lost = verdict(RESPONSE, MONTH, a_fault(Mark.BAD), outcome=Outcome.NOT_MET)
        assert words(told((START + HOUR_NS, [lost]))) == ["opened breached"]

    def test_a_lost_window_rings_until_a_week_after_its_close_and_the_next_lost_one_again(self) -> None:
        lost = verdict(SATISFIED, MONTH, outcome=Outcome.NOT_MET)
        following = replace(MONTH, start=MONTH.end, end=MONTH.end + 28 * DAY_NS)
        pending = verdict(SATISFIED, following)
        lost_again = replace(pending, outcome=Outcome.NOT_MET)
        events = told(
            (MONTH.end + 1, [lost]),
            (MONTH.end + DAY_NS, [pending]),
            (MONTH.end + 2 * DAY_NS, [lost, lost_again]),
            (MONTH.end + 8 * DAY_NS, [lost, lost_again]),
            (following.end + 7 * DAY_NS, [lost, lost_again]),
        )
        assert words(events) == ["opened not_met", "changed not_met", "resolved not_met expired"]
        assert events[1].window == following

    def test_late_facts_can_bring_a_lost_window_back(self) -> None:
        lost = verdict(SATISFIED, MONTH, outcome=Outcome.NOT_MET)
        met = replace(lost, outcome=Outcome.MET)
        events = told((MONTH.end + 1, [lost]), (MONTH.end + 2, [met]))
        assert words(events) == ["opened not_met", "resolved not_met recovered"]

    def test_the_live_figure_rings_for_five_minutes_at_least(self) -> None:
        low, fine = ("9/10", "9/10"), ("1", "1")
        times = [START + minute * MINUTE_NS for minute in range(8)]
        events = told(
            (times[0], [live(times[0], Outcome.NOT_MET, low)]),
            (times[1], [live(times[1], Outcome.MET, fine)]),
            (times[2], [live(times[2], Outcome.NOT_MET, low)]),
            (times[4], [live(times[4], Outcome.MET, fine)]),
            (times[5], [live(times[5], Outcome.MET, fine)]),
        )
        assert words(events) == ["opened not_met", "resolved not_met recovered"]
        assert events[0].severity is Severity.WARNING
        assert events[1].at == times[5]

    def test_a_lost_month_is_more_than_a_low_figure_of_the_moment(self) -> None:
        low = ("9/10", "9/10")
        lost = verdict(AVAILABILITY, MONTH, outcome=Outcome.NOT_MET, interval=low)
        events = told(
            (START, [live(START, Outcome.NOT_MET, low)]),
            (START + 1, [live(START + 1, Outcome.NOT_MET, low), lost]),
        )
        assert [event.severity for event in events] == [Severity.WARNING, Severity.BREACH]
        assert events[1].window == MONTH

    @pytest.mark.parametrize(
        ("days", "high", "rings"),
        [
            (31, "0.9099", False),
            (31, "0.91", True),
            (1, "1", False),
            (3, "1", False),
            (4, "1", True),
            (40, "0.9099", False),
            (38, "0.91", False),
            (37, "0.91", True),
        ],
    )
    def test_unknown_rings_once_it_has_used_half_of_what_the_month_may_miss(
        self, days: int, high: str, rings: bool
    ) -> None:
        """Of 31 days at 98 % half the margin is 0.31 days; up to a tenth of the time so far is unknown."""
        as_of = START + days * DAY_NS
        found = verdict(AVAILABILITY, MONTH, as_of=as_of, interval=("0.9", high), outcome=Outcome.UNDETERMINED)
        assert words(told((as_of, [found]))) == (["opened unknown"] if rings else [])

    def test_nothing_unknown_and_nothing_required_do_not_ring(self) -> None:
        strict = clause("2.1.2-hotline", "availability", WindowKind.MONTH, "1")
        assert (
            told((MONTH.end, [verdict(strict, MONTH, as_of=MONTH.end, interval=("1", "1"))]), clauses=(strict,))
            == []
        )
        assert told((MONTH.end, [verdict(strict, MONTH, as_of=MONTH.end)]), clauses=(strict,)) == []
        unknown_now = verdict(strict, standing(START), interval=("0", "1"), outcome=Outcome.UNDETERMINED)
        assert told((START, [unknown_now]), clauses=(strict,)) == []

    def test_figures_that_are_no_share_keep_their_unit(self) -> None:
        staff = replace(clause("1.3-staff", "staffing", WindowKind.STANDING, "10"), unit="1")
        hours = replace(clause("1.3-cs-training", "hours", WindowKind.YEAR, "40"), unit="h")
        few = verdict(staff, standing(START), outcome=Outcome.NOT_MET, interval=("7", "7"))
        short = replace(verdict(hours, MONTH, outcome=Outcome.NOT_MET, interval=("39.995", "39.995")), unit="h")
        notes = [event.note for event in told((START, [few, short]), clauses=(staff, hours))]
        assert notes == ["39.99 h, threshold 40 h", "7, threshold 10"]

    def test_the_clause_switched_off_ends_it(self) -> None:
        known = {e.key: e for e in told((START, [verdict(SATISFIED, MONTH, outcome=Outcome.NOT_MET)]))}
        assert [e.ending for e in step(known, [], (DAILY,), START + 1)] == [Ending.GONE]


def test_an_alert_of_the_agent_itself_is_ended_by_nothing_that_is_judged() -> None:
    (opened,) = step({}, [verdict(DAILY, day(0), a_round(0, Mark.BAD))], CLAUSES, START + DAY_NS + 1)
    own = replace(opened, key="agent/clock", clause="", about="agent/clock", due=None)
    assert step({own.key: own}, [], CLAUSES, START + 30 * DAY_NS) == ()
    assert after({own.key: own}, [], START + 30 * DAY_NS) == {own.key: own}
