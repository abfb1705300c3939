"""Duty round the clock: the share of time in which enough people are on duty and answer.

Time counts, not shifts: holes between shifts fail, overlaps count once. A shift that is still to come is a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Duty
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window, instant
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import dated
from evaluators.selection import Mistake, the_site
from evaluators.tally import by_amount
from evaluators.windows import dates, day_start
from evaluators.wording import lasting

Spans = list[tuple[int, int]]
"""Half-open spans of instants, ns UTC, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """The hours of a working day in which the office is staffed, in the site's zone."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Where, how many, and who at night."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    place: str
    """Of which duty: ``hotline``, ``control-room`` or another place."""
    people: int = 1
    """How many different people at once."""
    office_hours: OfficeHours | None = None
    """Outside of these hours ``post`` should answer; that it did not is a finding."""
    post: str = ""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: time with enough people on duty ÷ time, up to the instant judged at."""
    parameters = parameters_of(clause, Parameters)
    end = min(window.end, facts.as_of)
    duties = [
        each
        for each in facts.records.between(Duty, 0, end)
        if each.body.place == parameters.place and each.body.end > window.start
    ]
    if not duties:
        note = "no shift of this window is on record"
        lines = [Line(about=parameters.place, mark=Mark.UNKNOWN, start=window.start, note=note)]
        yield by_amount(clause, the_site(facts), window, facts.as_of, (Fraction(0), Fraction(1)), lines)
        return
    answered = [each for each in duties if each.body.answered]
    holes = uncovered([(window.start, end)], answered, parameters.people)
    missed = sum(until - since for since, until in holes)
    length = end - window.start
    covered = Fraction(length - missed, length) if length else None
    best = Fraction(window.length - missed, window.length)
    lines = [*map(_shift, duties), *(_hole(facts, parameters, *hole) for hole in holes)]
    lines += _without_post(facts, parameters, window, answered)
    interval = None if covered is None else (covered, covered)
    yield by_amount(clause, the_site(facts), window, facts.as_of, interval, lines, best=best)


def uncovered(spans: Iterable[tuple[int, int]], duties: list[Record[Duty]], people: int) -> Spans:
    """The parts of spans in which fewer than ``people`` different people are on duty."""
    found: Spans = []
    for start, end in spans:
        cuts = {start, end}
        for duty in duties:
            cuts |= {at for at in (duty.body.start, duty.body.end) if start < at < end}
        ordered = sorted(cuts)
        for since, until in pairwise(ordered):
            there = {_person(each) for each in duties if each.body.start <= since and until <= each.body.end}
            if len(there) >= people:
                continue
            if found and found[-1][1] == since:
                found[-1] = (found[-1][0], until)
            else:
                found.append((since, until))
    return found


def _person(duty: Record[Duty]) -> str:
    return duty.body.person.strip() or duty.name


def _shift(duty: Record[Duty]) -> Line:
    body = duty.body
    return Line(
        about=duty.name,
        mark=Mark.GOOD if body.answered else Mark.FINDING,
        start=body.start,
        note=f"{body.person}, {lasting(max(0, body.end - body.start))}"
        + ("" if body.answered else ": the line was not answered throughout, so it does not count"),
        owner=body.person,
        records=(duty.reference,),
    )


def _hole(facts: Facts, parameters: Parameters, start: int, end: int) -> Line:
    who = "nobody" if parameters.people == 1 else f"fewer than {parameters.people} people"
    return Line(
        about=f"{parameters.place} {dated(start, facts.zone)}",
        mark=Mark.BAD,
        start=start,
        note=f"{who} on duty for {lasting(end - start)}, until {dated(end, facts.zone)}",
    )


def _without_post(
    facts: Facts, parameters: Parameters, window: Window, answered: list[Record[Duty]]
) -> Iterator[Line]:
    """Out of office hours, as far as working days are known: where somebody else than ``post`` answered."""
    if parameters.office_hours is None:
        return
    end = min(window.end, facts.as_of)
    out = _out_of_hours(facts, parameters.office_hours, Window(window.kind, window.start, end))
    right = [each for each in answered if each.body.post == parameters.post]
    for start, until in uncovered(out, right, 1):
        note = f"out of office hours without a {parameters.post} for {lasting(until - start)}"
        yield Line(
            about=f"{parameters.post} {dated(start, facts.zone)}", mark=Mark.FINDING, start=start, note=note
        )


def _out_of_hours(facts: Facts, hours: OfficeHours, window: Window) -> Iterator[tuple[int, int]]:
    """The spans of the window outside of office hours; days that nobody can call working days are left out."""
    for day in dates(window, facts.zone):
        works = facts.calendar.is_workday(day)
        start = day_start(day, facts.zone)
        end = min(day_start(date.fromordinal(day.toordinal() + 1), facts.zone), window.end)
        if works is None:
            continue
        opens, closes = (instant(datetime.combine(day, at, facts.zone)) for at in (hours.start, hours.end))
        spans = ((start, opens), (closes, end)) if works else ((start, end),)
        yield from ((since, min(until, end)) for since, until in spans if since < min(until, end))


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers and hours may get wrong."""
    if parameters.people < 1:
        yield "people", f"{parameters.people} is nobody", "give at least 1"
    if (parameters.office_hours is None) != (not parameters.post):
        yield "post", "goes with office_hours, and office_hours with it", "give both or neither"
    if parameters.office_hours is not None and parameters.office_hours.end <= parameters.office_hours.start:
        yield "office_hours", "end before they start", "give start and end of one day"
