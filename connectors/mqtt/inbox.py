"""The way from paho's thread to the event loop: events in order, one wake-up for many."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opened:
    """The broker accepted the session at ``at``, ns UTC."""

    at: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The broker's answer at ``at``, ns UTC, to the subscriptions, in their order; empty for a granted one."""

    at: int
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A publication as it arrived at ``received``, ns UTC. Where ``qos`` is 0 there is nothing to acknowledge."""

    topic: str
    payload: bytes
    retained: bool
    mid: int
    qos: int
    received: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The session ended at ``at``, ns UTC; nothing comes after this. ``taken_over``: by another client."""

    at: int
    cause: str
    taken_over: bool = False


Event = Opened | Granted | Message | Closed

MOST_WAITING = 10_000


class Inbox:
    """Events of one session. ``offer`` may be called from any thread, everything else on the event loop.

    A broker bounds what it sends ahead of acknowledgements, but nothing bounds QoS 0: beyond ``most`` waiting
    events such a message is left out and counted.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int = MOST_WAITING) -> None:
        self._loop = loop
        self._most = most
        self._events: deque[Event] = deque()
        self._ready = asyncio.Event()
        self._woken = False
        self._overflow: Counter[str] = Counter()
        self._counting = threading.Lock()

    def offer(self, event: Event) -> None:
        """Hand over one event; never raises, not even after the loop has closed."""
        if isinstance(event, Message) and event.qos == 0 and len(self._events) >= self._most:
            with self._counting:
                self._overflow[event.topic] += 1
            return
        self._events.append(event)
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody will ever look
                self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self, most: int) -> list[Event]:
        """The next events in order, at least one and no more than ``most``; waits for the first."""
        while not self._events:
            await self._ready.wait()
            self._ready.clear()
            self._woken = False  # before looking again: what comes after this wakes us once more
        return [self._events.popleft() for _ in range(min(most, len(self._events)))]

    def overflow(self) -> Counter[str]:
        """How many messages of each topic were left out since this was last asked."""
        with self._counting:
            counted, self._overflow = self._overflow, Counter()
        return counted
