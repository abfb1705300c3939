"""Judging while the agent runs: look, tell alerts, keep what is new; again and again, and once more at the
stop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from agent.alerting.alerter import Alerter
from agent.clock_watch import ClockWatch
from agent.intake import Intake
from agent.journal.journal import Journal
from agent.judged.catalogue import keep_catalogue
from agent.judged.keeping import keep
from agent.look import Look, Standing
from agent.supervision import keep_running, stop
from config.site import LoadedSite
from connectors.protocol import Clock

EVERY_S = 1.0
AT_MOST_S = 60.0
SHARE = 0.1
"""Judging takes no more of one core than this, as long as it comes round within `AT_MOST_S`."""
RECORDS_WITHIN_S = 5.0
"""How long the first judgement waits for the records that came while the agent was off."""
KEEP_RUNS_EVERY_S = 300.0
"""How often what was folded is kept; a restart folds again what came after."""


class Judging:
    """Judges one site from its journal. ``recent_ns``: how far back `Standing.episodes` reaches.

    ``records_in``: set once the records that came while the agent was off are in the journal.
    """

    def __init__(
        self,
        loaded: LoadedSite,
        numbers: dict[str, int],
        journal: Journal,
        sink: Intake,
        alerter: Alerter,
        clock: Clock,
        watch: ClockWatch,
        recent_ns: int,
        records_in: asyncio.Event,
    ) -> None:
        self.standing = Standing()
        self._loaded = loaded
        self._numbers = numbers
        self._journal = journal
        self._sink = sink
        self._alerter = alerter
        self._clock = clock
        self._recent_ns = recent_ns
        self._watch = watch
        self._records_in = records_in
        self._kept_runs = clock.monotonic()
        self._hurry = False
        self._ending = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assessor")
        self._look = Look(loaded, numbers, self._thread)
        self._task: asyncio.Task[None] | None = None

    def hurry(self) -> None:
        """Keep what was folded with the next look: somebody waits for it."""
        self._hurry = True

    def start(self) -> asyncio.Task[None]:
        """Begin to judge; what fails is started again."""
        self._task = asyncio.create_task(keep_running("assessor", self._run, self._clock, self._journal.noticed))
        return self._task

    async def finish(self, most_s: float) -> None:
        """Judge all that was journaled once more, keep it, and let the journal go. What is not kept within
        ``most_s`` is judged anew after the next start; a long journal that is still being read is left off."""
        self._look.leave_off = not self.standing.as_of
        self._ending.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=most_s)
            await stop([self._task])
        await self._look.close()
        self._thread.shutdown()

    async def _run(self) -> None:
        """What could not be kept is judged anew from what is on disk: the caller starts this again."""
        begun = self._watch.judging_at()
        while begun is None and not self._ending.is_set():
            await self._pause(EVERY_S)
            begun = self._watch.judging_at()
        if begun is None:
            return
        await self._look.begin(begun)
        await self._journal.write(partial(keep_catalogue, clauses=self._loaded.clauses, at=begun))
        await self._pause(RECORDS_WITHIN_S, self._records_in)
        while not self._ending.is_set():
            took_s = await self._judge()
            await self._pause(min(max(EVERY_S, took_s / SHARE), AT_MOST_S))
        await self._judge(last=True)

    async def _pause(self, seconds: float, until: asyncio.Event | None = None) -> None:
        """Wait so long, or until something has happened, or the agent stops."""
        events = [event for event in (self._ending, until) if event is not None]
        waits = [asyncio.create_task(self._clock.sleep(seconds)), *map(_happened, events)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(waits)

    async def _judge(self, *, last: bool = False) -> float:
        """Judge once, if the clock can be right; the seconds it took. Alerts are told before a window is noted as
        done with."""
        begun = self._clock.monotonic()
        as_of = self._watch.judging_at()
        if as_of is None:
            return 0.0
        keep_runs = last or self._hurry or begun - self._kept_runs > KEEP_RUNS_EVERY_S
        found = await self._look.take(as_of, self._recent_ns, keep_runs=keep_runs)
        if found is not None:
            self._sink.uncommissioned = uncommissioned(self._loaded, self._numbers, found.proved)
            await self._alerter.tick(found.round.judged, self._loaded.clauses, as_of, found.acks)
            if keep_runs or found.round.answers:
                await self._journal.write(partial(keep, found=found.round))
            if keep_runs:
                self._kept_runs = begun
                self._hurry = False
            self.standing = found.standing
        return self._clock.monotonic() - begun


def _happened(event: asyncio.Event) -> asyncio.Task[None]:
    async def wait() -> None:
        await event.wait()

    return asyncio.create_task(wait())


def uncommissioned(loaded: LoadedSite, numbers: dict[str, int], proved: frozenset[str]) -> frozenset[int]:
    """The points that neither the site file nor a record says were proved on site."""
    return frozenset(n for key, n in numbers.items() if key not in loaded.commissioned and key not in proved)
