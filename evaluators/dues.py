"""By when a thing is to be done, and how it stands against that; also where no official working days are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from evaluators.facts import Facts
from evaluators.model.times import Limit
from evaluators.model.verdicts import Mark
from evaluators.windows import day_start, local_date


@dataclass(frozen=True, slots=True)
class Due:
    """``at``, ns UTC: what is done at that instant is still in time.

    ``unknown_year``: no official table says which of its days are worked. Then ``at`` is the earliest it can be,
    as if all of them were: what is done by then is in time whatever the table will say, and of anything later
    nothing can be said.
    """

    at: int
    unknown_year: int | None = None

    @property
    def doubt(self) -> str:
        """Why it is not certain, for a person; empty where it is."""
        return f"no official working-day table for {self.unknown_year}" if self.unknown_year else ""


def due_of(start: int, limit: Limit, facts: Facts) -> Due:
    """When a limit that begins at ``start`` is over. Hours run through nights and holidays; the day that working
    days begin on is not counted, and the last one ends at 24:00."""
    if not limit.working_days:
        return Due(start + limit.length)
    day, left, unknown = local_date(start, facts.zone), limit.working_days, None
    while left:
        day += timedelta(days=1)
        works = facts.calendar.is_workday(day)
        if works is None:
            unknown = unknown or day.year
        left -= works is not False
    return Due(day_start(day + timedelta(days=1), facts.zone), unknown)


def stand(done: int | None, due: Due, as_of: int) -> Mark:
    """How a thing stands that was done at ``done`` or, by ``as_of``, not at all."""
    if done is not None and done <= due.at:
        return Mark.GOOD
    if done is None and as_of <= due.at:
        return Mark.RUNNING
    return Mark.UNKNOWN if due.unknown_year else Mark.BAD
