"""The ledger of gaps as judging looks at it: which gap explains that a point had no sample."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluators.model.episodes import Cause, State
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Reason
from evaluators.tracks import Change, add, pieces

ORDER = (
    GapCause.STOPPED,
    GapCause.QUARANTINE,
    GapCause.DISK_FULL,
    GapCause.CLOCK_STEP,
    GapCause.OVERFLOW,
    GapCause.UNREACHABLE,
)
"""Of several gaps at one instant the first of these explains it."""

NEVER = 2**63
"""After everything: where a gap goes on."""


class Span(NamedTuple):
    """A half-open stretch ``[start, end)``, ns UTC, that one cause explains."""

    start: int
    end: int
    cause: GapCause


@lru_cache(maxsize=65_536)
def explained(point: str, gap: GapCause) -> Cause:
    """The cause of unknown time without a sample, one object for each."""
    return Cause(point, Reason.NONE, gap)


class GapLedger:
    """Some gaps, looked up by point. It never changes: one that knows more is another."""

    def __init__(self, gaps: Iterable[Gap] = ()) -> None:
        self._gaps = tuple(gaps)
        self._singled = frozenset(point for gap in self._gaps for point in gap.points)
        self._spans: dict[str, tuple[Sequence[Span], Sequence[int]]] = {}

    def named(self, changes: Sequence[Change], end: int) -> Sequence[Change]:
        """A track up to ``end`` in which unknown time without a sample says which gap it lies in, where it does.

        What a track says of an instant depends on that instant alone, so it may be cut anywhere before or after.
        """
        if not self._gaps or not any(map(_is_silent, changes)):
            return changes
        found: list[Change] = []
        for change, until in pieces(changes, end):
            found.append(change)
            if not _is_silent(change):
                continue
            at, state, cause = change
            assert cause is not None
            for span in self._within(cause.point, at, until):
                add(found, max(span.start, at), state, explained(cause.point, span.cause))
                if span.end < until:
                    add(found, span.end, state, cause)
        return found

    def _within(self, point: str, start: int, end: int) -> Iterable[Span]:
        spans, ends = self._spans_of(point)
        for place in range(bisect_right(ends, start), len(spans)):
            if spans[place].start >= end:
                break
            yield spans[place]

    def _spans_of(self, point: str) -> tuple[Sequence[Span], Sequence[int]]:
        """The spans of a point in order, and their ends."""
        device = point.partition("/")[0]
        key = point if point in self._singled else device  # points that no gap singles out share those of all
        if key not in self._spans:
            spans = laid([gap for gap in self._gaps if _concerns(gap, device, point)])
            self._spans[key] = spans, [span.end for span in spans]
        return self._spans[key]


def _is_silent(change: Change) -> bool:
    _, state, cause = change
    return state is State.UNKNOWN and cause is not None and cause.reason is Reason.NONE


def _concerns(gap: Gap, device: str, point: str) -> bool:
    return gap.subject in ("", device) and (not gap.points or point in gap.points)


def laid(gaps: Iterable[Gap]) -> list[Span]:
    """Gaps as spans in order that do not overlap, each with the cause that comes first in `ORDER`."""
    edges: list[tuple[int, GapCause, int]] = []
    for gap in gaps:
        edges += (gap.start, gap.cause, 1), (NEVER if gap.end is None else gap.end, gap.cause, -1)
    edges.sort(key=lambda edge: edge[0])
    under_way: Counter[GapCause] = Counter()
    found: list[Span] = []
    begun, now = 0, None
    for at, cause, step in edges:
        under_way[cause] += step
        first = next((cause for cause in ORDER if under_way[cause] > 0), None)
        if first is now:
            continue
        if now is not None and begun < at:
            found.append(Span(begun, at, now))
        begun, now = at, first
    return found
