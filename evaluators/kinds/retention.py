"""Retention: records of key operations are kept for the whole of a rolling window, whole and unbroken.

The span looked at begins with the window or with the hand-over of the building, whichever is later: a young
archive is no breach. It is cut into calendar periods, in each of which an operation leaves at least one record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.kinds.traceability import mistakes_of
from evaluators.model.bodies import Archive, Body
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.operations import Operation, is_owed, records_of
from evaluators.phrases import listed
from evaluators.selection import Mistake, the_site
from evaluators.tally import by_share
from evaluators.windows import between, day_start, local_date

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Which operations' records are kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    operations: tuple[Operation, ...]


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: the share of periods of which all records are there."""
    end = min(window.end, facts.as_of)
    start = window.start
    if facts.site.handed_over is not None:
        start = max(start, day_start(facts.site.handed_over, facts.zone))
    lines: list[Line] = []
    for operation in parameters_of(clause, Parameters).operations:
        if is_owed(facts, operation, local_date(end, facts.zone)):
            lines += _lines(facts, operation, start, end)
    note = "" if facts.site.handed_over else "the hand-over of the building is not known"
    yield by_share(clause, the_site(facts), window, facts.as_of, lines, note=note)


def _lines(facts: Facts, operation: Operation, start: int, end: int) -> Iterator[Line]:
    """One line for each whole period of the span."""
    records = records_of(facts, operation, start, end)
    called = (operation.name, operation.records)
    archives = [each for each in facts.records.between(Archive, 0, end) if each.body.operation in called]
    earliest = min(
        (facts.records.anchor(each) for each in (*records, *archives)),
        default=None,
    )
    for period in between(operation.every, start, end, facts.zone):
        if start <= period.start and period.end <= end:
            within = [each for each in records if period.holds(facts.records.anchor(each))]
            yield _line(facts, operation, period, within, archives, earliest)


def _line(
    facts: Facts,
    operation: Operation,
    period: Window,
    records: list[Record[Body]],
    archives: list[Record[Archive]],
    earliest: int | None,
) -> Line:
    kept = [each for each in archives if _covers(facts, each.body, period)]
    broken = tuple(each.name for each in records if not _is_whole(facts, each))
    if broken:
        mark, note = Mark.BAD, f"a version or the hash of an attachment is missing: {listed(broken)}"
    elif records:
        imported = sum(each.imported for each in records)
        mark = Mark.GOOD
        note = f"records: {len(records)}" + (f", of them imported: {imported}" if imported else "")
    elif kept:
        places = listed(each.body.place for each in kept)
        mark, note = Mark.UNKNOWN, f"said to be kept elsewhere: {places}"
    else:
        mark, note = _absent(facts, period, earliest)
    return Line(
        about=f"{operation.name} {local_date(period.start, facts.zone)}",
        mark=mark,
        start=period.start,
        note=note,
        records=tuple(each.reference for each in records or kept),
    )


def _absent(facts: Facts, period: Window, earliest: int | None) -> tuple[Mark, str]:
    """What it means that nothing of a period is there."""
    live = facts.site.judged_from
    if live is not None and period.start >= live:
        return Mark.EXCLUDED, "none was made, so none was lost: whether one was owed is for its own clause to say"
    if earliest is None:
        return Mark.UNKNOWN, "no record and no archive of this operation at all"
    if period.end <= earliest and facts.site.handed_over is None:
        return Mark.UNKNOWN, "nobody says whether the building was in operation"
    return Mark.BAD, "no record and no archive: not done, or not kept"


def _covers(facts: Facts, archive: Archive, period: Window) -> bool:
    first, last = local_date(period.start, facts.zone), local_date(period.end - 1, facts.zone)
    return archive.covers_from <= first and last <= archive.covers_until


def _is_whole(facts: Facts, record: Record[Body]) -> bool:
    """Whether every version is there, and every attachment is named by a hash."""
    versions = [each.version for each in facts.records.versions(record)]
    return versions == list(range(1, versions[-1] + 1)) and all(
        _HASH.fullmatch(attachment.sha256) for attachment in record.attachments
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with kinds, fields and periods of operations."""
    if not parameters.operations:
        yield "operations", "is empty", "name at least one operation"
    yield from mistakes_of(parameters.operations)
