"""The newest sample of each point, followed by whoever asks again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from operator import gt

from agent.history.history import History
from evaluators.model.samples import INT64_MIN, Block, Columns, Quality, Reason, Sample
from evaluators.order import content_key

BATCH = 500
BEFORE_ALL = INT64_MIN - 1

Cell = tuple[Columns, int, int] | Sample
"""A sample, or where it is: its part of a block, its row there, and when the block was received."""


class NewestSamples(Mapping[int, Sample]):
    """The newest sample of each point at an instant, by number. Samples are made when they are asked for."""

    def __init__(self, cells: Mapping[int, Cell]) -> None:
        self._cells = cells

    def __getitem__(self, point: int) -> Sample:
        return _sample(point, self._cells[point])

    def __iter__(self) -> Iterator[int]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


class NewestView:
    """Follows a journal. What it costs depends on what was journaled since it was asked last, not on the number of
    points. Use it from the thread of its `History`."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._position = 0
        self._cells: dict[int, Cell] | None = None
        self._times: dict[int, int] = {}

    def samples(self) -> NewestSamples:
        """As of now: by source time; of one identity the last in the order of judging."""
        if self._cells is None:
            self._begin()
        assert self._cells is not None
        while batch := self._history.blocks(self._position, BATCH):
            for position, block in batch:
                self._take(self._cells, block)
                self._position = position
        return NewestSamples(self._cells.copy())

    def _begin(self) -> None:
        with self._history.snapshot():
            newest = self._history.newest()
            self._position = self._history.last_seq()
        self._cells = dict(newest)
        self._times = {point: sample.time for point, sample in newest.items()}

    def _take(self, cells: dict[int, Cell], block: Block) -> None:
        for part in block.columns:
            known = map(self._times.get, part.points, repeat(BEFORE_ALL))
            if all(map(gt, part.times, known)) and len(set(part.points)) == len(part):
                self._times.update(zip(part.points, part.times, strict=True))
                where = [(part, row, block.received) for row in range(len(part))]
                cells.update(zip(part.points, where, strict=True))
            else:
                self._one_by_one(cells, part, block.received)

    def _one_by_one(self, cells: dict[int, Cell], part: Columns, received: int) -> None:
        for row, (point, time) in enumerate(zip(part.points, part.times, strict=True)):
            cell, known = (part, row, received), self._times.get(point, BEFORE_ALL)
            if time < known or (time == known and not _wins(point, cell, cells[point])):
                continue
            self._times[point] = time
            cells[point] = cell


def _wins(point: int, cell: Cell, other: Cell) -> bool:
    return content_key(_sample(point, cell)) > content_key(_sample(point, other))


def _sample(point: int, cell: Cell) -> Sample:
    if isinstance(cell, Sample):
        return cell
    part, row, received = cell
    value, quality, reason = part.value_at(row), Quality(part.qualities[row]), Reason(part.reasons[row])
    return Sample(point, part.times[row], value, quality, reason, received)
