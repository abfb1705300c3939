"""Letting blocks go a slice at a time: choosing beside the writer, deleting within one of its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import apsw

from agent.history.history import History
from agent.journal import checkpoint
from agent.journal.blocks import note_newest
from agent.journal.horizon import Pruned
from agent.journal.losses import Loss, count
from evaluators.model.samples import Block

SLICE_BYTES = 2_000_000
"""A slice holds no more payload than this, a single block apart."""
BESIDE_BYTES = 64
"""About what a block takes beside its payload."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go: blocks up to ``upto`` that were received before ``before`` (ns UTC) or, whatever their age,
    until no more than ``most_bytes`` are used; but not those in ``kept``. What is beyond ``acknowledged`` counts
    as lost. All ends with the first block that is to stay."""

    upto: int
    before: int
    most_bytes: int | None
    kept: frozenset[int]
    acknowledged: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Blocks to be deleted at once, what is gone with them, what is lost by it, and how far was looked."""

    seqs: tuple[int, ...]
    pruned: Pruned
    packed: bytes
    losses: tuple[Loss, ...]
    position: int


def choose(history: History, wanted: Wanted, gone: Pruned, after: int, most: int) -> Slice | None:
    """The next slice: up to ``most`` blocks after the position ``after``; None where nothing more is to go."""
    with history.snapshot():
        seqs, position = _due(history, wanted, after, most)
        if position == after:
            return None
        found = [(seq, block) for seq, block in history.blocks(after, most) if seq in seqs]
    newest = dict(gone.newest)
    for seq, block in found:
        note_newest(newest, seq, block)
    rows = sum(len(block) for _, block in found)
    upto = max((gone.seq, *seqs))
    pruned = Pruned(upto, gone.blocks + len(found), gone.rows + rows, newest)
    lost = (block for seq, block in found if seq > wanted.acknowledged)
    losses = tuple(_lost(lost).values())
    return Slice(tuple(sorted(seqs)), pruned, checkpoint.encode(newest), losses, position)


def _due(history: History, wanted: Wanted, after: int, most: int) -> tuple[set[int], int]:
    """Which of the next blocks go, and the last one that was looked at."""
    rows = history.query(
        "SELECT seq, received, length(payload) FROM block WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        (after, wanted.upto, most),
    )
    excess = 0 if wanted.most_bytes is None else history.used_bytes() - wanted.most_bytes
    seqs: set[int] = set()
    freed = 0
    position = after
    for seq, received, size in rows:
        if (received >= wanted.before and freed >= excess) or freed > SLICE_BYTES:
            break
        if seq not in wanted.kept:
            seqs.add(seq)
            freed += size + BESIDE_BYTES
        position = seq
    return seqs, position


def _lost(blocks: Iterable[Block]) -> Mapping[int, Loss]:
    losses: dict[int, Loss] = {}
    for block in blocks:
        at = block.received
        for part in block.columns:
            for point in part.points:
                before = losses.get(point) or Loss(point, 0, at, at)
                losses[point] = Loss(point, before.lost + 1, min(before.first, at), max(before.last, at))
    return losses


def let_go(connection: apsw.Connection, part: Slice) -> None:
    """Delete a slice and note it, within one transaction."""
    connection.executemany("DELETE FROM block WHERE seq = ?", ((seq,) for seq in part.seqs))
    pruned = part.pruned
    connection.execute(
        "INSERT INTO pruned (id, seq, blocks, rows, newest) VALUES (1, ?1, ?2, ?3, ?4) "
        "ON CONFLICT (id) DO UPDATE SET seq = ?1, blocks = ?2, rows = ?3, newest = ?4",
        (pruned.seq, pruned.blocks, pruned.rows, part.packed),
    )
    count(connection, part.losses)
