"""Verdicts: what judging says, as an interval that holds the truth whatever the unknown time hid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from evaluators.model.episodes import Cause
from evaluators.model.times import Window


class Outcome(StrEnum):
    """The answer to a clause."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"
    """The window is still open and both answers are still possible."""


class Level(StrEnum):
    """What a verdict is about."""

    ITEM = "item"
    EQUIPMENT = "equipment"
    SYSTEM = "system"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing judged; printed as ``level:id``, such as ``item:lift-1/car``."""

    level: Level
    id: str

    def __str__(self) -> str:
        return f"{self.level}:{self.id}"


@dataclass(frozen=True, slots=True)
class Missing:
    """How long (ns, summed over items) one cause kept the answer unknown."""

    cause: Cause | None
    length: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judged clause for one subject and window, as of an instant.

    ``low`` takes all unknown time as failing, ``high`` as fulfilling; both None where there is nothing to
    judge. ``coverage`` is the known part of the required time, None where no time was required. ``as_of`` is the
    instant judged at, ns UTC: nothing later was looked at.
    """

    clause: str
    subject: Subject
    outcome: Outcome
    low: Fraction | None
    high: Fraction | None
    threshold: Fraction
    unit: str
    window: Window
    coverage: Fraction | None
    as_of: int
    missing: tuple[Missing, ...] = ()
    note: str = ""
    """What a reader must know beside the figures, such as a reading on which the answer depends."""
