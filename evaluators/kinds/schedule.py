"""Obligations that come again and again: rounds, services, overhauls, tests, reviews.

`evaluators.obligations` says what is owed when and which record serves it, `evaluators.targets` whom it is owed
for, `evaluators.deeds` what a record is worth; here they become lines. A line is good (served), bad (its time is
over), running (still in time), unknown (claimed, but what would show it is missing) or excluded (no full period).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from evaluators.deeds import DEPENDS, Terms
from evaluators.evidence import Deeds, deeds_since
from evaluators.facts import Facts
from evaluators.model.bodies import LinkageTest
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import DAY_NS, Window
from evaluators.model.verdicts import Level, Line, Mark, Subject, Verdict, Witness
from evaluators.obligations import (
    Deed,
    Obligation,
    Period,
    Task,
    calendar_obligations,
    cycles,
    period_start,
    served,
)
from evaluators.tally import by_share
from evaluators.targets import Target, gaps_in_the_ledger, not_said, targets_of
from evaluators.windows import day_start, local_date

Board = dict[Subject, list[Line]]

LONGEST = {Period.DAY: 2, Period.WEEK: 8, Period.MONTH: 32, Period.QUARTER: 93, Period.YEAR: 367}
"""Days that no period is longer than, not even where clocks are put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Terms):
    """What is owed, and how it is read."""

    tasks: tuple[Task, ...]
    """A clause may ask for several things; each counts its own obligations."""
    grace_days: int = 0
    """Days after the end of a period in which it can still be served."""
    gap_days: int = 0
    """More days than this between two that served are worth a finding; 0: none are."""

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        names = [task.name for task in self.tasks]
        if not names or len(set(names)) != len(names):
            raise ValueError("give at least one task, each with a name of its own")


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site's verdict, then those of systems, equipment, documents or kinds of parts."""
    parameters = parameters_of(clause, Parameters)
    board: Board = {Subject(Level.SITE, facts.site.id): []}
    (site,) = board
    for task in parameters.tasks:
        for subjects, line in _lines(task, parameters, facts, window):
            for subject in (site, *subjects):
                board.setdefault(subject, []).append(line)
    known = not any(task.rolls for task in parameters.tasks)
    for subject, lines in board.items():
        note, figures = _note(parameters, lines), _figures(lines)
        yield by_share(clause, subject, window, facts.as_of, lines, all_known=known, note=note, facts=figures)


def _lines(
    task: Task, parameters: Parameters, facts: Facts, window: Window
) -> Iterator[tuple[tuple[Subject, ...], Line]]:
    yield from gaps_in_the_ledger(task, facts, window)
    targets = targets_of(task, facts)
    found = _deeds(task, targets, parameters, facts, window)
    for target in targets:
        deeds = found.of(target)
        if task.rolls and target.owed.since is None and not any(deed.worth is Mark.GOOD for deed in deeds):
            yield target.subjects, not_said(task, target, window, "since when it is owed")
        for obligation, deed in _obligations(task, target, deeds, parameters, facts, window):
            line = _line(task, target, obligation, deed, deeds, facts)
            if _is_shown(obligation, line, window, facts.as_of):
                yield target.subjects, line
        for line in _gaps(task, target, deeds, parameters, facts, window):
            yield target.subjects, line
    for line in found.findings:
        if line.start is not None and window.holds(line.start):
            yield (), line


def _deeds(task: Task, targets: Sequence[Target], parameters: Parameters, facts: Facts, window: Window) -> Deeds:
    """All deeds that can matter for the window.

    A rolling task begins anew with each sound deed, so the last one before the window is enough; with grace, who
    serves what may depend on all that went before, and without, nothing after a period serves it.
    """
    if task.period is not None:
        first = period_start(task.period, window.start, facts.zone) - (parameters.gap_days + 2) * DAY_NS
        last = None
        if not parameters.grace_days and not parameters.gap_days:
            last = window.end + LONGEST[task.period] * DAY_NS
        return deeds_since(task, targets, parameters, facts, 0 if parameters.grace_days else first, last)
    back = (task.every_days or task.every_months * 31) * DAY_NS
    while True:
        found = deeds_since(task, targets, parameters, facts, max(window.start - back, 0))
        if back >= window.start or all(found.reach(target, window.start) for target in targets):
            return found
        back *= 4


