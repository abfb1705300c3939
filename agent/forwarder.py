"""The reader that forwards: everything journaled goes to InfluxDB, in order, at least once; nothing is dropped.

The cursor moves only after InfluxDB said 204 for every line, or after the lines that it will never take are in the
dead letters. Writing a line twice changes nothing there, so a kill anywhere costs nothing but a repetition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import structlog

from agent.answers import Answer, Meaning
from agent.history.history import History
from agent.influxdb import InfluxWriter
from agent.journal.blocks import Identity
from agent.journal.journal import DeadLetter, Journal
from agent.lineprotocol import PointTags, lines, prefix
from agent.views import Row, iso
from config.influxdb import InfluxSettings
from connectors.pacing import Backoff
from connectors.protocol import Clock
from evaluators.model.samples import Block, BlockBuilder, Sample, ValueKind

log = structlog.get_logger()

CURSOR = "influxdb"
"""The forwarder's name among cursors and sinks."""
BATCH_ROWS = 5000
"""About how many lines go into one request."""
READ_BLOCKS = 50
"""How many blocks are read from the journal at once."""
LINGER_S = 1.0
"""How long a batch that is not full waits for more."""

T = TypeVar("T")


class Delivery(StrEnum):
    """How the way to InfluxDB is."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    """It cannot be reached, or is busy: tried again by itself."""
    REFUSED = "refused"
    """It does not accept us: somebody must look at token, organisation and bucket."""


@dataclass(frozen=True, slots=True)
class Health:
    """How forwarding does. Instants are ns UTC; ``lag`` counts blocks not yet acknowledged."""

    state: Delivery = Delivery.STARTING
    since: int = 0
    last_ack: int | None = None
    lag: int = 0
    dead: int = 0
    """Lines given to the dead letters since the start."""
    detail: str = ""


class Line(NamedTuple):
    """One sample on its way."""

    point: int
    time: int
    text: str


class Batch(NamedTuple):
    """Whole blocks: their lines, and the position to move the cursor to. ``full``: no other block fits in."""

    position: int
    lines: list[Line]
    full: bool


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
        self._site = next((tags.site for tags in points.values()), "")
        self._prefixes = {number: prefix(tags) for number, tags in points.items()}
        self._position = 0
        self._flushing = False
        self.health = Health(since=clock.now())

    async def run(self) -> None:
        """Forward until cancelled; a request under way ends in its own thread within its timeout."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="influxdb")
        writer = InfluxWriter(self._settings, self._clock.now)
        opened: list[History] = []
        try:
            await _in(thread, lambda: opened.append(History.open(self._path)))
            await self._forward(thread, opened[0], writer)
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
        while self._current().lag and self.health.state in reachable and self._clock.monotonic() < deadline:
            await self._clock.sleep(0.05)

    def health_row(self) -> Row:
        """How forwarding does, for JSON."""
        health, utc = self._current(), ZoneInfo("UTC")
        return {
            "state": health.state.value,
            "since": iso(health.since, utc),
            "last_ack": iso(health.last_ack, utc),
            "lag": health.lag,
            "dead_letters": health.dead,
            "detail": health.detail,
        }

    async def _forward(self, thread: ThreadPoolExecutor, history: History, writer: InfluxWriter) -> None:
        cursors = await _in(thread, history.cursors)
        self._position = cursors.get(CURSOR, 0)
        send = _Sending(self, thread, writer, self._clock)
        while True:
            await self._journal.grown(self._position)
            batch = await _in(thread, lambda: self._batch(history))
            if not batch.full and not self._flushing:
                await self._clock.sleep(LINGER_S)
                batch = await _in(thread, lambda: self._batch(history))
            dead: list[DeadLetter] = []
            for start in range(0, len(batch.lines), BATCH_ROWS):
                dead += await send.all_of(batch.lines[start : start + BATCH_ROWS])
            if dead:
                await self._journal.dead_letter(CURSOR, dead)
                log.warning("InfluxDB refuses rows for good", rows=len(dead), reason=dead[0].reason)
                self._set(dead=self.health.dead + len(dead))
            await self._journal.set_cursor(CURSOR, batch.position)
            self._position = batch.position

    def _batch(self, history: History) -> Batch:
        """As many blocks after the position as fit into one request, one at least if there is one."""
        position, found = self._position, list[Line]()
        while blocks := history.blocks(position, READ_BLOCKS):
            winners = history.winners(position, blocks[-1][0])
            for seq, block in blocks:
                if found and len(found) + len(block) > BATCH_ROWS:
                    return Batch(position, found, full=True)
                self._name_strangers(history, {p for part in block.columns for p in part.points})
                found += self._lines(history, block, winners)
                position = seq
        return Batch(position, found, full=False)

    def _lines(self, history: History, block: Block, winners: Mapping[Identity, Sample]) -> list[Line]:
        """The rows of a block. InfluxDB keeps one sample an identity, the last one written: the one that wins."""
        texts = lines(block, self._prefixes)
        times = ((point, at) for part in block.columns for point, at in zip(part.points, part.times, strict=True))
        found = [Line(point, at, text) for (point, at), text in zip(times, texts, strict=True)]
        if not winners:
            return found
        kinds = history.keys()
        return [
            row._replace(text=self._line(winners[row[:2]], kinds[row.point][1])) if row[:2] in winners else row
            for row in found
        ]

    def _line(self, sample: Sample, kind: ValueKind) -> str:
        builder = BlockBuilder("")
        builder.add(sample.point, kind, sample.time, sample.value, sample.quality, sample.reason)
        return lines(builder.build(sample.received), self._prefixes)[0]

    def _name_strangers(self, history: History, points: set[int]) -> None:
        """Points that the site file no longer has are still owed: they are named by their keys."""
        if points <= self._prefixes.keys():
            return
        for number, (key, _) in history.keys().items():
            device, _, point = key.partition("/")
            self._prefixes.setdefault(number, prefix(PointTags(self._site, "", device, point)))

    def answered(self, answer: Answer) -> None:
        """Take note of an answer; the first of an outage and the first after it are logged."""
        now, old = self._clock.now(), self.health.state
        if answer.meaning in (Meaning.STORED, Meaning.POISONED, Meaning.TOO_LARGE):
            new = Delivery.UP
        else:
            new = Delivery.REFUSED if answer.meaning is Meaning.REFUSED else Delivery.DOWN
        if new is Delivery.UP:
            self._set(last_ack=now if answer.meaning is Meaning.STORED else self.health.last_ack, detail="")
        else:
            self._set(detail=answer.detail)
        if new is old:
            return
        self._set(state=new, since=now)
        if new is Delivery.UP:
            log.info("InfluxDB takes samples", url=self._settings.url, behind=self._current().lag)
        else:
            log.warning("InfluxDB takes no samples", url=self._settings.url, why=answer.detail, state=new.value)

    def _set(self, **changes: object) -> None:
        self.health = replace(self.health, **changes)  # type: ignore[arg-type]  # named like the fields

    def _current(self) -> Health:
        return replace(self.health, lag=max(0, self._journal.position - self._position))


