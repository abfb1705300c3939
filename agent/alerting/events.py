"""What happens to an alert: it is opened, it changes, somebody acknowledges it, it is resolved. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluators.model.alerts import Severity, Stage
from evaluators.model.times import Window

__all__ = ["Ack", "AlertEvent", "Ending", "Event", "Severity", "Stage"]


class Event(StrEnum):
    """What happened."""

    OPENED = "opened"
    CHANGED = "changed"
    """Another stage or severity, or its due time moved."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen it and takes care of it."""
    RESOLVED = "resolved"


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
class Ack:
    """Who acknowledged an alert, and how it stood then. It holds until the alert grows worse than that."""

    record: str
    """As ``kind:id@version``."""
    at: int
    person: str
    stage: Stage
    severity: Severity
    note: str = ""

    def covers(self, stage: Stage, severity: Severity) -> bool:
        """Whether an alert that stands so has grown no worse."""
        return _RANKS[stage] <= _RANKS[self.stage] and _URGENCY[severity] >= _URGENCY[self.severity]


_RANKS = {
    Stage.RUNNING: 0,
    Stage.DUE_SOON: 1,
    Stage.UNKNOWN: 1,
    Stage.LAPSED: 2,
    Stage.BREACHED: 2,
    Stage.NOT_MET: 2,
}
_URGENCY = {severity: place for place, severity in enumerate(Severity)}


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
    ack: Ack | None = None
    """Who acknowledged it as it stands now, if anybody did; of a resolved one, as it stood last."""

    @property
    def is_open(self) -> bool:
        """Whether the alert is open after this event."""
        return self.event is not Event.RESOLVED
