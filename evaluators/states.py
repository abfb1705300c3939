"""From ordered samples to the states of a functional item. Nobody else decides up or down.

A point's samples are first read by a condition (`read`), then kept as runs (`ConditionFold`), then spread over
time by the gap rule (`spans`), then joined with the item's other conditions (`episodes`). Runs hold all that the
figures need, so that years of samples in which nothing changes cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.records import Declaration
from evaluators.model.samples import Quality, Reason, Value
from evaluators.model.site import Condition, Item


@dataclass(frozen=True, slots=True)
class Reading:
    """What one sample says of an item. ``known``: the sample can be trusted (a bad one cannot)."""

    state: State
    known: bool
    reason: Reason


_HOLDS = Reading(State.UP, True, Reason.NONE)
_FAILS = Reading(State.DOWN, True, Reason.NONE)
_MUTE = Reading(State.UNKNOWN, True, Reason.NONE)
_STOOD_DOWN = Reading(State.NOT_REQUIRED, True, Reason.NONE)


def read(condition: Condition, value: Value | None, quality: Quality, reason: Reason) -> Reading:
    """What a sample with this value and quality says under ``condition``."""
    worst = Quality.UNCERTAIN if condition.accept_uncertain else Quality.GOOD
    if value is None or quality > worst or not reason.carries_value:
        return Reading(State.UNKNOWN, False, reason)
    if value in condition.unknown_for:
        return _MUTE
    if value in condition.not_required_for:
        return _STOOD_DOWN
    return _HOLDS if _within(condition, value) else _FAILS


def _within(condition: Condition, value: Value) -> bool:
    if condition.one_of:
        return value in condition.one_of
    if isinstance(value, str):
        return False
    low, high = condition.at_least, condition.at_most
    return (low is None or value >= low) and (high is None or value <= high)


@dataclass(slots=True)
class Run:
    """Neighbouring samples that say the same: the times of the first and the last, both ns UTC."""

    start: int
    end: int
    reading: Reading


@dataclass(slots=True)
class ConditionFold:
    """The runs of one condition. ``hold_ns``: the longest gap that two known samples may leave."""

    condition: Condition
    hold_ns: int
    runs: list[Run] = field(default_factory=list)
    _content: tuple[Value | None, int, int] | None = None
    _reading: Reading = _MUTE
    """What ``_content``, the content of the sample taken last, says."""

    def take(self, time: int, value: Value | None, quality: int, reason: int) -> bool:
        """Fold one more sample in. False: it came out of order and changes the past, so fold the point anew.

        After False the runs are as they were. ``value`` may be a block's filler where the reason carries none.
        """
        content = (value, quality, reason)
        if content != self._content:
            self._reading = read(self.condition, value, Quality(quality), Reason(reason))
            self._content = content
        reading = self._reading
        if not self.runs or time > self.runs[-1].end:
            self._append(time, reading)
            return True
        return self._says_nothing_new(time, reading)

    def _append(self, time: int, reading: Reading) -> None:
        last = self.runs[-1] if self.runs else None
        joins = last and last.reading == reading and (not reading.known or time - last.end <= self.hold_ns)
        if last and joins:
            last.end = time
        else:
            self.runs.append(Run(time, time, reading))

    def _says_nothing_new(self, time: int, reading: Reading) -> bool:
        low, high = 0, len(self.runs)
        while low < high:
            middle = (low + high) // 2
            if self.runs[middle].end < time:
                low = middle + 1
            else:
                high = middle
        run = self.runs[low]
        return run.start <= time and run.reading == reading


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span ``[start, end)`` in which a condition said one thing."""

    start: int
    end: int
    state: State
    reason: Reason


def spans(runs: Sequence[Run], hold_ns: int, start: int, end: int) -> list[Span]:
    """The runs spread over ``[start, end)``, as known at ``end``; samples at or after ``end`` are not looked at.

    A known sample's state stands until the next sample, provided that the next *known* sample (or ``end``, while
    there is none yet) comes within ``hold_ns``; else the whole span between the two is unknown, since a fault may
    have begun right after the first and ended right before the second. Before the first sample all is unknown.
    """
    seen = [run for run in runs if run.start < end]
    found: list[Span] = []
    cursor = start

    def add(until: int, state: State, reason: Reason) -> None:
        nonlocal cursor
        until = min(until, end)
        if until > cursor:
            found.append(Span(cursor, until, state, reason))
            cursor = until

    next_known = _next_known(seen, end)
    for index, run in enumerate(seen):
        add(run.start, State.UNKNOWN, Reason.NONE)  # only before the first run: later ones begin at the cursor
        following = seen[index + 1].start if index + 1 < len(seen) else end
        if not run.reading.known:
            add(following, State.UNKNOWN, run.reading.reason)
            continue
        add(run.end, run.reading.state, Reason.NONE)
        if next_known[index] - run.end <= hold_ns:
            add(following, run.reading.state, Reason.NONE)
        else:
            add(following, State.UNKNOWN, Reason.NONE)
    add(end, State.UNKNOWN, Reason.NONE)
    return found


