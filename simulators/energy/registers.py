"""Registers over a year: what each reads at the beginning of every quarter, and what spoils that."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from simulators.energy.calendar import Days, Span
from simulators.energy.meters import Meter, the_meter
from simulators.energy.planning import FaultPlan, WastePlan
from simulators.year.calendar import MINUTE

Steps = list[int | None]
"""What a register reads, in its steps, at the beginning of each quarter and at the end of the last; None: it was
not read."""
Cell = int | float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a meter over ``[start, end)``, ns UTC; at an instant the two are one.

    ``blurs``: whether readings cannot say for sure any more what went through meanwhile.
    """

    meter: str
    kind: str
    start: int
    end: int
    blurs: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A meter was replaced at an instant, ns UTC: what the old one read last and the new one first, in steps;
    None: nobody noted it."""

    meter: str
    at: int
    final: int | None = None
    initial: int | None = None


def steps_of(meter: Meter, use: Iterable[int], begins_at: int) -> list[int]:
    """What a register reads that nothing happens to."""
    return list(accumulate((each // meter.step for each in use), initial=begins_at))


def begins_at(seed: int, meter: Meter) -> int:
    """What a register reads at the beginning of the year: it is some years old."""
    return Random(f"{seed} begins {meter.id}").randrange(50_000_000, 80_000_000) // meter.step


class Spoiler:
    """What happens to registers, in place, with a note of each thing."""

    def __init__(self, seed: int, days: Days, plan: FaultPlan, waste: WastePlan) -> None:
        self._dice = Random(f"{seed} registers")
        self._days = days
        self._plan = plan
        self._waste = waste
        self.faults: list[Fault] = []
        self.changes: list[Change] = []

    def spoiled(self, meter: Meter, use: array[int], begins: int) -> Steps:
        """A meter's readings."""
        if meter.wraps_at:
            return self._turned(meter, use)
        steps = steps_of(meter, use, begins)
        if meter.id == "lifts":
            steps = self._replaced(meter, steps, self._plan.lifts_changed, is_noted=True)
        elif meter.id == "kitchen":
            steps = self._replaced(meter, steps, self._plan.kitchen_changed, is_noted=False)
        elif meter.id == "pumps":
            steps = self._reset(meter, steps, self._plan.pumps_reset)
        elif meter.id == "chargers":
            steps = self._stuck(meter, steps, self._plan.chargers_stuck)
        elif meter.id == "data-room":
            steps = self._misread(meter, steps)
        elif meter.id == "air":
            spans = (self._plan.air_silent, self._plan.air_silent_over_month)
            return self._silent(meter, steps, spans)
        return [*steps]

    def _note(self, meter: Meter, kind: str, start: int, end: int, *, blurs: bool = False) -> None:
        self.faults.append(Fault(meter.id, kind, start, end, blurs))

    def _turned(self, meter: Meter, use: array[int]) -> Steps:
        """Turns over twice, not while its currents are apart or its load is left on."""
        wraps, grown = int(meter.wraps_at), sum(use) // meter.step
        low, high = max(0, 2 * wraps - grown), min(wraps, 3 * wraps - grown)
        kept_off = (self._waste.currents, self._waste.lighting)
        while True:
            steps = steps_of(meter, use, self._dice.randrange(low, high))
            places = [n for n in range(1, len(steps)) if steps[n] // wraps > steps[n - 1] // wraps]
            if not any(start <= place <= end + 1 for place in places for start, end in kept_off):
                break
        for place in places:
            self._note(meter, "turned-over", self._days.time(place - 1), self._days.time(place))
        return [each % wraps for each in steps]

    def _replaced(self, meter: Meter, steps: list[int], quarter: int, *, is_noted: bool) -> list[int]:
        moment = self._days.time(quarter) + self._dice.randrange(2, 13) * MINUTE
        before = self._dice.randint(0, steps[quarter + 1] - steps[quarter])
        final, initial = steps[quarter] + before, self._dice.randrange(100, 2000)
        self._note(meter, "replaced" if is_noted else "replaced-unnoted", moment, moment, blurs=not is_noted)
        self.changes.append(Change(meter.id, moment, final, initial) if is_noted else Change(meter.id, moment))
        return [*steps[: quarter + 1], *(each - final + initial for each in steps[quarter + 1 :])]

    def _reset(self, meter: Meter, steps: list[int], quarter: int) -> list[int]:
        moment = self._days.time(quarter) + self._dice.randrange(2, 13) * MINUTE
        at_last = steps[quarter] + self._dice.randint(0, steps[quarter + 1] - steps[quarter])
        self._note(meter, "reset", moment, moment, blurs=True)
        return [*steps[: quarter + 1], *(each - at_last for each in steps[quarter + 1 :])]

    def _stuck(self, meter: Meter, steps: list[int], span: Span) -> list[int]:
        """Stands still from within a quarter on, and goes on counting from there: what went through is lost."""
        first, end = span
        stays = self._dice.randint(steps[first] + 1, steps[first + 1] - 1)
        self._note(meter, "stuck", self._days.time(first) + 5 * MINUTE, self._days.time(end), blurs=True)
        lost = steps[end] - stays
        return [*steps[: first + 1], *[stays] * (end - first), *(each - lost for each in steps[end + 1 :])]

    def _misread(self, meter: Meter, steps: list[int]) -> list[int]:
        """Readings far off, one that is 0 as after a reset, and one that is below the one judged before it."""
        high, higher, low, unseen = self._plan.spikes
        found = list(steps)
        for place, value in (
            (high, steps[high] * 17 // 10),
            (higher, steps[higher] * 10),
            (low, steps[low] // 2),
            (unseen, steps[unseen] * 3),
            (self._plan.zero, 0),
        ):
            found[place] = value
            time = self._days.time(place)
            self._note(meter, "spike", time, time)
        place = self._plan.backward
        found[place] = steps[place - (1 if place % 4 == 1 else 3)] - self._dice.randint(1, 3)
        time = self._days.time(place)
        self._note(meter, "backward", time, time)
        return found

    def _silent(self, meter: Meter, steps: Sequence[int], spans: Iterable[Span]) -> Steps:
        found: Steps = [*steps]
        for start, end in spans:
            found[start:end] = [None] * (end - start)
            self._note(meter, "silent", self._days.time(start - 1), self._days.time(end))
        return found


def cells(meter: Meter, steps: Steps) -> list[Cell]:
    """Readings as the meter's point gives them."""
    return [None if each is None else meter.value(each) for each in steps]


def in_unit(meter: str, steps: int) -> str:
    """A register's count in the unit of its point, as exact decimal text."""
    of = the_meter(meter)
    if not of.per_unit:
        return str(steps)
    whole, rest = divmod(steps * of.step, of.per_unit)
    return f"{whole}.{rest:0{len(str(of.per_unit)) - 1}}"
