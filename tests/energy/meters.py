"""A meter whose truth is known: what went through it, what its register read, and what spoiled the readings."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field

from evaluators.energy.registers import Register, Replacement
from evaluators.energy.uses import Nature
from evaluators.model.times import HOUR_NS, MINUTE_NS

STEP_NS = 15 * MINUTE_NS
MOST = 4000
"""What goes through in an hour at most."""
WRAPS_AT = 100_000


@dataclass
class Story:
    """Readings with the truth behind them: use by time, in the register's units."""

    nature: Nature
    times: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    replacements: list[Replacement] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    """Instants, and …"""
    used: list[int] = field(default_factory=list)
    """… what went through by then; in between it is spread evenly."""

    def truth(self, start: int, end: int) -> float:
        """What really went through over ``[start, end)``."""
        return self._by(end) - self._by(start)

    def _by(self, at: int) -> float:
        place = min(max(bisect_right(self.edges, at) - 1, 0), len(self.edges) - 2)
        left, right = self.edges[place], self.edges[place + 1]
        share = (min(max(at, left), right) - left) / (right - left)
        return self.used[place] + share * (self.used[place + 1] - self.used[place])

    def register(self, upto: int | None = None) -> Register:
        """The register with its readings, or only with those before an instant."""
        count = len(self.times) if upto is None else bisect_right(self.times, upto)
        found = Register(self.nature, [each for each in self.replacements if upto is None or each.at <= upto])
        found.take(self.times[:count], self.counts[:count])
        return found


def story(seed: int, *, rate_known: bool, steps: int = 120, faults: bool = True) -> Story:
    """A day and more of a meter's life: idle and busy hours, holes, turnovers, resets, replacements, readings that
    are far off or a little too low.

    Where the greatest rate is not known, resets come only to a register that has counted for long.
    """
    dice = random.Random(seed)
    stuck = 6 * HOUR_NS if rate_known and dice.random() < 0.3 else None
    nature = Nature(3 * STEP_NS, WRAPS_AT, MOST if rate_known else None, stuck)
    found = Story(nature, edges=[0], used=[0])
    count = dice.choice([0, 50_000, WRAPS_AT - 3000]) + 20_000 * (not rate_known)
    count %= WRAPS_AT
    at, spoilt, quiet = 0, 0, 0
    found.times.append(at)
    found.counts.append(count)
    for left in range(steps, 0, -1):
        lasted = STEP_NS * (dice.randrange(5, 30) if faults and dice.random() < 0.04 else 1)
        at += lasted
        if lasted > STEP_NS:
            spoilt = 4
        most = MOST * lasted // HOUR_NS
        grown = 0 if dice.random() < 0.3 else dice.randrange(most if rate_known else most // 4)
        found.edges.append(at)
        found.used.append(found.used[-1] + grown)
        count, quiet = count + grown, quiet + 1
        if faults and dice.random() < 0.02 and quiet > (3 if rate_known else 30) and spoilt == 0:
            moment = at - dice.randrange(lasted)
            anew = dice.randrange(grown + 1)
            if dice.random() < 0.5:  # replaced, with a note
                initial = dice.randrange(50_000)
                found.replacements.append(Replacement(moment, count - anew, initial))
                count = initial + anew
            elif (0 if rate_known else 20_000) < count - grown < WRAPS_AT * 8 // 10 and anew < found.counts[-1]:
                count = anew  # reset: only what came after it is counted
            quiet = 0
        count %= WRAPS_AT
        shown = count
        spoilt = max(0, spoilt - 1)
        if faults and dice.random() < 0.03 and spoilt == 0 and quiet > 3 and left > 2:
            spoilt = 4
            shown = count + (WRAPS_AT // 2 if count < WRAPS_AT // 2 else -WRAPS_AT // 3)
            before = found.counts[-1]
            if rate_known and dice.random() < 0.4 and 300 < before <= count:
                shown = before - dice.randrange(1, 300)
        found.times.append(at)
        found.counts.append(shown)
    return found