def _next_known(runs: Sequence[Run], end: int) -> list[int]:
    """For each run the time of the first known sample after it, or ``end`` where there is none."""
    following = end
    times = []
    for run in reversed(runs):
        times.append(following)
        if run.reading.known:
            following = run.start
    times.reverse()
    return times


_WEIGHT = {State.UP: 0, State.NOT_REQUIRED: 1, State.UNKNOWN: 2, State.DOWN: 3}


def episodes(
    item: Item,
    folds: Sequence[ConditionFold],
    start: int,
    end: int,
    declarations: Iterable[Declaration] = (),
    required_from: int | None = None,
) -> tuple[Episode, ...]:
    """The item's states over ``[start, end)`` without holes, as known at ``end``.

    Down as soon as one condition is known to fail, else unknown as soon as one is unknown, else not required as
    soon as one says so, else up. Before ``required_from`` the item is not required. ``folds`` are those of the
    item's conditions; an item without any is unknown throughout.
    """
    begin = start if required_from is None else min(max(start, required_from), end)
    joined = _join(item, folds, begin, end)
    for declaration in sorted(declarations, key=lambda d: (d.start, d.end, d.state, d.declared_at)):
        if declaration.item == item.key and declaration.declared_at <= declaration.start:
            joined = _declare(joined, declaration, item.life_safety)
    if begin > start:
        joined.insert(0, Episode(item.key, start, begin, State.NOT_REQUIRED))
    return tuple(_merged(joined))


def _join(item: Item, folds: Sequence[ConditionFold], start: int, end: int) -> list[Episode]:
    tracks = [(fold.condition.point, spans(fold.runs, fold.hold_ns, start, end)) for fold in folds]
    edges = sorted({start, end, *(span.start for _, track in tracks for span in track)})
    places = [0] * len(tracks)
    found = []
    for left, right in pairwise(edges):
        state, cause = State.UP if tracks else State.UNKNOWN, None
        for number, (point, track) in enumerate(tracks):
            while track[places[number]].end <= left:
                places[number] += 1
            span = track[places[number]]
            if _WEIGHT[span.state] > _WEIGHT[state]:
                state = span.state
                cause = Cause(point, span.reason) if state is State.UNKNOWN else None
        if state is State.NOT_REQUIRED and item.life_safety:
            state = State.DOWN
        found.append(Episode(item.key, left, right, state, cause))
    return found


def _declare(found: list[Episode], declaration: Declaration, life_safety: bool) -> list[Episode]:
    """What was declared laid over the states. A fault open at the start stays down until the item is up again;
    time in which it was up stays up under planned work; life safety is always required."""
    if declaration.state is State.NOT_REQUIRED and life_safety:
        return found
    covered = {State.DOWN, State.UNKNOWN}
    if declaration.state is State.NOT_REQUIRED:
        covered.add(State.UP)
    result: list[Episode] = []
    open_fault = False
    for episode in found:
        before, inside, after = _cut(episode, declaration.start, declaration.end)
        result += before
        if before:
            open_fault = before[0].state is State.DOWN or (open_fault and before[0].state is State.UNKNOWN)
        for part in inside:
            open_fault = open_fault and part.state is not State.UP
            if part.state in covered and not open_fault:
                part = Episode(part.item, part.start, part.end, declaration.state)
            result.append(part)
        result += after
    return result


def _cut(episode: Episode, start: int, end: int) -> tuple[list[Episode], list[Episode], list[Episode]]:
    """The parts of an episode before, within and after ``[start, end)``; each list holds one or none."""

    def part(left: int, right: int) -> list[Episode]:
        left, right = max(left, episode.start), min(right, episode.end)
        return [Episode(episode.item, left, right, episode.state, episode.cause)] if left < right else []

    return part(episode.start, start), part(start, end), part(end, episode.end)


def _merged(found: Iterable[Episode]) -> list[Episode]:
    merged: list[Episode] = []
    for episode in found:
        last = merged[-1] if merged else None
        if last and (last.state, last.cause) == (episode.state, episode.cause):
            merged[-1] = Episode(last.item, last.start, episode.end, last.state, last.cause)
        else:
            merged.append(episode)
    return merged
