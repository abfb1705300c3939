"""The journal: one file, one writing process, one writer thread; what it has taken is on disk."""

from __future__ import annotations

import asyncio
import fcntl
import json
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeVar

import apsw
import structlog

from agent.errors import JournalCorrupt, JournalError, JournalLocked, SinkClosed
from agent.journal.database import lock_path
from agent.journal.integrity import UNREADABLE
from agent.journal.quarantine import Moved, move_block
from agent.journal.room import Reserve
from agent.journal.salvage.salvage import SLICE, take_slice
from agent.journal.store import Job, Store
from agent.quarantine import keep_poison
from connectors.protocol import Clock, Poison
from evaluators.model.samples import Block, ValueKind

log = structlog.get_logger()

GROUP = 500
"""How many jobs one transaction takes at most."""

T = TypeVar("T")


Settle = Callable[[Job], None]
"""Called in the writer's thread once a job is on disk or has failed."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row that a sink refuses for good: its point and source time, how it was written, and the sink's words."""

    point: int
    time: int
    line: str
    reason: str


class Journal:
    """A `connectors.protocol.QuarantiningSink` on disk. Made by `open`; its coroutines belong to one loop."""

    def __init__(self, path: Path, clock: Clock, reserve: Reserve | None, lock: TextIO) -> None:
        self.path = path
        self._clock = clock
        self._lock = lock
        self._jobs: queue.SimpleQueue[tuple[Job, Settle] | None] = queue.SimpleQueue()
        self._suspects: set[int] = set()
        self._grown = asyncio.Event()
        self._closed = False
        self._store = Store(path, clock, reserve, self._hear)
        self.position = self._store.writer.position
        """The newest committed block's number; 0 while there is none."""
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, path: Path, clock: Clock, reserve: Reserve | None = None) -> Journal:
        """Open or make the journal; a damaged file is set aside and a new one begun. JournalLocked while another
        process has it open for writing. ``reserve``: the room to be kept on the disk."""
        lock = _locked(path)
        try:
            return cls(path, clock, reserve, lock)
        except BaseException:
            lock.close()
            raise

    async def put(self, block: Block) -> None:
        """Return once the block is on disk. UnknownPoint if one of its points was never registered, JournalFull
        where there is no room."""
        if not len(block):
            return
        self._store.writer.check(block)
        await self._do(lambda: self._store.writer.write(block), len(block))

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """Return once these messages are on disk."""
        await self.write(partial(keep_poison, poison=poison))

    def register(self, points: Iterable[tuple[str, ValueKind]]) -> dict[str, int]:
        """The number of each point (key, kind), for ever; blocking. A key with a new kind gets a new number.

        To be called before anything is put.
        """
        wanted = list(points)
        answer: Future[dict[str, int]] = Future()

        def settle(job: Job) -> None:
            if job.error is None:
                answer.set_result(job.result)
            else:
                answer.set_exception(job.error)

        self._jobs.put((Job(lambda: self._store.register(wanted)), settle))
        return answer.result()

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
        return await self._do(lambda: work(self._store.connection))

    async def take_slice(self) -> bool:
        """Take over some older blocks of a file that was set aside; False once there are none left."""
        now, folder = self._clock.now(), self.path.parent
        return await self._do(lambda: take_slice(self._store.connection, folder, now), rows=SLICE)

    def noticed(self, error: Exception) -> None:
        """A reader failed: where it says that the file is damaged, the file is examined and, if so, set aside."""
        if isinstance(error, (*UNREADABLE, JournalCorrupt)) and not self._closed:
            self._jobs.put((Job(self._store.examine), _say_nothing))

    async def grown(self, after: int) -> int:
        """Wait until there is a block after ``after``; returns the newest position."""
        while self.position <= after:
            await self._grown.wait()
        return self.position

    @property
    def duplicates(self) -> int:
        """Rows dropped since the start, because they were stored already."""
        return self._store.writer.duplicates

    @property
    def conflicts(self) -> int:
        """Rows kept since the start that share the identity of a stored row, but not its content."""
        return self._store.writer.conflicts

    async def close(self) -> None:
        """Commit what was put, then close. What is put afterwards raises SinkClosed."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._store.close()
        self._lock.close()

    async def _execute(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        await self._do(lambda: self._store.connection.executemany(statement, rows))

    async def _do(self, work: Callable[[], T], rows: int = 0) -> T:
        if self._closed:
            raise SinkClosed(f"{self.path}: the journal is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(job: Job) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._tell, job, answer, self._store.writer.position)

        self._jobs.put((Job(work, rows), settle))
        return await answer

    def _tell(self, job: Job, answer: asyncio.Future[Any], position: int) -> None:
        if position > self.position:
            self.position = position
            self._grown.set()
            self._grown = asyncio.Event()
        if answer.done():
            return
        if job.error is None:
            answer.set_result(job.result)
        else:
            answer.set_exception(job.error)

    def _hear(self, block: int, problem: str) -> None:
        """Somebody in this process met a block that cannot be read, in whatever thread."""
        if block in self._suspects or self._closed:
            return
        self._suspects.add(block)
        now = self._clock.now()
        self._jobs.put((Job(lambda: move_block(self._store.connection, block, now)), self._moved))

    def _moved(self, job: Job) -> None:
        moved: Moved | None = job.result
        if job.error is not None:
            self._suspects.clear()  # to be told again by whoever meets it next
        elif moved is None:  # who met it is right, or the file is damaged so that it cannot be found
            self._jobs.put((Job(self._store.examine), _say_nothing))
        else:
            log.error(
                "a block cannot be read and is set aside", block=moved.seq, why=moved.problem, rows=moved.lost
            )

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
            jobs = [entry for entry in group if entry is not None]
            if jobs:
                self._store.commit([job for job, _ in jobs])
                for job, settle in jobs:
                    settle(job)


def _say_nothing(job: Job) -> None:
    """What came of it is said elsewhere."""


def _locked(path: Path) -> TextIO:
    """The open lock file beside the journal; free again as soon as its process is gone, however it went."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_path(path).open("a", encoding="utf-8")
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
