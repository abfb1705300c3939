"""Energy intensity: what a building used in a year per floor area, against a benchmark for buildings of its kind.

What is bought counts, in every carrier, converted into electricity; heating does not. The value is the corrected
use ÷ the benchmark's constraint value, and must not be above the threshold. Use only grows: an open window fails
as soon as what was surely used is too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.energy.conversion import COAL, Factor, Reckoning, factor_mistakes
from evaluators.energy.intake import Intake, intakes, used
from evaluators.energy.intensity import YEAR_NS, crowding_factor, hours_factor
from evaluators.energy.intensity_lines import as_text, lines, unbounded
from evaluators.energy.metering import Amount, settled_ns
from evaluators.energy.using import amount_of
from evaluators.facts import Facts
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.energy import Carrier, Climate, EnergyProfile, Owner, Purpose, Ventilation
from evaluators.model.site import Site
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Line, Outcome, Verdict
from evaluators.selection import Mistake, the_site
from evaluators.windows import containing, year_before
from evaluators.wording import decimal

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
    """The benchmark's table, what counts, and how it is converted."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    benchmarks: tuple[Benchmark, ...]
    corrected: bool = True
    """Whether use is corrected for hours and crowding."""
    carriers: tuple[Carrier, ...] = (Carrier.ELECTRICITY, Carrier.GAS, Carrier.HEAT, Carrier.COOLING)
    """Those that count."""
    left_out: tuple[Purpose, ...] = (Purpose.HEATING,)
    """Purposes that the benchmark is without, whatever else a site excludes."""
    factors: tuple[Factor, ...] = ()
    site_factors: tuple[Factor, ...] = ()
    """The site's own, which go before them."""


