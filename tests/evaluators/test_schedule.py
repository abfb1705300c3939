"""Obligations: which are owed, which record serves which, and that neither order nor the future matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from evaluators.deeds import Terms
from evaluators.facts import Facts
from evaluators.kinds.schedule import Parameters, judge
from evaluators.model.bodies import Body, Instant, Performer, Round, Service, Test
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.records import Record
from evaluators.model.site import Equipment, Part, PartKind, Site, System
from evaluators.model.times import DAY_NS, HOUR_NS, Window, WindowKind, instant
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict
from evaluators.obligations import (
    Deed,
    Obligation,
    Period,
    Task,
    Tenure,
    calendar_obligations,
    cycles,
    served,
    tenure,
)
from evaluators.recordbook import RecordBook
from evaluators.targets import Target
from evaluators.windows import calendar_window, day_start
from tests.evaluators.cases import Scripted

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
CAIRO = ZoneInfo("Africa/Cairo")
SLOW = settings(deadline=None, max_examples=40)
"""Whole verdicts take a while, and longer on a busy machine."""

SITE = Subject(Level.SITE, "tower")

ROUNDS = Task(records=("round",), period=Period.DAY, critical=True, performers=(Performer.IN_HOUSE,))
SERVICES = Task(records=("service",), every_days=15, kinds=("lift",), owner="maintainer")


def at(day: date, hour: int = 12, zone: ZoneInfo = UTC) -> int:
    """An instant of a day."""
    return instant(datetime(day.year, day.month, day.day, hour, tzinfo=zone))


def lift(name: str = "lift-1", **more: Any) -> Equipment:
    """A critical lift."""
    return Equipment(name, name, "lifts", (), kind="lift", critical=True, maintainer="Kone", **more)


def facts(
    records: Iterable[Record[Body]],
    as_of: int,
    equipment: Sequence[Equipment] = (lift(),),
    zone: ZoneInfo = UTC,
    **site: Any,
) -> Facts:
    """Facts of a tower without a wire."""
    tower = Site("tower", "Tower", zone.key, (System("lifts", "Lifts"),), tuple(equipment), (), **site)
    return Facts(tower, zone, WorkCalendar(), RecordBook(zone, records), Scripted({}, {}, {}), as_of)


def clause(*tasks: Task, window: WindowKind = WindowKind.MONTH, **more: Any) -> Clause:
    """A row of this kind."""
    parameters = Parameters(tasks=tasks, **more)
    return Clause("1.4-x", "一.4", "", "", "schedule", Fraction(1), "1", window, parameters=parameters)


def verdict(row: Clause, known: Facts, window: Window, subject: Subject = SITE) -> Verdict:
    """The verdict of one subject."""
    return next(found for found in judge(row, known, window) if found.subject == subject)


def month(year: int, number: int, zone: ZoneInfo = UTC) -> Window:
    """A calendar month."""
    return calendar_window(WindowKind.MONTH, date(year, number, 1), zone)


def a_round(name: str, when: int, **more: Any) -> Record[Round]:
    """A round, written down at once."""
    return Record(
        id=name, body=Round(equipment=("lift-1",), performed_at=Instant(when), person="Li", **more), received=when
    )


def a_service(name: str, when: int, **more: Any) -> Record[Service]:
    """A service by the maker, written down at once."""
    body = Service(equipment=("lift-1",), performed_at=Instant(when), performer=Performer.MAKER)
    return Record(id=name, body=body, received=when, **more)


def marks(lines: Iterable[Line]) -> dict[str, Mark]:
    """Each line's mark, by what it is about."""
    return {line.about: line.mark for line in lines}


# What is owed


@pytest.mark.parametrize(
    ("period", "around", "labels"),
    [
        (Period.DAY, (date(2028, 2, 28), date(2028, 3, 1)), ["2028-02-28", "2028-02-29"]),
        (Period.WEEK, (date(2026, 12, 31), date(2027, 1, 5)), ["2026-W53", "2027-W01"]),
        (Period.MONTH, (date(2027, 12, 31), date(2028, 2, 1)), ["2027-12", "2028-01"]),
        (Period.QUARTER, (date(2026, 9, 30), date(2026, 10, 2)), ["2026-Q3", "2026-Q4"]),
        (Period.YEAR, (date(2026, 1, 1), date(2027, 1, 1)), ["2026"]),
    ],
)
def test_periods_have_labels(period: Period, around: tuple[date, date], labels: list[str]) -> None:
    start, end = (day_start(day, UTC) for day in around)
    found = calendar_obligations(Task(records=("round",), period=period), Tenure(), start, end, UTC)
    assert [each.label for each in found] == labels


