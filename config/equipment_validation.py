"""The ledger's tables validated each on its own: equipment, its items, watches and parts, and their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.draft import ADDRESSES, Draft, Reference
from config.equipment_tables import (
    IN_TEST,
    ConditionTable,
    EquipmentTable,
    ItemTable,
    PartTable,
    WatchTable,
    WeekHoursTable,
)
from config.problems import Key, dotted, shown


def validate_equipment(draft: Draft, raw: object) -> None:
    """Every table of ``[equipment]``, into the draft."""
    for name, table in draft.named(raw, ("equipment",)):
        key = ("equipment", name)
        _refer(draft.references.systems, table, key, "system")
        equipment = draft.model(EquipmentTable, table, key)
        if equipment is not None:
            draft.equipment[name] = equipment
        draft.items[name] = _items(draft, table.get("items", {}), (*key, "items"))
        draft.watches[name] = _watches(draft, table.get("watches", {}), (*key, "watches"))
        draft.parts[name] = _parts(draft, table.get("parts", {}), (*key, "parts"))
        _check_keys(draft, name, table)


def _items(draft: Draft, raw: object, key: Key) -> dict[str, ItemTable]:
    items = {}
    for name, table in draft.named(raw, key):
        place = (*key, name)
        item = draft.model(ItemTable, table, place)
        if item is not None:
            items[name] = item
        if "usable_when" not in table and "inspected_days" not in table:
            right = "add it, or inspected_days for an item that no wire shows"
            draft.problem((*place, "usable_when"), "is missing", right)
        _conditions(draft, table.get("usable_when"), (*place, "usable_when"))
        entries = table.get("stand_down")
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            where = (*place, "stand_down", str(number))
            stand_down = draft.model(WeekHoursTable, entry, where)
            if stand_down is not None:
                draft.stand_downs[where] = stand_down
    return items


def _watches(draft: Draft, raw: object, key: Key) -> dict[str, WatchTable]:
    watches = {}
    for name, table in draft.named(raw, key):
        place = (*key, name)
        watch = draft.model(WatchTable, table, place)
        if watch is not None:
            watches[name] = watch
        for where, condition in _conditions(draft, table.get("happens_when"), (*place, "happens_when")).items():
            if condition.not_required_for:
                draft.problem((*where, "not_required_for"), "is for functional items only", "leave it out")
    return watches


def _parts(draft: Draft, raw: object, key: Key) -> dict[str, PartTable]:
    parts = {}
    for address, table in draft.named(raw, key, ADDRESSES):
        place = (*key, address)
        part = draft.model(PartTable, table, place)
        if part is not None:
            parts[address] = part
        _refer(draft.references.points, table, place, "point")
        if "point" in table:
            draft.watch_keys.add(f"{key[1]}/{address}")
        if part is not None and part.point is not None:
            _in_test(draft, part.point, part.in_test, (*place, "in_test"))
    return parts


def _in_test(draft: Draft, point: str, values: tuple[Any, ...] | None, key: Key) -> None:
    """The condition of a part: its point has one of the values."""
    kind = draft.point_types.get(point)
    if values is None and isinstance(kind, str) and kind != "int":
        draft.problem(key, f"is missing, and {shown(point)} is {kind}", "name its values in alarm and test")
        return
    condition = draft.model(ConditionTable, {"point": point, "one_of": values or IN_TEST}, key)
    if condition is not None:
        draft.conditions[key] = condition


def _conditions(draft: Draft, raw: object, key: Key) -> dict[Key, ConditionTable]:
    """The conditions of a list, by where each stands."""
    found = {}
    for number, entry in enumerate(raw if isinstance(raw, list) else ()):
        place = (*key, str(number))
        _refer(draft.references.points, entry, place, "point")
        _refer(draft.references.watches, entry, place, "not_required_while")
        condition = draft.model(ConditionTable, entry, place)
        if condition is not None:
            found[place] = condition
    draft.conditions.update(found)
    return found


def _refer(references: list[Reference], table: object, key: Key, name: str) -> None:
    """Collect what a key of a table names, if it is there and a name at all."""
    if isinstance(table, Mapping) and isinstance(table.get(name), str):
        references.append(Reference((*key, name), table[name]))


def _check_keys(draft: Draft, equipment: str, table: Mapping[str, Any]) -> None:
    """Items, watches and parts are all named ``equipment/id``: no two may share one."""
    taken: dict[str, Key] = {}
    for below in ("items", "watches", "parts"):
        names = table.get(below)
        for name in names if isinstance(names, Mapping) else ():
            place = ("equipment", equipment, below, name)
            if below == "watches":
                draft.watch_keys.add(f"{equipment}/{name}")
            first = taken.setdefault(name, place)
            if first != place:
                draft.problem(place, f"has the id of {dotted(first)}", "give it another")
