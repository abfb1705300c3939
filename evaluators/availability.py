"""Availability (完好率): the usable share of the functional items, over a window and at an instant.

The clause counts usable items ÷ items at an instant. Over a window the verdict is on the time-weighted mean: the
up time of all items ÷ their required time (IEC 60050-192: up, down and required time). All arithmetic is in whole
nanoseconds and counts; the one division is left to `Fraction`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.clauses import Clause
from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.times import Window
from evaluators.model.verdicts import Missing, Outcome, Subject, Verdict


@dataclass(frozen=True, slots=True)
class Account:
    """Time in each state: nanoseconds over a window, or numbers of items at an instant."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    planned: int = 0
    not_required: int = 0

    def __add__(self, other: Account) -> Account:
        return Account(
            self.up + other.up,
            self.down + other.down,
            self.unknown + other.unknown,
            self.planned + other.planned,
            self.not_required + other.not_required,
        )

    @property
    def required(self) -> int:
        """Up, down and unknown: planned time is excluded."""
        return self.up + self.down + self.unknown

    @property
    def interval(self) -> tuple[Fraction, Fraction] | None:
        """``[low, high]`` with planned time excluded; None where nothing was required."""
        return _interval(self.up, self.unknown, self.required)

    @property
    def interval_with_planned(self) -> tuple[Fraction, Fraction] | None:
        """``[low, high]`` with planned time counted as required and not usable."""
        return _interval(self.up, self.unknown, self.required + self.planned)

    @property
    def coverage(self) -> Fraction | None:
        """The known part of the required time; None where nothing was required."""
        return Fraction(self.up + self.down, self.required) if self.required else None


def _interval(up: int, unknown: int, required: int) -> tuple[Fraction, Fraction] | None:
    if not required:
        return None
    return Fraction(up, required), Fraction(up + unknown, required)


def account(episodes: Iterable[Episode], window: Window) -> Account:
    """The time in each state within the window, ns; what lies outside is not counted."""
    sums = dict.fromkeys(State, 0)
    for episode in episodes:
        sums[episode.state] += max(0, min(episode.end, window.end) - max(episode.start, window.start))
    return _account(sums)


def snapshot(items: Iterable[Sequence[Episode]], at: int) -> Account:
    """How many items are in each state at the instant ``at``, as known just before it.

    Each entry holds one item's episodes in order, without holes; an item without an episode there is unknown.
    """
    counts = dict.fromkeys(State, 0)
    for episodes in items:
        held = next((e for e in reversed(episodes) if e.start < at <= e.end), None)
        counts[held.state if held else State.UNKNOWN] += 1
    return _account(counts)


def _account(sums: Mapping[State, int]) -> Account:
    return Account(
        sums[State.UP], sums[State.DOWN], sums[State.UNKNOWN], sums[State.PLANNED], sums[State.NOT_REQUIRED]
    )


@dataclass(frozen=True, slots=True)
class Swing:
    """How the snapshot moved over a window: its minimum as an interval, and its time under the threshold.

    ``under_surely``: ns in which even the unknown items taken as up did not reach the threshold;
    ``under_possibly``: with the unknown ones taken as down. Instants at which no item is required are left out;
    the minimum is None where there was no other.
    """

    minimum: tuple[Fraction, Fraction] | None
    under_surely: int
    under_possibly: int


def swing(items: Iterable[Sequence[Episode]], window: Window, threshold: Fraction) -> Swing:
    """Sweep the snapshot over the window. Planned items are not counted as required."""
    changes: list[tuple[int, State, int]] = []
    for episodes in items:
        for episode in episodes:
            start, end = max(episode.start, window.start), min(episode.end, window.end)
            if start < end:
                changes += [(start, episode.state, 1), (end, episode.state, -1)]
    changes.sort(key=lambda change: change[0])
    counts = dict.fromkeys(State, 0)
    lowest: tuple[Fraction, Fraction] | None = None
    surely = possibly = 0
    for index, (at, state, step) in enumerate(changes):
        counts[state] += step
        until = changes[index + 1][0] if index + 1 < len(changes) else at
        interval = _account(counts).interval
        if until == at or interval is None:
            continue
        low, high = interval
        lowest = interval if lowest is None else (min(lowest[0], low), min(lowest[1], high))
        surely += (until - at) * (high < threshold)
        possibly += (until - at) * (low < threshold)
    return Swing(lowest, surely, possibly)


def missing(episodes: Iterable[Episode], window: Window) -> tuple[Missing, ...]:
    """What kept time within the window unknown, the longest first."""
    lengths: dict[Cause | None, int] = {}
    for episode in episodes:
        length = min(episode.end, window.end) - max(episode.start, window.start)
        if episode.state is State.UNKNOWN and length > 0:
            lengths[episode.cause] = lengths.get(episode.cause, 0) + length
    found = [Missing(cause, length) for cause, length in lengths.items()]
    return tuple(sorted(found, key=lambda m: (-m.length, m.cause.point if m.cause else "", _reason(m.cause))))


def _reason(cause: Cause | None) -> int:
    return cause.reason if cause else -1


def judge(
    clause: Clause,
    subject: Subject,
    figures: Account,
    window: Window,
    as_of: int,
    still_to_come: int = 0,
    lacking: tuple[Missing, ...] = (),
) -> Verdict:
    """The verdict on ``figures``, which were counted up to ``as_of``.

    ``still_to_come``: ns of required time, summed over the items, that an open window may yet add. While it is
    open the verdict is `pending`, unless not even faultless service to its end could reach the threshold. Where
    planned time in or out would change the answer, the verdict is `undetermined` and its note says so.
    """
    plain = _outcome(figures.interval, clause.threshold)
    strict = _outcome(figures.interval_with_planned, clause.threshold)
    note = ""
    if window.end > as_of:
        outcome = (
            Outcome.PENDING if _can_still_be_met(figures, still_to_come, clause.threshold) else Outcome.NOT_MET
        )
    elif plain is strict or figures.interval is None:
        outcome = plain
    else:
        outcome = Outcome.UNDETERMINED
        note = f"depends on the reading: {plain} with planned time excluded, {strict} with it included"
    low, high = figures.interval or (None, None)
    return Verdict(
        clause.id,
        subject,
        outcome,
        low,
        high,
        clause.threshold,
        clause.unit,
        window,
        figures.coverage,
        as_of,
        lacking,
        note,
    )


def _outcome(interval: tuple[Fraction, Fraction] | None, threshold: Fraction) -> Outcome:
    if interval is None:
        return Outcome.NOT_APPLICABLE
    low, high = interval
    if low >= threshold:
        return Outcome.MET
    return Outcome.NOT_MET if high < threshold else Outcome.UNDETERMINED


def _can_still_be_met(figures: Account, still_to_come: int, threshold: Fraction) -> bool:
    best = figures.up + figures.unknown + still_to_come
    required = figures.required + still_to_come
    return best * threshold.denominator >= required * threshold.numerator