@given(
    st.sampled_from([UTC, BERLIN, CAIRO]),
    st.sampled_from(list(Period)),
    st.dates(date(2023, 1, 1), date(2031, 1, 1)),
    st.integers(1, 800),
)
def test_periods_follow_each_other_without_holes(zone: ZoneInfo, period: Period, day: date, days: int) -> None:
    start, end = day_start(day, zone), day_start(day + timedelta(days=days), zone)
    found = list(calendar_obligations(Task(records=("round",), period=period), Tenure(), start, end, zone))
    assert found[0].start <= start
    assert end <= found[-1].end
    assert all(before.end == after.start for before, after in pairwise(found))
    assert len({each.label for each in found}) == len(found)


def test_only_full_periods_are_owed() -> None:
    task = Task(records=("service",), period=Period.MONTH)
    owed = Tenure(since=day_start(date(2026, 2, 2), UTC), until=day_start(date(2026, 5, 31), UTC))
    found = calendar_obligations(task, owed, at(date(2026, 1, 1)), at(date(2026, 7, 1)), UTC)
    assert {each.label: bool(each.excluded) for each in found} == {
        "2026-02": True,
        "2026-03": False,
        "2026-04": False,
        "2026-05": True,
    }
    whole = Tenure(since=day_start(date(2026, 2, 1), UTC), until=day_start(date(2026, 3, 1), UTC))
    (february,) = calendar_obligations(task, whole, at(date(2026, 1, 1)), at(date(2026, 7, 1)), UTC)
    assert february.label == "2026-02"
    assert not february.excluded


def test_since_when_something_is_owed() -> None:
    judged_from = day_start(date(2026, 1, 1), UTC)
    part = Part("lift-1/1", PartKind.SMOKE, installed=date(2026, 5, 1), removed=date(2026, 7, 1))
    machine = lift(installed=date(2026, 3, 1), handed_over=date(2026, 4, 1), removed=date(2026, 8, 1))
    tower = facts([], 0, judged_from=judged_from, handed_over=date(2026, 2, 1)).site

    def since(site: Site, machine: Equipment | None = None, part: Part | None = None) -> int | None:
        return tenure(site, UTC, machine, part).since

    assert since(tower, machine, part) == day_start(date(2026, 5, 1), UTC)
    assert since(tower, machine, replace(part, installed=None)) == day_start(date(2026, 4, 1), UTC)
    assert since(tower, replace(machine, handed_over=None)) == day_start(date(2026, 3, 1), UTC)
    assert since(tower, lift()) == since(tower) == day_start(date(2026, 2, 1), UTC)
    assert since(replace(tower, handed_over=None)) == judged_from
    assert since(replace(tower, handed_over=None, judged_from=None)) is None
    assert tenure(tower, UTC, machine, part).until == day_start(date(2026, 7, 1), UTC)
    assert tenure(tower, UTC, machine).until == day_start(date(2026, 8, 1), UTC)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"records": ["round"]}, "exactly one of period"),
        ({"records": ["round"], "period": "day", "every_days": 3}, "exactly one of period"),
        ({"records": ["round"], "period": "day", "critical": True, "kinds": ["lift"]}, "at most one of critical"),
        ({"records": ["round"], "period": "month", "years": [1]}, "years go with"),
        ({"records": ["round"], "period": "month", "parts": ["smoke"]}, "a task for parts"),
        ({"records": ["test"], "every_days": 3, "parts": ["smoke"]}, "a task for parts"),
        ({"records": ["lunch"], "period": "month"}, "lunch is no kind of record"),
        ({"records": [], "period": "month"}, "nothing is no kind of record"),
        ({"records": ["round"], "period": "day", "grace": 1}, "grace"),
    ],
)
def test_what_a_task_cannot_be(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(Task).validate_python(wrong)


def test_what_parameters_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least one task"):
        Parameters(tasks=())
    with pytest.raises(ValueError, match="a name of its own"):
        Parameters(tasks=(ROUNDS, SERVICES))
    with pytest.raises(ValueError, match="contradicted must be unknown or bad"):
        Terms(contradicted=Mark.GOOD)
    with pytest.raises(ValueError, match="blind must be good or unknown"):
        Parameters(tasks=(ROUNDS,), blind=Mark.FINDING)


# Which serves which


def deeds(places: Iterable[int], worth: Mark = Mark.GOOD) -> list[Deed]:
    """Deeds at noon of days, counted from 1 January 2026."""
    first = date(2026, 1, 1)
    return [Deed(at(first + timedelta(days=place)), "", f"{n}{worth}", worth) for n, place in enumerate(places)]


PLACES = st.lists(st.integers(0, 120), max_size=12)


@given(PLACES, PLACES, PLACES, st.integers(0, 40), st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]))
def test_a_deed_serves_one_obligation_at_most(
    good: list[int], doubtful: list[int], bad: list[int], grace: int, period: Period
) -> None:
    done = deeds(good) + deeds(doubtful, Mark.UNKNOWN) + deeds(bad, Mark.BAD)
    task = Task(records=("service",), period=period)
    start, end = day_start(date(2026, 1, 1), UTC), day_start(date(2026, 6, 1), UTC)
    owed = list(calendar_obligations(task, Tenure(), start, end, UTC, grace))
    found = served(owed, done)
    assert found == served(owed, done[::-1])
    assert max(Counter(found.values()).values(), default=1) == 1
    for obligation, deed in found.items():
        assert obligation.start <= deed.at < obligation.due
        assert deed.worth is not Mark.BAD
    idle = [deed for deed in done if deed not in found.values() and deed.worth is Mark.GOOD]
    for deed in idle:  # only where all that it could serve is served by as good a one
        could = [each for each in owed if each.start <= deed.at < each.due]
        assert all(found[each].worth is Mark.GOOD for each in could)


