"""The reader that lets old samples go, so that the journal's growth is bounded by age and by size.

A block goes once all have done with it: InfluxDB has acknowledged it, judging has folded it and kept its runs,
the counters' readings are kept. The oldest go first. What is folded, stated, judged or refused stays for ever, and
so does the block with the newest sample of a point.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

import apsw
import structlog

from agent.gaps.store import add_gap, end_gap, read_gaps
from agent.history.history import History
from agent.journal import losses
from agent.journal.bounds import Bound, Limits, Places, Readers, Size, bound_of
from agent.journal.gate import Gate
from agent.journal.horizon import Pruned
from agent.journal.journal import Journal
from agent.journal.slices import Slice, Wanted, choose, let_go
from agent.views import Row
from config.tables import JournalTable
from connectors.protocol import Clock
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import SECOND_NS

log = structlog.get_logger()

EVERY_S = 60.0
FIRST_BLOCKS = 50
MOST_BLOCKS = 2000
SLICE_S = 0.015
"""About how long deleting a slice may keep the journal's writer busy."""
SHARE = 0.2
"""Of the writer's time."""
STOPPED = "the journal reached its limit: nothing was taken"
REMEDY = "make keep_gb larger, or bring InfluxDB back"

T = TypeVar("T")


class Pruner:
    """Lets old blocks of a journal go; shuts ``gate`` where it is full. ``hurry``: asks judging to keep its runs
    soon, since blocks wait for it."""

    def __init__(
        self,
        journal: Journal,
        gate: Gate,
        keeping: JournalTable,
        readers: Readers,
        clock: Clock,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._gate = gate
        self._limits = Limits.of(keeping)
        self._readers = readers
        self._clock = clock
        self._hurry = hurry
        self._slice_blocks = FIRST_BLOCKS
        self._gone = Pruned()
        self._owes_losses = self._owes_end = False
        self.size = Size()

    async def run(self) -> None:
        """Tidy again and again until cancelled."""
        every_s = max(1.0, min(EVERY_S, self._limits.keep_ns / SECOND_NS / 10))
        async with self._reading():
            while True:
                await self._tidy()
                await self._clock.sleep(every_s)

    async def tidy(self) -> None:
        """Let go once what may go now."""
        async with self._reading():
            await self._tidy()

    def health_row(self) -> Row:
        """How large the journal is and what it holds, for JSON."""
        return self.size.row(self._limits)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[None]:
        """With a reading connection, in the one thread that may touch it."""
        thread = self._thread = ThreadPoolExecutor(1, thread_name_prefix="pruning")
        opened: list[History] = []
        try:
            await self._in(partial(self._open, opened))
            yield
        finally:
            for history in opened:
                thread.submit(history.close)
            thread.shutdown(wait=False)

    def _open(self, opened: list[History]) -> None:
        self._history = history = History.open(self._journal.path)
        opened.append(history)
        self._gone = history.pruned()
        self._owes_losses = bool(history.query("SELECT 1 FROM loss LIMIT 1"))
        self._owes_end = any(gap.end is None and gap.detail == STOPPED for _, gap in read_gaps(history))

    async def _tidy(self) -> None:
        if self._owes_losses:  # those of a process that was killed
            await self._note_losses()
        places = await self._in(self._where)
        wanted = Wanted(
            upto=min(places.acknowledged, places.done),
            before=self._clock.now() - self._limits.keep_ns,
            most_bytes=self._limits.goal_bytes(places.used_bytes),
            kept=places.kept,
            acknowledged=places.acknowledged,
        )
        last = await self._let_all_go(wanted, 0)
        is_full = self._limits.is_over(await self._in(self._history.used_bytes))
        if is_full and not self._limits.stops:
            last = await self._let_all_go(replace(wanted, upto=places.done), last)
        await self._shut(is_full and self._limits.stops)
        await self._in(partial(self._look, wanted, places, last))
        if self.size.bound is Bound.READERS:
            self._hurry()

    def _where(self) -> Places:
        history = self._history
        with history.snapshot():
            cursors, last = history.cursors(), history.last_seq()
            ((judged,),) = history.query("SELECT coalesce(max(block), 0) FROM judged")
            return Places(
                acknowledged=min((cursors.get(name, 0) for name in self._readers.beyond), default=last),
                done=min(judged, last - 1, *(cursors.get(name, 0) for name in self._readers.within)),
                kept=history.holders(),
                used_bytes=history.used_bytes(),
            )

    async def _let_all_go(self, wanted: Wanted, after: int) -> int:
        """Slice by slice, with pauses; the last block that was looked at."""
        while True:
            part = await self._in(partial(choose, self._history, wanted, self._gone, after, self._slice_blocks))
            if part is None:
                break
            after = part.position
            if part.seqs:
                took_s = await self._journal.write(partial(self._delete, part=part))
                self._gone = part.pruned
                self._owes_losses = self._owes_losses or bool(part.losses)
                self._slice_blocks = fitting(len(part.seqs), took_s)
                await self._clock.sleep(took_s / SHARE)
        if self._owes_losses:
            await self._note_losses()
        return after

    def _delete(self, connection: apsw.Connection, part: Slice) -> float:
        begun = self._clock.monotonic()
        let_go(connection, part)
        return self._clock.monotonic() - begun

    async def _note_losses(self) -> None:
        lost = await self._journal.write(losses.note)
        self._owes_losses = False
        self.size = replace(self.size, lost=self.size.lost + lost)
        log.error("the journal is full: samples that InfluxDB had not taken were let go", lost=lost, do=REMEDY)

    async def _shut(self, is_full: bool) -> None:
        """Shut the gate, or open it again; the time between is a gap."""
        if is_full and not self._gate.is_shut:
            self._gate.shut()
            log.error("the journal is full: nothing more is taken", do=REMEDY)
        elif not is_full and self._gate.is_shut:
            self._gate.open()
            log.info("there is room in the journal again")
        if is_full != self._owes_end:
            await self._journal.write(partial(_begin_gap if is_full else _end_gaps, now=self._clock.now()))
            self._owes_end = is_full

    def _look(self, wanted: Wanted, places: Places, last: int) -> None:
        """Note how the journal does."""
        after = max(last, self._gone.seq)
        rows = self._history.query("SELECT received FROM block WHERE seq > ? ORDER BY seq LIMIT 1", (after,))
        oldest: int | None = rows[0][0] if rows else None
        used = self._history.used_bytes()
        is_over = wanted.most_bytes is not None and used > wanted.most_bytes
        due = is_over or (oldest is not None and oldest < wanted.before)
        bound = bound_of(self._limits, places, self._gone.seq, used, due=due, shut=self._gate.is_shut)
        self.size = Size(bound, used, oldest, self._gone.blocks, self._gone.rows, self.size.lost)

    async def _in(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _begin_gap(connection: apsw.Connection, now: int) -> None:
    add_gap(connection, Gap(GapCause.OVERFLOW, now, detail=STOPPED))


def _end_gaps(connection: apsw.Connection, now: int) -> None:
    still_open = "SELECT seq FROM gap WHERE cause = ? AND detail = ? AND until IS NULL"
    for (seq,) in list(connection.execute(still_open, (GapCause.OVERFLOW.value, STOPPED))):
        end_gap(connection, seq, now)


def fitting(blocks: int, took_s: float) -> int:
    """How many blocks the next slice should have, after one of ``blocks`` took so long."""
    fits = int(blocks * SLICE_S / max(took_s, 1e-6))
    return max(1, min(fits, 2 * max(blocks, FIRST_BLOCKS), MOST_BLOCKS))
