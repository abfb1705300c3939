"""Clauses, verdicts and lines to alert of, and a small world of obligations and faults judged as it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from agent.alerting.events import AlertEvent, Event, Severity, Stage
from evaluators.model.clauses import Clause
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict
from evaluators.windows import at_instant

START = 1_767_196_800 * 10**9
"""A midnight in Shanghai."""

SITE = Subject(Level.SITE, "tower")


def clause(clause_id: str, kind: str, window: WindowKind = WindowKind.DAY, threshold: str = "1") -> Clause:
    """A row of the catalogue."""
    return Clause(
        id=clause_id,
        number="一.4",
        title_zh=f"标题 {clause_id}",
        title_en=f"Title {clause_id}",
        kind=kind,
        threshold=Fraction(threshold),
        unit="1",
        window=window,
    )


DAILY = clause("1.4-daily", "schedule")
RESPONSE = clause("1.4-response", "response_time", WindowKind.MONTH)
REPLY = clause("2.1.2-reply", "deadline", WindowKind.MONTH)
AVAILABILITY = clause("1.4-availability", "availability", WindowKind.MONTH, "0.98")
SATISFIED = clause("2.1.3-satisfied", "ratio", WindowKind.QUARTER, "0.85")
CLAUSES = (DAILY, RESPONSE, REPLY, AVAILABILITY, SATISFIED)

MONTH = Window(WindowKind.MONTH, START, START + 31 * DAY_NS)


def day(number: int) -> Window:
    """The day so many days after the start."""
    return Window(WindowKind.DAY, START + number * DAY_NS, START + (number + 1) * DAY_NS)


def verdict(
    judged: Clause,
    window: Window,
    *lines: Line,
    as_of: int = START,
    outcome: Outcome = Outcome.PENDING,
    interval: tuple[str, str] | None = None,
    subject: Subject = SITE,
    note: str = "",
) -> Verdict:
    """What was judged of a clause."""
    low, high = (None, None) if interval is None else map(Fraction, interval)
    return Verdict(
        clause=judged.id,
        subject=subject,
        outcome=outcome,
        low=low,
        high=high,
        threshold=judged.threshold,
        unit=judged.unit,
        window=window,
        coverage=None,
        as_of=as_of,
        note=note,
        lines=lines,
    )


def live(as_of: int, outcome: Outcome, interval: tuple[str, str]) -> Verdict:
    """The availability at an instant."""
    return verdict(AVAILABILITY, at_instant(as_of), as_of=as_of, outcome=outcome, interval=interval)


def a_round(number: int, mark: Mark, equipment: str = "lift-1", note: str = "") -> Line:
    """A daily round of a lift."""
    window = day(number)
    about = f"{equipment} 2026-01-{number + 1:02d}"
    return Line(about=about, mark=mark, start=window.start, due=window.end, owner="工程部", note=note)


def a_fault(mark: Mark, done: int | None = None, minutes: int = 30, name: str = "WO-1") -> Line:
    """A fault at the start that asks for a response within some minutes."""
    due = START + minutes * MINUTE_NS
    return Line(about=f"work-order:{name}", mark=mark, start=START, due=due, done=done)


def an_event(
    number: int = 1, at: int = START, severity: Severity = Severity.BREACH, **changes: object
) -> AlertEvent:
    """A lapsed round."""
    window = day(0)
    event = AlertEvent(
        key=f"1.4-daily/lift-{number} 2026-01-01",
        at=at,
        event=Event.OPENED,
        stage=Stage.LAPSED,
        severity=severity,
        since=at,
        clause="1.4-daily",
        title_zh="每日巡检",
        title_en="Daily round",
        subject="site:tower",
        window=window,
        about=f"lift-{number} 2026-01-01",
        start=window.start,
        due=window.end,
        owner="工程部",
        note="没有巡检记录",
    )
    return replace(event, **changes)  # type: ignore[arg-type]  # named like the fields


@dataclass(frozen=True, slots=True)
class Deed:
    """Something owed: over ``[start, due]``, done at ``done`` or never."""

    clause: Clause
    about: str
    start: int
    due: int
    done: int | None

    def line(self, as_of: int) -> Line:
        """How it stands at an instant."""
        done = self.done if self.done is not None and self.done <= as_of else None
        if done is not None:
            mark = Mark.GOOD if done <= self.due else Mark.BAD
        else:
            mark = Mark.RUNNING if as_of <= self.due else Mark.BAD
        return Line(about=self.about, mark=mark, start=self.start, due=self.due, done=done)


def owed(rounds: Sequence[Sequence[int | None]], faults: Iterable[tuple[int, int, int | None]]) -> list[Deed]:
    """The deeds of a world. ``rounds``: per lift and day the hour after its midnight at which it is done;
    ``faults``: hour, minutes allowed, minutes taken."""
    found = []
    for lift, hours in enumerate(rounds):
        for number, hour in enumerate(hours):
            window = day(number)
            about = f"lift-{lift} 2026-01-{number + 1:02d}"
            done = None if hour is None else window.start + hour * HOUR_NS
            found.append(Deed(DAILY, about, window.start, window.end, done))
    for place, (hour, minutes, taken) in enumerate(faults):
        start = START + hour * HOUR_NS
        done = None if taken is None else start + taken * MINUTE_NS
        found.append(Deed(RESPONSE, f"work-order:{place}", start, start + minutes * MINUTE_NS, done))
    return found


def judged(deeds: Iterable[Deed], since: int, as_of: int) -> list[Verdict]:
    """The verdicts at an instant: each clause's current window, and those that did not close before ``since``."""
    lines: dict[tuple[str, Window], list[Line]] = {}
    clauses = {DAILY.id: DAILY, RESPONSE.id: RESPONSE}
    for number in range(max(0, (since - 1 - START) // DAY_NS), (as_of - 1 - START) // DAY_NS + 1):
        lines[DAILY.id, day(number)] = []
    lines[RESPONSE.id, MONTH] = []
    for deed in deeds:
        window = MONTH if deed.clause is RESPONSE else Window(WindowKind.DAY, deed.start, deed.due)
        if deed.start < as_of and (deed.clause.id, window) in lines:
            lines[deed.clause.id, window].append(deed.line(as_of))
    return [verdict(clauses[name], window, *found, as_of=as_of) for (name, window), found in lines.items()]
