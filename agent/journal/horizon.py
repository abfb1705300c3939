"""What was let go of the journal: how far, and up to which time of each point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import apsw

from agent.journal import checkpoint
from agent.journal.blocks import between, newest_of
from agent.journal.checkpoint import Newest


@dataclass(frozen=True)
class Pruned:
    """What is gone. ``seq``: the newest block that is gone. ``newest``: of each point the newest sample that is
    gone; what the journal holds of the point's samples is whole only after that time."""

    seq: int = 0
    blocks: int = 0
    rows: int = 0
    newest: Mapping[int, Newest] = field(default_factory=dict)

    @cached_property
    def horizon(self) -> dict[int, int]:
        """Of each point of which samples are gone: the source time of the newest of these, ns UTC."""
        return {point: entry.time for point, entry in self.newest.items()}


def read_pruned(connection: apsw.Connection) -> Pruned:
    """What is gone so far."""
    for seq, blocks, rows, packed in connection.execute("SELECT seq, blocks, rows, newest FROM pruned"):
        return Pruned(seq, blocks, rows, checkpoint.decode(packed))
    return Pruned()


def holders(connection: apsw.Connection) -> frozenset[int]:
    """The blocks that hold the newest sample of a point, or another sample of the same identity."""
    newest = newest_of(connection)
    seqs = {entry.seq for entry in newest.values()}
    conflicting = {seq for seq in seqs if _conflicts(connection, seq)}
    times = {entry.time for entry in newest.values() if entry.seq in conflicting}
    return frozenset(seqs.union(*({seq for _, seq in between(connection, time, time)} for time in times)))


def _conflicts(connection: apsw.Connection, seq: int) -> bool:
    return bool(connection.execute("SELECT conflicts FROM block WHERE seq = ?", (seq,)).get)
