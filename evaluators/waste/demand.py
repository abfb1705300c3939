"""Peaks of demand: the mean power of a quarter of an hour above what is contracted, all incomers together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.waste import Finding, Range, Rule, Span, Untold
from evaluators.waste.bounds import Mistake, out_of_range
from evaluators.waste.scene import QUARTER_NS, Scene, is_root, total

NEEDS_HOURS = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``at_most``: how much of the contracted demand may be drawn; ``penalty``: by how much the price of demand is
    multiplied for what is above it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    at_most: Fraction
    penalty: Fraction


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding for the site, under the meter that drew most of the highest peak."""
    contract = scene.tariff.contract_kw
    meters = list(scene.chosen(rule, is_root(Carrier.ELECTRICITY)))
    if contract is None or not meters:
        if meters:
            yield Untold(rule.id, "", "no contracted demand is known: give contract_kw in [tariff]")
        return
    limit = contract * parameters.at_most
    peaks = [(span, sums) for span, sums in _demands(scene, meters) if sums.low > limit]
    if peaks:
        yield _found(rule, parameters, scene, meters, peaks, limit)


def _demands(scene: Scene, meters: Sequence[Meter]) -> Iterator[tuple[Span, Range]]:
    """The demand of each quarter of an hour, in kW."""
    powers = {
        meter.id: {q.end: q.mean * meter.per_power for q in scene.within(meter.power)} if meter.power else None
        for meter in meters
    }
    first = -(-scene.span.start // QUARTER_NS) * QUARTER_NS
    for start in range(first, scene.span.end - QUARTER_NS + 1, QUARTER_NS):
        span = Span(start, start + QUARTER_NS)
        yield span, total([_demand(scene, meter, span, powers[meter.id]) for meter in meters])


def _demand(scene: Scene, meter: Meter, span: Span, powers: dict[int, Fraction] | None) -> Range:
    """What a meter drew: as its own power says, or else its register, which may have counted one more or less."""
    if powers is not None and span.end in powers:
        return Range(powers[span.end], powers[span.end])
    used = scene.used(meter, span)
    one = meter.per_count / meter.scale
    known = Range(max(Fraction(0), used.low - one), None if used.high is None else used.high + one)
    return known.times(Fraction(HOUR_NS, QUARTER_NS))


def _found(
    rule: Rule,
    parameters: Parameters,
    scene: Scene,
    meters: Sequence[Meter],
    peaks: Sequence[tuple[Span, Range]],
    limit: Fraction,
) -> Finding:
    at, highest = max(peaks, key=lambda peak: (peak[1].low, -peak[0].start))
    meter = max(meters, key=lambda each: scene.used(each, at).low)
    share = Fraction(QUARTER_NS, HOUR_NS)
    lows = [(sums.low - limit) * share for _, sums in peaks]
    highs = [None if sums.high is None else (sums.high - limit) * share for _, sums in peaks]
    wasted = total([Range(low, high) for low, high in zip(lows, highs, strict=True)])
    price = scene.tariff.demand_price
    above = Range(highest.low - limit, None if highest.high is None else highest.high - limit)
    return Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=Carrier.ELECTRICITY,
        measured=highest,
        limit=limit,
        unit="kW",
        spans=(at, *(span for span, _ in peaks if span != at)),
        wasted=wasted,
        cost=None if price is None else above.times(price * parameters.penalty),
        how="what was drawn above the limit; the cost is that of the highest peak, for its month",
    )


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(("at_most", 0, 2, parameters.at_most), ("penalty", 0, 10, parameters.penalty))
