"""What a record names must be in the site file: equipment, functional items, parts, points. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.problems import Refused, closest, nearest, shown
from evaluators.model.bodies import Body
from evaluators.model.site import Site


@dataclass(frozen=True, slots=True)
class Names:
    """What there is to be named. ``items`` and ``parts`` hold the ids within each piece of equipment, ``points``
    those within each device."""

    items: Mapping[str, frozenset[str]]
    parts: Mapping[str, frozenset[str]]
    points: Mapping[str, frozenset[str]]
    suggests: bool = True
    """Whether errors say what was probably meant: for a file that is wrong from end to end that takes too long."""

    def right(self, name: str, known: Iterable[str], what: str, owner: str = "") -> str:
        """What would be right instead of ``name``."""
        if not self.suggests:
            return f"name one of the site file's {what}s"
        words = sorted(known)
        near = closest(name, words) if owner else None
        return nearest(name, words, what) if near is None else f'did you mean "{owner}/{near}"?'


def names_of(site: Site) -> Names:
    """Everything of a site that records can name."""
    return Names(
        items={each.id: _within(item.key for item in each.items) for each in site.equipment},
        parts={each.id: _within(part.key for part in each.parts) for each in site.equipment},
        points={
            device: _within(point.key for point in site.points if point.device == device)
            for device in dict.fromkeys(point.device for point in site.points)
        },
    )


def _within(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key.partition("/")[2] for key in keys)


Check = Callable[[Names, Any, Mapping[str, Any]], Any]
"""Takes the names, a value and all values of its record; gives the value as it is to be kept."""


def _equipment(names: Names, value: str, _: Mapping[str, Any]) -> str:
    if value not in names.items:
        raise Refused(f"there is no equipment {shown(value)}", names.right(value, names.items, "equipment id"))
    return value


def _several(names: Names, values: tuple[str, ...], record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_equipment(names, value, record) for value in values)


def _item(names: Names, value: str, _: Mapping[str, Any]) -> str:
    equipment, slash, item = value.partition("/")
    if not slash:
        raise Refused(f"{shown(value)} is no functional item", "name it as equipment/item")
    _equipment(names, equipment, {})
    return _among(names, names.items[equipment], equipment, item, "functional item")


def _items(names: Names, values: tuple[str, ...], record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((_item if "/" in value else _equipment)(names, value, record) for value in values)


def _own_item(names: Names, value: str, record: Mapping[str, Any]) -> str:
    """An item of the record's own equipment, with or without the equipment before it; kept without."""
    equipment = record.get("equipment", "")
    if not value or equipment not in names.items:
        return value
    own = value.removeprefix(f"{equipment}/")
    _among(names, names.items[equipment], equipment, own, "functional item")
    return own


def _addresses(names: Names, values: tuple[str, ...], record: Mapping[str, Any]) -> tuple[str, ...]:
    """Parts of the record's own equipment, where the site file lists them; kept as addresses."""
    equipment: str = record.get("equipment", "")
    own = tuple(value.removeprefix(f"{equipment}/") for value in values)
    parts = names.parts.get(equipment, frozenset())
    for value in own if parts else ():
        _among(names, parts, equipment, value, "part")
    return own


def _points(names: Names, values: tuple[str, ...], _: Mapping[str, Any]) -> tuple[str, ...]:
    for value in values:
        device, slash, point = value.partition("/")
        if device not in names.points:
            raise Refused(f"there is no device {shown(device)}", names.right(device, names.points, "device"))
        if slash:
            _among(names, names.points[device], device, point, "point")
    return values


def _among(names: Names, known: frozenset[str], owner: str, name: str, what: str) -> str:
    full = f"{owner}/{name}"
    if name not in known:
        raise Refused(f"there is no {what} {shown(full)}", names.right(name, known, what, owner))
    return full


CHECKS: Mapping[tuple[str, str], Check] = {
    ("work-order", "equipment"): _equipment,
    ("work-order", "item"): _own_item,
    ("round", "equipment"): _several,
    ("service", "equipment"): _several,
    ("overhaul", "equipment"): _several,
    ("plan", "equipment"): _several,
    ("inspection", "item"): _item,
    ("item-change", "item"): _item,
    ("test", "equipment"): _equipment,
    ("test", "addresses"): _addresses,
    ("linkage-test", "parts"): _several,
    ("declaration", "items"): _items,
    ("commissioning", "points"): _points,
}
"""By kind and field. What other records are named (staff, complaints, trainings) is not checked: these may come
later."""

ORDERED = (
    ("start", "end"),
    ("performed_at", "finished_at"),
    ("valid_from", "valid_until"),
    ("since", "until"),
    ("issued", "expires"),
    ("covers_from", "covers_until"),
    ("offered_from", "offered_until"),
)
"""Fields of which the second cannot be before the first."""


def refer(names: Names, kind: type[Body], field: str, value: Any, record: Mapping[str, Any]) -> Any:
    """A value as it is to be kept; `Refused` where it names something that is not there. ``record`` holds the
    record's values as far as they could be read."""
    check = CHECKS.get((kind.KIND, field))
    return value if check is None else check(names, value, record)


def misordered(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The two fields of which the second is before the first."""
    for first, second in ORDERED:
        begin, end = record.get(first), record.get(second)
        if begin is not None and end is not None and end < begin:
            return first, second
    return None
