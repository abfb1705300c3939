"""The reader that judges: follows the journal with its own cursor and keeps every item's standing.

The same code judges live and recomputes from the journal, so both give the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from agent.history.history import History
from evaluators.assessment import Judgement, availability, windows
from evaluators.model.clauses import Clause
from evaluators.model.episodes import Episode
from evaluators.model.site import Site
from evaluators.standing import Standing

BATCH = 500


class Assessor:
    """Judges a site's clauses from its journal. Not thread-safe: use it from one thread at a time."""

    def __init__(
        self, site: Site, numbers: Mapping[str, int], clauses: Sequence[Clause], history: History
    ) -> None:
        self._site = site
        self._zone = ZoneInfo(site.zone)
        self._clauses = clauses
        self._history = history
        self._standing = Standing(site, numbers)
        self._cursor = 0

    def catch_up(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Fold everything journaled since the last call; False where ``go_on`` said to leave off before the end.

        Points whose past was changed by late samples are folded anew from all of their samples.
        """
        late: set[int] = set()
        while go_on() and (batch := self._history.blocks(self._cursor, BATCH)):
            for position, block in batch:
                late |= self._standing.take(block)
                self._cursor = position
        for point in sorted(late):
            self._standing.refold(point, self._history.samples([point]))
        return go_on()

    def judge(self, as_of: int) -> list[Judgement]:
        """Every clause for every subject at the instant ``as_of`` (ns UTC), from what was folded so far."""
        found: list[Judgement] = []
        for clause in self._clauses:
            for window in windows(clause, as_of, self._zone):
                states = self.episodes(min(window.start, as_of - 1), as_of)
                found += availability(clause, self._site, states, window, as_of)
        return found

    def episodes(self, start: int, end: int) -> dict[str, tuple[Episode, ...]]:
        """Every item's states over ``[start, end)``, by item key, as known at ``end``."""
        return self._standing.episodes(start, end)
