"""How many people a floor area needs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.kinds.staffing import Need, need
from tests.evaluators.bookkeeping import row


@pytest.mark.parametrize(
    ("area", "least", "most"),
    [
        (1, 10, 10),
        (49_999, 10, 10),
        (50_000, 10, 15),
        (50_001, 15, 15),
        (100_000, 15, 15),
        (149_999, 15, 15),
        (150_000, 16, 16),
        (199_999, 16, 16),
        (420_000, 21, 21),
        (None, 10, None),
    ],
)
def test_by_floor_area(area: int | None, least: int, most: int | None) -> None:
    parameters: Any = row("1.3-staff").parameters
    assert need(parameters, None if area is None else Fraction(area)) == Need(least, most)


@given(area=st.fractions(0, 1_000_000), more=st.fractions(0, 100_000))
def test_a_larger_building_never_needs_fewer(area: Fraction, more: Fraction) -> None:
    parameters: Any = row("1.3-staff").parameters
    small, large = need(parameters, area), need(parameters, area + more)
    assert small.least <= large.least
    assert (small.most or 0) <= (large.most or 0)
