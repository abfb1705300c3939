"""Signals that wander: closed forms, so that any instant can be asked for and meters can be integrated exactly."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wave:
    """``mean`` with a slow swing of ``swing`` and a faster one of a quarter of it; periods in seconds."""

    mean: float
    swing: float
    period_s: float
    phase: float

    def at(self, at_s: float) -> float:
        """The value ``at_s`` seconds after the start."""
        slow, fast = self._angles(at_s)
        return self.mean + self.swing * (math.sin(slow) + math.sin(fast) / 4)

    def integral(self, start_s: float, end_s: float) -> float:
        """Value times seconds over ``[start_s, end_s)``."""
        return self._antiderivative(end_s) - self._antiderivative(start_s)

    def _antiderivative(self, at_s: float) -> float:
        slow, fast = self._angles(at_s)
        turn_s = self.period_s / math.tau
        return self.mean * at_s - self.swing * turn_s * (math.cos(slow) + math.cos(fast) / 4 / _FASTER)

    def _angles(self, at_s: float) -> tuple[float, float]:
        slow = math.tau * (at_s / self.period_s + self.phase)
        return slow, _FASTER * slow


_FASTER = 7.0


@dataclass(frozen=True, slots=True)
class Dice:
    """Numbers that depend on the seed and a name alone: the same in every process and on every machine."""

    seed: int

    def wave(self, name: str, mean: float, swing: float, period_s: float = 600.0) -> Wave:
        """A wave with a phase of its own."""
        return Wave(mean, swing, period_s, self.fraction(name))

    def fraction(self, name: str) -> float:
        """A number in ``[0, 1)``."""
        return self._random(name).random()

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return self._random(name).randint(low, high)

    def _random(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}/{name}")
