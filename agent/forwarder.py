"""The reader that forwards: everything journaled goes to InfluxDB, at least once; nothing is dropped.

The cursor moves only after InfluxDB said 204 for every line, or after the lines that it will never take are in the
dead letters. Writing a line twice changes nothing there, so a kill anywhere costs nothing but a repetition.

While there is a backlog, the newest blocks go out beside it: between any two requests of the backlog they have a
turn. Both go through one thread, one request at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from agent.answers import Answer
from agent.batches import BATCH_ROWS, Batch, BatchReader, Piece
from agent.bucket import BucketMaker
from agent.delivery import Delivery, Health, say
from agent.history.history import History
from agent.influxdb import InfluxWriter
from agent.journal.journal import DeadLetter, Journal
from agent.lanes import CURSOR, Lanes, Span, store
from agent.lineprotocol import PointTags
from agent.owed import Owed
from agent.sending import Sender, Turn, nothing
from agent.views import Row
from config.influxdb import InfluxSettings
from connectors.protocol import Clock
from evaluators.model.times import SECOND_NS

__all__ = ["BATCH_ROWS", "CURSOR", "Delivery", "Forwarder", "Health"]

log = structlog.get_logger()

LINGER_S = 1.0
"""How long a batch that is not full waits for more."""
BEHIND_NS = 5 * SECOND_NS
"""A backlog that reaches further back is caught up with beside the newest blocks."""
LATE_NS = 10 * SECOND_NS
"""Where even these are later than that, they begin anew at the newest."""

T = TypeVar("T")


class Forwarder:
    """From the journal's cursor to InfluxDB. ``points``: how the points are called there, by number."""

    def __init__(
        self,
        journal: Journal,
        path: Path,
        settings: InfluxSettings,
        points: Mapping[int, PointTags],
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._path = path
        self._settings = settings
        self._clock = clock
        self._points = points
        self._lanes = Lanes()
        self._owed = Owed()
        self._flushing = False
        self._live_at = 0.0
        self._health = Health(since=clock.now())

    async def run(self) -> None:
        """Forward until cancelled; a request under way ends in its own thread within its timeout."""
        async with self._at_work():
            while True:
                await self._journal.grown(self._lanes.done)
                await self._advance()

    @asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        """The thread, and what only it may touch."""
        self._thread = thread = ThreadPoolExecutor(1, thread_name_prefix="influxdb")
        self._writer = writer = InfluxWriter(self._settings, self._clock.now)
        opened: list[History] = []
        try:
            await self._in(lambda: opened.append(History.open(self._path)))
            self._history = opened[0]
            self._reader = BatchReader(self._history, self._points)
            self._sender = Sender(self._post, self._note, self._clock)
            self._lanes = Lanes.of(await self._in(self._history.cursors))
            self._owed = Owed()
            if self._settings.create_bucket:
                await self._in(self._try_bucket)  # where that fails and it is missing, writing will say so
            yield
        finally:
            for history in opened:
                thread.submit(history.close)
            thread.submit(writer.close)
            thread.shutdown(wait=False)

    async def flush(self, most_s: float) -> None:
        """While `run` goes on, wait until everything journaled so far is acknowledged.

        At most ``most_s`` seconds, and not at all while InfluxDB takes nothing: the cursor stays, nothing is lost.
        """
        self._flushing = True
        deadline = self._clock.monotonic() + most_s
        reachable = (Delivery.STARTING, Delivery.UP)
        while self.health.blocks and self.health.state in reachable and self._clock.monotonic() < deadline:
            await self._clock.sleep(0.05)

    @property
    def health(self) -> Health:
        """How forwarding does now."""
        blocks = max(0, self._journal.position - self._lanes.acknowledged)
        return replace(
            self._health,
            blocks=blocks,
            rows=self._owed.rows if blocks else 0,
            eta_s=self._owed.eta_s if blocks else None,
            oldest=self._health.oldest if blocks else None,
            catching_up=self._lanes.live is not None,
        )

    def health_row(self) -> Row:
        """How forwarding does, for JSON."""
        return self.health.row(self._clock.now())

    async def _advance(self) -> None:
        """Bring the first cursor forward: by a batch, or over what went out beside it."""
        live = self._lanes.live
        if live is not None and self._lanes.done >= live.start:
            await self._join(live)
            return
        upto = None if live is None else live.start
        read = partial(self._read, self._lanes.done, upto)
        batch = await read()
        self._set(oldest=batch.received)
        if live is None and not batch.full and not self._flushing:
            await self._clock.sleep(LINGER_S)
            batch = await read()
        if batch.full and await self._in(partial(self._reader.is_late, batch, BEHIND_NS)):
            await self._live_turn(batch.upto)
        between = nothing if self._lanes.live is None else partial(self._live_turn, batch.upto)
        await self._deliver(batch, between)
        await self._keep(self._lanes._replace(done=batch.upto))
        self._owed.acknowledge(len(batch))
        if not self.health.blocks:
            self._set(oldest=None)

    async def _join(self, live: Span) -> None:
        """The backlog has come to the blocks that went out before it: jump over them.

        A row of the backlog may have replaced one of theirs that wins against it, so what conflicts in them is
        written once more.
        """
        conflicts = await self._in(lambda: self._reader.conflicts(live.start, live.upto))
        while (piece := await self._in(partial(next, conflicts, None))) is not None:
            await self._deliver(piece, nothing)
        await self._keep(Lanes(live.upto))
        self._owed.join()

    async def _live_turn(self, backlog: int) -> None:
        """Send what is newest, if it is time; ``backlog``: up to where the other lane is at work."""
        if self._clock.monotonic() < self._live_at:
            return
        live = self._lanes.live
        if live is not None:
            batch = await self._read(live.upto)
            if batch.full and await self._in(partial(self._reader.is_late, batch, LATE_NS)):
                self._owed.forget()
                live = None
        if live is None:
            start = await self._in(partial(self._reader.before_newest, backlog))
            live, batch = Span(start, start), await self._read(start)
        self._live_at = self._clock.monotonic() + (0.0 if batch.full else LINGER_S)
        if len(batch):
            await self._deliver(batch, nothing)
            await self._keep(self._lanes._replace(live=Span(live.start, batch.upto)))
            self._owed.acknowledge(len(batch), ahead=True)

    async def _deliver(self, piece: Piece, between: Turn) -> None:
        """Return once InfluxDB has taken every line, or it is among the dead letters."""
        dead: list[DeadLetter] = await self._sender.all_of(piece, between)
        if dead:
            await self._journal.dead_letter(CURSOR, dead)
            log.warning("InfluxDB refuses rows for good", rows=len(dead), reason=dead[0].reason)
            self._set(dead=self._health.dead + len(dead))

    async def _keep(self, lanes: Lanes) -> None:
        await self._journal.write(partial(store, lanes=lanes))
        self._lanes = lanes

    async def _read(self, after: int, upto: int | None = None) -> Batch:
        return await self._in(partial(self._reader.after, after, upto))

    async def _post(self, piece: Piece) -> Answer:
        def post() -> Answer:
            self._owed.measure(self._history, self._lanes, self._clock.monotonic())
            answer = self._writer.write(body := piece.body())
            if answer.missing and self._settings.create_bucket and self._make_bucket():
                answer = self._writer.write(body)
            return answer

        return await self._in(post)

    def _try_bucket(self) -> str:
        """See that the bucket is there; empty, or what stands in the way."""
        maker = BucketMaker(self._settings)
        try:
            return maker.make()
        finally:
            maker.close()

    def _make_bucket(self) -> bool:
        """The same where it is missing: what stands in the way is said once."""
        problem = self._try_bucket()
        if problem and problem != self._health.bucket:
            log.warning("InfluxDB has no bucket for us", bucket=self._settings.bucket, why=problem)
        self._set(bucket=problem)
        return not problem

    def _note(self, answer: Answer) -> None:
        """Take note of an answer."""
        old, self._health = self._health, self._health.after(answer, self._clock.now())
        say(old, self._health, self._settings.url, self.health.blocks)

    def _set(self, **changes: object) -> None:
        self._health = replace(self._health, **changes)  # type: ignore[arg-type]  # named like the fields

    async def _in(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
