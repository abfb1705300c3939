"""Records that telemetry does not bear out, in words: what each says, and what the wire shows instead.

Told are those that it contradicts and those that left no trace where there should be one (`evaluators.witness`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from evaluators.facts import Facts
from evaluators.model.bodies import Body, LinkageTest, Overhaul, Service, Test
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Watch
from evaluators.model.times import Window
from evaluators.model.verdicts import Witness
from evaluators.phrases import dated
from evaluators.witness import (
    Hearing,
    Wire,
    claims,
    down_throughout,
    earliest,
    expected,
    hearings,
    listen,
    longest,
    part_witness,
    stated,
)
from evaluators.wording import lasting

DOUBTED = (Witness.CONTRADICTED, Witness.NO_TRACE)
NAMED = 5
"""So many parts are named; of the others there is a number."""


@dataclass(frozen=True, slots=True)
class DoubtedClaim:
    """A claim beside what telemetry shows of it. ``author`` states it, ``person`` is said to have done it."""

    hearing: Hearing
    author: str
    person: str
    says: str
    shows: str


def doubted_claims(facts: Facts, window: Window, cited: Collection[str] | None = None) -> list[DoubtedClaim]:
    """Every record that began in the window and that telemetry does not bear out: those it contradicts first, then
    the newest. ``cited``: of these records alone, as ``kind:id@version``."""
    doubted = [
        hearing
        for hearing in hearings(facts, window)
        if hearing.witness in DOUBTED and (cited is None or hearing.record in cited)
    ]
    records = _records(facts, window, {hearing.record for hearing in doubted})
    wire = listen(facts, earliest(records.values(), facts) if records else facts.as_of)
    equipment = {each.id: each for each in facts.site.equipment}
    found = [_claim(each, records[each.record], equipment[each.equipment], wire) for each in doubted]
    return sorted(found, key=lambda each: (DOUBTED.index(each.hearing.witness), -each.hearing.at))


def _records(facts: Facts, window: Window, names: Collection[str]) -> dict[str, Record[Body]]:
    return {
        record.reference: record
        for kind in (Test, Service, Overhaul, LinkageTest)
        for record in facts.records.between(kind, window.start, window.end)
        if record.reference in names
    }


def _claim(hearing: Hearing, record: Record[Any], equipment: Equipment, wire: Wire) -> DoubtedClaim:
    person, done = _done(record.body)
    shows = "; ".join(_shows(record, equipment, wire))
    return DoubtedClaim(hearing, record.author, person, f"{done}, {_stated(record, wire.zone)}", shows)


def _done(body: Any) -> tuple[str, str]:
    """Who did what, as a record says."""
    match body:
        case Test() if not body.part_kind:
            return body.person, f"test run of {body.equipment}"
        case Test() if body.addresses:
            count = len(body.addresses)
            return (
                body.person,
                f"{count} parts ({body.part_kind}) of {body.equipment} tested: {_few(body.addresses)}",
            )
        case Test():
            return body.person, f"every part ({body.part_kind}) of {body.equipment} tested"
        case Service():
            words = f"service ({body.level}) of {', '.join(body.equipment)}" + ", with a run" * body.ran
            return body.organisation, words
        case Overhaul():
            return body.organisation, f"overhaul of {', '.join(body.equipment)}"
    return body.attendees, "linkage test"


def _stated(record: Record[Any], zone: tzinfo) -> str:
    begin, over = stated(record)
    until = "" if over is None else f" to {dated(over, zone)}"
    return f"{record.body.result}, {dated(begin, zone)}{until}"


def _shows(record: Record[Any], equipment: Equipment, wire: Wire) -> Iterator[str]:
    for trace, watches in expected(record, equipment):
        if trace.categories == (Category.PART_TEST,):
            yield from _parts(record, equipment, wire)
            continue
        for watch in watches:
            yield f"{watch.name} {_ran(watch, record, wire, counts=not trace.any_length)}"
        if watches and trace.categories == (Category.RUN,):
            for item in down_throughout(record, equipment, wire):
                yield f"{item.name} was down all that time"


_OF_PARTS = {
    Witness.CORROBORATED: "came back from alarm or test",
    Witness.CONTRADICTED: "did not come back from alarm or test",
    Witness.NO_TRACE: "never went into alarm or test",
    Witness.BLIND: "cannot be told, telemetry was not whole",
    Witness.NOT_WITNESSABLE: "without a wire",
}


def _parts(record: Record[Test], equipment: Equipment, wire: Wire) -> Iterator[str]:
    """How the parts that a test claims fared, by what telemetry says of them."""
    found: dict[Witness, list[str]] = {}
    for part in equipment.parts:
        if claims(record, part):
            found.setdefault(part_witness(record, part, wire), []).append(part.key.partition("/")[2])
    for witness, words in _OF_PARTS.items():
        if witness in found:
            names = f": {_few(found[witness])}" if witness in DOUBTED else ""
            yield f"{len(found[witness])} {words}{names}"


def _ran(watch: Watch, record: Record[Any], wire: Wire, *, counts: bool) -> str:
    """How long something happened on the days of a record, and what of them nobody saw."""
    start, end = wire.days(record)
    around = wire.stretches(wire.watches, watch.key, start - watch.at_least_ns, end + watch.at_least_ns)
    length = longest(around, {State.UP}, start, end)
    hidden = longest(around, {State.UNKNOWN}, start, end)
    words = f"for {lasting(length)} at the longest" if length else "not once that day"
    if length and counts and watch.at_least_ns:
        words += f", {lasting(watch.at_least_ns)} count"
    return words + (f", {lasting(hidden)} unknown" if hidden else "")


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
