"""Deadlines: from a record's start to its stop within a limit.

An event counts in the window its clock began in, and is judged when the clock is over, be that after the window's
end. A clock whose working days are not known decides nothing that could come out either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any, ClassVar

from evaluators.dues import Due, due_of, stand
from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, Instant
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import SECOND_NS, Limit, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import by_when, dated, listed
from evaluators.selection import (
    Mistake,
    Where,
    begun,
    by_reference,
    check_fields,
    check_kind,
    check_where,
    fits,
    is_filled,
    referring,
    the_site,
    time_of,
)
from evaluators.tally import by_share
from evaluators.wording import lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """How long some records have."""

    limit: Limit
    where: Where = field(default_factory=dict)
    """Which records; without it, all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What starts the clock, what stops it, and how long it may run."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    records: str
    """The kind of record that starts it."""
    start: str
    """Its field with the instant from which the clock runs; while it is empty, nothing is owed."""
    stop: tuple[str, ...]
    """The fields with the instants that stop it; the earliest counts."""
    limits: tuple[Allowed, ...]
    """The first that fits a record is its limit; a record that none fits is not counted."""
    where: Where = field(default_factory=dict)
    """Which records are looked at."""
    due: str = ""
    """A field with the record's own due instant, which goes before ``limits``."""
    stop_records: str = ""
    """Where another kind of record stops the clock: that kind, and ``stop`` are its fields."""
    refers: str = ""
    """The field by which such a record names the one that started the clock."""
    needs: Where = field(default_factory=dict)
    """What the record must say besides before its stop counts."""
    filled: tuple[str, ...] = ()
    """Fields that must say something before its stop counts."""
    owner: str = ""
    """The field that says who has to act."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """What stopped a clock, if anything: ``wrong`` where the record contradicts itself, ``lacking`` where what was
    done does not count yet."""

    at: int | None = None
    wrong: str = ""
    lacking: str = ""
    records: tuple[str, ...] = ()


Followers = Mapping[str, list[Record[Body]]]


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of those in time; how long they took, as the middle one in seconds."""
    found = lines(parameters_of(clause, Parameters), facts, window)
    took = [line.done - line.start for line in found if line.done is not None and line.start is not None]
    figures = (("median_s", str(median_low(took) // SECOND_NS)),) if took else ()
    yield by_share(clause, the_site(facts), window, facts.as_of, found, facts=figures)


def lines(parameters: Parameters, facts: Facts, window: Window) -> list[Line]:
    """One line for each clock that began in the window."""
    followers: Followers = {}
    if parameters.stop_records:
        followers = by_reference(facts.records.all(BODIES[parameters.stop_records]), parameters.refers)
    records = begun(facts, parameters.records, parameters.where, parameters.start, window)
    return [_line(parameters, facts, start, record, followers) for start, record in records]


def _line(parameters: Parameters, facts: Facts, start: int, record: Record[Body], followers: Followers) -> Line:
    body = record.body
    owner = str(getattr(body, parameters.owner)) if parameters.owner else ""
    due = _due(parameters, facts, start, body)
    if due is None:
        note = "the clause sets no limit for it"
        return Line(about=record.name, mark=Mark.EXCLUDED, start=start, note=note, records=(record.reference,))
    wrong = _contradiction(parameters, facts, start, due, record)
    stop = _Stop(wrong=wrong) if wrong else _stop(parameters, facts, start, record, followers)
    mark, note = _judged(facts, start, due, stop)
    return Line(
        about=record.name,
        mark=mark,
        start=start,
        due=due.at,
        done=None if stop.wrong else stop.at,
        note=note,
        owner=owner,
        records=(record.reference, *stop.records),
    )


def _due(parameters: Parameters, facts: Facts, start: int, body: Body) -> Due | None:
    own: int | None = getattr(body, parameters.due) if parameters.due else None
    if own is not None:
        return Due(own)
    limit = next((allowed.limit for allowed in parameters.limits if fits(body, allowed.where)), None)
    return None if limit is None else due_of(start, limit, facts)


def _contradiction(parameters: Parameters, facts: Facts, start: int, due: Due, record: Record[Body]) -> str:
    """What the record says that cannot be, for a person; empty where nothing is wrong."""
    own = () if parameters.stop_records else parameters.stop
    said = {name: time_of(record.body, name, facts.as_of) for name in own}
    before = [name for name, at in said.items() if at is not None and at < start]
    if due.at < start:
        before.append(parameters.due)
    if before:
        return f"the record contradicts itself: {listed(before)} before {parameters.start}"
    if start < facts.records.anchor(record):
        return f"the record contradicts itself: {parameters.start} before {record.body.ANCHOR}"
    return ""


def _stop(parameters: Parameters, facts: Facts, start: int, record: Record[Body], followers: Followers) -> _Stop:
    if parameters.stop_records:
        return _followed(parameters, facts, start, referring(followers, record))
    times = [at for name in parameters.stop if (at := time_of(record.body, name, facts.as_of)) is not None]
    at = min(times, default=None)
    empty = tuple(name for name in parameters.filled if not is_filled(record.body, name))
    other = tuple(name for name, words in parameters.needs.items() if not fits(record.body, {name: words}))
    if at is not None and empty + other:
        return _Stop(lacking=f"done {dated(at, facts.zone)}, but the record lacks {listed(empty + other)}")
    return _Stop(at)


def _followed(parameters: Parameters, facts: Facts, start: int, found: list[Record[Body]]) -> _Stop:
    """The earliest record that follows; one from before the clock began belongs to something else."""
    times = [
        (at, record.reference)
        for record in found
        for name in parameters.stop
        if (at := time_of(record.body, name, facts.as_of)) is not None
        and at >= start
        and fits(record.body, parameters.needs)
        and all(is_filled(record.body, needed) for needed in parameters.filled)
    ]
    at, reference = min(times, default=(None, ""))
    return _Stop(at, records=(reference,) if reference else ())


def _judged(facts: Facts, start: int, due: Due, stop: _Stop) -> tuple[Mark, str]:
    """How it stands, and why, for a person."""
    if stop.wrong:
        return Mark.UNKNOWN, stop.wrong
    mark = stand(stop.at, due, facts.as_of)
    by = by_when(due.at, facts.zone)
    match mark:
        case Mark.GOOD:
            said = f"in time: took {lasting((stop.at or start) - start)}"
        case Mark.RUNNING:
            said = f"due {by}" + (f" at the earliest: {due.doubt}" if due.doubt else "")
        case Mark.UNKNOWN:
            said = f"{due.doubt}: it was due {by} at the earliest"
        case _ if stop.at is None:
            said = f"not done, was due {by}"
        case _:
            said = f"{lasting(stop.at - due.at)} late, was due {by}"
    return mark, "; ".join(filter(None, (stop.lacking, said)))


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields and limits, as the bodies have them."""
    kind = parameters.records
    yield from check_kind("records", kind)
    yield from check_fields("start", kind, (parameters.start,), Instant)
    yield from check_where("where", kind, parameters.where)
    yield from check_fields("due", kind, filter(None, (parameters.due,)), Instant)
    yield from check_fields("owner", kind, filter(None, (parameters.owner,)), str)
    for allowed in parameters.limits:
        yield from check_where("limits", kind, allowed.where)
        if allowed.limit == Limit():
            yield "limits", "is no time at all", "give minutes, hours, days or working_days"
    if not parameters.limits:
        yield "limits", "is empty", "give at least one limit"
    if not parameters.stop:
        yield "stop", "is empty", "name at least one field"
    if bool(parameters.stop_records) != bool(parameters.refers):
        yield "refers", "goes with stop_records, and stop_records with it", "give both or neither"
    stopping = parameters.stop_records or kind
    if parameters.stop_records:
        yield from check_kind("stop_records", stopping)
        yield from check_fields("refers", stopping, filter(None, (parameters.refers,)), str)
    yield from check_fields("stop", stopping, parameters.stop, Instant)
    yield from check_fields("filled", stopping, parameters.filled)
    yield from check_where("needs", stopping, parameters.needs)
