"""How the way to InfluxDB is, for the log, for status and for the alert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog

from agent.answers import Answer, Meaning
from agent.views import Row, duration_s, iso

log = structlog.get_logger()


class Delivery(StrEnum):
    """How the way to InfluxDB is."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    """It cannot be reached, or is busy: tried again by itself."""
    REFUSED = "refused"
    """It does not accept us: somebody must look at token, organisation and bucket."""


@dataclass(frozen=True, slots=True)
class Health:
    """How forwarding does. Instants are ns UTC."""

    state: Delivery = Delivery.STARTING
    since: int = 0
    down_since: int | None = None
    """When it took nothing for the first time since it last took something; None while it does."""
    last_ack: int | None = None
    blocks: int = 0
    """Not yet acknowledged."""
    rows: int = 0
    """The same in samples, as of the last attempt."""
    eta_s: float | None = None
    """In how many seconds none will wait, as it goes now; None while it goes the other way, or none waits."""
    oldest: int | None = None
    """When the oldest block that is not acknowledged was received; None where none waits."""
    catching_up: bool = False
    """Whether the newest blocks go out beside the backlog."""
    dead: int = 0
    """Lines given to the dead letters since the start."""
    expired: int = 0
    """Lines since the start that InfluxDB did not keep, being older than it keeps anything."""
    bucket: str = ""
    """Why a missing bucket could not be made; empty otherwise."""
    detail: str = ""

    def row(self, now: int) -> Row:
        """For JSON, at the instant ``now``."""
        utc = ZoneInfo("UTC")
        return {
            "state": self.state.value,
            "since": iso(self.since, utc),
            "last_ack": iso(self.last_ack, utc),
            "lag": self.blocks,
            "lag_rows": self.rows,
            "lag_s": 0.0 if self.oldest is None else max(0.0, duration_s(now - self.oldest)),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "catching_up": self.catching_up,
            "dead_letters": self.dead,
            "expired": self.expired,
            "bucket": self.bucket,
            "detail": self.detail,
        }

    def after(self, answer: Answer, now: int) -> Health:
        """How it is after an answer."""
        if answer.meaning in (Meaning.STORED, Meaning.POISONED, Meaning.TOO_LARGE):
            state = Delivery.UP
        else:
            state = Delivery.REFUSED if answer.meaning is Meaning.REFUSED else Delivery.DOWN
        since = self.since if state is self.state else now
        up = state is Delivery.UP
        last_ack = now if answer.meaning is Meaning.STORED else self.last_ack
        detail, bucket = ("", "") if up else (answer.detail, self.bucket)
        down = None if up else now if self.down_since is None else self.down_since
        return replace(
            self,
            state=state,
            since=since,
            down_since=down,
            last_ack=last_ack,
            expired=self.expired + answer.expired,
            detail=detail,
            bucket=bucket,
        )


def say(old: Health, new: Health, url: str, behind: int) -> None:
    """Log where the state changed: the first answer of an outage, and the first after it; and the first rows that
    are too old."""
    if new.expired and not old.expired:
        log.warning("InfluxDB does not keep samples as old as these", rows=new.expired)
    if new.state is old.state:
        return
    if new.state is Delivery.UP:
        log.info("InfluxDB takes samples", url=url, behind=behind)
    else:
        log.warning("InfluxDB takes no samples", url=url, why=new.detail, state=new.state.value)
