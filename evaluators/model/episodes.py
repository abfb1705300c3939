"""States of a functional item over time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluators.model.gaps import GapCause
from evaluators.model.samples import Reason


class State(StrEnum):
    """What a functional item is at an instant."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    PLANNED = "planned"
    """Under maintenance that was declared before it began."""
    NOT_REQUIRED = "not_required"
    """Nobody asks it to work then."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a span is unknown: the point at fault (its key, ``device/point``) and the reason of its samples.

    ``reason`` is `Reason.NONE` where there was simply no sample; ``gap`` says why there was none, where the ledger
    of gaps knows.
    """

    point: str
    reason: Reason
    gap: GapCause | None = None

    @property
    def why(self) -> str:
        """The words for a person: a gap, a reason, or that there was no sample."""
        return self.gap.label if self.gap else self.reason.label or "no sample"


@dataclass(frozen=True, slots=True)
class Episode:
    """A half-open span ``[start, end)``, ns UTC, in which one functional item was in one state."""

    item: str
    start: int
    end: int
    state: State
    cause: Cause | None = None
    """Set for `State.UNKNOWN` where one point is known to be the cause."""

    @property
    def length(self) -> int:
        """Nanoseconds from start to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Declared:
    """One item's planned work or stand-down over ``[start, end)``, known since ``declared_at``.

    ``state`` is `State.PLANNED` or `State.NOT_REQUIRED`. Only what was declared before its start counts.
    """

    item: str
    state: State
    start: int
    end: int
    declared_at: int
    author: str = ""
