"""From ordered samples to what a point says of an item. Nobody else decides up or down.

A point's samples are read by a condition (`read`), then kept as runs (`ConditionFold`). Runs hold all that the
figures need, so that years of samples in which nothing changes cost nothing. `evaluators.tracks` spreads them
over time.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluators.model.episodes import State
from evaluators.model.samples import Quality, Reason, Sample, Value
from evaluators.model.site import Condition


@dataclass(frozen=True, slots=True)
class Reading:
    """What one sample says of an item. ``known``: the sample can be trusted (a bad one cannot)."""

    state: State
    known: bool
    reason: Reason


STATES = (State.UP, State.DOWN, State.UNKNOWN, State.NOT_REQUIRED)
"""What a sample can say, by its number in a code."""

KNOWN = 4
"""The bit of a code that says that the sample can be trusted."""

_HOLDS, _FAILS, _MUTE, _STOOD_DOWN = (KNOWN + number for number in range(4))

REASONS = {int(reason): reason for reason in Reason}
"""By the number that a code holds eightfold."""

_NEVER_TRUSTED = frozenset(
    {Reason.OUT_OF_SERVICE, Reason.NOT_COMMISSIONED, Reason.CLOCK_NOT_SET, Reason.CLOCK_STEP, Reason.EARLY}
)
"""Such samples say nothing of the hardware that the site file speaks of, or of the moment that they name, whatever
their value."""

_SPEAKING = frozenset(
    reason for reason in map(int, Reason) if REASONS[reason].carries_value and reason not in _NEVER_TRUSTED
)


def encode(reading: Reading) -> int:
    """A reading as one number that is kept on disk: the reason · 8, plus 4 where it is known, plus its state (0
    up, 1 down, 2 unknown, 3 not required). Such numbers are never given another meaning."""
    return reading.reason * 8 + reading.known * KNOWN + STATES.index(reading.state)


def decode(code: int) -> Reading:
    """The reading of `encode`."""
    return Reading(STATES[code % 4], bool(code & KNOWN), REASONS[code >> 3])


def read(condition: Condition, value: Value | None, quality: int, reason: int) -> Reading:
    """What a sample with this value, `Quality` and `Reason` says under ``condition``."""
    return decode(read_code(condition, value, quality, reason))


def read_code(condition: Condition, value: Value | None, quality: int, reason: int) -> int:
    """The same as the number of `encode`."""
    if quality or reason or value is None:
        worst = Quality.UNCERTAIN if condition.accept_uncertain else Quality.GOOD
        if value is None or quality > worst or reason not in _SPEAKING:
            return reason * 8 + 2
    if condition.unknown_for and value in condition.unknown_for:
        return _MUTE
    if condition.not_required_for and value in condition.not_required_for:
        return _STOOD_DOWN
    return _HOLDS if _within(condition, value) else _FAILS


def _within(condition: Condition, value: Value) -> bool:
    if condition.one_of:
        return value in condition.one_of
    if isinstance(value, str):
        return False
    low, high = condition.at_least, condition.at_most
    return (low is None or value >= low) and (high is None or value <= high)


RULES = 1
"""Counts up when `read` or `ConditionFold` comes to say something else: what was folded before is folded anew."""


def digest(condition: Condition, hold_ns: int) -> str:
    """What names a rule for good: two of one digest fold the same samples into the same runs."""
    parts = (
        RULES,
        [(type(value).__name__, value) for value in condition.one_of],
        None if condition.at_least is None else float(condition.at_least),
        None if condition.at_most is None else float(condition.at_most),
        [(type(value).__name__, value) for value in condition.unknown_for],
        [(type(value).__name__, value) for value in condition.not_required_for],
        condition.accept_uncertain,
        hold_ns,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Runs:
    """Neighbouring samples that say the same, in order, a column each: the times of the first and the last of each
    run, both ns UTC, and what they say as the number of `encode`. Columns, since years of them stay in memory.
    """

    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    codes: array[int] = field(default_factory=lambda: array("H"))

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Start, end and code of each."""
        return zip(self.starts, self.ends, self.codes, strict=True)

    def append(self, start: int, end: int, code: int) -> None:
        """Put one more at the end."""
        self.starts.append(start)
        self.ends.append(end)
        self.codes.append(code)

    def cut(self, count: int) -> None:
        """Let all but the first ``count`` go."""
        for column in (self.starts, self.ends, self.codes):
            del column[count:]


