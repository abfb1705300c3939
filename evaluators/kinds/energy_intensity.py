"""Energy intensity: what a building used in a year per floor area, against a benchmark for buildings of its kind.

The value is the corrected use ÷ the benchmark's constraint value, and must not be above the threshold. Use only
grows: an open window fails as soon as what was surely used is too much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.energy.balance import of_carrier, purposes, whole
from evaluators.energy.intensity import crowding_factor, hours_factor
from evaluators.energy.keeping import SETTLED_NS
from evaluators.energy.metering import Amount
from evaluators.energy.using import amount_of
from evaluators.facts import Facts
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.energy import Carrier, Climate, EnergyProfile, Owner, Ventilation
from evaluators.model.times import DAY_NS, HOUR_NS, Window
from evaluators.model.verdicts import Line, Mark, Outcome, Verdict
from evaluators.selection import Mistake, the_site
from evaluators.wording import decimal

YEAR_NS = 365 * DAY_NS

METERS = True
"""It looks at the registers of meters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Constraint and guide value, kW·h/(m²·a), of buildings of one kind, and where they were found."""

    climate: Climate
    ventilation: Ventilation
    owner: Owner
    constraint: Fraction
    guide: Fraction
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The benchmark's table."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    benchmarks: tuple[Benchmark, ...]
    corrected: bool = True
    """Whether use is corrected for hours and crowding."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site."""
    parameters = parameters_of(clause, Parameters)
    profile = facts.site.energy
    benchmark = _benchmark(parameters, profile)
    missing = _missing(profile, benchmark, parameters, facts)
    if missing:
        yield _verdict(clause, facts, window, None, "; ".join(missing))
        return
    assert benchmark is not None
    assert profile.area_m2 is not None
    used = _used(facts, window.start, min(window.end, facts.as_of))
    factor = _factor(parameters, profile)
    per_area = used.times(factor / profile.area_m2)
    yield _verdict(
        clause,
        facts,
        window,
        per_area.times(1 / benchmark.constraint),
        "" if used.high is not None else "meters were not read at all for a time, and no greatest rate is known",
        (*_figures(used, per_area, benchmark, factor), *_before(facts, window, profile, factor)),
    )


def _benchmark(parameters: Parameters, profile: EnergyProfile) -> Benchmark | None:
    kind = (profile.climate, profile.ventilation, profile.owner)
    return next((b for b in parameters.benchmarks if (b.climate, b.ventilation, b.owner) == kind), None)


def _missing(
    profile: EnergyProfile, benchmark: Benchmark | None, parameters: Parameters, facts: Facts
) -> list[str]:
    """What the site does not say, though the value depends on it."""
    found = []
    if profile.area_m2 is None:
        found.append("the site file gives no floor area")
    if None in (profile.climate, profile.ventilation, profile.owner):
        found.append("the site file does not say climate, ventilation and owner")
    elif benchmark is None:
        found.append("there is no value for buildings of this climate, ventilation and owner")
    if parameters.corrected and (profile.hours_a_year is None or profile.area_per_person is None):
        found.append("the site file does not say hours_a_year and area_per_person, by which use is corrected")
    if not any(not meter.parent for meter in of_carrier(facts.site.meters, Carrier.ELECTRICITY)):
        found.append("there is no electricity meter")
    return found


def _factor(parameters: Parameters, profile: EnergyProfile) -> Fraction:
    if not parameters.corrected or profile.hours_a_year is None or profile.area_per_person is None:
        return Fraction(1)
    return hours_factor(profile.hours_a_year) * crowding_factor(profile.area_per_person)


def _used(facts: Facts, start: int, end: int) -> Amount:
    """Electricity over a span, without what is left out."""
    meters = of_carrier(facts.site.meters, Carrier.ELECTRICITY)
    of = amount_of(facts, start, end)
    return whole(meters, of).less(purposes(meters, of, facts.site.energy.excluded))


def _figures(
    used: Amount, per_area: Amount, benchmark: Benchmark, factor: Fraction
) -> tuple[tuple[str, str], ...]:
    return (
        ("used_kWh", interval(used)),
        ("correction", str(factor)),
        ("corrected_kWh_per_m2", interval(per_area)),
        ("constraint_kWh_per_m2", decimal(benchmark.constraint)),
        ("guide_kWh_per_m2", decimal(benchmark.guide)),
    )


def _before(facts: Facts, window: Window, profile: EnergyProfile, factor: Fraction) -> tuple[tuple[str, str], ...]:
    """The last 365 days, and the same span a year before the window's, per m² and corrected."""
    end = min(window.end, facts.as_of)
    assert profile.area_m2 is not None
    spans = (
        ("last_365_days_kWh_per_m2", end - YEAR_NS, end),
        ("a_year_before_kWh_per_m2", window.start - YEAR_NS, end - YEAR_NS),
    )
    return tuple(
        (name, interval(_used(facts, start, until).times(factor / profile.area_m2)))
        for name, start, until in spans
    )


def interval(amount: Amount) -> str:
    """An amount as exact text: a number, ``low..high``, or ``low..`` where nobody can say how much at most."""
    if amount.low == amount.high:
        return str(amount.low)
    return f"{amount.low}..{'' if amount.high is None else amount.high}"


def _verdict(
    clause: Clause,
    facts: Facts,
    window: Window,
    value: Amount | None,
    note: str,
    figures: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    is_open = window.end > facts.as_of
    limit = clause.threshold
    if value is None:
        outcome = Outcome.UNDETERMINED
    elif value.low > limit:
        outcome = Outcome.NOT_MET
    elif is_open:
        outcome = Outcome.PENDING
    else:
        outcome = Outcome.MET if value.high is not None and value.high <= limit else Outcome.UNDETERMINED
    span = min(window.end, facts.as_of) - window.start
    roots = [m for m in of_carrier(facts.site.meters, Carrier.ELECTRICITY) if not m.parent]
    unread = 0 if value is None else value.unread_ns
    coverage = Fraction(max(0, span * len(roots) - unread), span * len(roots)) if roots and span > 0 else None
    is_bounded = value is not None and value.high is not None
    lines: tuple[Line, ...] = ()
    if unread >= HOUR_NS:
        told = f"meters were not read for {unread // HOUR_NS} h together: the total is known, its shape is not"
        lines = (Line(about="meters", mark=Mark.FINDING, start=window.start, note=told),)
    return Verdict(
        clause=clause.id,
        subject=the_site(facts),
        outcome=outcome,
        low=value.low if value is not None and is_bounded else None,
        high=value.high if value is not None and is_bounded else None,
        threshold=limit,
        unit=clause.unit,
        window=window,
        coverage=coverage,
        as_of=facts.as_of,
        note=note,
        lines=lines,
        facts=figures,
        at_most=True,
    )


def settling(_: Parameters) -> int:
    """Until a reading far off would be known for one."""
    return SETTLED_NS


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its table may get wrong."""
    seen = set()
    for each in parameters.benchmarks:
        kind = (each.climate, each.ventilation, each.owner)
        if kind in seen:
            yield "benchmarks", f"{each.climate}, {each.ventilation}, {each.owner} comes twice", "keep one"
        seen.add(kind)
        if not 0 < each.guide <= each.constraint:
            yield "benchmarks", f"a guide value of {each.guide} does not go with {each.constraint}", "correct them"
