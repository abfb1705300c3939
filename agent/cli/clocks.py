"""What the live view says of people: claims that telemetry does not bear out, and who answered which fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rich.text import Text

from evaluators.model.clauses import Clause
from evaluators.model.verdicts import Level, Line, Mark, Subject, Verdict, Witness
from evaluators.outlook import of_site, outlook
from evaluators.wording import lasting

RESPONSE = "1.4-response"
"""The clause whose clocks are shown first."""
MARK_STYLES = {Mark.GOOD: "green", Mark.BAD: "bold red", Mark.UNKNOWN: "yellow", Mark.RUNNING: "bold cyan"}


def claims(verdicts: Iterable[Verdict]) -> list[str]:
    """A line for each record that does not serve a clause, since telemetry contradicts it or shows no trace."""
    found: dict[tuple[str, str], list[Line]] = {}
    for clause, verdict in of_site(verdicts).items():
        for line in verdict.lines:
            doubted = line.witness in (Witness.CONTRADICTED, Witness.NO_TRACE)
            if doubted and line.mark in (Mark.BAD, Mark.UNKNOWN):
                for record in line.records:
                    found.setdefault((clause, record), []).append(line)
    return [
        f"{clause}  {record} says {len(lines)} done, but {_seen(lines)}"
        for (clause, record), lines in found.items()
    ]


def _seen(lines: Sequence[Line]) -> str:
    contradicted = any(line.witness is Witness.CONTRADICTED for line in lines)
    return "telemetry contradicts it" if contradicted else "telemetry was whole and shows no trace of it"


def answers(verdicts: Iterable[Verdict]) -> Iterator[tuple[Subject, Line]]:
    """The clock of each fault of each piece of equipment that counts in the current window, the newest first."""
    found = [
        (verdict.subject, line)
        for verdict in verdicts
        if verdict.clause == RESPONSE and verdict.subject.level is Level.EQUIPMENT
        for line in verdict.lines
        if line.mark in MARK_STYLES
    ]
    yield from sorted(found, key=lambda each: (-(each[1].start or 0), each[1].about))


def answer_line(subject: Subject, line: Line, as_of: int) -> str:
    """One fault for a person: who answered it, or how much time is left."""
    left = f", {lasting(line.due - as_of)} left" if line.mark is Mark.RUNNING and line.due is not None else ""
    return f"{RESPONSE}  {subject.id}: {_answered(line)}{left}"


def _answered(line: Line) -> str:
    if line.done is None:
        return "nobody has answered yet"
    after = "" if line.start is None else f" after {lasting(line.done - line.start)}"
    return f"answered{after}" + (f" by {line.owner}" if line.owner else "")


def told(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What a log is told of people: the same until it changes, so without the time left."""
    yield from claims(verdicts)
    for subject, line in answers(verdicts):
        yield answer_line(subject, replace(line, due=None), 0)


def due_line(clause: Clause, line: Line, as_of: int) -> str:
    """One thing that is still in time."""
    left = f"{lasting(line.due - as_of)} left" if line.due is not None else "no time is set"
    owner = f"  {line.owner}" if line.owner else ""
    return f"{clause.id}  {line.about}: {left}{owner}"


def clocks(clauses: Sequence[Clause], verdicts: Sequence[Verdict], as_of: int, rows: int) -> Text:
    """At most ``rows`` lines: claims that are not borne out, the newest faults, then what is due soonest."""
    found = [Text(said, "bold magenta") for said in claims(verdicts)]
    found += [
        Text(answer_line(subject, line, as_of), MARK_STYLES[line.mark]) for subject, line in answers(verdicts)
    ]
    running = outlook(clauses, verdicts).running
    found += [Text(due_line(clause, line, as_of)) for clause, line in running if clause.id != RESPONSE]
    return Text("\n", no_wrap=True, overflow="ellipsis").join(found[:rows])
