"""A process with the connector and a real journal, to be killed at any moment: ``victim PORT FOLDER``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.clock import SystemClock
from agent.journal.journal import Journal
from connectors.protocol import Poison
from evaluators.model.samples import Block, ValueKind
from tests.connectors.mqtt.field import TIMED, a_connector, a_device


class Telling:
    """A journal that says on standard output when a block has come and when it is on disk, and then dawdles."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def put(self, block: Block) -> None:
        """Received, committed, returned: with time for a kill in between."""
        await self._say("received")
        await self._journal.put(block)
        await self._say("committed")

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """The same."""
        await self._say("received")
        await self._journal.quarantine(poison)
        await self._say("committed")

    async def _say(self, word: str) -> None:
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()
        await asyncio.sleep(0.05)


async def main(port: int, folder: Path) -> None:
    """Listen until killed."""
    journal = Journal.open(folder / "journal.db", SystemClock())
    journal.register([("meter/v", ValueKind.INT)])
    await a_connector(port, a_device("meter", first=1, **TIMED), version="3.1.1").run(
        Telling(journal), SystemClock()
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
