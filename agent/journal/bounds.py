"""What bounds the journal's growth, and how it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.views import Row, iso_utc
from config.tables import JournalTable
from evaluators.model.times import DAY_NS

LOW_WATER = 0.9
"""Where ``keep_gb`` is exceeded, room is made down to this part of it: losses are few gaps then, not many."""
NEAR = 0.8
"""From this part of ``keep_gb`` on it is that which bounds the journal."""


class Bound(StrEnum):
    """What the journal's growth is bounded by at present."""

    AGE = "keep_days"
    SIZE = "keep_gb"
    INFLUXDB = "influxdb"
    """What should go waits until InfluxDB has taken it."""
    READERS = "readers"
    """What should go waits until the agent itself has done with it."""
    LOST = "lost"
    """The journal was full: samples went that InfluxDB has not taken."""
    STOPPED = "stopped"
    """The journal is full: nothing more is taken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: for so long, in so many bytes at most, and what is done where these are reached."""

    keep_ns: int
    most_bytes: int | None
    stops: bool

    @classmethod
    def of(cls, table: JournalTable) -> Limits:
        """What the site file says."""
        most_bytes = None if table.keep_gb is None else round(table.keep_gb * 10**9)
        return cls(round(table.keep_days * DAY_NS), most_bytes, table.when_full == "stop")

    def is_over(self, used_bytes: int) -> bool:
        """Whether that is too much."""
        return self.most_bytes is not None and used_bytes > self.most_bytes

    def goal_bytes(self, used_bytes: int) -> int | None:
        """Down to how much room is to be made; None where size asks for nothing."""
        if self.most_bytes is None or used_bytes <= self.most_bytes:
            return None
        return round(LOW_WATER * self.most_bytes)


@dataclass(frozen=True, slots=True)
class Readers:
    """Whose positions count, by the names of their cursors: those ``beyond`` the agent, whose acknowledgement may
    be given up where the journal is full, and those ``within`` it. Judging always counts."""

    beyond: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """How far all readers ``beyond`` are, how far all ``within``, and which blocks stay whatever their age."""

    acknowledged: int
    done: int
    kept: frozenset[int]
    used_bytes: int


@dataclass(frozen=True, slots=True)
class Size:
    """How the journal stands after a round.

    ``oldest``: when (ns UTC) the oldest block was received, but for those that stay for the newest sample of a
    point. ``lost``: samples let go since the start that InfluxDB lacked.
    """

    bound: Bound = Bound.AGE
    used_bytes: int = 0
    oldest: int | None = None
    pruned_blocks: int = 0
    pruned_rows: int = 0
    lost: int = 0

    def row(self, limits: Limits) -> Row:
        """For JSON."""
        return {
            "bound": self.bound.value,
            "used_bytes": self.used_bytes,
            "most_bytes": limits.most_bytes,
            "oldest": iso_utc(self.oldest),
            "pruned_blocks": self.pruned_blocks,
            "pruned_samples": self.pruned_rows,
            "lost_samples": self.lost,
        }


def bound_of(limits: Limits, places: Places, pruned: int, used_bytes: int, *, due: bool, shut: bool) -> Bound:
    """What bounds the journal. ``pruned``: the newest block that is gone; ``due``: whether the oldest that is left
    should be gone as well; ``shut``: whether nothing is taken."""
    if shut:
        return Bound.STOPPED
    if places.acknowledged < pruned:
        return Bound.LOST
    if due:
        return Bound.INFLUXDB if places.acknowledged < places.done else Bound.READERS
    near = limits.most_bytes is not None and used_bytes > NEAR * limits.most_bytes
    return Bound.SIZE if near else Bound.AGE
