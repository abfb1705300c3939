"""What happens to an alert: it is opened, it changes, it is resolved. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluators.model.times import Window


class Event(StrEnum):
    """What happened."""

    OPENED = "opened"
    CHANGED = "changed"
    """Another stage or severity, or its due time moved."""
    RESOLVED = "resolved"


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


class Ending(StrEnum):
    """Why an alert is over."""

    DONE = "done"
    """In time after all."""
    DONE_LATE = "done_late"
    """Too late, but nothing is left to do."""
    SUPERSEDED = "superseded"
    """The same was done for a later period."""
    EXPIRED = "expired"
    """Nobody did it, and it is too long ago to be made up for."""
    RECOVERED = "recovered"
    """The figure is right again."""
    NOT_DUE = "not_due"
    """Its due time moved away."""
    EXCLUDED = "excluded"
    """It does not count any more."""
    GONE = "gone"
    """What it was about is not there any more: a record was withdrawn, a clause switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One thing that happened to one alert, with all that is known of the alert then. Times are ns UTC.

    An alert is open from the event that opens it to the one that resolves it; ``key`` names it. The same key may
    be opened again later.
    """

    key: str
    at: int
    """The instant judged at."""
    event: Event
    stage: Stage
    severity: Severity
    since: int
    """When it was opened."""
    clause: str
    title_zh: str
    title_en: str
    subject: str
    """What the verdict is about, such as ``site:tower``."""
    window: Window
    """The window of that verdict."""
    about: str = ""
    """The event or obligation; empty where the verdict as a whole rings."""
    start: int | None = None
    due: int | None = None
    owner: str = ""
    note: str = ""
    ending: Ending | None = None
    """Of a resolved one: why it is over."""

    @property
    def is_open(self) -> bool:
        """Whether the alert is open after this event."""
        return self.event is not Event.RESOLVED
