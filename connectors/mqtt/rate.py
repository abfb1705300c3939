"""How many messages come in a second. Pure: the moment comes as an argument."""

from __future__ import annotations

from dataclasses import dataclass

SPAN_S = 60.0
"""Counted over the last minute or so."""


@dataclass(slots=True)
class Rate:
    """Two counters: that of the span which runs, and that of the one before."""

    _span: int = -1
    _before: int = 0
    _now: int = 0

    def count(self, beat: float) -> None:
        """One more, at this monotonic second."""
        self._turn(beat)
        self._now += 1

    def per_s(self, beat: float) -> float:
        """Messages a second over the last `SPAN_S`, those of the span before taken as evenly spread."""
        self._turn(beat)
        left = 1 - (beat / SPAN_S - self._span)
        return (self._before * left + self._now) / SPAN_S

    def _turn(self, beat: float) -> None:
        span = int(beat // SPAN_S)
        if span != self._span:
            self._before = self._now if span == self._span + 1 else 0
            self._span, self._now = span, 0