@given(PLACES, PLACES, st.integers(0, 5), st.integers(0, 130), st.booleans())
def test_cycles_follow_each_other_without_holes(
    good: list[int], doubtful: list[int], grace: int, until: int, known: bool
) -> None:
    as_of = at(date(2026, 1, 1) + timedelta(days=until))
    done = [deed for deed in deeds(good) + deeds(doubtful, Mark.UNKNOWN) if deed.at <= as_of]
    owed = Tenure(since=day_start(date(2026, 1, 1), UTC)) if known else Tenure()
    found = list(cycles(SERVICES, owed, done, as_of, UTC, grace))
    assert found == list(cycles(SERVICES, owed, done[::-1], as_of, UTC, grace))
    if not known and not any(deed.worth is Mark.GOOD for deed in done):
        assert found == []
        return
    assert all(before.end == after.start for (before, _), (after, _) in pairwise(found))
    assert found[-1][0].due > as_of
    assert all(each.due <= as_of or deed is not None for each, deed in found[:-1])
    serving = [deed for _, deed in found if deed is not None]
    assert len(set(serving)) == len(serving)


def test_months_roll_to_the_last_day_there_is() -> None:
    task = Task(records=("test",), every_months=36)
    assert task.last_day(date(2028, 2, 29)) == date(2031, 2, 28)
    assert task.last_day(date(2025, 2, 28)) == date(2028, 2, 28)


def test_a_rolling_task_ends_with_its_equipment() -> None:
    owed = Tenure(since=day_start(date(2026, 1, 1), UTC), until=day_start(date(2026, 2, 1), UTC))
    as_of = at(date(2026, 6, 1))
    found = [each for each, _ in cycles(SERVICES, owed, [], as_of, UTC)]
    assert [(each.label, bool(each.excluded)) for each in found] == [
        ("2026-01-02", False),
        ("2026-01-17", False),
    ]  # the second ends with 31 January, the day before
    longer = replace(owed, until=day_start(date(2026, 2, 2), UTC))
    assert [bool(each.excluded) for each, _ in cycles(SERVICES, longer, [], as_of, UTC)] == [False, False, True]