@dataclass(slots=True)
class ConditionFold:
    """The runs of one condition. ``hold_ns``: the longest gap that two known samples may leave."""

    condition: Condition
    hold_ns: int
    runs: Runs = field(default_factory=Runs)
    _content: tuple[Value | None, int, int] | None = None
    _code: int = _MUTE
    """What ``_content``, the content of the sample taken last, says."""

    def take(self, time: int, value: Value | None, quality: int, reason: int) -> bool:
        """Fold one more sample in. False: it came out of order and changes the past, so fold the point anew.

        After False the runs are as they were. ``value`` may be a block's filler where the reason carries none.
        """
        content = (value, quality, reason)
        if content != self._content:
            self._code = read_code(self.condition, value, quality, reason)
            self._content = content
        code, runs = self._code, self.runs
        if not runs.ends or time > runs.ends[-1]:
            joins = runs.ends and runs.codes[-1] == code
            if joins and (time - runs.ends[-1] <= self.hold_ns or not code & KNOWN):
                runs.ends[-1] = time
            else:
                runs.append(time, time, code)
            return True
        place = bisect_left(runs.ends, time)
        return runs.starts[place] <= time and runs.codes[place] == code

    def needed_from(self, late: int) -> int:
        """The time from which samples are needed to take in one that came late, at ``late``: few of them, however
        long the run is that it fell into.

        Known neighbours within a run are no further apart than ``hold_ns``, so such a run can be cut at any of its
        samples. In one of unknown samples the gaps may be longer: that is taken again as a whole.
        """
        runs, near = self.runs, late - self.hold_ns
        place = bisect_left(runs.ends, near)
        if place == len(runs):
            return late
        start = runs.starts[place]
        if start < near and runs.codes[place] & KNOWN:
            return max(start, near - self.hold_ns)
        return min(start, late)

    def rewind(self, since: int) -> Rewound:
        """Make ready to take the samples again that a late one may change: those from ``since``, the time of
        `needed_from`, on."""
        runs = self.runs
        count = bisect_left(runs.ends, since)
        is_within = count < len(runs) and runs.starts[count] < since
        return Rewound(self, count + is_within, since, is_cut=is_within)

    def rewind_to(self, last: int) -> Rewound:
        """Make ready to take those after ``last`` again, the time of a sample that was taken."""
        runs = self.runs
        count = bisect_right(runs.starts, last)
        if count:
            runs.ends[count - 1] = min(runs.ends[count - 1], last)
        return Rewound(self, count, last + 1, is_cut=False)

    def follow(self, before: int, time: int, value: Value | None, quality: int, reason: int) -> None:
        """Fold in a sample that comes next and no later than ``hold_ns`` after the one ``before``, which said what
        the newest run says. Where it says the same, the run's end is left as it is."""
        code = read_code(self.condition, value, quality, reason)
        if code != self.runs.codes[-1]:
            self.runs.ends[-1] = before
            self.runs.append(time, time, code)


@dataclass(slots=True)
class Rewound:
    """A fold whose samples from ``since`` (ns UTC) on are to be taken again, once all but its first ``stays`` runs
    are cut. ``is_cut``: the last that stays goes on to the first of these samples, which it holds."""

    fold: ConditionFold
    stays: int
    since: int
    is_cut: bool

    def take(self, sample: Sample) -> None:
        """Take the next one; those before ``since`` are passed over."""
        if sample.time < self.since:
            return
        if self.is_cut:
            self.fold.runs.ends[-1] = sample.time
            self.is_cut = False
        else:
            self.fold.take(sample.time, sample.value, sample.quality, sample.reason)
