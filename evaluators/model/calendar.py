"""Working days, as far as official tables say which they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Official working days of some years. Days of a year outside ``years`` are unknown, never guessed.

    ``days_off`` are Mondays to Fridays without work; ``workdays`` are Saturdays and Sundays with work (调休).
    """

    years: frozenset[int] = frozenset()
    days_off: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool | None:
        """Whether people work on a day; None where its year has no official table."""
        if day.year not in self.years:
            return None
        return day in self.workdays if day.weekday() >= 5 else day not in self.days_off
