"""From runs to states over time: the gap rule, and how conditions come together.

A track over a half-open span is a list of changes in order, without holes: each says what is so from its instant
on, up to the next one's; neighbours differ.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter

from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.samples import Reason
from evaluators.states import KNOWN, REASONS, STATES, ConditionFold, Runs

Change = tuple[int, State, Cause | None]
"""From an instant (ns UTC) on something is in a state; a cause is set for some unknown ones."""

_at = itemgetter(0)


@lru_cache(maxsize=65_536)
def cause_of(point: str, reason: Reason) -> Cause:
    """The cause of unknown time, one object for each."""
    return Cause(point, reason)


def spread(fold: ConditionFold, start: int, end: int, horizon: int) -> list[Change]:
    """A fold's runs spread over ``[start, end)``, as known at ``horizon`` (not before ``end``).

    A known sample's state stands until the next sample, provided that the next *known* sample (or ``horizon``,
    while there is none yet) comes within the hold; else the whole span between the two is unknown, since a fault
    may have begun right after the first and ended right before the second. Before the first sample all is
    unknown.
    """
    runs, hold, point = fold.runs, fold.hold_ns, fold.condition.point
    starts, ends, codes = runs.starts, runs.ends, runs.codes
    first = bisect_right(starts, start) - 1
    found: list[Change] = []
    if first < 0:
        found.append((start, State.UNKNOWN, cause_of(point, Reason.NONE)))
        first = 0
    for place in range(first, len(starts)):
        at, until, code = starts[place], ends[place], codes[place]
        if at >= end:
            break
        if at < start:
            at = start
        state = STATES[code & 3]
        cause = cause_of(point, REASONS[code >> 3]) if state is State.UNKNOWN else None
        stands = not code & KNOWN or until >= end or _followed(runs, place + 1, until + hold, horizon)
        if (stands or until > at) and (not found or found[-1][1] is not state or found[-1][2] is not cause):
            found.append((at, state, cause))
        if not stands:
            add(found, max(until, start), State.UNKNOWN, cause_of(point, Reason.NONE))
    return found


def add(found: list[Change], at: int, state: State, cause: Cause | None) -> None:
    """Put a change at the end of a track, unless it changes nothing; it takes the place of one at its own time."""
    if found:
        last = found[-1]
        if last[0] == at:
            found.pop()
            if not found:
                found.append((at, state, cause))
                return
            last = found[-1]
        if last[1] is state and last[2] == cause:
            return
    found.append((at, state, cause))


def _followed(runs: Runs, place: int, limit: int, horizon: int) -> bool:
    """Whether the first known sample of the runs from ``place`` on, or the horizon, comes by ``limit``."""
    if horizon <= limit:
        return True
    for following in range(place, len(runs.starts)):
        if runs.starts[following] > limit:
            return False
        if runs.codes[following] & KNOWN:
            return True
    return False


_WEIGHT = {State.UP: 0, State.NOT_REQUIRED: 1, State.UNKNOWN: 2, State.DOWN: 3}


def joined(tracks: Sequence[list[Change]], start: int) -> list[Change]:
    """What several conditions say together from ``start`` on.

    Down as soon as one is known to fail, else unknown as soon as one is unknown (the first of them is the cause),
    else not required as soon as one says so, else up. Without conditions all is unknown.
    """
    if not tracks:
        return [(start, State.UNKNOWN, None)]
    if len(tracks) == 1:
        return tracks[0]
    now = [track[0] for track in tracks]
    found = [(start, *_heaviest(now))]
    edges = sorted(
        (change[0], place, number) for place, track in enumerate(tracks) for number, change in enumerate(track)
    )
    for at, place, number in edges:
        now[place] = tracks[place][number]
        add(found, at, *_heaviest(now))
    return found


def _heaviest(now: Iterable[Change]) -> tuple[State, Cause | None]:
    heaviest, why = State.UP, None
    for _, state, cause in now:
        if _WEIGHT[state] > _WEIGHT[heaviest]:
            heaviest, why = state, cause
    return heaviest, why


def merged(changes: Iterable[Change]) -> list[Change]:
    """Changes in order as a track: of two at one time the later one counts, and neighbours differ."""
    found: list[Change] = []
    for change in changes:
        add(found, *change)
    return found


def cut(changes: Sequence[Change], start: int) -> list[Change]:
    """The track from ``start`` on, which is not before its own beginning."""
    place = bisect_right(changes, start, key=_at) - 1
    return [(start, *changes[place][1:]), *changes[place + 1 :]]


def pieces(changes: Sequence[Change], end: int) -> Iterator[tuple[Change, int]]:
    """Each change of a track that ends at ``end``, with the instant up to which it holds."""
    return zip(changes, chain(map(_at, islice(changes, 1, None)), (end,)), strict=False)


def only_while(changes: Sequence[Change], happens: Sequence[Change], end: int) -> list[Change]:
    """The track of a condition up to ``end`` with `State.NOT_REQUIRED` only while something ``happens``: where
    that is not known it is unknown, else down."""
    found: list[Change] = []
    for (start, state, cause), until in pieces(changes, end):
        if state is not State.NOT_REQUIRED:
            add(found, start, state, cause)
            continue
        for (left, so, why), right in pieces(happens, end):
            if max(start, left) < min(until, right):
                add(found, max(start, left), _EXCUSED[so], why)
    return found


_EXCUSED = {State.UP: State.NOT_REQUIRED, State.UNKNOWN: State.UNKNOWN, State.DOWN: State.DOWN}


class StateTracks(Mapping[str, tuple[Episode, ...]]):
    """Tracks over ``[start, end)`` by key, read as episodes, which are made only for the keys that are asked
    for."""

    def __init__(self, start: int, end: int, changes: Mapping[str, Sequence[Change]]) -> None:
        self.start = start
        self.end = end
        self.changes = changes
        self._made: dict[str, tuple[Episode, ...]] = {}

    def __getitem__(self, key: str) -> tuple[Episode, ...]:
        found = self._made.get(key)
        if found is None:
            found = tuple(
                Episode(key, at, until, state, cause)
                for (at, state, cause), until in pieces(self.changes[key], self.end)
            )
            self._made[key] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)


def changes_of(tracks: Mapping[str, tuple[Episode, ...]], key: str) -> Sequence[Change]:
    """One track as changes, whatever the tracks are kept as; empty where there is no time in it."""
    if isinstance(tracks, StateTracks):
        return tracks.changes[key]
    return merged((e.start, e.state, e.cause) for e in tracks[key])
