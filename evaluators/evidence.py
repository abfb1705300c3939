"""What was done for each target of a task: what records state, and which parts came back on the wire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from evaluators.deeds import Terms, concerns, deed, in_doubt, is_past, sighting
from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, LinkageTest, Review, Test
from evaluators.model.records import Record
from evaluators.model.times import MINUTE_NS
from evaluators.model.verdicts import Line, Mark, Witness
from evaluators.obligations import Deed, Task
from evaluators.targets import Target
from evaluators.witness import (
    Wire,
    claims,
    earliest,
    equipment_of,
    listen,
    may_leave_a_trace,
    part_window,
    part_witness,
    restored,
    witness,
    worst,
)

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was done since an instant, by target, and what was found about the records themselves."""

    by_target: dict[str, list[Deed]] = field(default_factory=dict)
    findings: tuple[Line, ...] = ()

    def of(self, target: Target) -> list[Deed]:
        """Those of one target, by time."""
        return self.by_target.get(target.name, [])

    def reach(self, target: Target, at: int) -> bool:
        """Whether a sound one was before an instant."""
        return any(each.worth is Mark.GOOD and each.at < at for each in self.of(target))


def deeds_since(
    task: Task, targets: Sequence[Target], terms: Terms, facts: Facts, start: int, end: int | None = None
) -> Deeds:
    """What was done for each target from ``start`` (ns UTC) to the instant judged at, or to ``end`` where that is
    earlier; of parts always to the instant judged at."""
    if task.parts:
        return _of_parts(task, targets, _records(Test, task, facts, start), terms, facts, start)
    records = [record for kind in task.records for record in _records(BODIES[kind], task, facts, start, end)]
    wire = _wire(task, records, facts)
    named: defaultdict[str, list[Record[Body]]] = defaultdict(list)
    for record in records:
        for name in _named(record, facts):
            named[name].append(record)
    found: dict[str, list[Deed]] = {}
    for each in targets:
        made = (
            deed(task, record, each.equipment, terms, facts, _seen(task, record, each, facts, wire))
            for record in named[each.name]
        )
        found[each.name] = sorted(made, key=lambda made: made.order)
    return Deeds(found)


def _records(kind: type[B], task: Task, facts: Facts, start: int, end: int | None = None) -> list[Record[B]]:
    last = facts.as_of + 1 if end is None else min(end, facts.as_of + 1)
    found = facts.records.between(kind, start, last)
    return [record for record in found if concerns(task, record) and is_past(record, facts)]


def _named(record: Record[Body], facts: Facts) -> set[str]:
    """The names of the targets that a record speaks of."""
    body = record.body
    if isinstance(body, Review):
        return {body.document}
    named = getattr(body, "equipment", None)
    if named is None:
        return {facts.site.id}
    return {named} if isinstance(named, str) else set(named)


def _wire(task: Task, records: Sequence[Record[Body]], facts: Facts) -> Wire:
    """The wire over the time of those records that it can witness."""
    traced = [
        record
        for record in records
        if any(may_leave_a_trace(record, each) for each in equipment_of(record, facts.site))
    ]
    return listen(facts, earliest(traced, facts, task.minutes * MINUTE_NS) if traced else facts.as_of)


def _seen(task: Task, record: Record[Body], target: Target, facts: Facts, wire: Wire) -> Witness:
    if target.equipment is not None:
        return witness(record, target.equipment, wire, task.minutes * MINUTE_NS)
    if isinstance(record.body, LinkageTest):
        return worst([witness(record, each, wire) for each in equipment_of(record, facts.site)])
    return Witness.NOT_WITNESSABLE


@dataclass(frozen=True, slots=True)
class _Claim:
    """A test of parts, and the time in which it must have left its traces."""

    record: Record[Test]
    within: tuple[int, int]

    def holds(self, at: int) -> bool:
        """Whether a trace at an instant is its own."""
        return self.within[0] <= at < self.within[1]


def _of_parts(
    task: Task,
    targets: Sequence[Target],
    tests: Sequence[Record[Test]],
    terms: Terms,
    facts: Facts,
    start: int,
) -> Deeds:
    wire = listen(facts, start, items=False)
    told: defaultdict[tuple[str, str], list[_Claim]] = defaultdict(list)
    for record in tests:
        told[record.body.equipment, record.body.part_kind].append(_Claim(record, part_window(record, wire)))

    @cache
    def worth(number: int, seen: Witness) -> Deed:
        made = deed(task, tests[number], None, terms, facts, seen)
        return made if tests[number].body.addresses else in_doubt(made, _NO_ADDRESSES)

    numbers = {record.reference: number for number, record in enumerate(tests)}
    found = {}
    for part in (each.part for each in targets if each.part is not None):
        claimed = [each for each in told[part.equipment, part.kind] if claims(each.record, part)]
        seen = list(restored(part, wire, wire.start, wire.end))
        # What the wire shows stands for the claims that it bears out: they are one test.
        made = [sighting(at, tuple(each.record for each in claimed if each.holds(at))) for at in seen]
        made += [
            worth(numbers[each.record.reference], part_witness(each.record, part, wire, each.within))
            for each in claimed
            if not any(map(each.holds, seen))
        ]
        found[part.key] = sorted(made, key=lambda made: made.order)
    return Deeds(found, tuple(_strangers(tests, targets)))


_NO_ADDRESSES = "a form without addresses claims all of its kind, and nothing shows this one"


def _strangers(tests: Sequence[Record[Test]], targets: Sequence[Target]) -> Iterator[Line]:
    """A finding for each test whose addresses are not all in the ledger."""
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for part in (each.part for each in targets if each.part is not None):
        known[part.equipment, part.kind] |= {part.key, part.key.partition("/")[2]}
    for record in tests:
        body = record.body
        missing = [address for address in body.addresses if address not in known[body.equipment, body.part_kind]]
        if missing:
            note = f"not in the ledger as {body.part_kind} of {body.equipment}: {', '.join(missing)}"
            yield Line(
                about=record.name,
                mark=Mark.FINDING,
                start=body.performed_at,
                note=note,
                records=(record.reference,),
            )
