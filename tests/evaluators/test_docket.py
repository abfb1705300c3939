"""Which windows are due: open ones, closed ones that are not settled, and those that late facts touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from evaluators.docket import REST_NS, Docket, current, is_decided, is_settled
from evaluators.model.times import DAY_NS, Window, WindowKind, instant
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict
from evaluators.windows import containing
from tests.evaluators.building import CLAUSE

MARCH = instant(datetime(2026, 3, 1, tzinfo=UTC))
APRIL = instant(datetime(2026, 4, 1, tzinfo=UTC))
MAY = instant(datetime(2026, 5, 1, tzinfo=UTC))


def month(at: int) -> Window:
    """The month that holds an instant."""
    return containing(WindowKind.MONTH, at, UTC)


def verdict(outcome: Outcome, *marks: Mark) -> Verdict:
    """A verdict with lines."""
    lines = tuple(Line(about=str(n), mark=mark) for n, mark in enumerate(marks))
    window, site = month(MARCH), Subject(Level.SITE, "tower")
    return Verdict("c", site, outcome, None, None, Fraction(1), "1", window, None, APRIL, lines=lines)


def test_the_current_window_of_each_kind() -> None:
    for kind, start in ((WindowKind.STANDING, MARCH), (WindowKind.INSTANT, MARCH)):
        assert current(replace(CLAUSE, window=kind), MARCH, UTC) == Window(kind, start, start)
    fortnight = replace(CLAUSE, window=WindowKind.ROLLING, window_days=15)
    assert current(fortnight, MARCH, UTC) == Window(WindowKind.ROLLING, MARCH - 15 * DAY_NS, MARCH)
    assert current(CLAUSE, APRIL, UTC) == month(MARCH), "at its very end it is still the old month"
    assert current(CLAUSE, APRIL + 1, UTC) == month(APRIL)


def test_a_window_is_due_until_it_is_settled() -> None:
    docket = Docket([CLAUSE], UTC, MARCH)
    middle = MARCH + 10 * DAY_NS
    assert docket.due(CLAUSE, middle) == (month(MARCH),)
    docket.judged(CLAUSE, month(MARCH), middle, settled=False)
    later = APRIL + DAY_NS
    assert docket.due(CLAUSE, later) == (month(MARCH), month(APRIL))
    docket.judged(CLAUSE, month(MARCH), later, settled=True)
    docket.judged(CLAUSE, month(APRIL), later, settled=False)
    assert docket.due(CLAUSE, later + 1) == (month(APRIL),)


def test_a_window_in_which_only_a_fault_goes_on_is_judged_once_an_hour() -> None:
    docket = Docket([CLAUSE], UTC, MARCH)
    later = APRIL + DAY_NS
    docket.judged(CLAUSE, month(MARCH), later, settled=False, decided=True)
    docket.judged(CLAUSE, month(APRIL), later, settled=False)
    assert docket.due(CLAUSE, later + REST_NS - 1) == (month(APRIL),)
    assert docket.due(CLAUSE, later + REST_NS) == (month(MARCH), month(APRIL))
    docket.reopen(CLAUSE, MARCH, MARCH, since=MARCH)
    assert docket.due(CLAUSE, later + 1) == (month(MARCH), month(APRIL))


def test_windows_that_came_and_went_while_nobody_judged_are_due() -> None:
    docket = Docket([CLAUSE], UTC, MARCH)
    assert docket.due(CLAUSE, MAY + 1) == (month(MARCH), month(APRIL), month(MAY))


def test_what_was_open_before_a_restart_still_is() -> None:
    docket = Docket([CLAUSE], UTC, APRIL, [(CLAUSE.id, month(MARCH)), ("gone", month(MARCH))])
    assert docket.due(CLAUSE, APRIL + 1) == (month(MARCH), month(APRIL))


def test_a_late_fact_opens_what_it_touches_again() -> None:
    docket = Docket([CLAUSE], UTC, MARCH)
    for window in docket.due(CLAUSE, MAY + DAY_NS):
        docket.judged(CLAUSE, window, MAY + DAY_NS, settled=window.end <= MAY)
    docket.reopen(CLAUSE, MARCH - 50 * DAY_NS, APRIL - 1, since=MARCH)
    assert docket.due(CLAUSE, MAY + DAY_NS) == (month(MARCH), month(MAY))
    docket.reopen(CLAUSE, APRIL, MAY + 500 * DAY_NS, since=MARCH)
    assert docket.due(CLAUSE, MAY + DAY_NS) == (month(MARCH), month(APRIL), month(MAY))


def test_windows_that_are_no_calendar_windows_are_always_due_and_never_kept() -> None:
    standing = replace(CLAUSE, window=WindowKind.STANDING)
    docket = Docket([standing], UTC, MARCH)
    (window,) = docket.due(standing, APRIL)
    docket.judged(standing, window, APRIL, settled=False)
    docket.reopen(standing, MARCH, APRIL, since=MARCH)
    assert docket.due(standing, MAY) == (Window(WindowKind.STANDING, MAY, MAY),)


def test_settled_is_what_only_late_facts_can_change() -> None:
    window = month(MARCH)
    met = verdict(Outcome.MET, Mark.GOOD)
    assert is_settled(window, [met], APRIL + 5, 5)
    assert not is_settled(window, [met], APRIL + 4, 5), "the wire may still say more"
    assert not is_settled(window, [met, verdict(Outcome.PENDING)], MAY, 5)
    assert not is_settled(window, [verdict(Outcome.NOT_MET, Mark.BAD, Mark.RUNNING)], MAY, 5)
    assert not is_settled(Window(WindowKind.STANDING, MARCH, MARCH), [met], MAY, 5)
    goes_on = replace(met, lines=(replace(met.lines[0], mark=Mark.BAD, lasts=True),))
    assert is_decided(window, [goes_on], APRIL + 5, 5)
    assert not is_settled(window, [goes_on], APRIL + 5, 5)


def test_what_was_judged_while_the_clock_was_ahead_is_due_again() -> None:
    docket = Docket([CLAUSE], UTC, MARCH)
    for window in docket.due(CLAUSE, MAY + 1):
        docket.judged(CLAUSE, window, MAY + 1, settled=window.end <= MAY)
    back = MARCH + DAY_NS
    docket.go_back(back)
    assert docket.due(CLAUSE, back) == (month(MARCH),), "May has not begun"
    docket.judged(CLAUSE, month(MARCH), back, settled=False)
    assert docket.due(CLAUSE, MAY + 1) == (month(MARCH), month(APRIL), month(MAY))
