"""Carriers converted into electricity, exactly, by factors that each say where they are from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.energy.metering import Amount, total
from evaluators.model.energy import Carrier, Purpose
from evaluators.selection import Mistake

COAL = "kgce"
"""Kilograms of standard coal."""
COMMON_UNIT = Carrier.ELECTRICITY.unit
"""What all carriers are converted into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What one unit of a carrier is worth: ``value`` in ``unit``, ``kgce/m3`` or, in electricity, ``kW.h/m3``.

    ``verified``: whether it was checked against its ``source``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    carrier: Carrier
    value: Fraction
    unit: str
    source: str
    verified: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Which carriers count, which purposes do not, and the factors: of each carrier the first counts."""

    carriers: tuple[Carrier, ...]
    left_out: frozenset[Purpose]
    factors: tuple[Factor, ...]

    def factor(self, carrier: Carrier) -> Factor | None:
        """The factor of a carrier; None where there is none."""
        return next((each for each in self.factors if each.carrier is carrier), None)

    def worth(self, carrier: Carrier) -> Fraction | None:
        """kW·h of electricity for one of the carrier's unit; None where no factor says it."""
        if carrier is Carrier.ELECTRICITY:
            return Fraction(1)
        factor, coal = self.factor(carrier), self.factor(Carrier.ELECTRICITY)
        if factor is None:
            return None
        if factor.unit.startswith(f"{COMMON_UNIT}/"):
            return factor.value
        return None if coal is None else factor.value / coal.value

    def converted(self, parts: Mapping[Carrier, Amount]) -> Amount:
        """Amounts by carrier as kW·h of electricity; without a factor no high, unless it is nothing."""
        return total(self._converted(carrier, part) for carrier, part in parts.items())

    def _converted(self, carrier: Carrier, part: Amount) -> Amount:
        worth = self.worth(carrier)
        if worth is not None:
            return part.times(worth)
        return part if part.high == 0 else Amount(Fraction(0), None, part.unread_ns)


def lacking(carrier: Carrier) -> str:
    """What is said of a carrier that counts and has no factor."""
    return (
        f"no factor converts {carrier} into electricity: give one in site_factors of the clause, such as "
        f'{{ carrier = "{carrier}", value = "…", unit = "{COMMON_UNIT}/{carrier.unit}", source = "…" }}'
    )


def units_of(carrier: Carrier) -> tuple[str, ...]:
    """The units in which a factor of a carrier may be; none for water, which is no energy."""
    if carrier is Carrier.WATER:
        return ()
    coal = f"{COAL}/{carrier.unit}"
    return (coal,) if carrier is Carrier.ELECTRICITY else (coal, f"{COMMON_UNIT}/{carrier.unit}")


def factor_mistakes(key: str, factors: Sequence[Factor]) -> Iterator[Mistake]:
    """What a list of factors may get wrong."""
    seen = set()
    for each in factors:
        units = units_of(each.carrier)
        if each.carrier in seen:
            yield key, f"{each.carrier} comes twice", "keep one"
        seen.add(each.carrier)
        if each.value <= 0:
            yield key, f"{each.value} for {each.carrier} is nothing", "give a value above 0"
        if not units:
            yield key, f"{each.carrier} is no energy", "leave it out"
        elif each.unit not in units:
            yield key, f'"{each.unit}" does not convert {each.carrier}', f"give it in {' or '.join(units)}"
