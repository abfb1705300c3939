"""Repair rate (修复率): of the faults that began in a window, the share that was repaired.

The clause can be read two ways: that so many are repaired within the limit, or that so many are repaired at all,
an alternative being explained where it takes longer. Where the readings differ on a fault it is unknown, so the
interval of the verdict holds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from typing import Any, ClassVar

from evaluators.debounce import NEVER
from evaluators.facts import Facts
from evaluators.fault_groups import Group, Unseen, goes_into, groups
from evaluators.faults import USUAL, FaultLog, Gathering, gather, gathering_mistakes
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.site import Equipment, Site
from evaluators.model.times import DAY_NS, MINUTE_NS, SECOND_NS, Limit, Window
from evaluators.model.verdicts import Line, Mark, Outcome, Verdict
from evaluators.percentiles import percentile
from evaluators.repairs import Case, Repair, Workshop, cases, eventually, within
from evaluators.responses import Answers, How
from evaluators.tally import by_share, share, tally
from evaluators.wording import clock, lasting


class Reading(StrEnum):
    """How the clause is read."""

    WITHIN_LIMIT = "within_limit"
    """So many of the faults are repaired within the limit."""
    EVENTUALLY = "eventually"
    """So many are repaired before the figure is final; where that takes longer, an alternative was explained."""
    BOTH = "both"
    """Each: where the answer depends on it, it is undetermined."""


_A_DAY = Limit(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What counts as repaired, and by when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    reading: Reading = Reading.BOTH
    limit: Limit = _A_DAY
    """From the start of the fault; a window's figure is final so long after its end, and ``hold_minutes``."""
    hold_minutes: int = 30
    """Repaired is what was then seen to work for so long."""
    reopen_hours: int = 24
    """A fault of the same item so soon after its repair is the same one: the first start counts."""
    faults: Gathering = USUAL


