"""What the parameters of rules may be. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

Mistake = tuple[str, str, str]
"""The key, what is wrong, and what would be right."""

MOST_DAYS = 92
"""How far back open hours are looked at, at the most."""


def out_of_range(*values: tuple[str, int, int, Fraction | int]) -> Iterator[Mistake]:
    """Each of the values that is not between its bounds, both included: name, bounds, value."""
    for name, low, high, value in values:
        if not low <= value <= high:
            yield name, f"{value} is out of range", f"give one from {low} to {high}"
