"""Repairs: when equipment worked again for good, who says so, and whether telemetry agrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluators.debounce import NEVER, Between, Condition, Phase, held, shown_at
from evaluators.faults import FAULT, Fault, Order
from evaluators.model.verdicts import Mark, Witness


@dataclass(frozen=True, slots=True)
class Case:
    """One fault from its start to its repair, with every time it came back within the time for that."""

    faults: tuple[Fault, ...]

    @property
    def first(self) -> Fault:
        """The fault whose clock counts."""
        return self.faults[0]

    @property
    def last(self) -> Fault:
        """The one whose end counts."""
        return self.faults[-1]

    @property
    def orders(self) -> tuple[Order, ...]:
        """The reports of all of them."""
        return tuple(order for fault in self.faults for order in fault.orders)


def cases(faults: Iterable[Fault], reopen: int) -> list[Case]:
    """Faults, by start, as cases: one of the same item within ``reopen`` ns of the last one's end is the same.

    Emergencies that watches saw are no faults of equipment; a report that names no item is a case by itself.
    """
    found: list[list[Fault]] = []
    newest: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.kind != FAULT:
            continue
        before = newest.get(fault.item)
        if before is not None and fault.start.latest - before[-1].end.latest <= reopen:
            before.append(fault)
            continue
        found.append([fault])
        if fault.item:
            newest[fault.item] = found[-1]
    return [Case(tuple(same)) for same in found]


@dataclass(frozen=True, slots=True)
class Repair:
    """When a case was repaired: ``at.latest`` is `NEVER` where that was not seen, ``at.earliest`` is then the last
    instant at which it is known not to have been.

    ``settling_since``: it has worked since then until now, but not for long enough yet. ``said``: what people said
    that telemetry contradicts.
    """

    at: Between
    witness: Witness | None = None
    settling_since: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody said at an instant (ns UTC) that it works; ``words`` name the record and what it says."""

    at: int
    words: str


def claims(orders: Iterable[Order], as_of: int) -> Iterator[Claim]:
    """What the reports say by ``as_of``: that it was found to work, or else that the order was closed."""
    for order in orders:
        stated = ((order.body.verified_at, "found to work"), (order.body.closed_at, "closed"))
        said = next(((when, words) for when, words in stated if when is not None), None)
        if said is not None and said[0] <= as_of:
            yield Claim(said[0], f"{order.name} says {said[1]}")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What decides when a case was repaired. ``hold``: ns for which it must be seen to work; ``lag``: ns by which
    a person may be ahead of the wire. ``wired``: the items with a wire, by key."""

    phases: Mapping[str, Sequence[Phase]]
    wired: frozenset[str]
    hold: int
    lag: int
    as_of: int

    def repair(self, case: Case) -> Repair:
        """When it was repaired: by telemetry where there is a wire, else by what people found."""
        if case.last.item in self.wired:
            return self._seen(case, self.phases.get(case.last.item, ()))
        verified = [order.body.verified_at for order in case.last.orders]
        found = [when for when in verified if when is not None and case.last.start.earliest <= when <= self.as_of]
        return Repair(Between.exactly(max(found)) if found else case.last.end, Witness.NOT_WITNESSABLE)

    def _seen(self, case: Case, track: Sequence[Phase]) -> Repair:
        end = case.last.end
        works = None if end.latest == NEVER else held(track, end.latest, self.hold)
        witness, said = self._witness(list(claims(case.orders, self.as_of)), track)
        if works is not None:
            return Repair(Between(end.earliest, works), witness, None, said)
        return Repair(Between(end.earliest, NEVER), witness, self._settling(case.last, track), said)

    def _settling(self, fault: Fault, track: Sequence[Phase]) -> int | None:
        """Since when it has been sound until now, if a hold has not passed since."""
        newest = track[-1] if track else None
        if newest is None or newest.condition is not Condition.SOUND:
            return None
        if not fault.on_the_wire and fault.end.latest == NEVER:
            return None
        since = newest.start if fault.on_the_wire else max(newest.start, fault.end.earliest)
        return since if newest.end - since < self.hold else None

    def _witness(self, stated: Sequence[Claim], track: Sequence[Phase]) -> tuple[Witness | None, str]:
        false = [claim.words for claim in stated if self._is_false(claim, track)]
        if false:
            return Witness.CONTRADICTED, ", ".join(false)
        if any(shown_at(track, claim.at) is Condition.UNSEEN for claim in stated):
            return Witness.BLIND, ""
        return (Witness.CORROBORATED if stated else None), ""

    def _is_false(self, claim: Claim, track: Sequence[Phase]) -> bool:
        """Whether it was down when somebody said that it works, and still is once the lag is over."""
        later = min(claim.at + self.lag, self.as_of - 1)
        return shown_at(track, claim.at) is shown_at(track, later) is Condition.FAULTY


def within(case: Case, repair: Repair, limit: int, as_of: int) -> Mark:
    """Whether it was repaired within ``limit`` ns of its start, whatever unknown time hid."""
    start = case.first.start
    if repair.at.latest <= start.earliest + limit:
        mark = Mark.GOOD
    elif repair.at.earliest > start.latest + limit:
        mark = Mark.BAD
    elif _may_be_in_time(repair, start.latest + limit, as_of):
        return Mark.RUNNING
    else:
        mark = Mark.UNKNOWN
    return mark if any(fault.certain for fault in case.faults) else Mark.UNKNOWN


def _may_be_in_time(repair: Repair, due: int, as_of: int) -> bool:
    if repair.settling_since is not None and repair.settling_since <= due:
        return True
    return repair.at.latest == NEVER and as_of <= due


def eventually(
    in_time: Mark, case: Case, repair: Repair, explained: int | None, limit: int, final: int, as_of: int
) -> Mark:
    """Whether it was repaired by ``final`` and, where that took over ``limit`` ns, an alternative was explained
    before (``explained``: when, ns UTC), as far as ``in_time`` does not say it already."""
    start = case.first.start
    if in_time in (Mark.GOOD, Mark.RUNNING):
        return in_time
    if explained is None or explained > start.latest + limit:
        return in_time
    if explained > start.earliest + limit:
        return Mark.UNKNOWN
    if repair.at.latest <= final:
        return Mark.GOOD
    if repair.at.earliest > final:
        return Mark.BAD
    return Mark.RUNNING if as_of <= final else Mark.UNKNOWN
