"""Energy per floor area, made comparable as GB/T 51161-2016 has it. Pure.

What was measured is corrected for hours of use and for crowding before it is held against the standard's values:
E' = E · γ1 · γ2.
"""

from __future__ import annotations

from fractions import Fraction

from evaluators.model.times import DAY_NS

YEAR_NS = 365 * DAY_NS
"""How far back the last twelve months go."""
REFERENCE_HOURS = 2500
"""Hours of use a year that the standard's values are for."""
REFERENCE_AREA = 10
"""m² a person that they are for."""


def hours_factor(hours_a_year: Fraction) -> Fraction:
    """γ1 = 0.3 + 0.7 · 2500 ÷ T: of use longer than 2500 hours a year only a part counts."""
    return Fraction(3, 10) + Fraction(7, 10) * REFERENCE_HOURS / hours_a_year


def crowding_factor(area_per_person: Fraction) -> Fraction:
    """γ2 = 0.7 + 0.3 · S ÷ 10: of use in a building more crowded than 10 m² a person only a part counts."""
    return Fraction(7, 10) + Fraction(3, 10) * area_per_person / REFERENCE_AREA
