"""When a device's outage, or a buffer that overflows, is worth a row of the ledger. Pure: instants come as
arguments, ns UTC.

A watch says what is to be noted (`wanted`) and takes note of it only once it is on disk (`done`): what could not
be kept is wanted again.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.protocol import DeviceHealth, Link
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import MINUTE_NS, SECOND_NS

GONE = frozenset({Link.DOWN, Link.BACKING_OFF})
THERE = frozenset({Link.UP, Link.DEGRADED})
REJOIN_NS = MINUTE_NS
"""An outage that begins so soon after the last one ended is the same one going on: a device that comes and goes
fills no more than a row a minute."""
QUIET_NS = 10 * SECOND_NS
"""An overflow has ended when nothing was left out for so long."""


@dataclass(frozen=True, slots=True)
class Begins:
    """A gap begins."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class GoesOn:
    """The last gap goes on after all."""

    detail: str


@dataclass(frozen=True, slots=True)
class Ends:
    """The gap has ended at ``at``."""

    at: int
    lost: int | None = None


Note = Begins | GoesOn | Ends


class OutageWatch:
    """Outages of one device. ``hold_ns``: how long its values stand; ``begun``: when it began to be read.

    An outage lasts from the last good answer to the first answer after it. It is noted once it has lasted longer
    than a value stands: what is shorter, the bad samples say themselves.
    """

    def __init__(self, device: str, hold_ns: int, begun: int) -> None:
        self._device = device
        self._hold_ns = hold_ns
        self._good = begun
        self._is_open = False
        self._ended: int | None = None
        self._outages = 0

    def wanted(self, health: DeviceHealth, now: int) -> Note | None:
        """What is to be noted of how the device does ``now``."""
        self._good = max(self._good, health.last_good or 0)
        if self._is_open:
            return Ends(health.since) if health.link in THERE else None
        start = max(self._good, self._ended or 0)
        if health.link not in GONE or now - start <= self._hold_ns:
            return None
        if self._ended is not None and start - self._ended <= REJOIN_NS:
            return GoesOn(f"{self._outages + 1} outages less than a minute apart; {health.detail}")
        return Begins(Gap(GapCause.UNREACHABLE, start, subject=self._device, detail=health.detail))

    def done(self, note: Note) -> None:
        """The note is on disk."""
        self._is_open = not isinstance(note, Ends)
        if isinstance(note, Ends):
            self._ended = note.at
        else:
            self._outages = 1 if isinstance(note, Begins) else self._outages + 1


class OverflowWatch:
    """Messages of one device that were left out, as its health counts them. ``points``: how many samples each of
    them would have been."""

    def __init__(self, device: str, points: int, begun: int) -> None:
        self._device = device
        self._points = points
        self._counted = 0
        self._left_out = 0
        self._start = self._looked = self._grew = begun
        self._is_open = False

    def wanted(self, health: DeviceHealth, now: int) -> Note | None:
        """What is to be noted of how the device does ``now``."""
        counted = health.errors.get("overflow", 0)
        more = counted - self._counted if counted >= self._counted else counted  # less: a new connector counts
        if more:
            self._start = self._start if self._left_out else self._looked
            self._left_out += more
            self._grew = now
        self._counted, self._looked = counted, now
        if self._is_open:
            over = now - self._grew > QUIET_NS
            return Ends(self._grew, self._left_out * self._points) if over else None
        if not self._left_out:
            return None
        return Begins(Gap(GapCause.OVERFLOW, self._start, subject=self._device, detail=_OVERFLOW))

    def done(self, note: Note) -> None:
        """The note is on disk."""
        self._is_open = isinstance(note, Begins)
        if isinstance(note, Ends):
            self._left_out = 0


_OVERFLOW = "more messages of QoS 0 came than the disk could take"
