"""Judging while the agent runs: look, tell alerts, keep what is new; again and again, and once more at the
stop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from agent.alerting.alerter import Alerter
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
KEEP_RUNS_EVERY_S = 300.0
"""How often what was folded is kept; a restart folds again what came after."""


class Judging:
    """Judges one site from its journal. ``recent_ns``: how far back `Standing.episodes` reaches."""

    def __init__(
        self,
        loaded: LoadedSite,
        numbers: dict[str, int],
        journal: Journal,
        sink: Intake,
        alerter: Alerter,
        clock: Clock,
        recent_ns: int,
    ) -> None:
        self.standing = Standing()
        self._loaded = loaded
        self._numbers = numbers
        self._journal = journal
        self._sink = sink
        self._alerter = alerter
        self._clock = clock
        self._recent_ns = recent_ns
        self._begun = clock.now()
        self._kept_runs = clock.monotonic()
        self._ending = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assessor")
        self._look = Look(loaded, numbers, self._thread)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Begin to judge; what fails is started again."""
        self._task = asyncio.create_task(keep_running("assessor", self._run, self._clock))
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
        await self._look.begin(self._begun)
        await self._journal.write(partial(keep_catalogue, clauses=self._loaded.clauses, at=self._begun))
        while not self._ending.is_set():
            took_s = await self._judge()
            await self._pause(min(max(EVERY_S, took_s / SHARE), AT_MOST_S))
        await self._judge(last=True)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the agent stops."""
        waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._end())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(waits)

    async def _end(self) -> None:
        await self._ending.wait()

    async def _judge(self, *, last: bool = False) -> float:
        """Judge once; the seconds it took. Alerts are told before a window is noted as done with."""
        begun = self._clock.monotonic()
        as_of = self._clock.now() // 1000 * 1000  # what is printed of it can be asked for again
        keep_runs = last or begun - self._kept_runs > KEEP_RUNS_EVERY_S
        found = await self._look.take(as_of, self._recent_ns, keep_runs=keep_runs)
        if found is not None:
            self._sink.uncommissioned = uncommissioned(self._loaded, self._numbers, found.proved)
            await self._alerter.tick(found.round.judged, self._loaded.clauses, as_of)
            if keep_runs or found.round.answers:
                await self._journal.write(partial(keep, found=found.round))
            if keep_runs:
                self._kept_runs = begun
            self.standing = found.standing
        return self._clock.monotonic() - begun


def uncommissioned(loaded: LoadedSite, numbers: dict[str, int], proved: frozenset[str]) -> frozenset[int]:
    """The points that neither the site file nor a record says were proved on site."""
    return frozenset(n for key, n in numbers.items() if key not in loaded.commissioned and key not in proved)
