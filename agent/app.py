"""The one wiring: connectors into the journal, and the journal's readers behind it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from agent.assessor import Assessor
from agent.forwarder import Forwarder
from agent.history.history import History
from agent.intake import Intake
from agent.journal.journal import Journal
from agent.lineprotocol import PointTags
from agent.supervision import SupervisedConnection, keep_running, stop
from agent.views import Row, health_row, iso
from config.catalogue import load_catalogue
from config.site import LoadedSite, bind
from connectors.protocol import Clock, DeviceHealth
from evaluators.assessment import Judgement
from evaluators.model.episodes import Episode
from evaluators.model.samples import Sample
from evaluators.model.site import Site

log = structlog.get_logger()

JUDGE_EVERY_S = 1.0
STATUS_EVERY_S = 2.0
FLUSH_S = 2.0
"""How long a stop waits for InfluxDB to take the rest; what it has not taken is sent after the next start."""


@dataclass(slots=True)
class Standing:
    """What the agent knows at ``as_of`` (ns UTC): verdicts, recent states of the items, newest samples."""

    as_of: int = 0
    judgements: list[Judgement] = field(default_factory=list)
    episodes: dict[str, tuple[Episode, ...]] = field(default_factory=dict)
    newest: dict[int, Sample] = field(default_factory=dict)


class Agent:
    """One site, read, journaled, forwarded and judged. ``recent_ns``: how far back `Standing.episodes` reaches."""

    def __init__(self, loaded: LoadedSite, clock: Clock, recent_ns: int = 3600 * 10**9) -> None:
        self.loaded = loaded
        self.standing = Standing()
        self._clock = clock
        self._recent_ns = recent_ns
        self._zone = ZoneInfo(loaded.site.zone)
        self._connections: list[SupervisedConnection] = []
        self._forwarder: Forwarder | None = None
        self._started = clock.now()
        self._stopping = False
        self.point_keys: dict[int, str] = {}
        """The key of each point by its number, once running."""

    async def run(self) -> None:
        """Run until cancelled, then stop in order: intake, commit, acknowledge, flush. JournalError if the journal
        cannot be had (held by another process, newer than this program, not a journal)."""
        journal = await asyncio.to_thread(Journal.open, self.loaded.journal_path, self._clock)
        try:
            await self._serve(journal)
        finally:
            await journal.close()
            log.info("stopped", site=self.loaded.site.id)

    async def _serve(self, journal: Journal) -> None:
        points = [(point.key, point.kind) for point in self.loaded.site.points]
        numbers = await asyncio.to_thread(journal.register, points)
        self.point_keys = {number: key for key, number in numbers.items()}
        self._connections = [SupervisedConnection(c, self._clock) for c in bind(self.loaded, numbers)]
        sink = Intake(journal, self._uncommissioned(numbers))
        with ThreadPoolExecutor(1, thread_name_prefix="assessor") as thread:
            history = History.open(self.loaded.journal_path)
            assessor = Assessor(self.loaded.site, numbers, load_catalogue(), history)
            judge = partial(self._in, thread, partial(self._judge, history, assessor))
            intake = [asyncio.create_task(connection.run(sink)) for connection in self._connections]
            readers = [
                asyncio.create_task(keep_running(name, run, self._clock))
                for name, run in self._readers(journal, judge, numbers).items()
            ]
            log.info("collecting", site=self.loaded.site.id, points=len(numbers), journal=str(journal.path))
            try:
                await asyncio.wait([*intake, *readers])  # unlike gather it does not cancel them all at once
            finally:
                await stop(intake)
                await self._say_status(journal, running=False)  # committed after all that was put before
                if self._forwarder is not None:
                    await self._forwarder.flush(FLUSH_S)
                self._stopping = not self.standing.as_of  # still reading an old journal: leave off
                await stop(readers)
                await judge()
                await self._say_status(journal, running=False)
                history.close()

    @staticmethod
    async def _in(thread: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        """Do blocking work in the one thread that may touch the assessor."""
        await asyncio.get_running_loop().run_in_executor(thread, work)

    def _readers(
        self, journal: Journal, judge: Callable[[], Awaitable[None]], numbers: dict[str, int]
    ) -> dict[str, Callable[[], Awaitable[None]]]:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "assessor": partial(self._again, judge, JUDGE_EVERY_S),
            "status": partial(self._again, partial(self._say_status, journal, running=True), STATUS_EVERY_S),
        }
        if self.loaded.influxdb is not None:
            tags = point_tags(self.loaded.site, numbers)
            self._forwarder = Forwarder(journal, self.loaded.journal_path, self.loaded.influxdb, tags, self._clock)
            parts["forwarder"] = self._forwarder.run
        return parts

    async def _again(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            await work()
            await self._clock.sleep(every_s)

    def _uncommissioned(self, numbers: dict[str, int]) -> frozenset[int]:
        return frozenset(number for key, number in numbers.items() if key not in self.loaded.commissioned)

    def _judge(self, history: History, assessor: Assessor) -> None:
        if not assessor.catch_up(lambda: not self._stopping):
            return
        as_of = self._clock.now() // 1000 * 1000  # what is printed of it can be asked for again
        episodes = assessor.episodes(as_of - self._recent_ns, as_of)
        self.standing = Standing(as_of, assessor.judge(as_of), episodes, history.newest())

    async def _say_status(self, journal: Journal, *, running: bool) -> None:
        status: Row = {
            "running": running,
            "pid": os.getpid(),
            "started": iso(self._started, self._zone),
            "judged": iso(self.standing.as_of, self._zone) if self.standing.as_of else None,
            "period_s": STATUS_EVERY_S,
            "devices": self.device_rows(),
            "forwarder": None if self._forwarder is None else self._forwarder.health_row(),
        }
        await journal.put_status("agent", status)

    def health(self) -> dict[str, DeviceHealth]:
        """How each device does, by id."""
        return {h.device: h for connection in self._connections for h in connection.health()}

    def device_rows(self) -> list[Row]:
        """How each device does, as rows for JSON."""
        origin = {d: (c.name, c.protocol) for c in self.loaded.connections for d in c.devices}
        return [health_row(h, *origin[h.device], self._zone) for h in self.health().values()]


def point_tags(site: Site, numbers: dict[str, int]) -> dict[int, PointTags]:
    """The InfluxDB tags of every point, by number. A point's system is that of the first equipment whose rules
    look at it, or at another point of its device; empty where there is none."""
    systems: dict[str, str] = {}
    for equipment in site.equipment:
        for item in equipment.items:
            for condition in item.conditions:
                systems.setdefault(condition.point, equipment.system)
                systems.setdefault(condition.point.partition("/")[0], equipment.system)
    return {
        numbers[point.key]: PointTags(
            site=site.id,
            system=systems.get(point.key) or systems.get(point.device, ""),
            device=point.device,
            point=point.key.partition("/")[2],
        )
        for point in site.points
    }
