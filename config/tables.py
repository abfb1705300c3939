"""The tables of a site file that are the same for every protocol."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AwareDatetime,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from connectors.settings import Table

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class SiteTable(Table):
    """``[site]``: the building."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str = ""
    timezone: str
    """IANA name, such as ``Asia/Shanghai``: months and days are this zone's."""
    area_m2: Annotated[float, Field(gt=0)] | None = None
    """Floor area."""
    commissioned: bool = False
    """Whether points were proved on site; until then their samples count as unknown."""
    judged_from: AwareDatetime | None = None
    """When judging begins; nothing counts before it."""

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f'"{name}" is no time zone: give an IANA name, such as "Asia/Shanghai"') from None
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
    items: Annotated[dict[str, Any], Field(default_factory=dict)]


class ItemTable(Table):
    """``[equipment.X.items.Y]``: a functional item."""

    name: str = ""
    life_safety: bool = False
    """Always required, and shown as such."""
    accept_uncertain: bool = False
    """Whether uncertain samples count for it."""
    required_from: AwareDatetime | None = None
    """Hand-over; it does not count before."""
    usable_when: Annotated[list[Any], Field(min_length=1)]
    """Conditions, all of which must hold."""


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
        ranged = self.at_least is not None or self.at_most is not None
        if (self.is_ is not None) + (self.one_of is not None) + ranged != 1:
            raise ValueError("needs exactly one test: give is, one_of, or at_least and at_most")
        if self.one_of == ():
            raise ValueError("one_of is empty: name at least one value")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most: swap them")
        return self

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The values of ``is`` or ``one_of``."""
        return self.one_of or (() if self.is_ is None else (self.is_,))
