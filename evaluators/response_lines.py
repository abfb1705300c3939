"""One line a fault: how its response stands, in words that a building engineer can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from evaluators.debounce import NEVER, Condition, watch_phases
from evaluators.facts import Facts
from evaluators.faults import Fault, FaultLog
from evaluators.model.site import Category, Equipment
from evaluators.model.verdicts import Line, Mark, Witness
from evaluators.responses import Answer, How, Race
from evaluators.wording import clock, lasting


class Excuse(StrEnum):
    """Of which faults nothing is owed where they were over within the limit and nobody had answered."""

    NONE = "none"
    ORDINARY = "ordinary"
    """Of faults on the wire that are no emergencies."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is owed: an answer of one of ``stops`` within ``limit``, or ``emergency``, both ns."""

    limit: int
    emergency: int
    stops: frozenset[How]
    excuse: Excuse

    def excuses(self, fault: Fault) -> bool:
        """Whether the fault may be over before an answer is owed."""
        if self.excuse is Excuse.ORDINARY:
            return fault.on_the_wire and not fault.emergency
        return self.excuse is Excuse.ALL


@dataclass(frozen=True, slots=True)
class Timed:
    """A line with what statistics need: the equipment, and whether its times are exact."""

    line: Line
    equipment: str
    exact: bool


def response_line(
    fault: Fault, answers: Sequence[Answer], terms: Terms, facts: Facts, equipment: Equipment | None, log: FaultLog
) -> Timed:
    """The line of one fault."""
    limit = terms.emergency if fault.emergency else terms.limit
    stopping = [answer for answer in answers if answer.how in terms.stops]
    race = Race(fault, stopping, limit, terms.excuses(fault), facts.as_of)
    mark, done = race.mark(), race.first()
    technician = next((order.body.technician for order in fault.orders if order.body.technician), "")
    line = Line(
        about=fault.about,
        mark=mark,
        start=fault.start.latest,
        due=fault.start.latest + limit,
        done=None if mark is Mark.RUNNING else done,
        note="; ".join(_words(fault, answers, terms, mark, done, limit, facts.zone)),
        owner=technician or (equipment.maintainer if equipment else ""),
        records=tuple(order.reference for order in fault.orders),
        witness=_witness(fault, answers, equipment, log),
        lasts=fault.end.latest == NEVER and _may_be_seen(fault, answers, equipment),
    )
    return Timed(line, fault.equipment, fault.start.is_exact and done is not None)


def _words(
    fault: Fault, answers: Sequence[Answer], terms: Terms, mark: Mark, done: int | None, limit: int, zone: tzinfo
) -> list[str]:
    found = ["emergency"] if fault.emergency else []
    if not fault.start.is_exact:
        low, high = clock(fault.start.earliest, zone), clock(fault.start.latest, zone)
        found.append(f"began unseen between {low} and {high}")
    said = set()
    for answer in answers:
        if answer.how not in said:
            said.add(answer.how)
            who = f" ({answer.who})" if answer.who else ""
            after = lasting(answer.at.latest - fault.start.latest)
            found.append(f"{answer.how}{who} {clock(answer.at.latest, zone)}, after {after}")
    found.append(_verdict_words(fault, terms, mark, done, limit))
    if fault.chattering:
        found.append("several cycles told as one fault")
    if fault.flood:
        found.append(f"in the flood of alarms that began with {fault.flood}")
    return found


def _verdict_words(fault: Fault, terms: Terms, mark: Mark, done: int | None, limit: int) -> str:
    what = "an alternative explained" if How.ALTERNATIVE in terms.stops else "an answer"
    over = fault.end.latest != NEVER
    match mark:
        case Mark.GOOD:
            return f"in time: {what} is owed within {lasting(limit)}"
        case Mark.RUNNING:
            return f"{what} is owed within {lasting(limit)}, none yet"
        case Mark.EXCLUDED:
            return f"over after {lasting(fault.end.latest - fault.start.latest)}, nothing was owed any more"
        case Mark.BAD:
            after = "" if done is None else f" but after {lasting(done - fault.start.latest)}"
            ended = ", though the fault ended" if over and done is None else ""
            return f"no {what.partition(' ')[2]} within {lasting(limit)}{after}{ended}"
    if not fault.certain:
        return "may have been too short to be a fault"
    return f"unknown time leaves open whether {what} came within {lasting(limit)}"


def _may_be_seen(fault: Fault, answers: Sequence[Answer], equipment: Equipment | None) -> bool:
    """Whether telemetry may say more of a fault that goes on: its end, or that somebody works on it."""
    watched = any(watch.category is Category.AT_WORK for watch in (equipment.watches if equipment else ()))
    return fault.on_the_wire or (watched and How.AT_WORK not in {answer.how for answer in answers})


def _witness(
    fault: Fault, answers: Sequence[Answer], equipment: Equipment | None, log: FaultLog
) -> Witness | None:
    """What telemetry says of somebody's having been on site; None where nobody says so."""
    hows = {answer.how for answer in answers}
    if How.AT_WORK in hows:
        return Witness.CORROBORATED
    if How.ARRIVED not in hows:
        return None
    watches = [w for w in (equipment.watches if equipment else ()) if w.category is Category.AT_WORK]
    if not watches:
        return Witness.NOT_WITNESSABLE
    is_blind = any(
        phase.condition is Condition.UNSEEN and phase.start < fault.end.latest and phase.end > fault.start.earliest
        for watch in watches
        for phase in watch_phases(log.happenings.get(watch.key, ()))
    )
    return Witness.BLIND if is_blind else Witness.NO_TRACE
