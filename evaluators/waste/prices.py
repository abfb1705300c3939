"""What use costs by a tariff. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from fractions import Fraction
from itertools import pairwise

from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import WindowKind, moment
from evaluators.model.waste import Band, Range, Span, Tariff
from evaluators.waste.scene import Scene
from evaluators.weekhours import hours
from evaluators.windows import between


def price_of(scene: Scene, meter: Meter, spans: Sequence[Span]) -> Fraction | None:
    """What one unit cost on average in some spans, weighted by what surely went through the meter, or by time
    where nothing did; None where the tariff says nothing of the carrier."""
    otherwise = scene.tariff.prices.get(meter.carrier)
    if otherwise is None:
        return None
    if meter.carrier is not Carrier.ELECTRICITY or not scene.tariff.bands:
        return otherwise
    parts = [part for span in spans for part in priced(scene.tariff, otherwise, span, scene.zone)]
    for weights in (
        [scene.used(meter, span).low for span, _ in parts],
        [Fraction(span.length) for span, _ in parts],
    ):
        whole = sum(weights, Fraction(0))
        if whole:
            return sum((w * price for w, (_, price) in zip(weights, parts, strict=True)), Fraction(0)) / whole
    return otherwise


def cost_of(scene: Scene, meter: Meter, spans: Sequence[Span], wasted: Range) -> Range | None:
    """What was wasted in some spans cost, at their mean price; None where no price is known."""
    price = price_of(scene, meter, spans)
    return None if price is None else wasted.times(price)


def bill(scene: Scene, meter: Meter) -> Range | None:
    """What all that went through a meter in the scene's span cost; None where no price is known."""
    return cost_of(scene, meter, [scene.span], scene.used(meter, scene.span))


def priced(tariff: Tariff, otherwise: Fraction, span: Span, zone: tzinfo) -> Iterator[tuple[Span, Fraction]]:
    """A span cut where the price may change, each part with its own."""
    bands = [(band, list(hours((band.hours,), span.start, span.end, zone))) for band in tariff.bands]
    edges = {span.start, span.end, *_months(span, zone)}
    edges |= {edge for _, found in bands for pair in found for edge in pair if span.start < edge < span.end}
    for left, right in pairwise(sorted(edges)):
        month = moment(left).astimezone(zone).month
        yield Span(left, right), next((b.price for b, found in bands if _holds(b, found, left, month)), otherwise)


def _holds(band: Band, found: Sequence[tuple[int, int]], at: int, month: int) -> bool:
    return (not band.months or month in band.months) and any(left <= at < right for left, right in found)


def _months(span: Span, zone: tzinfo) -> Iterator[int]:
    """Where months begin within a span."""
    for window in between(WindowKind.MONTH, span.start, span.end, zone):
        if window.start > span.start:
            yield window.start
