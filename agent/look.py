"""A look at the site: the assessor and its reading connection, in the one thread that may touch them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from agent.alerting.acks import acks_of
from agent.alerting.life import NOBODY, Acks
from agent.assessor import Assessor, Round
from agent.history.history import History
from agent.history.newest import NewestView
from agent.judged.runs import read_position
from agent.memory import settle
from agent.records.commissioning import commissioned_by
from config.site import LoadedSite
from evaluators.model.bodies import Acknowledgement
from evaluators.model.episodes import Episode
from evaluators.model.samples import Sample
from evaluators.model.verdicts import Verdict

T = TypeVar("T")


@dataclass(slots=True)
class Standing:
    """What the agent knows at ``as_of`` (ns UTC): verdicts, recent states of the items, newest samples."""

    as_of: int = 0
    verdicts: tuple[Verdict, ...] = ()
    episodes: dict[str, tuple[Episode, ...]] = field(default_factory=dict)
    newest: Mapping[int, Sample] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What one look gave: to be shown, and to be kept.

    ``proved``: the points that records prove, by key. ``acks``: who acknowledged which alert.
    """

    standing: Standing
    round: Round
    proved: frozenset[str]
    acks: Acks


class Look:
    """Reads and judges in ``thread``; all of its coroutines belong to one event loop."""

    def __init__(self, loaded: LoadedSite, numbers: dict[str, int], thread: ThreadPoolExecutor) -> None:
        self._loaded = loaded
        self._numbers = numbers
        self._thread = thread
        self._history: History | None = None
        self._newest: NewestView | None = None
        self._assessor: Assessor | None = None
        self._proved: frozenset[str] = frozenset()
        self._acks: Acks = NOBODY
        self._read_upto = -1
        self.leave_off = False
        """Set to end the reading of a long journal before its end."""

    @property
    def begun(self) -> bool:
        """Whether there is an assessor."""
        return self._assessor is not None

    async def begin(self, now: int) -> None:
        """A new assessor that goes on from what is on disk; a journal that was never judged is judged from ``now``
        (ns UTC) on, or from where its site file says."""
        await self._in(lambda: self._begin(now))

    def _begin(self, now: int) -> None:
        self._close()
        self._history = history = History.open(self._loaded.journal_path)
        self._newest = NewestView(history)
        position = read_position(history)
        since = now if position is None else position.since
        site, clauses, calendar = self._loaded.site, self._loaded.clauses, self._loaded.calendar
        self._assessor = Assessor(site, self._numbers, clauses, history, calendar, since)
        settle()

    async def take(self, as_of: int, recent_ns: int, *, keep_runs: bool) -> Found | None:
        """Fold what is new and judge at ``as_of``; None where it was left off. ``recent_ns``: how far back the
        states in what is shown reach."""
        return await self._in(lambda: self._take(as_of, recent_ns, keep_runs=keep_runs))

    def _take(self, as_of: int, recent_ns: int, *, keep_runs: bool) -> Found | None:
        assert self._assessor is not None
        assert self._newest is not None
        if not self._assessor.catch_up(lambda: not self.leave_off):
            return None
        found = self._assessor.round(as_of, keep_runs=keep_runs)
        episodes = dict(self._assessor.episodes(as_of - recent_ns, as_of))
        if found.record != self._read_upto:
            records = self._assessor.records
            self._proved = commissioned_by(records.everything(), self._numbers)
            self._acks = acks_of(records.all(Acknowledgement))
            self._read_upto = found.record
        standing = Standing(as_of, found.verdicts, episodes, self._newest.samples())
        return Found(standing, found, self._proved, self._acks)

    async def close(self) -> None:
        """Let the journal go."""
        await self._in(self._close)

    def _close(self) -> None:
        if self._history is not None:
            self._history.close()
        self._history = self._assessor = self._newest = None

    async def _in(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
