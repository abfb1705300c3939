"""Response times: clocks that a fault or a record starts, and that stop when somebody answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, Literal, get_args, get_type_hints

from evaluators.facts import Facts
from evaluators.fault_groups import Group, Unseen, goes_into, groups
from evaluators.faults import USUAL, FaultLog, Gathering, gather, gathering_mistakes
from evaluators.model.bodies import BODIES, Body, Instant
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import DAY_NS, SECOND_NS, Limit, Window
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict, Witness
from evaluators.percentiles import percentile
from evaluators.response_lines import Excuse, Terms, Timed, response_line
from evaluators.responses import Answers, How
from evaluators.tally import by_share
from evaluators.windows import due_at
from evaluators.wording import lasting


class Clock(StrEnum):
    """What starts the clock."""

    FAULTS = "faults"
    RECORDS = "records"


class Stops(StrEnum):
    """What stops the clock of a fault."""

    FIRST = "first"
    """A named technician takes the order or somebody is on site, whichever is earlier."""
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    ALTERNATIVE = "alternative"
    """An alternative was explained to the tenants."""


_HOWS = {
    Stops.FIRST: (How.ACCEPTED, How.ARRIVED, How.AT_WORK),
    Stops.ACCEPTED: (How.ACCEPTED,),
    Stops.ARRIVED: (How.ARRIVED, How.AT_WORK),
    Stops.ALTERNATIVE: (How.ALTERNATIVE,),
}

Counted = Literal["fault", "entrapment", "fire-alarm", "flood", "other-emergency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The limit of records whose fields each have one of the words given."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    limit: Limit
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_NONE = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is answered, by when, and what counts as an answer. A verdict is on the share in time."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    clock: Clock

    counts: tuple[Counted, ...] = ("fault", "entrapment", "fire-alarm", "flood", "other-emergency")
    """Of faults: which are counted."""
    limit: Limit = _NONE
    """Of faults: in hours of the clock."""
    emergency: Limit | None = None
    """Of emergencies, where it is another one."""
    stops: Stops = Stops.FIRST
    at_work: bool = True
    """Whether work on the equipment that telemetry sees begin after its fault stops the clock as arrival does."""
    excuse: Excuse = Excuse.ORDINARY
    """Of which faults nothing is owed where they are over within the limit and nobody had answered."""
    faults: Gathering = USUAL

    records: str = ""
    """Of records: their kind."""
    start: str = ""
    """The field that starts the clock."""
    stop: str = ""
    """The field that stops it."""
    owner: str = ""
    """The field that names who has to act."""
    limits: tuple[Case, ...] = ()
    """The first that fits counts; a record that none fits is not counted."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site's verdict; where faults start the clock, one for each system and piece of equipment too."""
    parameters = parameters_of(clause, Parameters)
    if parameters.clock is Clock.RECORDS:
        timed = tuple(Timed(line, "", True) for line in _record_lines(parameters, facts, window))
        yield _verdict(clause, Group(Subject(Level.SITE, facts.site.id), timed, Unseen()), facts, window)
        return
    log = gather(facts, window, parameters.faults)
    terms = _terms(parameters)
    told = ((timed.equipment, timed) for timed in _fault_lines(parameters, terms, log, facts, window))
    for group in groups(facts.site, log, window, told, terms.limit):
        yield _verdict(clause, group, facts, window)


def _terms(parameters: Parameters) -> Terms:
    hows = _HOWS[parameters.stops]
    return Terms(
        limit=parameters.limit.length,
        emergency=(parameters.emergency or parameters.limit).length,
        stops=frozenset(how for how in hows if parameters.at_work or how is not How.AT_WORK),
        excuse=parameters.excuse,
    )


def _fault_lines(
    parameters: Parameters, terms: Terms, log: FaultLog, facts: Facts, window: Window
) -> Iterator[Timed]:
    """A line for each fault that began in the window; those that went on into it unanswered are told."""
    answers = Answers.listen(facts, window.start - parameters.faults.lookback_days * DAY_NS, log.happenings)
    equipment = {each.id: each for each in facts.site.equipment}
    for fault in log.faults:
        if fault.kind not in parameters.counts or not (
            window.holds(fault.start.latest) or goes_into(fault, window)
        ):
            continue
        timed = response_line(fault, answers.of(fault), terms, facts, equipment.get(fault.equipment), log)
        if window.holds(fault.start.latest):
            yield timed
        elif timed.line.done is None or timed.line.done >= window.start:
            note = f"began before this window and counts there; {timed.line.note}"
            yield replace(timed, line=replace(timed.line, mark=Mark.FINDING, note=note))


def _record_lines(parameters: Parameters, facts: Facts, window: Window) -> Iterator[Line]:
    """A line for each record whose clock began in the window; what it says of a later time is not done yet."""
    for record in facts.records.all(BODIES[parameters.records]):
        start = getattr(record.body, parameters.start)
        if start is not None and window.holds(start) and start <= facts.as_of:
            yield _record_line(parameters, record, start, facts)