def test_an_obligation_belongs_to_the_window_of_its_last_instant() -> None:
    assert Obligation("", 5, 10, 10).belongs_to(0, 10)
    assert not Obligation("", 5, 10, 10).belongs_to(10, 20)


# Verdicts

ROUND_DAYS = st.lists(st.tuples(st.integers(0, 89), st.integers(0, 23), st.booleans()), max_size=40)


def rounds(days: Iterable[tuple[int, int, bool]]) -> list[Record[Body]]:
    """Rounds in the first quarter of 2026, some by others."""
    return [
        a_round(
            str(n),
            at(date(2026, 1, 1) + timedelta(days=day), hour),
            performer=Performer.IN_HOUSE if own else Performer.OTHER,
        )
        for n, (day, hour, own) in enumerate(days)
    ]


@SLOW
@given(ROUND_DAYS, st.randoms(use_true_random=False), st.integers(0, 90))
def test_the_order_of_arrival_and_the_future_do_not_matter(
    days: list[tuple[int, int, bool]], chance: Any, until: int
) -> None:
    records = rounds(days)
    as_of = at(date(2026, 1, 1) + timedelta(days=until))
    known = [record for record in records if record.received <= as_of]
    chance.shuffle(records)
    row = clause(ROUNDS, replace(SERVICES, records=("round",), name="rolls"))
    windows = [month(2026, number) for number in (1, 2, 3)]
    for window in windows:
        assert list(judge(row, facts(records, as_of), window)) == list(judge(row, facts(known, as_of), window))


@SLOW
@given(ROUND_DAYS)
def test_the_windows_share_the_obligations_out(days: list[tuple[int, int, bool]]) -> None:
    as_of = at(date(2026, 4, 1), 0)
    row = clause(ROUNDS, replace(SERVICES, records=("round",), performers=(Performer.IN_HOUSE,), name="rolls"))
    known = facts(rounds(days), as_of, judged_from=day_start(date(2025, 12, 1), UTC))
    quarter = verdict(row, known, Window(WindowKind.SPAN, day_start(date(2026, 1, 1), UTC), as_of))
    months = [line for number in (1, 2, 3) for line in verdict(row, known, month(2026, number)).lines]
    assert sorted(months, key=lambda line: line.about) == sorted(quarter.lines, key=lambda line: line.about)
    daily = [line for line in months if "rolls" not in line.about]
    assert len(daily) == 90
    good = {day for day, _, own in days if own}
    assert sum(line.mark is Mark.GOOD for line in daily) == len(good)
    assert sum(line.mark is Mark.BAD for line in daily) == 90 - len(good)


@SLOW
@given(PLACES, st.integers(1, 4))
def test_a_window_needs_only_the_last_service_before_it(places: list[int], number: int) -> None:
    as_of = day_start(date(2026, 5, 1), UTC)
    records = [a_service(deed.id, deed.at) for deed in deeds(places)]
    known = facts(records, as_of, judged_from=day_start(date(2026, 1, 1), UTC))
    window = month(2026, number)
    owed = Tenure(since=day_start(date(2026, 1, 1), UTC))
    expected = {
        f"lift-1 {each.label}": Mark.BAD if deed is None else Mark.GOOD
        for each, deed in cycles(SERVICES, owed, deeds(places), as_of, UTC)
        if each.belongs_to(window.start, window.end)
    }
    assert marks(verdict(clause(SERVICES), known, window).lines) == expected


def test_a_lift_that_nobody_says_since_when_is_undetermined() -> None:
    as_of = at(date(2026, 4, 1), 0)
    found = verdict(clause(SERVICES), facts([], as_of), month(2026, 3))
    assert found.outcome is Outcome.UNDETERMINED
    (line,) = found.lines
    assert line.note == "the ledger does not say since when it is owed"
    since = facts([a_service("S-1", at(date(2026, 3, 1)))], as_of)
    assert marks(verdict(clause(SERVICES), since, month(2026, 3)).lines) == {
        "lift-1 2026-03-02": Mark.BAD,
        "lift-1 2026-03-17": Mark.BAD,
    }


