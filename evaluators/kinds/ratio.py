"""Ratios: the share of a window's records of which a field says that it went well.

An empty field is unknown, never good. The answer may stand in another record, such as a survey of a complaint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from evaluators.dues import due_of
from evaluators.facts import Facts
from evaluators.model.bodies import BODIES, Body, Instant
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Limit, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.phrases import by_when
from evaluators.selection import (
    Mistake,
    Where,
    begun,
    by_reference,
    check_fields,
    check_kind,
    check_where,
    fits,
    is_filled,
    referring,
    the_site,
)
from evaluators.tally import by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Which records, and what makes one good."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    records: str
    """The kind of record that is counted."""
    at: str
    """Its field with the instant that says which window it counts in."""
    good: Where
    """What makes it good; where one of these fields is empty, that is unknown."""
    where: Where = field(default_factory=dict)
    """Which records are counted."""
    answers: str = ""
    """Where another kind of record says it: that kind; ``good`` are its fields, and its newest answer counts."""
    refers: str = ""
    """The field by which such a record names the one that is counted."""
    answer_within: Limit = field(default_factory=Limit)
    """So long after ``at`` an answer may still come, before it counts as unknown."""
    owner: str = ""
    """The field that says who has to act."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of the good ones."""
    yield by_share(
        clause, the_site(facts), window, facts.as_of, lines(parameters_of(clause, Parameters), facts, window)
    )


def lines(parameters: Parameters, facts: Facts, window: Window) -> list[Line]:
    """One line for each record that counts in the window."""
    answers = by_reference(_answers(parameters, facts), parameters.refers) if parameters.answers else {}
    found = []
    for at, record in begun(facts, parameters.records, parameters.where, parameters.at, window):
        said = [each for each in referring(answers, record) if facts.records.anchor(each) >= at]
        found.append(_line(parameters, facts, at, record, said if parameters.answers else [record]))
    return found


def _answers(parameters: Parameters, facts: Facts) -> list[Record[Body]]:
    return facts.records.between(BODIES[parameters.answers], 0, facts.as_of + 1)


def _line(parameters: Parameters, facts: Facts, at: int, record: Record[Body], said: list[Record[Body]]) -> Line:
    whole = [each for each in said if all(is_filled(each.body, name) for name in parameters.good)]
    last = max(whole, key=lambda each: (facts.records.anchor(each), each.source, each.id), default=None)
    due = due_of(at, parameters.answer_within, facts)
    rests_on = {record.reference: None} | {each.reference: None for each in said}
    done = None
    if at < facts.records.anchor(record):
        mark, note = Mark.UNKNOWN, f"the record contradicts itself: {parameters.at} before {record.body.ANCHOR}"
    elif last is not None:
        mark = Mark.GOOD if fits(last.body, parameters.good) else Mark.BAD
        done = facts.records.anchor(last) if parameters.answers else None
        note = "; ".join(f"{name} is {_shown(last.body, name)}" for name in parameters.good)
    elif facts.as_of <= due.at and at < due.at:
        mark, note = Mark.RUNNING, f"no answer yet; one is due by {by_when(due.at, facts.zone)}"
    else:
        mark = Mark.UNKNOWN
        note = "asked, but not answered" if parameters.answers and said else _silent(parameters)
    return Line(
        about=record.name,
        mark=mark,
        start=at,
        due=due.at if at < due.at else None,
        done=done,
        note=note,
        owner=str(getattr(record.body, parameters.owner)) if parameters.owner else "",
        records=tuple(rests_on),
    )


def _silent(parameters: Parameters) -> str:
    if parameters.answers:
        return f"no {parameters.answers} of it"
    return f"the record does not say: {', '.join(parameters.good)} empty"


def _shown(body: Body, name: str) -> str:
    value = getattr(body, name)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with fields, as the bodies have them."""
    yield from check_kind("records", parameters.records)
    yield from check_fields("at", parameters.records, (parameters.at,), Instant)
    yield from check_where("where", parameters.records, parameters.where)
    yield from check_fields("owner", parameters.records, filter(None, (parameters.owner,)), str)
    if bool(parameters.answers) != bool(parameters.refers):
        yield "refers", "goes with answers, and answers with it", "give both or neither"
    if parameters.answers:
        yield from check_kind("answers", parameters.answers)
        yield from check_fields("refers", parameters.answers, filter(None, (parameters.refers,)), str)
    if not parameters.good:
        yield "good", "is empty", "say what makes a record good"
    yield from check_where("good", parameters.answers or parameters.records, parameters.good)
