"""Attestations: a list of what has to be on record in a window, such as a charter that sets out all duties.

What lasts (documents, plans) has to be in force at the window's last instant; an activity has to fall into the
window. Where nobody keeps such records at all, that one is missing is unknown; where they are kept, it fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, Refs
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import listed
from evaluators.selection import (
    LAST_DAY,
    Mistake,
    Where,
    check_fields,
    check_kind,
    check_where,
    closing_instant,
    day_of,
    fits,
    happened,
    in_force,
    is_kept,
    the_site,
)
from evaluators.tally import by_share
from evaluators.windows import local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that has to be on record."""

    name: str
    """What it is called in the verdict."""
    records: str
    """The kind of record that shows it."""
    where: Where = field(default_factory=dict)
    """Which records."""
    needs: Where = field(default_factory=dict)
    """What such a record must say besides to count."""
    covers: tuple[str, ...] = ()
    """What the records together must hold in their list ``covers``."""
    at_any_time: bool = False
    """Of what lasts: whether some day in the window is enough, instead of its last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What has to be on record."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    requirements: tuple[Requirement, ...]


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of what has to be on record that is."""
    found = lines(parameters_of(clause, Parameters).requirements, facts, window)
    yield by_share(clause, the_site(facts), window, facts.as_of, found, all_known=True)


def lines(requirements: tuple[Requirement, ...], facts: Facts, window: Window) -> list[Line]:
    """One line for each requirement."""
    return [_line(requirement, facts, window) for requirement in requirements]


def _line(requirement: Requirement, facts: Facts, window: Window) -> Line:
    stated = _stated(requirement, facts, window)
    counting = [record for record in stated if fits(record.body, requirement.needs)]
    said = {word for record in counting for word in getattr(record.body, "covers", ())}
    lacking = tuple(word for word in requirement.covers if word not in said)
    if counting and not lacking:
        mark, note = Mark.GOOD, listed(record.name for record in counting)
    else:
        mark, note = _absent(requirement, facts, window), _why(requirement, stated, counting, lacking)
    return Line(
        about=requirement.name,
        mark=mark,
        start=window.opened,
        due=window.end if window.end > window.start else None,
        note=note,
        records=tuple(record.reference for record in stated),
    )


def _absent(requirement: Requirement, facts: Facts, window: Window) -> Mark:
    if window.end > facts.as_of:
        return Mark.RUNNING
    return Mark.BAD if is_kept(facts, requirement.records, window) else Mark.UNKNOWN


def _why(requirement: Requirement, stated: list[Record[Body]], counting: list[Record[Body]], lacking: Refs) -> str:
    """What is missing, for a person."""
    if counting:
        return f"{listed(r.name for r in counting)} does not cover {listed(lacking)}"
    if stated:
        needs = listed(requirement.needs)
        return f"{listed(r.name for r in stated)} does not count: see {needs}"
    looked_for = listed(str(word) for words in requirement.where.values() for word in words)
    return f"no {requirement.records} record of {looked_for}" if looked_for else f"no {requirement.records} record"


def _stated(requirement: Requirement, facts: Facts, window: Window) -> list[Record[Body]]:
    kind = BODIES[requirement.records]
    end = closing_instant(window, facts.as_of) + 1
    if kind not in LAST_DAY:
        start = 0 if window.start == window.end else window.start
        return happened(facts, kind.KIND, requirement.where, start, end)
    lasting = happened(facts, kind.KIND, requirement.where, 0, end)
    first = local_date(window.start, facts.zone) if requirement.at_any_time else day_of(facts, window)
    return [record for record in lasting if _is_still(record.body, first)]


def _is_still(body: Body, day: date) -> bool:
    """Whether what has begun is not over before a day."""
    return in_force(body, max(day, getattr(body, body.ANCHOR)))


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with kinds and fields, as the bodies have them."""
    if not parameters.requirements:
        yield "requirements", "is empty", "say what has to be on record"
    yield from mistakes_of(parameters.requirements)


def mistakes_of(requirements: tuple[Requirement, ...]) -> Iterator[Mistake]:
    """What is wrong with kinds and fields of requirements."""
    for requirement in requirements:
        yield from check_kind("requirements", requirement.records)
        yield from check_where("requirements", requirement.records, requirement.where)
        yield from check_where("requirements", requirement.records, requirement.needs)
        if requirement.covers:
            yield from check_fields("requirements", requirement.records, ("covers",), Refs)
