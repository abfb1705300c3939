"""Every cell of GB/T 51161-2016's table for offices: as much as it allows, and one kW·h a day more."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from evaluators.energy.intensity import crowding_factor, hours_factor
from evaluators.facts import Facts
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, Climate, EnergyProfile, Meter, Owner, Ventilation
from evaluators.model.site import Site
from evaluators.model.times import HOUR_NS, WindowKind
from evaluators.model.verdicts import Outcome
from evaluators.recordbook import RecordBook
from evaluators.registry import judge
from evaluators.windows import containing
from tests.evaluators.bookkeeping import rows
from tests.evaluators.cases import Scripted

UTC = ZoneInfo("UTC")
DAY_NS = 24 * HOUR_NS
CLIMATES = (Climate.COLD, Climate.HOT_COLD, Climate.HOT_WARM, Climate.MILD)
TABLE = {
    (Ventilation.NATURAL, Owner.STATE): ((55, 45), (70, 55), (65, 50), (50, 40)),
    (Ventilation.NATURAL, Owner.COMMERCIAL): ((65, 55), (85, 70), (80, 65), (65, 50)),
    (Ventilation.MECHANICAL, Owner.STATE): ((70, 50), (90, 65), (80, 60), (60, 45)),
    (Ventilation.MECHANICAL, Owner.COMMERCIAL): ((80, 60), (110, 80), (100, 75), (70, 55)),
}
"""Constraint and guide value, kW·h/(m²·a), by type and owner, in the order of the climates."""
CELLS = [
    (climate, *kind, *figures)
    for kind, row in TABLE.items()
    for climate, figures in zip(CLIMATES, row, strict=True)
]
HOURS, PER_PERSON = Fraction(3500), Fraction(8)
AREA_M2 = 1000


def judged(profile: EnergyProfile, kwh_a_day: Fraction) -> tuple[Outcome, Fraction | None, dict[str, str]]:
    """The year 1971, day by day the same: outcome, value, and what it was made of."""
    meter = Meter("main", "main", Carrier.ELECTRICITY, "m/e", kwh_a_day, 2 * DAY_NS)
    start = 365 * DAY_NS
    counts = {"m/e": [(start + day * DAY_NS, float(day)) for day in range(366)]}
    facts = Facts(
        site=replace(Site("tower", "Tower", "UTC", (), (), ()), meters=(meter,), energy=profile),
        zone=UTC,
        calendar=WorkCalendar(),
        records=RecordBook(UTC, ()),
        telemetry=Scripted({}, {}, {}, counts),
        as_of=start + 366 * DAY_NS,
    )
    clause = replace(rows()["X-eui"], verified=True)
    (verdict,) = judge(clause, facts, containing(WindowKind.YEAR, start, UTC))
    assert verdict.low == verdict.high
    return verdict.outcome, verdict.high, dict(verdict.facts)


def test_the_table_has_these_cells_and_no_others() -> None:
    assert len(CELLS) == len(list(product(Climate, Ventilation, Owner)))
    parameters = rows()["X-eui"].parameters
    found = {(b.climate, b.ventilation, b.owner, b.constraint, b.guide) for b in parameters.benchmarks}  # type: ignore[attr-defined]  # its kind's own
    assert found == set(CELLS)


@pytest.mark.parametrize(("climate", "ventilation", "owner", "constraint", "guide"), CELLS)
def test_a_cell_is_met_at_its_constraint_and_not_above(
    climate: Climate, ventilation: Ventilation, owner: Owner, constraint: int, guide: int
) -> None:
    profile = EnergyProfile(
        area_m2=Fraction(AREA_M2),
        climate=climate,
        ventilation=ventilation,
        owner=owner,
        hours_a_year=HOURS,
        area_per_person=PER_PERSON,
    )
    factor = hours_factor(HOURS) * crowding_factor(PER_PERSON)
    assert factor == Fraction("0.8") * Fraction("0.94")
    allowed = Fraction(constraint * AREA_M2, 365) / factor
    outcome, value, told = judged(profile, allowed)
    assert (outcome, value) == (Outcome.MET, Fraction(1))
    assert told["constraint_kWh_per_m2"] == str(constraint)
    assert told["guide_kWh_per_m2"] == str(guide)
    assert judged(profile, allowed + 1)[0] is Outcome.NOT_MET
