"""Care of the journal while the agent runs: older blocks of a damaged file are taken over, and all that is stored
is looked through, once after the start and then daily."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import apsw

from agent.history.history import History
from agent.journal.journal import Journal
from connectors.protocol import Clock

SHARE = 0.1
"""It takes no more of one core, and of the disk, than this."""
AGAIN_S = 86400.0
SLICE = 200
"""How many rows are read at once."""

_TABLES = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT GLOB 'sqlite_*' ORDER BY name"

T = TypeVar("T")


class Care:
    """Looks after one journal. What it finds damaged, the journal sets aside."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            while await self._journal.take_slice():
                await self._clock.sleep(0)
            await self.look_through()
            await self._clock.sleep(AGAIN_S)

    async def look_through(self) -> None:
        """Read every table and every block once."""
        history = await asyncio.to_thread(History.open, self._journal.path)
        try:
            for table, unnumbered in await self._paced(partial(history.query, _TABLES)):
                check = f"PRAGMA integrity_check('{table}')"
                ((found, *_), *_) = await self._paced(partial(history.query, check))
                if found != "ok":
                    self._journal.noticed(apsw.CorruptError(f"table {table}: {found}"))
                if table == "block":
                    await self._read_blocks(history)
                elif not unnumbered:
                    await self._read(history, table)
        finally:
            await asyncio.to_thread(history.close)

    async def _read(self, history: History, table: str) -> None:
        """Every row of a table: what is no text any more shows only so."""
        select = f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"
        number = -1
        while rows := await self._paced(partial(history.query, select, (number, SLICE))):
            number = rows[-1][0]

    async def _read_blocks(self, history: History) -> None:
        position: int | None = 0
        while position is not None:
            position = await self._paced(partial(history.check, position, SLICE))

    async def _paced(self, work: Callable[[], T]) -> T:
        began = self._clock.monotonic()
        found = await asyncio.to_thread(work)
        await self._clock.sleep((self._clock.monotonic() - began) * (1 / SHARE - 1))
        return found
