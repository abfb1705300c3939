"""What loads follow: the weather of a city with hot summers and cold winters, and the people in the building."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulators.energy.calendar import A_DAY, CLOSES, OPENS, Days

MEAN, SEASON, DAILY = 17.0, 12.5, 4.0
"""Degrees Celsius: the year's mean, and how far season and hour of the day swing about it."""
COLDEST_DAY, WARMEST_HOUR = 20, 15


@dataclass(frozen=True, slots=True)
class Moment:
    """A quarter of an hour: ``share`` of the people who work there are in, 0 while it is closed."""

    temperature: float
    share: float
    is_open: bool
    hour: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """The outdoor temperature (degrees Celsius) by hour; the share of people who are in, and whether the building
    is open, by quarter of an hour."""

    temperatures: array[float]
    shares: array[float]
    opened: bytearray

    def moments(self) -> Iterator[Moment]:
        """Every quarter, in order."""
        for quarter, (share, is_open) in enumerate(zip(self.shares, self.opened, strict=True)):
            yield Moment(self.temperatures[quarter // 4], share, bool(is_open), quarter % A_DAY // 4)


def conditions(seed: int, days: Days) -> Conditions:
    """The weather and the people of a year."""
    shares, opened = array("d"), bytearray()
    dice = Random(f"{seed} people")
    for day in days.year.days():
        works, full = days.is_workday(day), dice.uniform(0.88, 1.0)
        for quarter in range(A_DAY):
            is_open = works and OPENS <= quarter < CLOSES
            opened.append(is_open)
            shares.append(round(full * _share(quarter), 3) if is_open else 0.0)
    return Conditions(_temperatures(Random(f"{seed} weather"), days.quarters // 4), shares, opened)


def _share(quarter: int) -> float:
    """Of those who come on a day, how many are in: they come until 09:30, eat at noon, and leave from 17:30 on."""
    if quarter < OPENS + 6:
        return 0.4 + 0.1 * (quarter - OPENS)
    if 48 <= quarter < 52:
        return 0.75
    return 1.0 if quarter < CLOSES - 4 else 0.9 - 0.15 * (quarter - CLOSES + 4)


def _temperatures(dice: Random, hours: int) -> array[float]:
    """Season and hour of the day, with fronts: each moves the temperature for days and fades."""
    found, front = array("d"), 0.0
    for hour in range(hours):
        front *= 0.985
        if dice.random() < 1 / 120:
            front += dice.uniform(-6.0, 5.0)
        season = -SEASON * math.cos(math.tau * (hour / 24 - COLDEST_DAY) / 365)
        daily = DAILY * math.cos(math.tau * (hour % 24 - WARMEST_HOUR) / 24)
        found.append(round(MEAN + season + daily + front + dice.uniform(-0.3, 0.3), 1))
    return found
