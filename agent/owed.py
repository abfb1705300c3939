"""How many samples InfluxDB has not acknowledged, followed without counting the whole backlog again."""

from __future__ import annotations

from collections import deque

from agent.history.history import History
from agent.lanes import Lanes, Span

EXACT_BLOCKS = 20_000
"""A longer backlog is not counted block by block when it is first met: that would hold up its first request."""
SAMPLE_BLOCKS = 500
"""How many at either end tell then how many samples a block holds."""
LOOK_BACK_S = 60.0
"""Over how long it is measured how fast the backlog drains."""


class Owed:
    """``rows``: samples owed, as of the last `measure`. What was let go meanwhile counts until all is sent."""

    def __init__(self) -> None:
        self.rows = 0
        self._counted: int | None = None
        self._ahead = 0
        self._seen: deque[tuple[float, int]] = deque()

    def measure(self, history: History, lanes: Lanes, now_s: float) -> None:
        """Count what was journaled since; the first time all that is owed. ``now_s`` is on the monotonic clock."""
        if self._counted is None:
            self._counted = history.last_seq()
            self.rows = count_rows(history, Span(lanes.done, self._counted))
            if lanes.live is not None:
                self._ahead = count_rows(history, lanes.live)
                self.rows = max(0, self.rows - self._ahead)
        else:
            newest = history.last_seq()
            self.rows += _sum(history, Span(self._counted, newest))[1]
            self._counted = newest
        while self._seen and now_s - self._seen[0][0] > LOOK_BACK_S:
            self._seen.popleft()
        self._seen.append((now_s, self.rows))

    @property
    def eta_s(self) -> float | None:
        """In how many seconds nothing will be owed, as it went within the last minute; None while it grows."""
        if not self._seen:
            return None
        begun_s, most = max(self._seen, key=lambda seen: (seen[1], seen[0]))
        now_s, rows = self._seen[-1]
        return None if most <= rows else rows * (now_s - begun_s) / (most - rows)

    def acknowledge(self, rows: int, *, ahead: bool = False) -> None:
        """So many were taken; ``ahead``: of those that go out beside the backlog."""
        self.rows = max(0, self.rows - rows)
        self._ahead += rows if ahead else 0

    def forget(self) -> None:
        """What went out beside the backlog will be sent again."""
        self.rows += self._ahead
        self._ahead = 0

    def join(self) -> None:
        """The backlog has come to what went out beside it."""
        self._ahead = 0


def count_rows(history: History, span: Span) -> int:
    """The samples in the blocks of a span: exact where these are few, else by those at the ends."""
    blocks = span.upto - span.start
    if blocks <= EXACT_BLOCKS:
        return _sum(history, span)[1]
    ends = (Span(span.start, span.start + SAMPLE_BLOCKS), Span(span.upto - SAMPLE_BLOCKS, span.upto))
    counted = [_sum(history, end) for end in ends]
    found = sum(found for found, _ in counted)
    return round(blocks * sum(rows for _, rows in counted) / found) if found else 0


def _sum(history: History, span: Span) -> tuple[int, int]:
    """How many blocks there are, and how many samples they hold."""
    statement = "SELECT count(*), coalesce(sum(rows), 0) FROM block WHERE seq > ? AND seq <= ?"
    ((found, rows),) = history.query(statement, tuple(span))
    return found, rows
