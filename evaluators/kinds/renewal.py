"""Renewal: the share of the services on offer in a window that were not on offer in the one before.

A service is the same by its title. Where nothing at all is on record of the window before, nobody can say what is
new; in the window in which the building was handed over there is nothing to renew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import ValueAdded
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.selection import day_of, the_site
from evaluators.tally import by_share
from evaluators.windows import calendar_window, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Nothing to set."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site."""
    parameters_of(clause, Parameters)
    first = local_date(window.start, facts.zone)
    before = calendar_window(window.kind, first - timedelta(days=1), facts.zone)
    now = _on_offer(facts, first, day_of(facts, window))
    last = _on_offer(facts, local_date(before.start, facts.zone), first - timedelta(days=1))
    new_house = facts.site.handed_over is not None and facts.site.handed_over >= first
    lines = []
    for title, records in sorted(now.items()):
        if title in last:
            mark, note = Mark.BAD, "was on offer before: not new"
        elif last:
            mark, note = Mark.GOOD, "new"
        elif new_house:
            mark, note = Mark.EXCLUDED, "the building was handed over since: there is nothing to renew"
        else:
            mark, note = Mark.UNKNOWN, "nothing is on record of what was on offer before"
        lines.append(_line(facts, title, mark, note, records + last.get(title, [])))
    yield by_share(clause, the_site(facts), window, facts.as_of, lines)


Offers = dict[str, list[Record[ValueAdded]]]


def _on_offer(facts: Facts, first: date, last: date) -> Offers:
    """What is on offer on some day of a span of dates, by title."""
    found: Offers = {}
    for record in facts.records.all(ValueAdded):
        body = record.body
        if body.offered_from <= last and (body.offered_until is None or body.offered_until >= first):
            found.setdefault(" ".join(body.title.split()).casefold(), []).append(record)
    return found


def _line(facts: Facts, title: str, mark: Mark, note: str, records: list[Record[ValueAdded]]) -> Line:
    rests_on = tuple(dict.fromkeys(each.reference for each in records))
    start = min(facts.records.anchor(each) for each in records)
    return Line(about=f"service {title}", mark=mark, start=start, note=note, records=rests_on)
