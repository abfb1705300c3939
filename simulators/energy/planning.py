"""When in the year something is wasted, and when something spoils a meter's readings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simulators.energy.calendar import A_DAY, CLOSES, OPENS, Days, Span

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WastePlan:
    """When what is wasted. No two of them, and no two of ``hvac``, fall into one week."""

    hvac: tuple[Span, ...]
    """It runs while the building is closed: two nights, and a Saturday."""
    lighting: Span
    """Left on, from the first to the last day of a public holiday."""
    peak: Span
    """An hour of a summer afternoon."""
    power_factor: Span
    currents: Span
    leak: Span


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """When something is wrong with which meter: quarters, and numbers of readings, which begin them."""

    lifts_changed: int
    """Replaced in this quarter, with counts on record."""
    kitchen_changed: int
    """Replaced in this quarter, and nobody noted the counts."""
    pumps_reset: int
    """Reset in this quarter, and nobody said so."""
    chargers_stuck: Span
    """Stands still from within the first quarter to the end of the last."""
    air_silent: Span
    """Gives none of these readings."""
    air_silent_over_month: Span
    spikes: tuple[int, ...]
    """Readings of the data room that are far off."""
    zero: int
    """A reading of it that is 0."""
    backward: int
    """A reading of it that is a little too low."""


class _Weeks:
    """The weeks that are taken."""

    def __init__(self) -> None:
        self._taken: set[date] = set()

    def take(self, first: date, days: int) -> bool:
        """Take the weeks that hold these days, if none of them is taken."""
        wanted = {_monday(first + timedelta(days=n)) for n in range(days)}
        if wanted & self._taken:
            return False
        self._taken |= wanted
        return True


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def plan_waste(seed: int, days: Days) -> WastePlan:
    """Drawn from the seed."""
    dice, weeks = Random(f"{seed} waste"), _Weeks()
    holidays = [each for each in days.table.holidays if each[0].month > 3]
    first, last = dice.choice(holidays)
    weeks.take(first, (last - first).days + 1)
    start = days.first_quarter

    def drawn(candidates: Iterable[date], lasts: int) -> date:
        """One of these days, in weeks that are free, which are taken."""
        found = sorted(candidates)
        while True:
            day = dice.choice(found)
            if weeks.take(day, lasts):
                return day

    every = [day for day in days.year.days() if date(days.year.number, 1, 8) < day < date(days.year.number, 12, 1)]
    mondays = [day for day in every if day.weekday() == 0]
    summer = [day for day in every if day.month in (7, 8) and days.is_workday(day)]
    peak = start(drawn(summer, 1)) + 4 * dice.randrange(13, 16)
    power_factor, leak, currents = (drawn(mondays, lasts) for lasts in (21, 21, 10))
    nights = [drawn(_with_workday_after(every, days), 2) for _ in range(2)]
    saturday = drawn((day for day in every if day.weekday() == 5 and not days.is_workday(day)), 1)
    return WastePlan(
        hvac=(
            *sorted((start(night) + CLOSES, start(night) + A_DAY + OPENS) for night in nights),
            (start(saturday) + OPENS, start(saturday) + CLOSES),
        ),
        lighting=(start(first), start(last + timedelta(days=1))),
        peak=(peak, peak + 4),
        power_factor=(start(power_factor), start(power_factor + 3 * WEEK)),
        currents=(start(currents), start(currents) + 10 * A_DAY),
        leak=(start(leak) + 4 * dice.randrange(24), start(leak + 3 * WEEK)),
    )


def _with_workday_after(every: Iterable[date], days: Days) -> list[date]:
    """Working days that the next day follows as one, within a week."""
    return [
        day
        for day in every
        if day.weekday() < 4 and days.is_workday(day) and days.is_workday(day + timedelta(days=1))
    ]


def plan_faults(seed: int, days: Days, waste: WastePlan) -> FaultPlan:
    """Drawn from the seed; no air handling is silent where it runs in vain."""
    dice = Random(f"{seed} faults")
    spikes = _apart(dice, days, 6)
    return FaultPlan(
        lifts_changed=_working_quarter(dice, days),
        kitchen_changed=_working_quarter(dice, days),
        pumps_reset=_working_quarter(dice, days),
        chargers_stuck=_span(dice, days, 4 * A_DAY),
        air_silent=_drawn(lambda: _span(dice, days, 3 * A_DAY), waste.hvac),
        air_silent_over_month=_drawn(lambda: _over_month(dice, days), waste.hvac),
        spikes=(*(_looked_at(dice, spike) for spike in spikes[:3]), spikes[3] // 4 * 4 + dice.choice((2, 3))),
        zero=_looked_at(dice, spikes[4]),
        backward=_looked_at(dice, spikes[5]),
    )


def _looked_at(dice: Random, quarter: int) -> int:
    """A reading of that hour at its end or at a quarter past it."""
    return quarter // 4 * 4 + dice.choice((0, 1))


def _within_month(dice: Random, days: Days, lasts: int) -> int:
    """A day that is some days from both ends of its month, as is one so many days later: its first quarter."""
    _, (start, end) = dice.choice(days.months())
    return start + A_DAY * dice.randrange(3, (end - start) // A_DAY - 3 - lasts)


def _apart(dice: Random, days: Days, count: int) -> list[int]:
    """Quarters of so many days, of different months, in any order."""
    months = dice.sample(days.months(), count)
    return [
        start + A_DAY * dice.randrange(3, (end - start) // A_DAY - 3) + dice.randrange(A_DAY)
        for _, (start, end) in months
    ]


def _working_quarter(dice: Random, days: Days) -> int:
    """A quarter between 09:00 and 16:00 of a working day."""
    while True:
        first = _within_month(dice, days, 1)
        if days.is_workday(days.day(first)):
            return first + dice.randrange(36, 64)


def _span(dice: Random, days: Days, lasts: int) -> Span:
    first = _within_month(dice, days, lasts // A_DAY + 1) + dice.randrange(A_DAY)
    return first, first + lasts + dice.randrange(-8, 8)


def _over_month(dice: Random, days: Days) -> Span:
    """Some hours before the end of a month, and some after it."""
    _, (_, end) = dice.choice(days.months()[:-1])
    return end - dice.randrange(4, 14), end + dice.randrange(4, 14)


def _drawn(draw: Callable[[], Span], others: Iterable[Span]) -> Span:
    """One that is a day and more from all of the others."""
    while True:
        found = draw()
        if all(found[1] + A_DAY < start or end + A_DAY < found[0] for start, end in others):
            return found
