"""The gate in front of the journal: shut while the journal is full and nothing may go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors.protocol import Poison, QuarantiningSink
from evaluators.model.samples import Block


class Gate:
    """A `Sink` that makes whoever brings a block wait while it is shut: a poll is not repeated meanwhile, and a
    pushed message stays unacknowledged with whoever keeps it."""

    def __init__(self, journal: QuarantiningSink) -> None:
        self._journal = journal
        self._open = asyncio.Event()
        self._open.set()

    @property
    def is_shut(self) -> bool:
        """Whether blocks wait."""
        return not self._open.is_set()

    def shut(self) -> None:
        """Let nothing in."""
        self._open.clear()

    def open(self) -> None:
        """Let in what waits, and all that comes."""
        self._open.set()

    async def put(self, block: Block) -> None:
        """Return once the block is on disk."""
        await self._open.wait()
        await self._journal.put(block)

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """Return once these messages are on disk."""
        await self._open.wait()
        await self._journal.quarantine(poison)