def reckoning(parameters: Parameters, profile: EnergyProfile) -> Reckoning:
    """What counts at a site, and how it is converted."""
    left_out = profile.excluded.union(parameters.left_out)
    return Reckoning(parameters.carriers, left_out, (*parameters.site_factors, *parameters.factors))


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """What is asked of which facts; ``factor``: kW·h of corrected use a m² for one that was used."""

    facts: Facts
    reckoning: Reckoning
    intakes: tuple[Intake, ...]
    factor: Fraction

    def per_m2(self, start: int, end: int) -> Amount:
        """Corrected use per m² over a span."""
        parts = used(self.intakes, amount_of(self.facts, start, end))
        return self.reckoning.converted(parts).times(self.factor)


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site."""
    parameters = parameters_of(clause, Parameters)
    profile = facts.site.energy
    reckoned = reckoning(parameters, profile)
    found = intakes(facts.site.meters, reckoned)
    benchmark = _benchmark(parameters, profile)
    missing = _missing(profile, benchmark, parameters, found)
    if missing:
        yield _verdict(clause, facts, window, None, found, "; ".join(missing))
        return
    assert benchmark is not None
    assert profile.area_m2 is not None
    correction = _correction(parameters, profile)
    inquiry = _Inquiry(facts, reckoned, found, correction / profile.area_m2)
    of = amount_of(facts, window.start, min(window.end, facts.as_of))
    parts = used(found, of)
    total = reckoned.converted(parts)
    figures = (
        *_figures(parts, total, profile.area_m2),
        ("correction", str(correction)),
        *_held(total.times(inquiry.factor), benchmark, is_open=window.end > facts.as_of),
        *_spans(inquiry, window),
    )
    value = total.times(inquiry.factor / benchmark.constraint)
    note = "; ".join(unbounded(reckoned, parts))
    told = tuple(lines(facts.site.meters, reckoned, found, of, window.start))
    yield _verdict(clause, facts, window, value, found, note, told, figures)


def _benchmark(parameters: Parameters, profile: EnergyProfile) -> Benchmark | None:
    kind = (profile.climate, profile.ventilation, profile.owner)
    return next((b for b in parameters.benchmarks if (b.climate, b.ventilation, b.owner) == kind), None)


def _missing(
    profile: EnergyProfile, benchmark: Benchmark | None, parameters: Parameters, found: Sequence[Intake]
) -> list[str]:
    """What the site does not say, though the value depends on it."""
    said = []
    if profile.area_m2 is None:
        said.append("the site file gives no floor area")
    if None in (profile.climate, profile.ventilation, profile.owner):
        said.append("the site file does not say climate, ventilation and owner")
    elif benchmark is None:
        said.append("there is no value for buildings of this climate, ventilation and owner")
    if parameters.corrected and (profile.hours_a_year is None or profile.area_per_person is None):
        said.append("the site file does not say hours_a_year and area_per_person, by which use is corrected")
    if Carrier.ELECTRICITY in parameters.carriers:
        found = [each for each in found if each.meter.carrier is Carrier.ELECTRICITY]
        said += [] if found else ["there is no electricity meter that counts what is bought"]
    elif not found:
        said.append("there is no meter that counts what is bought")
    return said


def _correction(parameters: Parameters, profile: EnergyProfile) -> Fraction:
    if not parameters.corrected or profile.hours_a_year is None or profile.area_per_person is None:
        return Fraction(1)
    return hours_factor(profile.hours_a_year) * crowding_factor(profile.area_per_person)


def _figures(parts: Mapping[Carrier, Amount], total: Amount, area_m2: Fraction) -> Iterator[tuple[str, str]]:
    """What was used: by carrier in its own unit, in all as electricity, and per m²."""
    for carrier, part in parts.items():
        yield f"used_{carrier}_{carrier.unit.replace('.', '')}", as_text(part)
    yield "used_kWh", as_text(total)
    yield "used_kWh_per_m2", as_text(total.times(1 / area_m2))


def _held(corrected: Amount, benchmark: Benchmark, *, is_open: bool) -> Iterator[tuple[str, str]]:
    """Corrected use per m² beside both values of the benchmark; reaching the guide value decides nothing."""
    yield "corrected_kWh_per_m2", as_text(corrected)
    yield "constraint_kWh_per_m2", decimal(benchmark.constraint)
    yield "guide_kWh_per_m2", decimal(benchmark.guide)
    if corrected.low > benchmark.guide:
        reached = "no"
    elif corrected.high is None or corrected.high > benchmark.guide:
        reached = "unknown"
    else:
        reached = "so far" if is_open else "yes"
    yield "guide_reached", reached


def _spans(inquiry: _Inquiry, window: Window) -> Iterator[tuple[str, str]]:
    """Corrected use per m² in the last 365 days, in the calendar year so far, and in that span a year before."""
    zone, end = inquiry.facts.zone, min(window.end, inquiry.facts.as_of)
    start = containing(WindowKind.YEAR, end - 1, zone).start
    yield "last_365_days_kWh_per_m2", as_text(inquiry.per_m2(end - YEAR_NS, end))
    yield "year_so_far_kWh_per_m2", as_text(inquiry.per_m2(start, end))
    before = inquiry.per_m2(year_before(start, zone), year_before(end, zone))
    yield "a_year_before_kWh_per_m2", as_text(before)


def _verdict(
    clause: Clause,
    facts: Facts,
    window: Window,
    value: Amount | None,
    found: Sequence[Intake],
    note: str,
    told: tuple[Line, ...] = (),
    figures: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    is_bounded = value is not None and value.high is not None
    return Verdict(
        clause=clause.id,
        subject=the_site(facts),
        outcome=_outcome(value, clause.threshold, is_open=window.end > facts.as_of),
        low=value.low if value is not None and is_bounded else None,
        high=value.high if value is not None and is_bounded else None,
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=_coverage(found, value, min(window.end, facts.as_of) - window.start),
        as_of=facts.as_of,
        note=note,
        lines=told,
        facts=figures,
        at_most=True,
    )


def _outcome(value: Amount | None, limit: Fraction, *, is_open: bool) -> Outcome:
    if value is None:
        return Outcome.UNDETERMINED
    if value.low > limit:
        return Outcome.NOT_MET
    if is_open:
        return Outcome.PENDING
    return Outcome.MET if value.high is not None and value.high <= limit else Outcome.UNDETERMINED


def _coverage(found: Sequence[Intake], value: Amount | None, length: int) -> Fraction | None:
    """The part of the span in which the meters that count, and those that are taken out, were read."""
    meters = sum(1 + len(each.taken_out) for each in found if not each.is_out)
    if not meters or length <= 0:
        return None
    unread = 0 if value is None else value.unread_ns
    return Fraction(max(0, length * meters - unread), length * meters)


def settling(_: Parameters, site: Site) -> int:
    """Until a reading far off, or a register that stands still for too long, would be known for one."""
    return settled_ns(site.meters)


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
    for word in {each for each in parameters.carriers if parameters.carriers.count(each) > 1}:
        yield "carriers", f"{word} comes twice", "keep one"
    if Carrier.WATER in parameters.carriers or not parameters.carriers:
        yield "carriers", "water is no energy" if parameters.carriers else "is empty", "give some of the others"
    yield from factor_mistakes("factors", parameters.factors)
    yield from factor_mistakes("site_factors", parameters.site_factors)
    every = (*parameters.site_factors, *parameters.factors)
    by_coal = [each for each in every if each.unit.startswith(f"{COAL}/")]
    if by_coal and not any(each.carrier is Carrier.ELECTRICITY for each in every):
        yield "factors", f"{COAL} converts nothing without a factor of electricity", "give that one too"
