"""Certificates that a post asks for: whoever is in the post holds one of them that is valid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Certificate, Staff
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import listed
from evaluators.roster import in_post
from evaluators.selection import (
    Mistake,
    Where,
    by_reference,
    check_where,
    closing_instant,
    day_of,
    fits,
    in_force,
    is_kept,
    referring,
    the_site,
)
from evaluators.tally import by_share
from evaluators.windows import day_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A post and the certificates it asks for."""

    name: str
    """What it is called in the verdict."""
    staff: Where
    """Who is in it."""
    any_of: tuple[Where, ...]
    """Certificates by their fields: one that fits any of these is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The posts, and how long before its end a certificate is pointed out."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    roles: tuple[Role, ...] = field(default=())
    notice_days: int = 60


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of those in the posts who hold a valid certificate."""
    parameters = parameters_of(clause, Parameters)
    held = by_reference(
        facts.records.between(Certificate, 0, closing_instant(window, facts.as_of) + 1),
        "staff",
    )
    lines = []
    for role in parameters.roles:
        people = in_post(facts, day_of(facts, window), role.staff)
        if not people:
            note = "nobody on the roster is in this post"
            lines.append(Line(about=role.name, mark=Mark.UNKNOWN, start=window.opened, note=note))
        for person in people:
            lines += _lines(parameters, facts, window, role, person, referring(held, person))
    yield by_share(clause, the_site(facts), window, facts.as_of, lines)


def _lines(
    parameters: Parameters,
    facts: Facts,
    window: Window,
    role: Role,
    person: Record[Staff],
    held: list[Record[Certificate]],
) -> Iterator[Line]:
    """How one person stands, and a finding where their last valid certificate is about to end."""
    day = day_of(facts, window)
    right = [each for each in held if any(fits(each.body, where) for where in role.any_of)]
    valid = [each for each in right if in_force(each.body, day)]
    about = f"{role.name} {person.name}"
    if valid:
        mark = Mark.GOOD
        said = listed(each.body.certificate for each in valid)
    elif right or is_kept(facts, Certificate.KIND, window):
        mark = Mark.BAD
        ended = max((each.body.expires for each in right if each.body.expires is not None), default=None)
        said = f"expired on {ended}" if ended is not None else "none of the certificates that this post asks for"
    else:
        mark, said = Mark.UNKNOWN, "no certificate of anybody is on record"
    yield Line(
        about=about,
        mark=mark,
        start=window.opened,
        note=f"{person.body.name}: {said}",
        owner=person.body.name,
        records=(person.reference, *(each.reference for each in right)),
    )
    last = _last_day(valid)
    if last is not None and last <= day + timedelta(days=parameters.notice_days):
        yield Line(
            about=f"{about} expires",
            mark=Mark.FINDING,
            start=window.opened,
            due=day_start(last + timedelta(days=1), facts.zone),
            note=f"{person.body.name}: valid until {last}, to be renewed",
            owner=person.body.name,
            records=tuple(each.reference for each in valid),
        )


def _last_day(valid: list[Record[Certificate]]) -> date | None:
    """The last day on which one of them is valid; None where one has no end, or there is none."""
    days = [each.body.expires for each in valid]
    return max((day for day in days if day is not None), default=None) if None not in days else None


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields, as staff and certificates have them."""
    if not parameters.roles:
        yield "roles", "is empty", "name at least one post"
    for role in parameters.roles:
        yield from check_where("roles", Staff.KIND, role.staff)
        for where in role.any_of:
            yield from check_where("roles", Certificate.KIND, where)
        if not role.any_of:
            yield "roles", f"{role.name} asks for no certificate", "give any_of"
