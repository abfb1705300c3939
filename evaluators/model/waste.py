"""Waste as meters show it: the rules that look for it, what it costs, and what was found. Times are ns UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from evaluators.model.energy import Carrier
from evaluators.model.site import WeekHours


@dataclass(frozen=True, slots=True)
class Band:
    """A time of use of a tariff: in these hours, of these months (1–12; none: of all), another price."""

    name: str
    price: Fraction
    hours: WeekHours
    months: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a unit of each carrier costs, in its own unit; of electricity the first band that an instant lies in
    counts, and at all other times the price.

    ``contract_kw``: the demand that is paid for, and ``demand_price`` for each kW of it and month.
    """

    currency: str = "CNY"
    prices: Mapping[Carrier, Fraction] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    contract_kw: Fraction | None = None
    demand_price: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``kind`` names the module that looks, ``parameters`` is its own `Parameters`.

    ``meters``: ids of those it looks at; none: those that its kind is for.
    """

    id: str
    kind: str
    title_zh: str
    title_en: str
    parameters: object = None
    source: str = ""
    verified: bool = True
    """False: nobody has checked its figures against their source."""
    meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """``[start, end)``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """In ns."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Range:
    """What lies between ``low`` and ``high``; None: nobody can say how much at most."""

    low: Fraction
    high: Fraction | None

    def times(self, factor: Fraction) -> Range:
        """So many times as much; the factor is not below 0."""
        return Range(self.low * factor, None if self.high is None else self.high * factor)


@dataclass(frozen=True, slots=True)
class Finding:
    """Waste that a rule found at a meter.

    ``measured`` is held against ``limit``, both in ``unit``: it is surely beyond it unless ``may_be``. ``spans``:
    when. ``wasted`` is in the carrier's unit and ``cost`` in the tariff's currency: estimates, reckoned as ``how``
    says; None where none can be given.
    """

    rule: str
    meter: str
    carrier: Carrier
    measured: Range
    limit: Fraction
    unit: str
    spans: tuple[Span, ...]
    wasted: Range | None
    cost: Range | None
    how: str
    may_be: bool = False


@dataclass(frozen=True, slots=True)
class Untold:
    """A rule could not look at a meter, or at any where that is empty, and why."""

    rule: str
    meter: str
    why: str
