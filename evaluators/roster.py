"""The roster: who is in which post, from day to day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from evaluators.facts import Facts
from evaluators.model.bodies import Staff
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.selection import Where, closing_instant, fits, in_force, life


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a post in a window. ``joined``: not from its beginning; ``left``: not to its end, as far
    as that is known at the instant judged at."""

    record: Record[Staff]
    joined: bool
    left: bool


def members(facts: Facts, window: Window, where: Where) -> Iterator[Member]:
    """Everybody who is in a post at some time of the window, up to the instant judged at."""
    last = closing_instant(window, facts.as_of)
    for record in facts.records.between(Staff, 0, last + 1):
        begin, end = life(facts, record, "until")
        if fits(record.body, where) and (end is None or end > window.start):
            yield Member(record, begin > window.start, end is not None and end < window.end)


def in_post(facts: Facts, day: date, where: Where) -> list[Record[Staff]]:
    """Who is in a post on a day."""
    return [r for r in facts.records.all(Staff) if fits(r.body, where) and in_force(r.body, day)]