@dataclass(frozen=True, slots=True)
class Told:
    """A line under both readings, with its equipment and the time to repair where that is exactly known."""

    line: Line
    strict: Mark
    lenient: Mark
    equipment: str
    length: int | None
    is_open: bool


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The verdict on the site, each system and each piece of equipment.

    Once the figure is final nothing later is looked at: what is repaired after that is told nowhere.
    """
    parameters = parameters_of(clause, Parameters)
    final = window.end + _settled_ns(parameters)
    if facts.as_of > final:
        then = replace(facts, as_of=final, memo={})
        yield from (replace(found, as_of=facts.as_of) for found in _judge(clause, parameters, then, window))
    else:
        yield from _judge(clause, parameters, facts, window)


def _judge(clause: Clause, parameters: Parameters, facts: Facts, window: Window) -> Iterator[Verdict]:
    log = gather(facts, window, parameters.faults)
    told = ((each.equipment, each) for each in _lines(parameters, log, facts, window))
    for group in groups(facts.site, log, window, told, parameters.limit.length):
        yield _verdict(clause, parameters, group, facts, window)


def _lines(parameters: Parameters, log: FaultLog, facts: Facts, window: Window) -> Iterator[Told]:
    """A line for each case that began in the window; those that went on into it are told."""
    answers = Answers.listen(facts, window.start - parameters.faults.lookback_days * DAY_NS, log.happenings)
    equipment = {each.id: each for each in facts.site.equipment}
    workshop = Workshop(
        phases=log.phases,
        wired=frozenset(item.key for item in facts.site.items() if item.conditions),
        hold=parameters.hold_minutes * MINUTE_NS,
        lag=parameters.faults.off_s * SECOND_NS,
        as_of=facts.as_of,
    )
    for case in cases(log.faults, parameters.reopen_hours * 60 * MINUTE_NS):
        if not window.holds(case.first.start.latest) and not any(
            goes_into(fault, window) for fault in case.faults
        ):
            continue
        explained = [a.at.latest for f in case.faults for a in answers.of(f) if a.how is How.ALTERNATIVE]
        told = _told(
            parameters,
            case,
            workshop.repair(case),
            min(explained, default=None),
            facts,
            window,
            equipment.get(case.first.equipment),
        )
        if window.holds(case.first.start.latest):
            yield told
        else:
            note = f"began before this window and counts there; {told.line.note}"
            yield replace(told, line=replace(told.line, mark=Mark.FINDING, note=note))


def _told(
    parameters: Parameters,
    case: Case,
    repair: Repair,
    explained: int | None,
    facts: Facts,
    window: Window,
    equipment: Equipment | None,
) -> Told:
    limit, start = parameters.limit.length, case.first.start
    strict = within(case, repair, limit, facts.as_of)
    lenient = eventually(strict, case, repair, explained, limit, window.end + limit, facts.as_of)
    mark = _read(parameters.reading, strict, lenient)
    seen = repair.at.latest != NEVER
    technician = next((order.body.technician for order in case.orders if order.body.technician), "")
    line = Line(
        about=case.first.about,
        mark=mark,
        start=start.latest,
        due=_due(parameters, repair, mark, strict, start.latest, window),
        done=repair.at.latest if seen else None,
        note="; ".join(_words(parameters, case, repair, strict, lenient, explained, facts.zone)),
        owner=technician or (equipment.maintainer if equipment else ""),
        records=tuple(order.reference for order in case.orders),
        witness=repair.witness,
    )
    exact = seen and start.is_exact and repair.at.is_exact
    return Told(
        line, strict, lenient, case.first.equipment, repair.at.latest - start.latest if exact else None, not seen
    )


def _read(reading: Reading, strict: Mark, lenient: Mark) -> Mark:
    if reading is Reading.WITHIN_LIMIT or strict is lenient:
        return strict
    if reading is Reading.EVENTUALLY or lenient is Mark.RUNNING:
        return lenient
    return Mark.UNKNOWN


def _due(parameters: Parameters, repair: Repair, mark: Mark, strict: Mark, start: int, window: Window) -> int:
    """By when it is to be repaired; of one that works but has to prove it, until when it has to."""
    limit = parameters.limit.length
    if mark is Mark.RUNNING and strict is not Mark.RUNNING:
        return window.end + limit
    if mark is Mark.RUNNING and repair.settling_since is not None:
        return max(start + limit, repair.settling_since + parameters.hold_minutes * MINUTE_NS)
    return start + limit


def _words(
    parameters: Parameters,
    case: Case,
    repair: Repair,
    strict: Mark,
    lenient: Mark,
    explained: int | None,
    zone: tzinfo,
) -> Iterator[str]:
    start, allowed = case.first.start, lasting(parameters.limit.length)
    if not start.is_exact:
        yield f"began unseen between {clock(start.earliest, zone)} and {clock(start.latest, zone)}"
    if len(case.faults) > 1:
        again = ", ".join(clock(fault.start.latest, zone) for fault in case.faults[1:])
        yield f"came back {again}, within {parameters.reopen_hours} h of its repair: its first start counts"
    if any(fault.chattering for fault in case.faults):
        yield "several cycles told as one fault"
    if repair.said:
        yield f"{repair.said}, but telemetry shows it down"
    yield _state(parameters, start.latest, repair, strict, zone)
    if explained is not None:
        yield f"alternative explained {clock(explained, zone)}"
    if strict is not lenient and parameters.reading is Reading.BOTH:
        yield f"depends on the reading: {strict} if repaired within {allowed} is meant, else {lenient}"


def _state(parameters: Parameters, start: int, repair: Repair, strict: Mark, zone: tzinfo) -> str:
    if strict is Mark.UNKNOWN:
        return "unknown time leaves open whether it was repaired in time"
    if repair.at.latest != NEVER:
        return f"works again after {lasting(repair.at.latest - start)}"
    if repair.settling_since is not None:
        return f"works since {clock(repair.settling_since, zone)}, has to hold for {parameters.hold_minutes} min"
    return (
        "not repaired yet" if strict is Mark.RUNNING else f"not repaired within {lasting(parameters.limit.length)}"
    )


def _verdict(clause: Clause, parameters: Parameters, group: Group[Told], facts: Facts, window: Window) -> Verdict:
    told = group.told
    lines, figures = [each.line for each in told], tuple(_figures(told, group.unseen))
    verdict = by_share(clause, group.subject, window, facts.as_of, lines, facts=figures)
    final = window.end + parameters.limit.length + parameters.hold_minutes * MINUTE_NS
    if verdict.outcome is Outcome.NOT_APPLICABLE and group.unseen.all_of_it:
        return replace(verdict, outcome=Outcome.UNDETERMINED, note="telemetry saw nothing of it all the time")
    if verdict.outcome in (Outcome.MET, Outcome.UNDETERMINED) and facts.as_of < final:
        return replace(verdict, outcome=Outcome.PENDING, note=f"final on {clock(final, facts.zone)}")
    if verdict.outcome is Outcome.UNDETERMINED and parameters.reading is Reading.BOTH:
        return replace(verdict, note=_dependence(clause, told, parameters))
    return verdict


def _dependence(clause: Clause, told: Sequence[Told], parameters: Parameters) -> str:
    """How the answer depends on the reading, where it does."""
    counted = [each for each in told if each.line.mark is not Mark.FINDING]
    readings = {
        f"repaired within {lasting(parameters.limit.length)}": [each.strict for each in counted],
        "repaired at all": [each.lenient for each in counted],
    }
    said = []
    for meant, marks in readings.items():
        interval = share(tally(Line(about="", mark=mark) for mark in marks))
        assert interval is not None, "an undetermined verdict counts something"
        low, high = (bound >= clause.threshold for bound in interval)
        outcome = Outcome.MET if low else Outcome.UNDETERMINED if high else Outcome.NOT_MET
        said.append(f"{outcome} if {meant} is meant")
    return f"depends on the reading: {', '.join(said)}" if any(e.strict is not e.lenient for e in counted) else ""


def _figures(told: Iterable[Told], dark: Unseen) -> Iterator[tuple[str, str]]:
    """Faults, those that are open, and of the times to repair that are exactly known the median (the smallest that
    half of them do not exceed) and the longest, in whole seconds."""
    own = [each for each in told if each.line.mark is not Mark.FINDING]
    times = sorted(each.length for each in own if each.length is not None)
    yield "faults", str(len(own))
    yield "open", str(sum(each.is_open for each in told))
    if times:
        yield "median_s", str(percentile(times, 50) // SECOND_NS)
        yield "longest_s", str(times[-1] // SECOND_NS)
    if dark.length:
        yield "unseen_s", str(dark.length // SECOND_NS)


def settling(parameters: Parameters, _: Site) -> int:
    """Until what began last in a window is repaired in time or not, and was seen to work for long enough."""
    return _settled_ns(parameters)


def _settled_ns(parameters: Parameters) -> int:
    return parameters.limit.length + parameters.hold_minutes * MINUTE_NS


def mistakes(parameters: Parameters) -> Iterator[tuple[str, str, str]]:
    """A limit that is none, and what reaches further back than faults are looked for."""
    yield from gathering_mistakes(parameters.faults)
    if parameters.limit.working_days or not parameters.limit.length:
        yield "limit", "allows no time of the clock", "give minutes, hours or days"
    if parameters.hold_minutes < 0:
        yield "hold_minutes", "is negative", "give a whole number from 0"
    if not 0 <= parameters.reopen_hours < 24 * parameters.faults.lookback_days:
        yield "reopen_hours", "is negative, or longer than lookback_days of faults", "give a smaller number from 0"
