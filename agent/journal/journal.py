"""The journal: one file, one writing process, one writer thread; what it has taken is on disk."""

from __future__ import annotations

import asyncio
import fcntl
import json
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

import apsw
import structlog

from agent.errors import JournalError, JournalLocked, SinkClosed
from agent.journal.blocks import BlockWriter
from agent.journal.database import mapped, open_for_writing
from connectors.protocol import Clock
from evaluators.model.samples import Block, ValueKind

log = structlog.get_logger()

GROUP = 500
"""How many jobs one transaction takes at most."""

T = TypeVar("T")


@dataclass(slots=True)
class _Job:
    """Something to do within the next transaction; its result goes to ``future`` once that is committed."""

    work: Callable[[], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row that a sink refuses for good: its point and source time, how it was written, and the sink's words."""

    point: int
    time: int
    line: str
    reason: str


class Journal:
    """A `connectors.protocol.Sink` on disk. Made by `open`; its coroutines belong to one event loop."""

    def __init__(self, path: Path, clock: Clock, connection: apsw.Connection, lock: TextIO) -> None:
        self.path = path
        self._clock = clock
        self._connection = connection
        self._lock = lock
        self._writer = BlockWriter.resume(connection, path)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._grown = asyncio.Event()
        self._closed = False
        self.position = self._writer.position
        """The newest committed block's number; 0 while there is none."""
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, path: Path, clock: Clock) -> Journal:
        """Open or make the journal; JournalLocked while another process has it open for writing."""
        connection = None
        lock = _locked(path)
        try:
            connection = open_for_writing(path)
            return cls(path, clock, connection, lock)
        except BaseException:
            if connection is not None:
                connection.close()
            lock.close()
            raise

    async def put(self, block: Block) -> None:
        """Return once the block is on disk. UnknownPoint if one of its points was never registered."""
        if not len(block):
            return
        self._writer.check(block)
        await self._do(lambda: self._writer.write(block))

    def register(self, points: Iterable[tuple[str, ValueKind]]) -> dict[str, int]:
        """The number of each point (key, kind), for ever; blocking. A key with a new kind gets a new number.

        To be called before anything is put.
        """
        numbers: dict[str, int] = {}
        try:
            with self._connection:
                for key, kind in points:
                    values = (key, int(kind))
                    insert = "INSERT INTO point (key, kind) VALUES (?, ?) ON CONFLICT DO NOTHING"
                    self._connection.execute(insert, values)
                    found = self._connection.execute("SELECT number FROM point WHERE key = ? AND kind = ?", values)
                    numbers[key] = int(found.get)
                    self._writer.kinds[numbers[key]] = kind
        except apsw.Error as error:
            raise mapped(error, self.path) from error
        return numbers

    async def set_cursor(self, name: str, seq: int) -> None:
        """Note that a reader has done with every block up to ``seq``."""
        statement = "INSERT INTO cursor (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = ?2"
        await self._execute(statement, [(name, seq)])

    async def put_status(self, name: str, value: dict[str, Any]) -> None:
        """Write down how a part of the process does, for other processes to read."""
        statement = (
            "INSERT INTO status (name, at, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (name) DO UPDATE SET at = ?2, value = ?3"
        )
        await self._execute(statement, [(name, self._clock.now(), json.dumps(value, ensure_ascii=False))])

    async def dead_letter(self, sink: str, letters: Sequence[DeadLetter]) -> None:
        """Keep rows that a sink refuses, with the reason; the same row twice is one."""
        statement = (
            "INSERT INTO dead_letter (at, sink, point, time, line, reason) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING"
        )
        now = self._clock.now()
        await self._execute(statement, [(now, sink, x.point, x.time, x.line, x.reason) for x in letters])

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """Do ``work`` within the next transaction, in the writer's thread; its result once that is on disk.

        Whatever ``work`` raises undoes the transaction with all that shares it, and comes out as JournalError:
        check beforehand what can be checked.
        """
        return await self._do(lambda: work(self._connection))

    async def grown(self, after: int) -> int:
        """Wait until there is a block after ``after``; returns the newest position."""
        while self.position <= after:
            await self._grown.wait()
        return self.position

    @property
    def duplicates(self) -> int:
        """Rows dropped since the start, because they were stored already."""
        return self._writer.duplicates

    @property
    def conflicts(self) -> int:
        """Rows kept since the start that share the identity of a stored row, but not its content."""
        return self._writer.conflicts

    async def close(self) -> None:
        """Commit what was put, then close. What is put afterwards raises SinkClosed."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()
        self._lock.close()

    async def _execute(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        await self._do(lambda: self._connection.executemany(statement, rows))

    async def _do(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise SinkClosed(f"{self.path}: the journal is closed")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future(), loop)
        self._jobs.put(job)
        result: T = await job.future
        return result

    def _write(self) -> None:
        """The writer thread: whatever has queued up becomes one transaction."""
        stopping = False
        while not stopping:
            group = [self._jobs.get()]
            while len(group) < GROUP and group[-1] is not None:
                try:
                    group.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            stopping = group[-1] is None
            jobs = [job for job in group if job is not None]
            if jobs:
                self._answer(jobs, self._commit(jobs))

    def _commit(self, jobs: list[_Job]) -> JournalError | None:
        try:
            with self._connection:
                for job in jobs:
                    job.result = job.work()
        except apsw.Error as error:
            self._writer = self._after_failure()
            return mapped(error, self.path)
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
            self._writer = self._after_failure()
            return JournalError(f"{self.path}: {type(error).__name__}: {error}")
        return None

    def _after_failure(self) -> BlockWriter:
        """What was rolled back must be forgotten: read the file's end again."""
        old = self._writer
        try:
            writer = BlockWriter.resume(self._connection, self.path)
        except (apsw.Error, JournalError) as error:
            log.error("the journal cannot be read after a failed commit", error=str(error))
            return old
        writer.duplicates, writer.conflicts = old.duplicates, old.conflicts
        return writer

    def _answer(self, jobs: list[_Job], error: JournalError | None) -> None:
        position = self._writer.position

        def tell() -> None:
            if position > self.position:
                self.position = position
                self._grown.set()
                self._grown = asyncio.Event()
            for job in jobs:
                if job.future.done():
                    continue
                if error is None:
                    job.future.set_result(job.result)
                else:
                    job.future.set_exception(error)

        loop = jobs[0].loop
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell)


def _locked(path: Path) -> TextIO:
    """The open lock file beside the journal; free again as soon as its process is gone, however it went."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise JournalError(
            f"{path}: cannot be made ({error.strerror}); name a folder this user can write"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise JournalLocked(f"{path}: another process writes to this journal; stop it first") from None
    return lock
