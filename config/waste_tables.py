"""The tables of a tariff and of rules of waste: a row of the catalogue, and what a site may change of one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from config.clause_tables import Decimal, Text
from config.equipment_tables import WeekHoursTable
from config.problems import Refused
from config.words import word
from connectors.settings import Table
from evaluators.model.energy import Carrier

Word = Annotated[Carrier, BeforeValidator(word(Carrier))]


class TariffTable(Table):
    """``[tariff]``: what a unit of each carrier costs."""

    currency: Text = "CNY"
    """ISO 4217."""
    prices: dict[Word, Decimal] = Field(default_factory=dict)
    """By carrier, for 1 of its unit: kW.h, m3 or GJ."""
    bands: tuple[Any, ...] = ()
    """Times of use of electricity with a price of their own: `BandTable`, each validated on its own."""
    contract_kw: Decimal | None = None
    """The demand that is contracted."""
    demand_price: Decimal | None = None
    """For each kW of it and month."""


class BandTable(WeekHoursTable):
    """One entry of ``bands``: hours of the week, in the site's zone; of those that overlap the first counts."""

    name: Text
    price: Decimal
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    """Those it holds in; none: all."""


class RuleTable(Table):
    """A rule of the catalogue."""

    kind: str
    """Which module looks."""
    title_zh: Text
    title_en: Text
    source: str = ""
    """Where its figures are from."""
    verified: bool = True
    """Whether they were checked against it."""
    parameters: dict[str, Any] = Field(default_factory=dict)


class WasteTable(Table):
    """``[waste.night-load]``: what a site changes of a rule, or a rule of its own where it gives a kind."""

    on: bool = True
    """False: nobody looks."""
    kind: str | None = None
    """Of a rule of the site's own."""
    title_zh: Text | None = None
    title_en: Text | None = None
    meters: tuple[str, ...] = ()
    """Ids of the meters it looks at; none: those that its kind is for."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Of its kind; the others stay as they are."""

    @model_validator(mode="after")
    def _titled(self) -> WasteTable:
        if self.kind is not None and (self.title_zh is None or self.title_en is None):
            raise Refused("a rule of your own needs title_zh and title_en", "give both")
        return self
