"""The ledger of equipment: each entry says what it must, every subfamily is there, and it agrees with the wire.

That it disagrees with the wire is a finding: it counts for nothing, but the ledger is not to be trusted there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Body, Overhaul, Service
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.site import Equipment, Site, Subfamily
from evaluators.model.times import DAY_NS, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import dated, listed
from evaluators.selection import Mistake, by_reference, closing_instant, day_of, the_site
from evaluators.tally import by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What an entry must hold, and when the wire is silent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    last_services: int = 3
    """So many of the last services and overhauls are on record, or as many as there can have been."""
    cycles: Mapping[str, int] = field(default_factory=dict)
    """Words for a maintenance cycle, each with its days."""
    absent: tuple[Subfamily, ...] = ()
    """Subfamilies that the building has not got."""
    silent_days: int = 7
    """Equipment none of whose points gave a good value for so long is silent."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of entries and subfamilies that are complete."""
    parameters = parameters_of(clause, Parameters)
    day = day_of(facts, window)
    entries = [each for each in facts.site.equipment if each.removed is None or each.removed > day]
    lines = [
        *_entries(parameters, facts, window, entries),
        *_subfamilies(parameters, entries),
        *_silent(parameters, facts, entries),
        *_strangers(facts.site),
        *_claimed_twice(entries),
    ]
    yield by_share(clause, the_site(facts), window, facts.as_of, lines)


def _entries(parameters: Parameters, facts: Facts, window: Window, entries: list[Equipment]) -> Iterator[Line]:
    upto = closing_instant(window, facts.as_of) + 1
    done: list[Record[Body]] = [
        *facts.records.between(Service, 0, upto),
        *facts.records.between(Overhaul, 0, upto),
    ]
    services = by_reference(done, "equipment")
    for entry in entries:
        yield _entry(parameters, entry, day_of(facts, window), services.get(entry.id, []))


def _entry(parameters: Parameters, entry: Equipment, day: date, services: list[Record[Body]]) -> Line:
    said = {
        "name": entry.name,
        "model": entry.model,
        "installed": entry.installed,
        "maintenance_cycle": entry.maintenance_cycle,
        "supplier": entry.supplier,
    }
    lacking = [name for name, value in said.items() if not value]
    mark = Mark.BAD if lacking else Mark.GOOD
    wanted = _services_wanted(parameters, entry, day)
    if wanted is None or len(services) < wanted:
        owed = parameters.last_services if wanted is None else wanted
        short = f"{owed - len(services)} of the last {owed} services"
        if wanted is not None:
            mark = Mark.BAD
        elif mark is Mark.GOOD and len(services) < parameters.last_services:
            mark = Mark.UNKNOWN
            short += f" (nobody says how long the cycle {entry.maintenance_cycle!r} is)"
        if len(services) < parameters.last_services:
            lacking.append(short)
    return Line(
        about=entry.id,
        mark=mark,
        note=f"{entry.name}: " + (f"lacks {listed(lacking)}" if lacking else "complete"),
        owner=entry.maintainer,
        records=tuple(sorted(each.reference for each in services)),
    )


def _services_wanted(parameters: Parameters, entry: Equipment, day: date) -> int | None:
    """How many services must be on record: fewer where it is too new for more; None where that cannot be said."""
    if entry.installed is None:
        return None
    days = parameters.cycles.get(entry.maintenance_cycle.strip().lower())
    if days is None:
        return None
    return max(0, min(parameters.last_services, (day - entry.installed).days // days))


def _subfamilies(parameters: Parameters, entries: list[Equipment]) -> Iterator[Line]:
    unsorted = sum(entry.subfamily is None for entry in entries)
    for subfamily in Subfamily:
        found = [entry for entry in entries if entry.subfamily is subfamily]
        if found:
            mark, note = Mark.GOOD, f"{len(found)} entries"
        elif subfamily in parameters.absent:
            mark, note = Mark.EXCLUDED, "the building has none"
        elif unsorted:
            mark, note = Mark.UNKNOWN, f"no entry, but {unsorted} entries do not say their subfamily"
        else:
            mark, note = Mark.BAD, "no entry"
        yield Line(about=f"subfamily {subfamily}", mark=mark, note=note)


def _silent(parameters: Parameters, facts: Facts, entries: list[Equipment]) -> Iterator[Line]:
    """Equipment that should be on the wire, but of which nothing was heard lately."""
    known = facts.telemetry.last_known()
    for entry in entries:
        points = points_of(entry)
        last = max((known[point] for point in points if point in known), default=None)
        if not points or (last is not None and facts.as_of - last <= parameters.silent_days * DAY_NS):
            continue
        since = "never" if last is None else f"not since {dated(last, facts.zone)}"
        yield Line(
            about=f"silent {entry.id}",
            mark=Mark.FINDING,
            note=f"in the ledger, but the wire has {since} given a good value of it",
            owner=entry.maintainer,
        )


def _strangers(site: Site) -> Iterator[Line]:
    """Devices on the wire that no equipment of the ledger refers to."""
    claimed = {point for entry in site.equipment for point in points_of(entry)}
    devices = {point.device for point in site.points}
    used = {point.device for point in site.points if point.key in claimed}
    for device in sorted(devices - used):
        yield Line(about=f"device {device}", mark=Mark.FINDING, note="on the wire, but not in the ledger")


def _claimed_twice(entries: list[Equipment]) -> Iterator[Line]:
    """Points that items of more than one piece of equipment refer to."""
    claims: dict[str, set[str]] = {}
    for entry in entries:
        for item in entry.items:
            for condition in item.conditions:
                claims.setdefault(condition.point, set()).add(entry.id)
    for point, claimants in sorted(claims.items()):
        if len(claimants) > 1:
            note = f"claimed by {listed(sorted(claimants))}: one of them may be a duplicate"
            yield Line(about=f"point {point}", mark=Mark.FINDING, note=note)


def points_of(entry: Equipment) -> frozenset[str]:
    """Every point that a piece of equipment refers to, by its items, watches and parts."""
    conditions = [condition for item in entry.items for condition in item.conditions]
    watches = [*entry.watches, *(part.watch for part in entry.parts if part.watch is not None)]
    conditions += [condition for watch in watches for condition in watch.conditions]
    return frozenset(condition.point for condition in conditions)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    for word, days in parameters.cycles.items():
        if days < 1:
            yield "cycles", f"{word} has {days} days", "give at least 1"
