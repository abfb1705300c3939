"""The one wiring: connectors into the journal, and the journal's readers behind it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog
from config.catalogue import load_catalogue
from config.site import LoadedSite, bind

from agent.assessor import Assessor
from agent.forwarder import Forwarder
from agent.history.history import History
from agent.intake import Intake
from agent.journal.journal import Journal
from agent.lineprotocol import PointTags
from agent.supervision import SupervisedConnection, keep_running, stop
from agent.views import Row, health_row, iso
from connectors.protocol import Clock, DeviceHealth
from evaluators.assessment import Judgement
from evaluators.model.episodes import Episode
from evaluators.model.samples import Sample
from evaluators.model.site import Site

log = structlog.get_logger()

JUDGE_EVERY_S = 1.0
STATUS_EVERY_S = 2.0


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
        self.point_keys: dict[int, str] = {}
        """The key of each point by its number, once running."""

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Run until cancelled, then stop in order: intake, commit, acknowledge, flush. JournalError if the journal
        cannot be had (held by another process, newer than this program, not a journal)."""
        journal = await asyncio.to_thread(Journal.open, self.loaded.journal_path, self._clock)
        intake: list[asyncio.Task[None]] = []
        readers: list[asyncio.Task[None]] = []
        try:
            numbers = await asyncio.to_thread(
                journal.register, [(point.key, point.kind) for point in self.loaded.site.points]
            )
            self.point_keys = {number: key for key, number in numbers.items()}
            history = History.open(self.loaded.journal_path)
            assessor = Assessor(self.loaded.site, numbers, load_catalogue(), history)
            self._connections = [SupervisedConnection(c, self._clock) for c in bind(self.loaded, numbers)]
            sink = Intake(journal, self._uncommissioned(numbers))
            for connection in self._connections:
                intake.append(asyncio.create_task(connection.run(sink)))
            readers += self._readers(journal, history, assessor, numbers)
            log.info("collecting", site=self.loaded.site.id, points=len(numbers), journal=str(journal.path))
            if ready:
                ready()
            await asyncio.gather(*intake, *readers)
            await asyncio.Event().wait()  # a site without connections still serves what it has
        finally:
            await stop(intake)
            await stop(readers)
            if readers:
                await asyncio.to_thread(self._judge, history, assessor)
                await self._say_status(journal, running=False)
                history.close()
            await journal.close()
            log.info("stopped", site=self.loaded.site.id)

    def _readers(
        self, journal: Journal, history: History, assessor: Assessor, numbers: dict[str, int]
    ) -> list[asyncio.Task[None]]:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "assessor": lambda: self._assess(history, assessor),
            "status": lambda: self._report(journal),
        }
        if self.loaded.influxdb is not None:
            tags = point_tags(self.loaded.site, numbers)
            self._forwarder = Forwarder(journal, self.loaded.journal_path, self.loaded.influxdb, tags, self._clock)
            parts["forwarder"] = self._forwarder.run
        return [asyncio.create_task(keep_running(name, run, self._clock)) for name, run in parts.items()]

    def _uncommissioned(self, numbers: dict[str, int]) -> frozenset[int]:
        return frozenset(number for key, number in numbers.items() if key not in self.loaded.commissioned)

    async def _assess(self, history: History, assessor: Assessor) -> None:
        while True:
            await asyncio.to_thread(self._judge, history, assessor)
            await self._clock.sleep(JUDGE_EVERY_S)

    def _judge(self, history: History, assessor: Assessor) -> None:
        assessor.catch_up()
        as_of = self._clock.now()
        episodes = assessor.episodes(as_of - self._recent_ns, as_of)
        self.standing = Standing(as_of, assessor.judge(as_of), episodes, history.newest())

    async def _report(self, journal: Journal) -> None:
        while True:
            await self._say_status(journal, running=True)
            await self._clock.sleep(STATUS_EVERY_S)

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
