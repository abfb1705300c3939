"""Night flow: water that runs through the whole night where nobody draws it, the trace of a leak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Finding, Range, Rule, Span, Untold
from evaluators.waste.bounds import MOST_DAYS, Mistake, out_of_range
from evaluators.waste.hours import merged
from evaluators.waste.loads import HOURLY_NS, closed_hours, open_load, steps
from evaluators.waste.prices import cost_of
from evaluators.waste.scene import Scene, is_root, total

NEEDS_HOURS = True

LEAST_STEPS = 3
"""A night with fewer hours read says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``at_most``: the share of the mean flow in open hours that may run in each hour of a night."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    at_most: Fraction
    least: Fraction = Fraction(0)
    """Less than this an hour, in the carrier's unit, is no leak, however little is drawn in open hours."""
    after_h: Fraction = Fraction(3)
    """So long after closing some is still drawn."""
    before_h: Fraction = Fraction(2)
    """So long before opening some is drawn already."""
    reference_days: int = 28
    """Over how many days the open hours are looked at."""


@dataclass(frozen=True, slots=True)
class Night:
    """A closed span, when the next one begins, and the lowest flow in it, an hour."""

    span: Span
    following: int
    lowest: Range

    @property
    def lost(self) -> Range:
        """What runs at that flow until the next night begins."""
        return self.lowest.times(Fraction(self.following - self.span.start, HOUR_NS))


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding a meter, with every such night."""
    for meter in scene.chosen(rule, is_root(Carrier.WATER)):
        reference = open_load(scene, meter, parameters.reference_days)
        if reference is None or reference.high is None:
            yield Untold(rule.id, meter.id, "what it counts in open hours is not known")
            continue
        limit = max(parameters.least, parameters.at_most * reference.high)
        nights = [night for night in _nights(parameters, scene, meter) if night.lowest.low > limit]
        if nights:
            yield _found(rule, scene, meter, nights, limit)


def _nights(parameters: Parameters, scene: Scene, meter: Meter) -> Iterator[Night]:
    """Every closed span of which enough was read, days off with the nights around them, with its lowest flow."""
    closed = closed_hours(scene, scene.span, parameters.after_h, parameters.before_h)
    spans = merged([span for _, span in closed])
    for place, span in enumerate(spans):
        flows = list(steps(scene, meter, span, HOURLY_NS))
        if len(flows) >= LEAST_STEPS:
            following = spans[place + 1].start if place + 1 < len(spans) else scene.span.end
            yield Night(span, following, min((flow.mean for flow in flows), key=lambda mean: mean.low))


def _found(rule: Rule, scene: Scene, meter: Meter, nights: Sequence[Night], limit: Fraction) -> Finding:
    spans = tuple(night.span for night in nights)
    wasted = total([night.lost for night in nights])
    return Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=meter.carrier,
        measured=max((night.lowest for night in nights), key=lambda each: each.low),
        limit=limit,
        unit=f"{meter.carrier.unit}/h",
        spans=spans,
        wasted=wasted,
        cost=cost_of(scene, meter, spans, wasted),
        how="the lowest flow of each such night, until the next one begins",
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(
        ("at_most", 0, 1, parameters.at_most),
        ("after_h", 0, 12, parameters.after_h),
        ("before_h", 0, 12, parameters.before_h),
        ("reference_days", 1, MOST_DAYS, parameters.reference_days),
    )
