"""Power factor: the reactive current that a circuit carries beside the active one, and what is charged for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, ClassVar

from evaluators.model.energy import Carrier, Meter
from evaluators.model.waste import Finding, Range, Rule, Untold
from evaluators.waste.bounds import Mistake, out_of_range
from evaluators.waste.prices import bill
from evaluators.waste.quality import lasting, span_of, uses
from evaluators.waste.scene import Scene

NEEDS_HOURS = False

HUNDREDTH = Fraction(1, 100)
MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """For each hundredth below ``below`` the bill rises by ``percent``, down to the next step."""

    below: Fraction
    percent: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``at_least``: the power factor, whatever its sign; ``least_h``: so long it must be lower to be told."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    at_least: Fraction
    surcharges: tuple[Step, ...] = ()
    """From the highest down."""
    least_h: Fraction = Fraction(4)
    load_share: Fraction = Fraction(1, 10)
    """Less than this share of the highest load of the window says nothing."""
    loss: Fraction = Fraction(3, 100)
    """The share of what it counts that a circuit loses as heat."""


def look(rule: Rule, parameters: Parameters, scene: Scene) -> Iterator[Finding | Untold]:
    """One finding a meter."""
    for meter in scene.chosen(
        rule, lambda meter: meter.carrier is Carrier.ELECTRICITY and bool(meter.power_factor)
    ):
        if not meter.power_factor:
            yield Untold(rule.id, meter.id, "it names no point of its power factor")
            continue
        factors = {q.end: q.mean_magnitude for q in scene.within(meter.power_factor)}
        used = uses(scene, meter, list(factors))
        least = parameters.load_share * max(used.values(), default=Fraction(0))
        loaded = {end: factor for end, factor in factors.items() if used[end] > least and factor}
        if loaded:
            yield from _judged(rule, parameters, scene, meter, loaded, used)


def _judged(
    rule: Rule,
    parameters: Parameters,
    scene: Scene,
    meter: Meter,
    factors: Mapping[int, Fraction],
    used: Mapping[int, Fraction],
) -> Iterator[Finding]:
    low = [end for end, factor in factors.items() if factor < parameters.at_least]
    mean = mean_factor([(used[end], factor) for end, factor in factors.items()])
    if lasting([Fraction(1)] * len(low), parameters.least_h) is None or mean >= parameters.at_least:
        return
    spared = 1 - (mean / parameters.at_least) ** 2
    whole = scene.used(meter, scene.span)
    cost = bill(scene, meter)
    yield Finding(
        rule=rule.id,
        meter=meter.id,
        carrier=meter.carrier,
        measured=Range(mean, mean),
        limit=parameters.at_least,
        unit="1",
        spans=tuple(span_of(end) for end in low),
        wasted=whole.times(parameters.loss * spared),
        cost=None if cost is None else cost.times(surcharge(parameters.surcharges, mean)),
        how="wasted: what the circuit would not lose at the limit; cost: what the bill of these days rises by",
    )


def mean_factor(loads: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The power factor of several uses together, each with its own: the active one ÷ the apparent one, where the
    reactive ones add up. To a millionth, rounded down."""
    active = sum((use for use, _ in loads), Fraction(0))
    reactive = sum((use * tangent(factor) for use, factor in loads), Fraction(0))
    return root(active**2 / (active**2 + reactive**2))


def tangent(factor: Fraction) -> Fraction:
    """Of the angle whose cosine a power factor is; 0 above 1. To a millionth, rounded down."""
    return root(max(Fraction(0), 1 / factor**2 - 1))


def root(square: Fraction) -> Fraction:
    """The square root, to a millionth, rounded down."""
    return Fraction(isqrt(square.numerator * MICRO**2 // square.denominator), MICRO)


def surcharge(steps: Sequence[Step], factor: Fraction) -> Fraction:
    """By which share a bill rises at a power factor, which counts in whole hundredths, rounded."""
    place = Fraction(round(factor / HUNDREDTH)) * HUNDREDTH
    found = Fraction(0)
    for number, step in enumerate(steps):
        lowest = steps[number + 1].below if number + 1 < len(steps) else Fraction(0)
        below = max(Fraction(0), step.below - max(place, lowest))
        found += below / HUNDREDTH * step.percent
    return found / 100


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    yield from out_of_range(
        ("at_least", 0, 1, parameters.at_least),
        ("load_share", 0, 1, parameters.load_share),
        ("loss", 0, 1, parameters.loss),
        ("least_h", 0, 24, parameters.least_h),
    )
    belows = [step.below for step in parameters.surcharges]
    if belows != sorted(set(belows), reverse=True):
        yield "surcharges", "their values of below do not fall", "give them from the highest down"
