"""Plant that runs while the building is closed: whole runs, each hour of them above what it draws on standby."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.energy.balance import top_most
from evaluators.model.energy import EnergyItem, Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Finding, Range, Rule, Span, Untold
from evaluators.waste.bounds import MOST_DAYS, Mistake, out_of_range
from evaluators.waste.loads import HOURLY_NS, Load, closed_hours, open_load, steps
from evaluators.waste.prices import cost_of
from evaluators.waste.scene import Scene, total

NEEDS_HOURS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``runs_above`` and ``standby``: shares of the mean load in open hours, above which it runs, and below which
    it may stay in closed ones."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    item: EnergyItem
    """Whose meters are looked at, where the rule names none."""
    runs_above: Fraction
    standby: Fraction
    least_kw: Fraction = Fraction(1)
    """Less than this is no run, however little it draws in open hours."""
    after_h: Fraction = Fraction(1)
    """So long after closing it may run on."""
    before_h: Fraction = Fraction(2)
    """So long before opening it may run, to heat or cool beforehand."""
    reference_days: int = 28
    """Over how many days the open hours are looked at."""


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding a meter, with every run."""
    top = {meter.id for meter in top_most(scene.meters, lambda meter: meter.item is parameters.item)}
    for meter in scene.chosen(rule, lambda meter: meter.id in top):
        reference = open_load(scene, meter, parameters.reference_days)
        if reference is None or reference.high is None:
            yield Untold(rule.id, meter.id, "what it counts in open hours is not known")
            continue
        limit = max(parameters.least_kw, parameters.runs_above * reference.high)
        runs = [load for load in _closed(parameters, scene, meter) if load.mean.low > limit]
        if runs:
            yield _found(rule, scene, meter, runs, limit, parameters.standby * reference.high)


def _closed(parameters: Parameters, scene: Scene, meter: Meter) -> Iterator[Load]:
    """The loads of closed hours."""
    for _, span in closed_hours(scene, scene.span, parameters.after_h, parameters.before_h):
        yield from steps(scene, meter, span, HOURLY_NS)


def _found(
    rule: Rule, scene: Scene, meter: Meter, runs: Sequence[Load], limit: Fraction, standby: Fraction
) -> Finding:
    spans = _joined(runs)
    used = total([scene.used(meter, span) for span in spans])
    rest = standby * Fraction(sum(span.length for span in spans), HOUR_NS)
    wasted = Range(max(Fraction(0), used.low - rest), None if used.high is None else used.high - rest)
    hours = sum((Fraction(span.length, HOUR_NS) for span in spans), Fraction(0))
    return Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=meter.carrier,
        measured=used.times(1 / hours),
        limit=limit,
        unit="kW",
        spans=spans,
        wasted=wasted,
        cost=cost_of(scene, meter, spans, wasted),
        how="all that was used in these runs, but for standby",
    )


def _joined(runs: Sequence[Load]) -> tuple[Span, ...]:
    """Steps that follow one another as one run."""
    found: list[Span] = []
    for load in runs:
        if found and found[-1].end == load.span.start:
            found[-1] = Span(found[-1].start, load.span.end)
        else:
            found.append(load.span)
    return tuple(found)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(
        ("runs_above", 0, 1, parameters.runs_above),
        ("standby", 0, 1, parameters.standby),
        ("after_h", 0, 12, parameters.after_h),
        ("before_h", 0, 12, parameters.before_h),
        ("reference_days", 1, MOST_DAYS, parameters.reference_days),
    )
    if parameters.standby > parameters.runs_above:
        yield "standby", f"{parameters.standby} is more than runs_above", "give no more than that"