def _record_line(parameters: Parameters, record: Record[Body], start: int, facts: Facts) -> Line:
    done = getattr(record.body, parameters.stop)
    done = done if done is not None and done <= facts.as_of else None
    limit = next((case.limit for case in parameters.limits if _fits(case, record.body)), None)
    due = None if limit is None else due_at(start, limit, facts.zone, facts.calendar)
    mark, note = _record_mark(limit, start, due, done, facts.as_of)
    return Line(
        about=record.name,
        mark=mark,
        start=start,
        due=due,
        done=done,
        note=note,
        owner=str(getattr(record.body, parameters.owner)) if parameters.owner else "",
        records=(record.reference,),
        witness=Witness.NOT_WITNESSABLE,
    )


def _record_mark(
    limit: Limit | None, start: int, due: int | None, done: int | None, as_of: int
) -> tuple[Mark, str]:
    if limit is None:
        return Mark.EXCLUDED, "no limit fits it"
    if due is None:
        return Mark.UNKNOWN, "no official table of working days for the year"
    if done is not None and done < start:
        return Mark.UNKNOWN, "answered before it began: one of the two times is wrong"
    allowed = lasting(due - start)
    if done is not None:
        said = f"answered after {lasting(done - start)}, {allowed} allowed"
        return (Mark.GOOD if done <= due else Mark.BAD), said
    if as_of > due:
        return Mark.BAD, f"no answer within {allowed}"
    return Mark.RUNNING, f"no answer yet, {allowed} allowed"


def _fits(case: Case, body: Body) -> bool:
    return all(str(getattr(body, name)) in words for name, words in case.where.items())


def _verdict(clause: Clause, group: Group[Timed], facts: Facts, window: Window) -> Verdict:
    lines = [each.line for each in group.told]
    figures = tuple(_figures(group.told, group.unseen))
    verdict = by_share(clause, group.subject, window, facts.as_of, lines, facts=figures)
    if verdict.outcome is Outcome.NOT_APPLICABLE and group.unseen.all_of_it:
        return replace(verdict, outcome=Outcome.UNDETERMINED, note="telemetry saw nothing of it all the time")
    return verdict


def _figures(timed: Iterable[Timed], dark: Unseen) -> Iterator[tuple[str, str]]:
    """Events, those that run, and of the times to an answer that are exactly known the median and 95th percentile,
    each the smallest that so many do not exceed, in whole seconds."""
    counted = [each for each in timed if each.line.mark in (Mark.GOOD, Mark.BAD, Mark.UNKNOWN, Mark.RUNNING)]
    times = sorted(length for length in map(_time, counted) if length is not None)
    yield "events", str(len(counted))
    yield "running", str(sum(each.line.mark is Mark.RUNNING for each in counted))
    if times:
        yield "median_s", str(percentile(times, 50) // SECOND_NS)
        yield "p95_s", str(percentile(times, 95) // SECOND_NS)
    if dark.length:
        yield "unseen_s", str(dark.length // SECOND_NS)


def _time(timed: Timed) -> int | None:
    line = timed.line
    known = timed.exact and line.mark in (Mark.GOOD, Mark.BAD)
    return line.done - line.start if known and line.done is not None and line.start is not None else None


def mistakes(parameters: Parameters) -> Iterator[tuple[str, str, str]]:
    """Clocks that cannot run: without a limit, or on fields that their records do not have."""
    if parameters.clock is Clock.FAULTS:
        yield from _fault_mistakes(parameters)
    elif parameters.records not in BODIES:
        yield "records", f"{parameters.records!r} is no kind of record", f"use one of {', '.join(sorted(BODIES))}"
    else:
        yield from _record_mistakes(parameters, BODIES[parameters.records])


def _fault_mistakes(parameters: Parameters) -> Iterator[tuple[str, str, str]]:
    yield from gathering_mistakes(parameters.faults)
    for name, limit in (("limit", parameters.limit), ("emergency", parameters.emergency)):
        if limit is not None and (limit.working_days or not limit.length):
            yield name, "allows no time of the clock", "give minutes, hours or days"
    if not parameters.counts:
        yield "counts", "counts nothing", 'name what is counted, such as "fault"'


def _record_mistakes(parameters: Parameters, body: type[Body]) -> Iterator[tuple[str, str, str]]:
    hints = get_type_hints(body)
    names = [each.name for each in fields(body)]
    instants = [name for name in names if Instant in (hints[name], *get_args(hints[name]))]
    for key, name in (("start", parameters.start), ("stop", parameters.stop)):
        if name not in instants:
            yield key, f"{name!r} is no time of a {body.KIND}", f"use one of {', '.join(instants)}"
    if parameters.owner and parameters.owner not in names:
        yield "owner", f"a {body.KIND} has no {parameters.owner!r}", f"use one of {', '.join(names)}"
    if not parameters.limits:
        yield "limits", "there is none", "give at least one limit"
    for case in parameters.limits:
        if not (case.limit.length or case.limit.working_days):
            yield "limits", "one allows no time", "give minutes, hours, days or working_days"
        for name, words in case.where.items():
            yield from _word_mistakes(body, name, words, hints.get(name))


def _word_mistakes(
    body: type[Body], name: str, words: Iterable[str], kind: object
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with asking for words in a field of a record."""
    if kind is str:
        return
    if not (isinstance(kind, type) and issubclass(kind, StrEnum)):
        yield (
            "limits",
            f"a {body.KIND} has no words in {name!r}",
            "name a field that is text or one of a few words",
        )
        return
    for word in words:
        if word not in list(kind):
            yield "limits", f"{word!r} is no {name} of a {body.KIND}", f"use one of {', '.join(kind)}"
