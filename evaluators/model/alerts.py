"""How far an alert has come, and how urgent it is."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """How far it has come."""

    RUNNING = "running"
    """A clock that began with an event runs: somebody must respond or repair."""
    DUE_SOON = "due_soon"
    """Not done yet, and little time is left."""
    LAPSED = "lapsed"
    """What is owed for each period was not done in its period."""
    BREACHED = "breached"
    """What had to be done by a time after an event was not done by then."""
    NOT_MET = "not_met"
    """A clause that cannot be met any more in its window, or whose live figure misses its threshold."""
    UNKNOWN = "unknown"
    """So much is unknown that the answer is in danger."""

    @property
    def has_failed(self) -> bool:
        """Whether a due time was missed."""
        return self in (Stage.LAPSED, Stage.BREACHED)


class Severity(StrEnum):
    """How urgent it is, the most urgent first."""

    EMERGENCY = "emergency"
    """The clock of an emergency or of a life-safety item."""
    BREACH = "breach"
    WARNING = "warning"
    INFO = "info"
