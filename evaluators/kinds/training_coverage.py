"""Training that has to reach everybody: for each subject, the share of the staff who came in the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Staff, Training
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.parts import all_of, part
from evaluators.roster import Member, members
from evaluators.selection import Mistake, Where, check_where, is_kept, the_site
from evaluators.tally import by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """In what, and for whom."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    subjects: tuple[str, ...]
    """Each of these has to reach everybody."""
    where: Where = field(default_factory=dict)
    """Which staff; without it, all."""
    joiners_count: bool = True
    """Whether it has to reach somebody who joined within the window."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site, and each subject apart."""
    parameters = parameters_of(clause, Parameters)
    parts = []
    for subject in parameters.subjects:
        lines = _lines(parameters, facts, window, subject)
        parts.append(by_share(clause, part(subject), window, facts.as_of, lines))
    yield all_of(clause, the_site(facts), window, facts.as_of, parts)
    yield from parts


def _lines(parameters: Parameters, facts: Facts, window: Window, subject: str) -> list[Line]:
    """One line for each member of the staff; one alone where there is no roster."""
    held = [
        training
        for training in facts.records.between(Training, window.start, min(window.end, facts.as_of + 1))
        if training.body.subject == subject
    ]
    if not is_kept(facts, Staff.KIND, window):
        return [Line(about=f"staff {subject}", mark=Mark.UNKNOWN, start=window.start, note="no roster on record")]
    return [
        _line(parameters, facts, window, subject, member, held)
        for member in members(facts, window, parameters.where)
    ]


def _line(
    parameters: Parameters,
    facts: Facts,
    window: Window,
    subject: str,
    member: Member,
    held: list[Record[Training]],
) -> Line:
    staff = member.record
    came = [training for training in held if staff.id in attendees(training.body)]
    listless = [training for training in held if not attendees(training.body)]
    if came:
        mark, note = Mark.GOOD, f"came to {len(came)}"
    elif member.left:
        mark, note = Mark.EXCLUDED, "left the post within the window: not counted"
    elif member.joined and not parameters.joiners_count:
        mark, note = Mark.EXCLUDED, "joined within the window: not counted"
    elif window.end > facts.as_of:
        mark, note = Mark.RUNNING, "not trained yet"
    elif listless:
        mark, note = Mark.UNKNOWN, "a training was held without a list of who came"
    else:
        mark, note = Mark.BAD, "not trained" + (", joined within the window" if member.joined else "")
    rests_on = came or (listless if mark is Mark.UNKNOWN else [])
    return Line(
        about=f"{staff.name} {subject}",
        mark=mark,
        start=window.start,
        due=window.end,
        done=min((training.body.performed_at for training in came), default=None),
        note=f"{staff.body.name}: {note}",
        owner=staff.body.name,
        records=(staff.reference, *(training.reference for training in rests_on)),
    )


def attendees(body: Training) -> frozenset[str]:
    """Everybody of whom the training says that they came or were tested, by the id of their staff record."""
    return frozenset((*body.attended, *body.passed, *body.failed))


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields, as a member of the staff has them."""
    yield from check_where("where", Staff.KIND, parameters.where)
    if not parameters.subjects:
        yield "subjects", "is empty", "name at least one subject"
