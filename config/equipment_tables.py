"""The tables of the ledger: equipment, functional items, watches, parts, and conditions on points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from config.problems import Refused, shown
from config.tables import ID, Day, Moment, Scalar
from config.words import word
from connectors.settings import Table
from evaluators.model.samples import Value
from evaluators.model.site import Category, PartKind, Subfamily

IN_TEST = (1, 2, 4, 5, 7, 9, 10, 12)
"""The BACnetLifeSafetyState values (ASHRAE 135) in which a part itself has answered: pre-alarm and alarm, each
with and without a fault; active; test-alarm, test-active and test-fault-alarm."""


Inside = Annotated[tuple[Any, ...], Field(min_length=1)]
"""Entries that are validated each on its own."""


def _in_order(**days: date | None) -> None:
    """Refused where one of the days that are given, by key, is before one that comes before it in a life."""
    given = [(name, day) for name, day in days.items() if day is not None]
    for (earlier, first), (later, second) in pairwise(given):
        if second < first:
            raise Refused(f"{later} is before {earlier}", "swap them")


class EquipmentTable(Table):
    """``[equipment.X]``: one piece of equipment, as the ledger has it."""

    name: str = ""
    system: str
    """The id of its system."""
    kind: Annotated[str, Field(pattern=ID)] = ""
    """A word such as ``lift``, ``fire-pump``, ``generator`` or ``fire-panel``."""
    subfamily: Annotated[Subfamily, BeforeValidator(word(Subfamily))] | None = None
    """Of the fourteen that the ledger has to hold."""
    model: str = ""
    installed: Day | None = None
    handed_over: Day | None = None
    """Obligations begin with the first full period after this, or else after ``installed``."""
    removed: Day | None = None
    """The first day without it."""
    maintenance_cycle: str = ""
    supplier: str = ""
    maintainer: str = ""
    """The organisation that services it."""
    critical: bool = False
    """Whether a plan, daily rounds, monthly services and yearly overhauls are owed."""
    items: Any = Field(default_factory=dict)
    """Its functional items: `ItemTable` by id, each validated on its own."""
    watches: Any = Field(default_factory=dict)
    """What is looked out for: `WatchTable` by id, each validated on its own."""
    parts: Any = Field(default_factory=dict)
    """What is tested by itself: `PartTable` by address, each validated on its own."""

    @model_validator(mode="after")
    def _life(self) -> EquipmentTable:
        _in_order(installed=self.installed, handed_over=self.handed_over, removed=self.removed)
        return self


class ItemTable(Table):
    """``[equipment.X.items.Y]``: a functional item."""

    name: str = ""
    life_safety: bool = False
    """Always required, and shown as such."""
    emergency: bool = False
    """Whether its fault is an emergency."""
    accept_uncertain: bool = False
    """Whether uncertain samples count for it."""
    required_from: Moment | None = None
    """Hand-over; it does not count before."""
    usable_when: Inside | None = None
    """Conditions, all of which must hold: `ConditionTable`, each validated on its own."""
    inspected_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    """Of an item that no wire shows: for how many days an inspection's result holds."""
    stand_down: tuple[Any, ...] = ()
    """When nobody asks it to work: `WeekHoursTable`, each validated on its own."""

    @model_validator(mode="after")
    def _fits(self) -> ItemTable:
        if self.usable_when is not None and self.inspected_days is not None:
            raise Refused("has both usable_when and inspected_days", "keep the conditions where a wire shows it")
        if self.life_safety and self.stand_down:
            raise Refused("life_safety items never stand down", "leave out stand_down")
        return self


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DayOfWeek = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOUR = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"


class WeekHoursTable(Table):
    """One entry of ``stand_down``: an hour of the week, in the site's zone."""

    days: Annotated[tuple[DayOfWeek, ...], Field(min_length=1)]
    """Those on which it begins."""
    from_: Annotated[str, Field(alias="from", pattern=f"^{_HOUR}$")]
    to: Annotated[str, Field(pattern=f"^(?:{_HOUR}|24:00)$")]
    """The next day's where it is before ``from``."""

    @model_validator(mode="after")
    def _some_time(self) -> WeekHoursTable:
        twice = _repeated(self.days)
        if twice is not None:
            raise Refused(f"names {shown(twice)} twice", "name each day once")
        if self.from_ == self.to:
            raise Refused("from and to are the same", 'give another time; a whole day is "00:00" to "24:00"')
        return self

    @property
    def start_s(self) -> int:
        """Seconds after midnight."""
        return _seconds(self.from_)

    @property
    def end_s(self) -> int:
        """Seconds after midnight."""
        return _seconds(self.to)


def _seconds(time_of_day: str) -> int:
    hours, _, minutes = time_of_day.partition(":")
    return int(hours) * 3600 + int(minutes) * 60


class WatchTable(Table):
    """``[equipment.X.watches.Y]``: something that happens and is looked out for."""

    name: str = ""
    category: Annotated[Category, BeforeValidator(word(Category))]
    """What it means."""
    happens_when: Inside
    """Conditions, all of which must hold: `ConditionTable`, each validated on its own."""
    at_least_s: Annotated[float, Field(ge=0, le=86400)] = 0.0
    """How long it has to last to count."""

    @model_validator(mode="after")
    def _not_of_a_part(self) -> WatchTable:
        if self.category is Category.PART_TEST:
            raise Refused(
                "part-test is watched for each part by itself", "name the point in the table of its part"
            )
        return self


class PartTable(Table):
    """``[equipment.X.parts."1-001"]``: a part that is tested by itself, by its address."""

    kind: Annotated[PartKind, BeforeValidator(word(PartKind))]
    installed: Day | None = None
    removed: Day | None = None
    """The first day without it."""
    point: str | None = None
    """The point that shows it, where there is a wire."""
    in_test: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    """The point's values in which it is in alarm or test; unset: those of BACnet, for an int point."""

    @model_validator(mode="after")
    def _fits(self) -> PartTable:
        if self.in_test is not None and self.point is None:
            raise Refused("in_test needs a point", "name the point that shows the part")
        _in_order(installed=self.installed, removed=self.removed)
        return self


class ConditionTable(Table):
    """One entry of ``usable_when`` or ``happens_when``: a point and what its value must be."""

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
    """Values that stand the item down; never for life safety, and not in a watch."""
    not_required_while: str | None = None
    """The key of a watch: those values stand the item down only while it happens."""

    @model_validator(mode="after")
    def _one_test(self) -> ConditionTable:
        if (self.is_ is not None) + (self.one_of is not None) + self.ranged != 1:
            raise Refused("needs exactly one test", "give is, one_of, or at_least and at_most")
        if self.one_of == ():
            raise Refused("one_of is empty", "name at least one value")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Refused("at_least is above at_most", "swap them")
        if self.not_required_while is not None and not self.not_required_for:
            raise Refused("not_required_while needs not_required_for", "name the values that it is about")
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
