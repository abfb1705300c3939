"""The site as judging sees it: systems, equipment, functional items and the rules that say when one is usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evaluators.model.samples import Value, ValueKind


@dataclass(frozen=True, slots=True)
class Point:
    """One measured or state value. ``key`` is ``device/point``, unique in the site.

    ``hold_ns``: how long a value stands for the time after it (3 poll periods). Two good samples further apart
    than this leave everything between them unknown.
    """

    key: str
    kind: ValueKind
    name: str
    unit: str
    hold_ns: int

    @property
    def device(self) -> str:
        """The id of the device it is read from."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Condition:
    """What one point says of an item: usable when its value is within, unusable when it is not.

    Exactly one of ``one_of`` (any of these values) and the range ``at_least``/``at_most`` (closed, either end
    may be open) decides. Values in ``unknown_for`` say nothing, values in ``not_required_for`` stand the item
    down. ``accept_uncertain``: an uncertain sample counts as a good one.
    """

    point: str
    one_of: tuple[Value, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    unknown_for: tuple[Value, ...] = ()
    not_required_for: tuple[Value, ...] = ()
    accept_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A functional item (功能项): the smallest function whose loss a user or the law would notice.

    It is up when every condition holds, down as soon as one that is known does not, else unknown. ``key`` is
    ``equipment/item``. ``life_safety`` items are always required.
    """

    key: str
    name: str
    conditions: tuple[Condition, ...]
    life_safety: bool = False
    required_from: int | None = None
    """Hand-over: before this instant (ns UTC) the item does not count."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """One piece of equipment (设备) of the ledger, such as a lift or a fire pump with its panel."""

    id: str
    name: str
    system: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class System:
    """A system that is shown beside the site, such as lifts or fire safety."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """A building: ``zone`` is an IANA time zone name; ``judged_from`` (ns UTC) is when judging begins."""

    id: str
    name: str
    zone: str
    systems: tuple[System, ...]
    equipment: tuple[Equipment, ...]
    points: tuple[Point, ...]
    judged_from: int | None = None

    def items(self) -> Iterator[Item]:
        """Every functional item, in the order of the site file."""
        for equipment in self.equipment:
            yield from equipment.items
