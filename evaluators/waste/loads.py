"""How much a meter's circuit draws on average: in open hours, and step by step. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.energy import Meter
from evaluators.model.times import DAY_NS, HOUR_NS
from evaluators.model.waste import Range, Span
from evaluators.waste.hours import Closed, Hours
from evaluators.waste.scene import Scene, total

HOURLY_NS = 55 * 60 * 10**9
"""Steps of an hour are at least so long: readings need not lie on it to the second."""
LONGEST = 2
"""A step of so many times its least length, or longer, says nothing of its parts."""


@dataclass(frozen=True, slots=True)
class Load:
    """A mean over a span, in the carrier's unit an hour."""

    span: Span
    mean: Range


def hours_of(scene: Scene) -> Hours:
    """The opening hours of a scene."""
    return Hours(scene.open_hours, scene.calendar, scene.zone)


def closed_hours(scene: Scene, span: Span, after_h: Fraction, before_h: Fraction) -> Iterator[tuple[Closed, Span]]:
    """The closed spans within a span, but for so long after closing and before opening."""
    return hours_of(scene).closed_spans(span.start, span.end, round(after_h * HOUR_NS), round(before_h * HOUR_NS))


def open_load(scene: Scene, meter: Meter, days: int) -> Range | None:
    """What a meter counted in an hour on average while the building was open, over ``days`` up to the end of the
    scene, as far back as it was read; None where it never was."""
    read = scene.read(meter, scene.span.end - days * DAY_NS, scene.span.end)
    spans = [] if read is None else hours_of(scene).open_spans(read.start, read.end)
    return mean(scene, meter, spans) if spans else None


def mean(scene: Scene, meter: Meter, spans: list[Span]) -> Range:
    """What a meter counted in an hour on average over spans, at least one."""
    length = sum(span.length for span in spans)
    return total([scene.used(meter, span) for span in spans]).times(Fraction(HOUR_NS, length))


def steps(scene: Scene, meter: Meter, span: Span, least_ns: int) -> Iterator[Load]:
    """The mean loads between readings within a span, each over at least ``least_ns``; a register may have counted
    one more or less than it shows."""
    times = scene.registers[meter.id].times_within(span.start, span.end)
    one = meter.per_count / meter.scale
    since = times[0] if times else 0
    for at in times[1:]:
        if at - since < least_ns:
            continue
        if at - since < LONGEST * least_ns:
            used = scene.used(meter, Span(since, at))
            known = Range(max(Fraction(0), used.low - one), None if used.high is None else used.high + one)
            yield Load(Span(since, at), known.times(Fraction(HOUR_NS, at - since)))
        since = at
