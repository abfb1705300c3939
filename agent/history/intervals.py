"""Quarters of an hour: the first and the last good reading of a counter within each, and the mean of other values.
Pure.

An interval ``(end - 15 min, end]`` has the reading at its end, if there is one. Put together, readings of one
interval give the same in any order and however often each comes, sums of values in any order: late samples need no
way of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from evaluators.model.samples import Quality, Sample, Value

INTERVAL_NS = 15 * 60 * 10**9


@dataclass(frozen=True, slots=True)
class Reading:
    """The first and the last good reading of a counter within an interval, and when; all times ns UTC."""

    point: int
    end: int
    first_at: int
    first: Value
    last_at: int
    last: Value

    def __add__(self, other: Reading) -> Reading:
        """What both say of one interval, in any order; of two at one time the larger value counts."""
        first_at, last_at = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        firsts = [each.first for each in (self, other) if each.first_at == first_at]
        lasts = [each.last for each in (self, other) if each.last_at == last_at]
        return Reading(self.point, self.end, first_at, max(firsts), last_at, max(lasts))


def end_of(time: int) -> int:
    """The end of the interval that an instant lies in; of an end itself that end."""
    return -(-time // INTERVAL_NS) * INTERVAL_NS


def readings_of(samples: Iterable[Sample]) -> Iterator[Reading]:
    """What samples say of counters, a reading for a point and interval where the samples of each come together.

    Of two good samples of one identity the larger value counts, as in judging; it does so even where a third one
    is not good.
    """
    good = (s for s in samples if s.quality is Quality.GOOD and s.value is not None)
    for (point, end), group in groupby(good, key=lambda s: (s.point, end_of(s.time))):
        rows = [(s.time, s.value) for s in group if s.value is not None]
        first_at, last_at = min(rows)[0], max(rows)[0]
        first, last = (max(value for time, value in rows if time == at) for at in (first_at, last_at))
        yield Reading(point, end, first_at, first, last_at, last)


MILLION = 1_000_000
MOST = 10**9
"""A value beyond it, either way, is none that is averaged: the sums of a quarter stay within 64 bits."""


@dataclass(frozen=True, slots=True)
class Average:
    """The good values of a point within an interval: how many, and their sums in millionths, as they are and
    without their signs. ``end`` is ns UTC."""

    point: int
    end: int
    count: int
    total: int
    magnitude: int

    def __add__(self, other: Average) -> Average:
        """What both say of one interval together."""
        count, total = self.count + other.count, self.total + other.total
        return Average(self.point, self.end, count, total, self.magnitude + other.magnitude)


def averages_of(samples: Iterable[Sample]) -> Iterator[Average]:
    """What samples say of momentary values, one for a point and interval where the samples of each come together.

    Of several good samples of one identity each counts.
    """
    good = (s for s in samples if s.quality is Quality.GOOD and _is_plausible(s.value))
    for (point, end), group in groupby(good, key=lambda s: (s.point, end_of(s.time))):
        values = [round(s.value * MILLION) for s in group if isinstance(s.value, int | float)]
        yield Average(point, end, len(values), sum(values), sum(map(abs, values)))


def _is_plausible(value: Value | None) -> bool:
    return isinstance(value, int | float) and -MOST <= value <= MOST
