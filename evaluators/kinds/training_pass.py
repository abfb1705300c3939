"""Tests after training: the share that passes at the first go, and what becomes of the others.

Who fails takes the test again, or is given another post, within a set time. Failing again begins that time anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.dues import due_of, stand
from evaluators.facts import Facts
from evaluators.kinds.training_coverage import attendees
from evaluators.model.bodies import Training
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Limit, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.parts import all_of, part
from evaluators.phrases import by_when
from evaluators.selection import Mistake, by_reference, referring, the_site
from evaluators.tally import by_share

Retakes = dict[str, list[Record[Training]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Which tests, and how long those who fail have."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    subjects: tuple[str, ...]
    """The subjects whose tests count."""
    again_within: Limit
    """By when who fails has to take the test again or be given another post."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """The site, and apart from each other the passes and the follow-up of fails, which is owed in full."""
    parameters = parameters_of(clause, Parameters)
    held = [
        training
        for training in facts.records.between(Training, window.start, min(window.end, facts.as_of + 1))
        if training.body.subject in parameters.subjects
    ]
    retakes: Retakes = by_reference(facts.records.between(Training, 0, facts.as_of + 1), "retake_of")
    passes = [line for training in held if not training.body.retake_of for line in _passes(training)]
    owed = [
        line
        for training in held
        for person in sorted(set(training.body.failed) - set(training.body.passed))
        for line in (_again(parameters, facts, training, person, referring(retakes, training)),)
    ]
    all_of_them = replace(clause, threshold=Fraction(1))
    passed = by_share(clause, part("passed"), window, facts.as_of, passes)
    followed = by_share(all_of_them, part("followed-up"), window, facts.as_of, owed)
    yield all_of(clause, the_site(facts), window, facts.as_of, (passed, followed))
    yield passed
    yield followed


def _passes(training: Record[Training]) -> Iterator[Line]:
    """One line for everybody who came."""
    body = training.body
    for person in sorted(attendees(body)):
        if (person in body.passed) == (person in body.failed):
            both = person in body.passed
            mark, note = Mark.UNKNOWN, "both passed and failed" if both else "came, but no result of a test"
        elif person in body.passed:
            mark, note = Mark.GOOD, "passed"
        else:
            mark, note = Mark.BAD, "failed"
        yield Line(
            about=f"{training.name} {person}",
            mark=mark,
            start=body.performed_at,
            done=body.performed_at,
            note=f"{body.subject}: {note}",
            records=(training.reference,),
        )


def _again(
    parameters: Parameters,
    facts: Facts,
    training: Record[Training],
    person: str,
    retakes: list[Record[Training]],
) -> Line:
    """What became of one who failed, by the earliest of what was done about it."""
    start = training.body.performed_at
    due = due_of(start, parameters.again_within, facts)
    ways = [
        (max(start, each.body.performed_at), each.name, each.reference, word)
        for each in (training, *retakes)
        for word, people in (
            ("took the test again", frozenset() if each is training else attendees(each.body)),
            ("was given another post", frozenset(each.body.moved)),
        )
        if person in people
    ]
    done, _, reference, note = min(ways, default=(None, "", "", "to take the test again or be given another post"))
    mark = stand(done, due, facts.as_of)
    if mark is not Mark.GOOD:
        note += f", due {by_when(due.at, facts.zone)}"
    return Line(
        about=f"{training.name} {person} again",
        mark=mark,
        start=start,
        due=due.at,
        done=done,
        note="; ".join(filter(None, (note, due.doubt))),
        owner=person,
        records=(training.reference, *((reference,) if reference not in ("", training.reference) else ())),
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its lists and limits may get wrong."""
    if not parameters.subjects:
        yield "subjects", "is empty", "name at least one subject"
    if parameters.again_within == Limit():
        yield "again_within", "is no time at all", "give hours, days or working_days"
