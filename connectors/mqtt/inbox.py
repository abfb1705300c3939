"""The way from paho's thread to the event loop: events in order, one wake-up for many."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Opened:
    """The broker accepted the session at ``at``, ns UTC."""

    at: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The broker's answer at ``at``, ns UTC, to the subscriptions, in their order; empty for a granted one."""

    at: int
    refusals: tuple[str, ...]


class Message(NamedTuple):
    """A publication as it arrived at ``received``, ns UTC. Where ``qos`` is 0 there is nothing to acknowledge.

    ``payload`` is at least the beginning of its ``size`` bytes. ``topic`` is empty where it was no text.
    """

    topic: str
    payload: bytes
    size: int
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
"""Events."""
MOST_BYTES_WAITING = 64 * 1024 * 1024
BYTES_AT_ONCE = 1024 * 1024


class Inbox:
    """Events of one session. `offer` is called by the client's thread, everything else on the event loop.

    A broker bounds how many messages it sends ahead of acknowledgements, but nothing bounds QoS 0: beyond ``most``
    waiting events, or ``most_bytes`` of payloads, such a message is left out and counted. Any other message then
    holds the client's thread up, and so the broker, until there is room.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, most: int = MOST_WAITING, most_bytes: int = MOST_BYTES_WAITING
    ) -> None:
        self._loop = loop
        self._most = most
        self._most_bytes = most_bytes
        self._events: deque[Event] = deque()
        self._ready = asyncio.Event()
        self._woken = False
        self._room = threading.Event()
        self._closed = False
        self._bytes_in = self._bytes_out = 0  # each is written by one thread only
        self._overflow: Counter[str] = Counter()
        self._counting = threading.Lock()

    def offer(self, event: Event) -> None:
        """Hand over one event; never raises, not even after the loop has closed."""
        if isinstance(event, Message) and not self._takes(event):
            return
        self._events.append(event)
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody will ever look
                self._loop.call_soon_threadsafe(self._ready.set)

    def _takes(self, message: Message) -> bool:
        """Whether it may be queued; waits for room where it must not be lost."""
        if message.qos == 0 and (len(self._events) >= self._most or self._full):
            with self._counting:
                if len(self._overflow) < self._most or message.topic in self._overflow:
                    self._overflow[message.topic] += 1
            return False
        while self._full and not self._closed:
            self._room.clear()
            if self._full:  # it may have become otherwise before the flag was down
                self._room.wait(timeout=1.0)
        self._bytes_in += len(message.payload)
        return True

    @property
    def _full(self) -> bool:
        return self._bytes_in - self._bytes_out > self._most_bytes

    async def take(self, most: int) -> list[Event]:
        """The next events in order, at least one, no more than ``most``, and of payloads little more than
        `BYTES_AT_ONCE`; waits for the first."""
        while not self._events:
            await self._ready.wait()
            self._ready.clear()
            self._woken = False  # before looking again: what comes after this wakes us once more
        taken: list[Event] = []
        size = 0
        while self._events and len(taken) < most and size < BYTES_AT_ONCE:
            event = self._events.popleft()
            taken.append(event)
            size += len(event.payload) if isinstance(event, Message) else 0
        self._bytes_out += size
        self._room.set()
        return taken

    def close(self) -> None:
        """Nobody takes any more: hold nobody up."""
        self._closed = True
        self._room.set()

    def overflow(self) -> Counter[str]:
        """How many messages of each topic were left out since this was last asked."""
        with self._counting:
            counted, self._overflow = self._overflow, Counter()
        return counted