def test_a_day_that_runs_is_owed_until_its_end() -> None:
    as_of = at(date(2026, 3, 4), 15)
    day = calendar_window(WindowKind.DAY, date(2026, 3, 4), UTC)
    found = verdict(clause(replace(ROUNDS, owner="engineering")), facts([], as_of), day)
    (line,) = found.lines
    assert (line.mark, line.due, line.owner) == (Mark.RUNNING, day.end, "engineering")
    assert found.outcome is Outcome.PENDING
    over = verdict(clause(ROUNDS), facts([], day.end), day)
    assert over.outcome is Outcome.NOT_MET


def test_who_has_to_act() -> None:
    assert Target("lift-1", Tenure(), equipment=lift()).owner(SERVICES) == "Kone"
    assert Target("tower", Tenure()).owner(SERVICES) == ""


def test_an_empty_ledger_is_a_finding() -> None:
    as_of = at(date(2026, 4, 1), 0)
    found = verdict(clause(ROUNDS, replace(SERVICES, name="rolls")), facts([], as_of, []), month(2026, 3))
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert {line.about: line.note for line in found.lines} == {
        "critical equipment": "no critical equipment in the ledger",
        "lift rolls": "no lift in the ledger",
    }


def test_a_late_record_counts_only_if_the_site_says_so() -> None:
    as_of = at(date(2026, 4, 1), 0)
    done = at(date(2026, 3, 10))
    task = Task(records=("service",), period=Period.MONTH, critical=True)
    edge, late = (replace(a_service("S-1", done), received=done + 72 * HOUR_NS + over) for over in (0, 1))
    march = month(2026, 3)

    def line(record: Record[Body], **more: Any) -> Line:
        return verdict(clause(task, **more), facts([record], as_of), march).lines[0]

    assert (line(edge).mark, line(edge).note) == (Mark.GOOD, "")
    assert (line(late).mark, line(late).note) == (Mark.GOOD, "late: entered 72 h after the work")
    assert line(late, late_counts=False).mark is Mark.BAD
    assert line(late, late_counts=False).note.count("late:") == 1
    assert line(replace(late, made_at=done)).note == ""
    assert line(replace(late, imported=True), late_counts=False).mark is Mark.GOOD


def test_a_test_that_is_not_over_is_not_done() -> None:
    done = at(date(2026, 3, 10))
    body = Test(equipment="lift-1", performed_at=Instant(done), finished_at=Instant(done + HOUR_NS))
    record = Record(id="T-1", body=body, received=done)
    task = Task(records=("test",), period=Period.MONTH, critical=True)
    for as_of, mark in ((done + HOUR_NS - 1, Mark.RUNNING), (done + HOUR_NS, Mark.GOOD)):
        found = verdict(clause(task), facts([record], as_of), month(2026, 3))
        assert [line.mark for line in found.lines] == [mark]


def test_without_a_following_service_the_gap_grows_until_it_is_told() -> None:
    task = Task(records=("service",), period=Period.MONTH, critical=True)
    row = clause(task, gap_days=45)
    records = [a_service("S-1", at(date(2026, 1, 1)))]
    told = day_start(date(2026, 2, 16), UTC)

    def gaps(as_of: int, number: int = 2, **more: Any) -> list[str]:
        known = facts(records, as_of, [lift(**more)])
        lines = verdict(row, known, month(2026, number)).lines
        return [line.note for line in lines if line.mark is Mark.FINDING]

    assert gaps(told - 1) == []
    assert gaps(told) == gaps(told + 30 * DAY_NS) == ["more than 45 days without: and none since"]
    assert gaps(told + 30 * DAY_NS, 3) == []
    assert gaps(told, removed=date(2026, 2, 16)) == []


def test_what_runs_beyond_an_open_window_is_shown_in_it_but_not_in_a_closed_one() -> None:
    weekly = Task(records=("test",), period=Period.WEEK, kinds=("lift",))
    march = month(2026, 3)
    open_then = verdict(clause(weekly), facts([], at(date(2026, 3, 31))), march)
    assert "lift-1 2026-W14" in marks(open_then.lines)
    closed = verdict(clause(weekly), facts([], march.end), march)
    assert "lift-1 2026-W14" not in marks(closed.lines)
    assert "lift-1 2026-W14" in marks(verdict(clause(weekly), facts([], march.end), month(2026, 4)).lines)
    early = verdict(clause(weekly), facts([], at(date(2026, 3, 20))), march)
    assert "lift-1 2026-W14" not in marks(early.lines)
