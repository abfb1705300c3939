"""What a session with a broker is to those who listen to it, and how its end is judged. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from connectors.mqtt.inbox import Closed, Event, Inbox, Message
from connectors.mqtt.settings import Connection
from connectors.protocol import Clock

STEADY_S = 30.0
"""A session that lasted this long ends the back-off; shorter ones let it grow, however well they began."""
BRIEF_SESSIONS = 3
"""So many shorter ones in a row look like two clients of one id throwing each other off."""


class Session(Protocol):
    """One connection to the broker, from CONNECT to its end."""

    inbox: Inbox

    async def answer(self) -> list[Event]:
        """The first event: the session is open, or there is none."""

    def subscribe(self, topics: Iterable[str], status_topics: set[str]) -> None:
        """With QoS 1. An MQTT 5 broker sends retained readings to new subscriptions only, a status to all."""

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Leave these."""

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that they are ours now."""


class OpenSession(Protocol):
    """How a session is begun."""

    def __call__(self, settings: Connection, clock: Clock) -> AbstractAsyncContextManager[Session]:
        """Kept by the broker while we are away, as the settings say."""


@dataclass(slots=True)
class Ends:
    """How the sessions of one client id ended, and whether another client seems to have that id."""

    client_id: str
    suspicion: str = ""
    brief: int = 0
    """Sessions in a row that did not last."""
    _opened: float | None = None

    def opened(self, beat: float) -> None:
        """A session began at this monotonic second."""
        self._opened = beat

    @property
    def is_open(self) -> bool:
        """Whether a session is going on."""
        return self._opened is not None

    def steady(self, beat: float) -> bool:
        """Whether the session that goes on has lasted."""
        return self._opened is not None and beat - self._opened >= STEADY_S

    def closed(self, closed: Closed, beat: float) -> bool:
        """It ended: whether it was a good one."""
        steady = self.steady(beat)
        if steady:
            self.brief, self.suspicion = 0, ""
        elif self._opened is not None:
            self.brief += 1
        self._opened = None
        if closed.taken_over:
            self.suspicion = f"session taken over: another client has the id {self.client_id}: give each its own"
        elif self.brief >= BRIEF_SESSIONS:
            self.suspicion = (
                f"the last {self.brief} sessions ended within {STEADY_S:g} s:"
                f" perhaps another client has the id {self.client_id}: give each its own"
            )
        return steady
