"""The tables of meters, and what a site says of itself where a benchmark asks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.words import word
from connectors.settings import Table
from evaluators.model.energy import Carrier, Climate, EnergyItem, Owner, Purpose, Ventilation

Positive = Annotated[str, Field(pattern=r"^([0-9]*[1-9][0-9]*(\.[0-9]+)?|[0-9]+\.[0-9]*[1-9][0-9]*)$")]
"""A decimal above 0 in quotes, so that it is exact."""
Share = Annotated[str, Field(pattern=r"^0(\.[0-9]+)?$")]
"""A decimal from 0, below 1, in quotes."""


class MeterTable(Table):
    """``[meters.X]``: a meter with a cumulative register."""

    name: str = ""
    carrier: Annotated[Carrier, BeforeValidator(word(Carrier))] = Carrier.ELECTRICITY
    point: str
    """The point of its register, ``device/point``, a float or int with a unit of what it counts."""
    unit: str = ""
    """What 1 of the point is, where the point's own unit does not say it, such as pulses."""
    ratio: Positive = "1"
    """By how much the point's value is to be multiplied: current and voltage transformers, units a pulse."""
    wraps_at: Positive | None = None
    """The value at which it begins at 0 again, in the point's own numbers."""
    most_an_hour: Positive | None = None
    """More cannot go through it in an hour, in the carrier's unit."""
    never_rests_h: Annotated[int, Field(ge=1, le=8784)] | None = None
    """Its load never stands still for so many hours: a register that does is stuck."""
    parent: str = ""
    """The meter upstream that counts it too."""
    loss: Share = "0"
    """The share of what it counts that may get lost between it and the meters below it."""
    item: Annotated[EnergyItem, BeforeValidator(word(EnergyItem))] | None = None
    """Which of the four items of electricity it stands for."""
    purpose: Annotated[Purpose, BeforeValidator(word(Purpose))] = Purpose.BUILDING
    bought: bool | None = None
    """Whether what it counts comes from outside; only without a parent. Unset: not so for heat and cooling."""
    power: str = ""
    """The point of its momentary power or flow."""
    power_factor: str = ""
    """The point of its power factor."""
    currents: tuple[str, ...] = ()
    """The points of the phases' currents."""


class EnergyTable(Table):
    """``[energy]``: what the site says of itself where a benchmark asks."""

    area_m2: Annotated[float, Field(gt=0)] | None = None
    """Floor area that use is divided by; unset: that of the site."""
    climate: Annotated[Climate, BeforeValidator(word(Climate))] | None = None
    ventilation: Annotated[Ventilation, BeforeValidator(word(Ventilation))] | None = None
    """``A``: its windows can be opened; ``B``: mechanical ventilation and cooling throughout."""
    owner: Annotated[Owner, BeforeValidator(word(Owner))] | None = None
    hours_a_year: Annotated[float, Field(gt=0, le=8784)] | None = None
    """For how many hours a year it is used."""
    area_per_person: Annotated[float, Field(gt=0)] | None = None
    """m² for each person who works there."""
    excluded: tuple[Annotated[Purpose, BeforeValidator(word(Purpose))], ...] = ()
    """Purposes that are taken out before use is divided by area."""
    open: tuple[Any, ...] = ()
    """When the building is open: `WeekHoursTable`, each validated on its own."""