def _obligations(
    task: Task, target: Target, deeds: Sequence[Deed], parameters: Parameters, facts: Facts, window: Window
) -> Iterator[tuple[Obligation, Deed | None]]:
    if task.period is None:
        owed = target.owed
        sound = [deed.at for deed in deeds if deed.worth is Mark.GOOD and deed.at < window.start]
        if sound:
            owed = replace(owed, since=max(*sound, owed.since or 0))
        yield from cycles(task, owed, deeds, facts.as_of, facts.zone, parameters.grace_days)
        return
    start = window.start
    if parameters.grace_days:
        before = (parameters.grace_days + 1) * DAY_NS
        start = min([start, *(deed.at - before for deed in deeds)])
    obligations = list(
        calendar_obligations(task, target.owed, start, window.end, facts.zone, parameters.grace_days)
    )
    found = served(obligations, deeds)
    for obligation in obligations:
        yield obligation, found.get(obligation)


def _is_shown(obligation: Obligation, line: Line, window: Window, as_of: int) -> bool:
    """Whether it is of this window; an open window shows too what runs beyond its end."""
    if obligation.belongs_to(window.start, window.end):
        return True
    in_force = line.mark in (Mark.RUNNING, Mark.UNKNOWN) and obligation.start <= as_of < obligation.due
    return in_force and obligation.end > window.start and window.holds(as_of)


def _line(
    task: Task, target: Target, obligation: Obligation, deed: Deed | None, deeds: Sequence[Deed], facts: Facts
) -> Line:
    about = " ".join(filter(None, (target.name, task.name, obligation.label)))
    line = Line(about=about, mark=Mark.BAD, start=obligation.start, due=obligation.due, owner=target.owner(task))
    if obligation.excluded:
        return replace(line, mark=Mark.EXCLUDED, note=obligation.excluded)
    if deed is not None:
        name = deed.records[0] if deed.records and deed.worth is Mark.UNKNOWN else ""
        note = ": ".join(filter(None, (name, deed.note)))
        return replace(line, mark=deed.worth, done=deed.at, note=note, records=deed.records, witness=deed.witness)
    failed = [each for each in deeds if each.worth is Mark.BAD and obligation.start <= each.at < obligation.due]
    notes = [f"no {' or '.join(task.records)} on record that counts"]
    notes += [f"{each.records[0]} does not count: {each.note}" for each in failed]
    contradicted = any(each.witness is Witness.CONTRADICTED for each in failed)
    return replace(
        line,
        mark=Mark.RUNNING if obligation.due > facts.as_of else Mark.BAD,
        note="; ".join(notes),
        records=tuple(name for each in failed for name in each.records),
        witness=Witness.CONTRADICTED if contradicted else None,
    )


def _gaps(
    task: Task, target: Target, deeds: Sequence[Deed], parameters: Parameters, facts: Facts, window: Window
) -> Iterator[Line]:
    """A finding on the first day that is more than ``gap_days`` after a sound deed, where none came before it."""
    if not parameters.gap_days:
        return
    days = sorted({local_date(deed.at, facts.zone) for deed in deeds if deed.worth is Mark.GOOD})
    for day, following in zip(days, [*days[1:], None], strict=False):
        limit = day + timedelta(days=parameters.gap_days)
        passed = day_start(limit + timedelta(days=1), facts.zone)
        kept = following is not None and following <= limit
        left = target.owed.until is not None and target.owed.until <= passed
        if kept or left or not window.holds(passed) or passed > facts.as_of:
            continue
        about = " ".join(filter(None, (target.name, task.name, "gap since", day.isoformat())))
        until = f"{(following - day).days} days until the next" if following else "and none since"
        note = f"more than {parameters.gap_days} days without: {until}"
        yield Line(about=about, mark=Mark.FINDING, start=passed, note=note, owner=target.owner(task))


def _note(parameters: Parameters, lines: Sequence[Line]) -> str:
    if not any(LinkageTest.KIND in task.records for task in parameters.tasks):
        return ""
    if any(line.mark is Mark.UNKNOWN and DEPENDS in line.note for line in lines):
        return DEPENDS
    return f"fire department read as: {parameters.attendance}"


def _figures(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    late = sum("late: entered" in line.note for line in lines)
    witnessed = sum(line.witness is Witness.CORROBORATED for line in lines)
    contradicted = sum(line.witness is Witness.CONTRADICTED for line in lines)
    counts = (("late", late), ("corroborated", witnessed), ("contradicted", contradicted))
    return tuple((name, str(count)) for name, count in counts if count)
