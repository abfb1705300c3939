"""The one wiring: connectors into the journal, and the journal's readers behind it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from agent.alerting import loss_alarm, waste_alarm
from agent.alerting.alerter import Alerter
from agent.alerting.clock_alarm import ClockAlarm
from agent.alerting.influx_alarm import InfluxAlarm
from agent.alerting.loss_alarm import LossAlarm
from agent.alerting.policy import Policy
from agent.alerting.waste_alarm import WasteAlarm
from agent.alerting.webhook import Webhook
from agent.clock import MachineClock
from agent.clock_watch import ClockWatch
from agent.delivery import Health
from agent.forwarder import CURSOR as INFLUXDB
from agent.forwarder import Forwarder
from agent.gaps import keeper
from agent.gaps.keeper import GapKeeper
from agent.gaps.lives import read_timeline
from agent.history.counters import CURSOR as COUNTERS
from agent.history.counters import Counters
from agent.history.history import History
from agent.intake import Intake
from agent.journal.bounds import Readers
from agent.journal.care import Care
from agent.journal.gate import Gate
from agent.journal.journal import Journal
from agent.journal.pruning import Pruner
from agent.journal.room import Reserve
from agent.judging import Judging, uncommissioned
from agent.lineprotocol import PointTags
from agent.look import Standing
from agent.records.commissioning import commissioned_by
from agent.records.inbox import Inbox
from agent.records.intake import RecordIntake
from agent.records.messages import CURSOR as RECORDS
from agent.records.messages import Messages
from agent.records.store import read_all
from agent.supervision import SupervisedConnection, keep_running, stop
from agent.views import Row, health_row, iso
from config.site import LoadedSite, bind
from connectors.protocol import DeviceHealth
from evaluators.model.site import Site

log = structlog.get_logger()

STATUS_EVERY_S = 2.0
LAST_ROUND_S = 2.0
"""How long a stop waits for the last judgement."""
FLUSH_S = 1.5
"""How long a stop waits for InfluxDB to take the rest; what it has not taken is sent after the next start."""
TELL_S = 0.5
"""How long a stop waits for the last alerts to be told; the others are told after the next start."""


class Agent:
    """One site, read, journaled, forwarded and judged. ``recent_ns``: how far back `Standing.episodes` reaches."""

    def __init__(self, loaded: LoadedSite, clock: MachineClock, recent_ns: int = 3600 * 10**9) -> None:
        self.loaded = loaded
        self._clock = clock
        self._recent_ns = recent_ns
        self._zone = ZoneInfo(loaded.site.zone)
        self._connections: list[SupervisedConnection] = []
        self._forwarder: Forwarder | None = None
        self._started = clock.now()
        self._judging: Judging | None = None
        self._alerter: Alerter | None = None
        self._pruner: Pruner | None = None
        self._watch: ClockWatch | None = None
        self.point_keys: dict[int, str] = {}
        """The key of each point by its number, once running."""

    @property
    def standing(self) -> Standing:
        """What the agent knows."""
        return Standing() if self._judging is None else self._judging.standing

    async def run(self) -> None:
        """Run until cancelled, then stop in order: intake, commit, acknowledge, flush. JournalError if the journal
        cannot be had (held by another process, newer than this program, not a journal)."""
        loaded = self.loaded
        reserve = Reserve.of_mb(loaded.keeping.ballast_mb, loaded.keeping.min_free_mb)
        journal = await asyncio.to_thread(Journal.open, loaded.journal_path, self._clock, reserve)
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
        proved = await asyncio.to_thread(_proved, journal.path, numbers)
        watch = self._watch = ClockWatch(self._clock, await journal.write(read_timeline))
        gate = Gate(journal)
        sink = Intake(gate, uncommissioned(self.loaded, numbers, proved), watch.mark)
        alerter = self._alerter = self._new_alerter(journal)
        records = RecordIntake(self.loaded.site, journal, self._clock)
        inbox = Inbox(self.loaded.records.inbox, records, self._clock, self._zone)
        self._judging = Judging(
            self.loaded, numbers, journal, sink, alerter, self._clock, watch, self._recent_ns, inbox.caught_up
        )
        gaps = GapKeeper(self.loaded.site, journal, watch)
        await gaps.begin()
        intake = [asyncio.create_task(connection.run(sink)) for connection in self._connections]
        intake += [
            self._keep(journal, *way) for way in self._record_ways(journal, numbers, records, inbox).items()
        ]
        self._pruner = self._new_pruner(journal, gate, self._judging.hurry)
        parts = self._readers(journal, alerter, gaps, watch, numbers)
        parts["pruning"] = self._pruner.run
        readers = [self._keep(journal, *part) for part in parts.items()]
        assessing = self._judging.start()
        log.info("collecting", site=self.loaded.site.id, points=len(numbers), journal=str(journal.path))
        try:
            await asyncio.wait([*intake, *readers, assessing])  # gather would cancel them all at once
        finally:
            await stop(intake)
            await gaps.end()
            await self._say_status(journal, running=False)  # committed after all that was put before
            await self._judging.finish(LAST_ROUND_S)
            if self._forwarder is not None:
                await self._forwarder.flush(FLUSH_S)
            await alerter.flush(TELL_S)
            await stop(readers)
            await self._say_status(journal, running=False)

    def _new_alerter(self, journal: Journal) -> Alerter:
        site = self.loaded.site
        policy = Policy(life_safety=frozenset(item.key for item in site.items() if item.life_safety))
        return Alerter(journal, Webhook.of(self.loaded.alerts), site.id, self._clock, policy)

    def _new_pruner(self, journal: Journal, gate: Gate, hurry: Callable[[], None]) -> Pruner:
        readers = Readers(
            beyond=() if self.loaded.influxdb is None else (INFLUXDB,),
            within=(
                *((RECORDS,) if self.loaded.records.points else ()),
                *((COUNTERS,) if any(point.counter for point in self.loaded.site.points) else ()),
            ),
        )
        return Pruner(journal, gate, self.loaded.keeping, readers, self._clock, hurry)

    def _keep(self, journal: Journal, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return asyncio.create_task(keep_running(name, run, self._clock, journal.noticed))

    def _record_ways(
        self, journal: Journal, numbers: dict[str, int], intake: RecordIntake, inbox: Inbox
    ) -> dict[str, Callable[[], Awaitable[None]]]:
        """How records come in: files in the inbox, and samples of text points."""
        ways: dict[str, Callable[[], Awaitable[None]]] = {"inbox": inbox.run}
        points = {numbers[key]: key for key in self.loaded.records.points}
        if points:
            ways["record messages"] = Messages(intake, journal, points).run
        return ways

    def _readers(
        self, journal: Journal, alerter: Alerter, gaps: GapKeeper, watch: ClockWatch, numbers: dict[str, int]
    ) -> dict[str, Callable[[], Awaitable[None]]]:
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "status": partial(self._again, partial(self._live, journal, gaps), STATUS_EVERY_S),
            "gaps": partial(self._again, lambda: gaps.look(self.health()), keeper.EVERY_S),
            "clock": partial(self._again, ClockAlarm(alerter, watch, self.loaded.site.id).look, keeper.EVERY_S),
            "care of the journal": Care(journal, self._clock).run,
        }
        counters = [numbers[point.key] for point in self.loaded.site.points if point.counter]
        if counters:  # the register of each meter is one
            averaged = {numbers[key] for meter in self.loaded.site.meters for key in meter.momentary}
            parts["counters"] = Counters(journal, counters, self._clock, averaged).run
        if self.loaded.site.meters and self.loaded.waste.rules:
            waste = WasteAlarm(alerter, self.loaded, watch.right_now)
            parts["waste alarm"] = partial(self._again, waste.look, waste_alarm.EVERY_S)
        if self.loaded.alerts.webhook_url is not None:
            parts["alerts"] = alerter.run
        if self.loaded.influxdb is not None:
            tags = point_tags(self.loaded.site, numbers)
            self._forwarder = Forwarder(journal, self.loaded.journal_path, self.loaded.influxdb, tags, self._clock)
            parts["forwarder"] = self._forwarder.run
        alarm = InfluxAlarm(alerter, self._forwarding, self._clock, self.loaded.site.id)
        losses = LossAlarm(alerter, journal.path, self._clock, self.loaded.site.id)
        parts["loss alarm"] = partial(self._again, losses.look, loss_alarm.EVERY_S)
        parts["influxdb alarm"] = partial(self._again, alarm.look, keeper.EVERY_S)
        return parts

    async def _again(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            await work()
            await self._clock.sleep(every_s)

    async def _live(self, journal: Journal, gaps: GapKeeper) -> None:
        """Say that the agent runs, in one transaction."""
        await asyncio.gather(gaps.alive(), self._say_status(journal, running=True))

    async def _say_status(self, journal: Journal, *, running: bool) -> None:
        status: Row = {
            "running": running,
            "pid": os.getpid(),
            "started": iso(self._started, self._zone),
            "judged": iso(self.standing.as_of, self._zone) if self.standing.as_of else None,
            "period_s": STATUS_EVERY_S,
            "clock": self._watch.keeper.trouble if self._watch else "",
            "devices": self.device_rows(),
            "forwarder": None if self._forwarder is None else self._forwarder.health_row(),
            "keeping": None if self._pruner is None else self._pruner.health_row(),
            "alerts": None if self._alerter is None else self._alerter.health_row(),
        }
        await journal.put_status("agent", status)

    def _forwarding(self) -> Health | None:
        return None if self._forwarder is None else self._forwarder.health

    def health(self) -> dict[str, DeviceHealth]:
        """How each device does, by id."""
        return {h.device: h for connection in self._connections for h in connection.health()}

    def device_rows(self) -> list[Row]:
        """How each device does, as rows for JSON."""
        origin = {d: (c.name, c.protocol) for c in self.loaded.connections for d in c.devices}
        return [health_row(h, *origin[h.device], self._zone) for h in self.health().values()]


def _proved(journal: Path, numbers: dict[str, int]) -> frozenset[str]:
    with History.open(journal) as history:
        return commissioned_by(read_all(history), numbers)


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
