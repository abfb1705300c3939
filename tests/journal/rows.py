"""A journal at hand: points, blocks, and everything that is stored."""

from __future__ import annotations

from pathlib import Path

from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from evaluators.model.samples import Block, BlockBuilder, Reason, Sample, Value, ValueKind

POINTS = [("plc/level", ValueKind.INT), ("plc/flow", ValueKind.FLOAT), ("plc/name", ValueKind.TEXT)]


def opened(path: Path) -> Journal:
    """The journal, with `POINTS` registered as 1, 2 and 3."""
    journal = Journal.open(path, SystemClock())
    assert list(journal.register(POINTS).values()) == [1, 2, 3]
    return journal


def levels(*rows: tuple[int, Value], source: str = "line", received: int = 0) -> Block:
    """A block of good samples of point 1: time and value."""
    builder = BlockBuilder(source)
    for time, value in rows:
        builder.add(1, ValueKind.INT, time, value)
    return builder.build(received)


def timeout(time: int) -> Block:
    """A block of one sample of point 1 that has no value."""
    builder = BlockBuilder("line")
    builder.bad(1, ValueKind.INT, time, Reason.TIMEOUT)
    return builder.build(0)


def stored(path: Path) -> list[Sample]:
    """Everything in the journal, in the order of arrival."""
    with History.open(path) as history:
        return [sample for _, block in history.blocks(0, 10**9) for sample in block.samples()]


def times_and_values(path: Path) -> list[tuple[int, Value | None]]:
    """Everything in the journal, in the order of arrival."""
    return [(sample.time, sample.value) for sample in stored(path)]
