"""What passes between a connector and the agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, runtime_checkable

from connectors.settings import ConnectionBase, DeviceBase, PointBase
from evaluators.model.samples import Block, ValueKind

C = TypeVar("C", bound=ConnectionBase)
D = TypeVar("D", bound=DeviceBase)
P = TypeVar("P", bound=PointBase)


class Clock(Protocol):
    """The only source of time; handed out by the agent."""

    def now(self) -> int:
        """The instant, ns since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps."""

    async def sleep(self, seconds: float) -> None:
        """Wait that long on the monotonic clock."""


class Sink(Protocol):
    """Where samples go."""

    async def put(self, block: Block) -> None:
        """Return once the block is on disk; only then may anything be acknowledged to the other side.

        Cancelled or failed: the block may or may not have been taken, so it may be handed in again; the same
        rows are never stored twice. An empty block returns at once.
        """


@dataclass(frozen=True, slots=True)
class Poison:
    """A message that cannot be read, and never will be: ``source`` is the connection it came over, ``payload`` at
    least the beginning of its ``size`` bytes, ``received`` when it came, ns UTC.

    ``problem`` says what is wrong, in the same words for all messages with the same fault.
    """

    source: str
    topic: str
    payload: bytes
    size: int
    problem: str
    received: int


@runtime_checkable
class QuarantiningSink(Sink, Protocol):
    """A sink that also keeps messages nobody could read. Where its sink is one, a connector hands such messages
    over before it acknowledges them."""

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """Return once they are on disk, to be looked at by a person. Handed in again, they are counted again."""


class Connector(Protocol):
    """One connection of the site file with its devices, whether they are polled or push."""

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Read until cancelled. A device's failure becomes bad samples, never an exception.

        Any exception that does come out means the whole connection cannot go on; the agent restarts it later.
        """

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now; cheap, callable at any time on the event loop."""


class Link(StrEnum):
    """The state of the way to a device."""

    CONNECTING = "connecting"
    UP = "up"
    DEGRADED = "degraded"
    """It answers, but not for every point."""
    DOWN = "down"
    BACKING_OFF = "backing_off"
    """It did not answer; it will be tried again later than its period says."""


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How one device does. Instants are ns UTC; ``round_trip_s`` is the last whole poll; ``errors`` counts by
    reason label since the start; ``detail`` is one line for a person: what is wrong and what would be right.
    ``messages_s``: of one that reports by itself, how many messages a second came in the last minute.

    ``clock_s``: how far the device's clock is ahead of the machine's, at least, in seconds; below 0 where it is
    behind, or what it says is long on its way. None where it does not say what time it is. ``figures`` are the
    connector's own counts since the start, by name.
    """

    device: str
    link: Link
    since: int
    last_good: int | None = None
    round_trip_s: float | None = None
    errors: Mapping[str, int] = field(default_factory=dict)
    detail: str = ""
    messages_s: float | None = None
    clock_s: float | None = None
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BoundPoint(Generic[P]):
    """A point as a connector reads it: ``index`` is the number that goes into a block, ``key`` device/point."""

    index: int
    key: str
    kind: ValueKind
    settings: P


@dataclass(frozen=True, slots=True)
class BoundDevice(Generic[D, P]):
    """A device of the site file with its points."""

    id: str
    settings: D
    points: tuple[BoundPoint[P], ...]


@dataclass(frozen=True, slots=True)
class BoundConnection(Generic[C, D, P]):
    """A connection of the site file with its devices."""

    name: str
    settings: C
    devices: tuple[BoundDevice[D, P], ...]
