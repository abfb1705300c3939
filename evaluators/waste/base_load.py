"""Base load: what is drawn while the building is closed, as a share of what is drawn while it is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Finding, Range, Rule, Span, Untold
from evaluators.waste.bounds import MOST_DAYS, Mistake, out_of_range
from evaluators.waste.hours import Closed
from evaluators.waste.loads import closed_hours, mean, open_load
from evaluators.waste.prices import cost_of
from evaluators.waste.scene import Scene, is_root

NEEDS_HOURS = True
LEAST_NS = 2 * HOUR_NS
"""Closed hours that come to less say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``at_most``: the share of the mean load in open hours that may be drawn in closed ones."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    when: Closed
    at_most: Fraction
    after_h: Fraction = Fraction(1)
    """So long after closing the building may run down."""
    before_h: Fraction = Fraction(1)
    """So long before opening it may run up."""
    reference_days: int = 28
    """Over how many days the open hours are looked at."""


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding a meter."""
    for meter in scene.chosen(rule, is_root(Carrier.ELECTRICITY)):
        spans = _spans(parameters, scene, meter)
        reference = open_load(scene, meter, parameters.reference_days)
        if sum(span.length for span in spans) < LEAST_NS:
            continue
        closed = mean(scene, meter, spans)
        if reference is None or not reference.low or reference.high is None or closed.high is None:
            yield Untold(rule.id, meter.id, "what it counts in open hours, or in closed ones, is not known")
            continue
        measured = Range(closed.low / reference.high, closed.high / reference.low)
        if closed.high > parameters.at_most * reference.low:
            hours = Fraction(sum(span.length for span in spans), HOUR_NS)
            wasted = Range(
                max(Fraction(0), closed.low - parameters.at_most * reference.high) * hours,
                (closed.high - parameters.at_most * reference.low) * hours,
            )
            yield _found(rule, parameters, scene, meter, spans, measured, wasted)


def _spans(parameters: Parameters, scene: Scene, meter: Meter) -> list[Span]:
    """The closed spans in which the meter was read."""
    read = scene.read(meter, scene.span.start, scene.span.end)
    if read is None:
        return []
    closed = closed_hours(scene, read, parameters.after_h, parameters.before_h)
    return [span for kind, span in closed if kind is parameters.when]


def _found(
    rule: Rule,
    parameters: Parameters,
    scene: Scene,
    meter: Meter,
    spans: list[Span],
    measured: Range,
    wasted: Range,
) -> Finding:
    return Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=meter.carrier,
        measured=measured,
        limit=parameters.at_most,
        unit="1",
        spans=tuple(spans),
        wasted=wasted,
        cost=cost_of(scene, meter, spans, wasted),
        how="what is above the limit, over the closed hours",
        may_be=measured.low <= parameters.at_most,
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(
        ("at_most", 0, 10, parameters.at_most),
        ("after_h", 0, 12, parameters.after_h),
        ("before_h", 0, 12, parameters.before_h),
        ("reference_days", 1, MOST_DAYS, parameters.reference_days),
    )
