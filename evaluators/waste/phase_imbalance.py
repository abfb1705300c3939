"""Phases that carry unlike currents: the conductors lose more than they would with the load spread evenly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.model.energy import Carrier, Meter
from evaluators.model.waste import Finding, Range, Rule, Untold
from evaluators.waste.bounds import Mistake, out_of_range
from evaluators.waste.prices import cost_of
from evaluators.waste.quality import lasting, span_of, uses
from evaluators.waste.scene import Scene

NEEDS_HOURS = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``at_most``: how far a phase may be off the mean of all, as a share of it; ``least_h``: so long it must be
    further off to be told."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    at_most: Fraction
    least_h: Fraction = Fraction(4)
    load_share: Fraction = Fraction(2, 10)
    """Less than this share of the highest mean current of the window says nothing."""
    loss: Fraction = Fraction(3, 100)
    """The share of what it counts that a circuit loses as heat."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Mean currents of the phases in a quarter of an hour."""

    currents: tuple[Fraction, ...]

    @property
    def mean(self) -> Fraction:
        """Of all phases."""
        return sum(self.currents, Fraction(0)) / len(self.currents)

    @property
    def off(self) -> Fraction:
        """How far the furthest one is off the mean, as a share of it."""
        return max(abs(current - self.mean) for current in self.currents) / self.mean

    @property
    def spared(self) -> Fraction:
        """The share of what conductors lose that they would not with the load spread evenly."""
        squares = sum((current**2 for current in self.currents), Fraction(0))
        return 1 - len(self.currents) * self.mean**2 / squares


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding a meter."""
    for meter in scene.chosen(rule, lambda meter: len(meter.currents) > 1):
        if len(meter.currents) < 2:
            yield Untold(rule.id, meter.id, "it names no points of its phases' currents")
            continue
        phases = _phases(scene, meter.currents)
        least = parameters.load_share * max((each.mean for each in phases.values()), default=Fraction(0))
        loaded = {end: each for end, each in phases.items() if each.mean > least}
        off = {end: each for end, each in loaded.items() if each.off > parameters.at_most}
        measured = lasting([each.off for each in off.values()], parameters.least_h)
        if measured is not None:
            yield _found(rule, parameters, scene, meter, off, measured)


def _phases(scene: Scene, points: Sequence[str]) -> Mapping[int, Phases]:
    """The quarters in which every phase was read."""
    means = [{quarter.end: quarter.mean_magnitude for quarter in scene.within(point)} for point in points]
    ends = sorted(set(means[0]).intersection(*means[1:]))
    return {end: Phases(tuple(each[end] for each in means)) for end in ends}


def _found(
    rule: Rule, parameters: Parameters, scene: Scene, meter: Meter, off: Mapping[int, Phases], measured: Fraction
) -> Finding:
    used = uses(scene, meter, list(off))
    lost = sum((used[end] * parameters.loss * each.spared for end, each in off.items()), Fraction(0))
    spans = tuple(map(span_of, off))
    wasted = Range(lost, lost)
    return Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=Carrier.ELECTRICITY,
        measured=Range(measured, measured),
        limit=parameters.at_most,
        unit="1",
        spans=spans,
        wasted=wasted,
        cost=cost_of(scene, meter, spans, wasted),
        how="what conductors would not lose with the load spread evenly",
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(
        ("at_most", 0, 2, parameters.at_most),
        ("load_share", 0, 1, parameters.load_share),
        ("loss", 0, 1, parameters.loss),
        ("least_h", 0, 24, parameters.least_h),
    )
