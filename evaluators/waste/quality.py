"""Quarters of an hour in which a circuit carries something, and what went through it then. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from evaluators.model.energy import Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Span
from evaluators.waste.scene import QUARTER_NS, Scene

SHARE = Fraction(QUARTER_NS, HOUR_NS)
"""Of an hour."""


def span_of(end: int) -> Span:
    """The quarter that ends then."""
    return Span(end - QUARTER_NS, end)


def uses(scene: Scene, meter: Meter, ends: Sequence[int]) -> Mapping[int, Fraction]:
    """What surely went through a meter in the quarters that end at these instants: as its power says, where it has
    one, or else its register."""
    powers = {quarter.end: quarter.mean for quarter in scene.within(meter.power)} if meter.power else {}
    return {
        end: abs(powers[end]) * meter.per_power * SHARE if end in powers else scene.used(meter, span_of(end)).low
        for end in ends
    }


def lasting(values: Sequence[Fraction], hours: Fraction) -> Fraction | None:
    """The value that quarters reach for so many hours together, at the least, the highest ones counted; None where
    there are fewer."""
    place = max(1, -int(-hours // SHARE))
    return sorted(values, reverse=True)[place - 1] if len(values) >= place else None
