"""What goes to InfluxDB in one request: blocks of the journal, in order, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from agent.history.history import History
from agent.journal.blocks import Identity, identities
from agent.lineprotocol import PointTags, Prefixes, lines
from evaluators.model.samples import Block, BlockBuilder, Sample, ValueKind

BATCH_ROWS = 5000
"""About how many lines go into one request."""
READ_BLOCKS = 50
"""How many of the newest blocks may go ahead of a backlog at first."""


class Line(NamedTuple):
    """One sample on its way."""

    point: int
    time: int
    text: str


class Piece(Protocol):
    """Lines that go into one request, as long as they are taken as a whole."""

    def __len__(self) -> int: ...

    def body(self) -> bytes:
        """All of them, in UTF-8."""

    def lines(self) -> Sequence[Line]:
        """One by one, for finding those that are refused."""


class Lines:
    """A piece of which every line is known."""

    def __init__(self, rows: Sequence[Line]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def body(self) -> bytes:
        """All of them, in UTF-8."""
        return "\n".join([row.text for row in self._rows]).encode()

    def lines(self) -> Sequence[Line]:
        """One by one."""
        return self._rows


class Batch:
    """Whole blocks, up to the position ``upto``; texts are made at once, single lines when they are asked
    for. ``winners``: what is written of identities of which the journal has several samples; InfluxDB keeps one
    an identity, the last one written. ``full``: no other block fits in."""

    def __init__(
        self, upto: int, blocks: Sequence[Block], texts: list[str], winners: Mapping[Identity, str], *, full: bool
    ) -> None:
        self.upto = upto
        self.full = full
        self.received = blocks[0].received if blocks else None
        """When (ns UTC) the first of them was received; None where there is none."""
        self._blocks = blocks
        self._texts = texts
        if winners:
            self._texts = [winners.get(of, text) for of, text in zip(self._identities(), texts, strict=True)]

    def __len__(self) -> int:
        return len(self._texts)

    def body(self) -> bytes:
        """All lines, in UTF-8."""
        return "\n".join(self._texts).encode()

    def lines(self) -> Sequence[Line]:
        """One by one."""
        return [Line(*of, text) for of, text in zip(self._identities(), self._texts, strict=True)]

    def _identities(self) -> Iterator[Identity]:
        return chain.from_iterable(map(identities, self._blocks))


class BatchReader:
    """Makes batches of a journal. Use it from the thread of its `History`; ``points``: how they are called."""

    def __init__(self, history: History, points: Mapping[int, PointTags]) -> None:
        self._history = history
        self._site = next((tags.site for tags in points.values()), "")
        self._prefixes = Prefixes(points)

    def after(self, position: int, upto: int | None = None) -> Batch:
        """As many blocks after a position as fit into one request, one at least if there is one; none that lie
        beyond ``upto``."""
        count, at, full = self._fitting(position, upto)
        found = [block for _, block in self._history.blocks(position, count)] if count else []
        self._name_strangers(found)
        texts = [line for block in found for line in lines(block, self._prefixes)]
        winners = self._written(self._history.winners_among(found))
        return Batch(at, found, texts, winners, full=full)

    def _fitting(self, position: int, upto: int | None) -> tuple[int, int, bool]:
        """How many blocks fit into one request, up to which position they reach, and whether more are there."""
        count = rows = 0
        at = position
        for seq, held in self._history.each("SELECT seq, rows FROM block WHERE seq > ? ORDER BY seq", (position,)):
            if (upto is not None and seq > upto) or (count and rows + held > BATCH_ROWS):
                return count, at, True
            count, rows, at = count + 1, rows + held, seq
        return count, at, False

    def before_newest(self, after: int) -> int:
        """The position after which the newest blocks fit into one request; not before ``after``."""
        newest = "SELECT seq, rows FROM block WHERE seq > ? ORDER BY seq DESC LIMIT ?"
        rows, start = 0, after
        for seq, more in self._history.query(newest, (after, READ_BLOCKS)):
            if rows + more > BATCH_ROWS and rows:
                break
            rows, start = rows + more, seq - 1
        return start

    def is_late(self, batch: Batch, most_ns: int) -> bool:
        """Whether the journal's newest block was received so much later than the first one of a batch."""
        newest = self._history.query("SELECT received FROM block ORDER BY seq DESC LIMIT 1")
        return batch.received is not None and newest[0][0] - batch.received > most_ns

    def conflicts(self, after: int, upto: int) -> Iterator[Lines]:
        """What wins of the identities that conflict in the blocks ``(after, upto]``."""
        for seq in self._history.conflicting(after, upto):
            won = self._written(self._history.winners(seq - 1, seq))
            rows = [Line(*identity, text) for identity, text in won.items()]
            for start in range(0, len(rows), BATCH_ROWS):
                yield Lines(rows[start : start + BATCH_ROWS])

    def _written(self, winners: Mapping[Identity, Sample]) -> dict[Identity, str]:
        if not winners:
            return {}
        keys = self._history.keys()
        self._name(keys)
        return {of: self._line(sample, keys[sample.point][1]) for of, sample in winners.items()}

    def _line(self, sample: Sample, kind: ValueKind) -> str:
        builder = BlockBuilder("")
        builder.add(sample.point, kind, sample.time, sample.value, sample.quality, sample.reason)
        return lines(builder.build(sample.received), self._prefixes)[0]

    def _name_strangers(self, blocks: Sequence[Block]) -> None:
        """Points that the site file no longer has are still owed: they are named by their keys."""
        known = self._prefixes.plain.keys()
        if not all(known >= set(part.points) for block in blocks for part in block.columns):
            self._name(self._history.keys())

    def _name(self, keys: Mapping[int, tuple[str, ValueKind]]) -> None:
        for number, (key, _) in keys.items():
            device, _, point = key.partition("/")
            self._prefixes.name(number, PointTags(self._site, "", device, point))
