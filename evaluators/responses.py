"""Responses: when somebody answered a fault, and whether that was in time whatever unknown time hid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluators.debounce import Between, spells
from evaluators.emergencies import long_enough
from evaluators.facts import Facts, Tracks
from evaluators.faults import Fault, Order, names
from evaluators.model.bodies import WorkOrder
from evaluators.model.site import Category
from evaluators.model.verdicts import Mark


class How(StrEnum):
    """How a fault was answered."""

    ACCEPTED = "accepted"
    """A named technician took the order."""
    ARRIVED = "on site"
    """Somebody was on site, as a record says."""
    AT_WORK = "at work"
    """Somebody was on site, as telemetry shows: work on the equipment began."""
    ALTERNATIVE = "alternative explained"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``own``: it is part of a report of this very fault, and so counts before and after it too."""

    at: Between
    how: How
    who: str = ""
    record: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """Where answers are found: every report, and when work on each piece of equipment began."""

    orders: dict[str, list[Order]]
    at_work: dict[str, list[Between]]
    as_of: int

    @classmethod
    def listen(cls, facts: Facts, since: int, happenings: Tracks) -> Answers:
        """Those of a site from ``since`` (ns UTC) on."""
        orders: dict[str, list[Order]] = {}
        for order in facts.records.between(WorkOrder, since, facts.as_of + 1):
            orders.setdefault(order.body.equipment, []).append(order)
        at_work = {
            equipment.id: [
                spell.start
                for watch in equipment.watches
                if watch.category is Category.AT_WORK
                for spell in spells(long_enough(watch, happenings))
            ]
            for equipment in facts.site.equipment
        }
        return cls(orders, at_work, facts.as_of)

    def of(self, fault: Fault) -> list[Answer]:
        """Every answer that may be one to the fault, the earliest first."""
        low, high = fault.start.earliest, fault.end.latest
        found = [Answer(began, How.AT_WORK) for began in self.at_work.get(fault.equipment, ())]
        own = {order.name for order in fault.orders}
        for order in self.orders.get(fault.equipment, ()):
            found += self._of_order(order, fault, order.name in own)
        found = [
            answer for answer in found if answer.own or (low <= answer.at.latest and answer.at.earliest <= high)
        ]
        return sorted(found, key=lambda answer: (answer.at, answer.how, answer.record, answer.who))

    def _of_order(self, order: Order, fault: Fault, own: bool) -> Iterator[Answer]:
        """Who is on site is there for every fault of the equipment, who takes an order for those it speaks of."""
        body = order.body
        arrived = body.arrived_at
        if arrived is None and own:
            arrived = body.repaired_at
        stated = [(arrived, How.ARRIVED)]
        if own or names(body, fault.item):
            stated += [(body.accepted_at, How.ACCEPTED)] if body.technician else []
            stated += [(body.alternative_at, How.ALTERNATIVE)]
        for at, how in stated:
            if at is not None and at <= self.as_of:
                yield Answer(Between.exactly(at), how, body.technician, order.reference, own)


@dataclass(frozen=True, slots=True)
class Race:
    """A fault's clock against its answers. ``limit``: ns from the start in which an answer is in time.

    ``excusable``: nothing is owed where the fault was over within the limit and nobody had answered.
    """

    fault: Fault
    answers: Sequence[Answer]
    limit: int
    excusable: bool
    as_of: int

    def mark(self) -> Mark:
        """How it stands in every case that unknown time leaves possible; `UNKNOWN` where they differ.

        It runs while it runs in one of them.
        """
        cases = {
            self._in_case(start, end, hopeful)
            for start in self._starts()
            for end in (self.fault.end.earliest, self.fault.end.latest)
            for hopeful in (True, False)
        }
        if not self.fault.certain:
            cases.add(Mark.EXCLUDED)
        if Mark.RUNNING in cases:
            return Mark.RUNNING
        return cases.pop() if len(cases) == 1 else Mark.UNKNOWN

    def first(self) -> int | None:
        """When it was answered first, ns UTC: surely if that can be said, else possibly."""
        start, end = self.fault.start.latest, self.fault.end.latest
        surely = self._reached(start, end, hopeful=False)
        return self._reached(start, end, hopeful=True) if surely is None else surely

    def _starts(self) -> set[int]:
        """The starts at which the case can change: between two of them a later start only leaves more time."""
        start = self.fault.start
        edges = {edge for answer in self.answers for edge in (answer.at.earliest, answer.at.latest)}
        inside = {at for edge in edges for at in (edge, edge + 1) if start.earliest <= at <= start.latest}
        return {start.earliest, start.latest, *inside}

    def _in_case(self, start: int, end: int, hopeful: bool) -> Mark:
        due = start + self.limit
        answered = self._reached(start, end, hopeful)
        if answered is not None and answered <= due:
            return Mark.GOOD
        if self.excusable and end <= due:
            return Mark.EXCLUDED
        return Mark.BAD if answered is not None or self.as_of > due else Mark.RUNNING

    def _reached(self, start: int, end: int, hopeful: bool) -> int | None:
        """When a fault over ``[start, end]`` was answered first; uncertain answers come early, or else late."""
        return min((at for answer in self.answers for at in _counted(answer, start, end, hopeful)), default=None)


def _counted(answer: Answer, start: int, end: int, hopeful: bool) -> Iterable[int]:
    at = answer.at
    if answer.own:
        return (max(at.earliest, start),)
    if hopeful:
        return (max(at.earliest, start),) if max(at.earliest, start) <= min(at.latest, end) else ()
    return (at.latest,) if start <= at.earliest and at.latest <= end else ()