class _Sending:
    """Sends lines until each is stored or known to be refused for good."""

    def __init__(
        self, forwarder: Forwarder, thread: ThreadPoolExecutor, writer: InfluxWriter, clock: Clock
    ) -> None:
        self._forwarder = forwarder
        self._thread = thread
        self._writer = writer
        self._clock = clock
        self._soon = Backoff(first_s=1.0, most_s=60.0)
        self._slowly = Backoff(first_s=30.0, most_s=60.0)

    async def all_of(self, rows: Sequence[Line]) -> list[DeadLetter]:
        """Return once every line is stored or is among the letters returned."""
        dead: list[DeadLetter] = []
        waiting = [list(rows)]
        while waiting:
            part = waiting.pop()
            answer = await self._until_decided(part)
            if answer.meaning is Meaning.STORED:
                continue
            if len(part) == 1 or (answer.meaning is Meaning.POISONED and answer.dropped == len(part)):
                dead += [DeadLetter(row.point, row.time, row.text, answer.detail) for row in part]
                continue
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
        return dead

    async def _until_decided(self, rows: Sequence[Line]) -> Answer:
        """Try until these lines are stored, too many for one request, or refused."""
        while True:
            answer = await _in(self._thread, lambda: self._writer.write(_body(rows)))
            self._forwarder.answered(answer)
            if answer.meaning in (Meaning.STORED, Meaning.TOO_LARGE, Meaning.POISONED):
                self._soon.reset()
                self._slowly.reset()
                return answer
            await self._clock.sleep(self._wait_s(answer))

    def _wait_s(self, answer: Answer) -> float:
        if answer.retry_after_s is not None:
            return answer.retry_after_s
        return (self._slowly if answer.meaning is Meaning.REFUSED else self._soon).next_s()


def _body(rows: Sequence[Line]) -> bytes:
    return "\n".join(row.text for row in rows).encode()


async def _in(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
