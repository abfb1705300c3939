"""What is told of faults by subject: the site, its systems and its equipment, and how much of it nobody saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from evaluators.debounce import Condition
from evaluators.faults import Fault, FaultLog
from evaluators.model.site import Equipment, Site
from evaluators.model.times import Window
from evaluators.model.verdicts import Level, Subject


@dataclass(frozen=True, slots=True)
class Unseen:
    """Time in which a fault could have come and gone unnoticed.

    ``length``: ns, summed over items, of gaps that are longer than a limit; ``spans`` and ``gaps``: of how many
    spans of the items with a wire how many were gaps.
    """

    length: int = 0
    spans: int = 0
    gaps: int = 0

    def __add__(self, other: Unseen) -> Unseen:
        return Unseen(self.length + other.length, self.spans + other.spans, self.gaps + other.gaps)

    @property
    def all_of_it(self) -> bool:
        """Whether there are items with a wire and nothing at all was seen of any."""
        return 0 < self.spans == self.gaps


def unseen(equipment: Equipment, log: FaultLog, window: Window, limit: int) -> Unseen:
    """The unseen time within the window of the items with a wire."""
    inside = [
        (phase.condition, min(phase.end, window.end) - max(phase.start, window.start))
        for item in equipment.items
        if item.conditions
        for phase in log.phases.get(item.key, ())
        if phase.start < window.end and phase.end > window.start
    ]
    gaps = [length for condition, length in inside if condition is Condition.UNSEEN]
    return Unseen(sum(gap for gap in gaps if gap > limit), len(inside), len(gaps))


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group(Generic[T]):
    """A subject with what is told of its equipment, in order, and its unseen time."""

    subject: Subject
    told: tuple[T, ...]
    unseen: Unseen


def groups(
    site: Site, log: FaultLog, window: Window, told: Iterable[tuple[str, T]], limit: int
) -> Iterator[Group[T]]:
    """The site, its systems and its equipment; ``told`` is by id of equipment. What the ledger does not know is
    the site's alone. ``limit``: the gaps that matter are longer, ns."""
    by_equipment: dict[str, list[T]] = {}
    for equipment_id, each in told:
        by_equipment.setdefault(equipment_id, []).append(each)
    dark = {equipment.id: unseen(equipment, log, window, limit) for equipment in site.equipment}

    def group(level: Level, name: str, ids: Iterable[str]) -> Group[T]:
        own = list(ids)
        every = tuple(each for one in own for each in by_equipment.get(one, ()))
        return Group(Subject(level, name), every, sum((dark[one] for one in own if one in dark), Unseen()))

    yield group(Level.SITE, site.id, {**dark, **by_equipment})
    for system in site.systems:
        yield group(Level.SYSTEM, system.id, (each.id for each in site.equipment if each.system == system.id))
    for equipment in site.equipment:
        yield group(Level.EQUIPMENT, equipment.id, (equipment.id,))


def goes_into(fault: Fault, window: Window) -> bool:
    """Whether a fault began before the window and was not known to be over when that began."""
    return fault.start.latest < window.start < fault.end.latest
