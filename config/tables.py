"""The tables of a site file that are the same for every protocol."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, field_validator, model_validator

from config.problems import Refused, closest, shown
from connectors.settings import Table
from evaluators.model.samples import Value

ID = r"^[a-z0-9][a-z0-9-]*$"
"""What every id looks like."""


def _scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise Refused(f"{shown(value)} is no value of a point", "give true, false, a number or text in quotes")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(f"{shown(value)} is out of range", "give a finite number")
    return value


def _countable(value: datetime) -> datetime:
    if not 1970 <= value.year <= 2261:
        raise Refused(f"the year {value.year} is out of range", "give one from 1970 to 2261")
    return value


Scalar = Annotated[Any, AfterValidator(_scalar)]
"""A point's value: kept in the type in which the file gives it."""

Moment = Annotated[AwareDatetime, AfterValidator(_countable)]
"""A time with zone that fits into 64 bits of nanoseconds."""


class SiteTable(Table):
    """``[site]``: the building."""

    id: Annotated[str, Field(pattern=ID)]
    name: str = ""
    timezone: str
    """IANA name, such as ``Asia/Shanghai``: months and days are this zone's."""
    area_m2: Annotated[float, Field(gt=0)] | None = None
    """Floor area."""
    commissioned: bool = False
    """Whether points were proved on site; until then their samples count as unknown."""
    judged_from: Moment | None = None
    """When judging begins; nothing counts before it."""

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            close = closest(name, available_timezones()) or "Asia/Shanghai"
            raise Refused(f"{shown(name)} is no time zone", f'give an IANA name, such as "{close}"') from None
        return name


class JournalTable(Table):
    """``[journal]``: where samples are kept."""

    path: Annotated[str, Field(min_length=1)] = "journal.db"
    """Relative to the site file's folder."""


class SystemTable(Table):
    """``[systems.X]``: a system that is shown beside the site."""

    name: str = ""


class EquipmentTable(Table):
    """``[equipment.X]``: one piece of equipment."""

    name: str = ""
    system: str
    """The id of its system."""
    items: Any = Field(default_factory=dict)
    """Its functional items: `ItemTable` by id, each validated on its own."""


class ItemTable(Table):
    """``[equipment.X.items.Y]``: a functional item."""

    name: str = ""
    life_safety: bool = False
    """Always required, and shown as such."""
    accept_uncertain: bool = False
    """Whether uncertain samples count for it."""
    required_from: Moment | None = None
    """Hand-over; it does not count before."""
    usable_when: Annotated[tuple[Any, ...], Field(min_length=1)]
    """Conditions, all of which must hold: `ConditionTable`, each validated on its own."""


class ConditionTable(Table):
    """One entry of ``usable_when``: a point and what its value must be."""

    point: str
    is_: Scalar | None = Field(None, alias="is")
    """This value."""
    one_of: tuple[Scalar, ...] | None = None
    """Any of these values."""
    at_least: float | None = None
    """A number no smaller, in the point's unit."""
    at_most: float | None = None
    """A number no larger, in the point's unit."""
    unknown_for: tuple[Scalar, ...] = ()
    """Values that say nothing."""
    not_required_for: tuple[Scalar, ...] = ()
    """Values that stand the item down; never for life safety."""

    @model_validator(mode="after")
    def _one_test(self) -> ConditionTable:
        if (self.is_ is not None) + (self.one_of is not None) + self.ranged != 1:
            raise Refused("needs exactly one test", "give is, one_of, or at_least and at_most")
        if self.one_of == ():
            raise Refused("one_of is empty", "name at least one value")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Refused("at_least is above at_most", "swap them")
        twice = _repeated((*self.values, *self.unknown_for, *self.not_required_for))
        if twice is not None:
            raise Refused(f"names {shown(twice)} twice", "let each value mean one thing, once")
        return self

    @property
    def ranged(self) -> bool:
        """Whether it tests a range."""
        return self.at_least is not None or self.at_most is not None

    @property
    def values(self) -> tuple[Value, ...]:
        """The values of ``is`` or ``one_of``."""
        return self.one_of or (() if self.is_ is None else (self.is_,))


def _repeated(values: Iterable[Value]) -> Value | None:
    seen: set[Value] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
