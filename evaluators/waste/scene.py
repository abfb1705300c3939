"""What rules of waste look at: a span of time, registers and means over it, opening hours, prices. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from fractions import Fraction

from evaluators.energy.metering import amount
from evaluators.energy.registers import Register
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, Meter
from evaluators.model.site import WeekHours
from evaluators.model.waste import Range, Rule, Span, Tariff

QUARTER_NS = 15 * 60 * 10**9
"""How long a value is averaged."""
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Quarter:
    """The good values of a point within the quarter of an hour that ends at ``end`` (ns UTC): how many, at least
    one, and their sums in millionths, as they are and without their signs."""

    end: int
    count: int
    total: int
    magnitude: int

    @property
    def mean(self) -> Fraction:
        """Of the values."""
        return Fraction(self.total, self.count * MILLION)

    @property
    def mean_magnitude(self) -> Fraction:
        """Of the values without their signs."""
        return Fraction(self.magnitude, self.count * MILLION)


@dataclass(frozen=True, slots=True)
class Scene:
    """A site's energy over the window ``span``, and over as many days before it as its rules look back.

    ``registers`` by id of the meter; ``quarters`` by key of the point, those that end within, in order. A site
    without ``open_hours`` does not say when it is open.
    """

    meters: Sequence[Meter]
    span: Span
    zone: tzinfo
    registers: Mapping[str, Register]
    quarters: Mapping[str, Sequence[Quarter]] = field(default_factory=dict)
    open_hours: tuple[WeekHours, ...] = ()
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    tariff: Tariff = field(default_factory=Tariff)

    def chosen(self, rule: Rule, otherwise: Callable[[Meter], bool]) -> Iterator[Meter]:
        """The meters that a rule names, or those it is for."""
        for meter in self.meters:
            if meter.id in rule.meters if rule.meters else otherwise(meter):
                yield meter

    def within(self, point: str) -> list[Quarter]:
        """The quarters of a point that lie in the span."""
        first = self.span.start + QUARTER_NS
        return [each for each in self.quarters.get(point, ()) if first <= each.end <= self.span.end]

    def used(self, meter: Meter, span: Span) -> Range:
        """What went through a meter, in its carrier's unit."""
        found = amount(meter, self.registers[meter.id].use(span.start, span.end))
        return Range(found.low, found.high)

    def read(self, meter: Meter, start: int, end: int) -> Span | None:
        """The part of ``[start, end)`` between a meter's first and newest reading; None where there is none."""
        register = self.registers[meter.id]
        if register.oldest is None or register.newest is None:
            return None
        first, last = max(start, register.oldest), min(end, register.newest)
        return Span(first, last) if first < last else None


def is_root(carrier: Carrier) -> Callable[[Meter], bool]:
    """Whether a meter of a carrier has none above it."""
    return lambda meter: meter.carrier is carrier and not meter.parent


def total(ranges: Sequence[Range]) -> Range:
    """The sum of several."""
    highs = [each.high for each in ranges]
    high = None if None in highs else sum((each for each in highs if each is not None), Fraction(0))
    return Range(sum((each.low for each in ranges), Fraction(0)), high)
