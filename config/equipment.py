"""The ledger as judging sees it, from tables without errors."""

from __future__ import annotations

from config.draft import Draft
from config.equipment_tables import (
    WEEK,
    ConditionTable,
    EquipmentTable,
    ItemTable,
    PartTable,
    WatchTable,
    WeekHoursTable,
)
from config.problems import Key
from evaluators.model.site import Category, Condition, Equipment, Item, Part, Watch, WeekHours
from evaluators.model.times import instant, seconds_to_ns


def equipment_of(draft: Draft) -> tuple[Equipment, ...]:
    """Every piece of equipment, in the order of the file."""
    return tuple(_equipment(name, table, draft) for name, table in draft.equipment.items())


def _equipment(name: str, table: EquipmentTable, draft: Draft) -> Equipment:
    key = ("equipment", name)
    return Equipment(
        id=name,
        name=table.name or name,
        system=table.system,
        items=tuple(_item(name, i, item, draft, (*key, "items", i)) for i, item in draft.items[name].items()),
        kind=table.kind,
        subfamily=table.subfamily,
        model=table.model,
        installed=table.installed,
        handed_over=table.handed_over,
        removed=table.removed,
        maintenance_cycle=table.maintenance_cycle,
        supplier=table.supplier,
        maintainer=table.maintainer,
        critical=table.critical,
        watches=tuple(
            _watch(name, w, watch, draft, (*key, "watches", w)) for w, watch in draft.watches[name].items()
        ),
        parts=tuple(_part(name, p, part, draft, (*key, "parts", p)) for p, part in draft.parts[name].items()),
    )


def _item(equipment: str, item_id: str, table: ItemTable, draft: Draft, key: Key) -> Item:
    stand_downs = (draft.stand_downs[(*key, "stand_down", str(n))] for n in range(len(table.stand_down)))
    return Item(
        key=f"{equipment}/{item_id}",
        name=table.name or item_id,
        conditions=_conditions(draft, (*key, "usable_when"), len(table.usable_when or ()), table.accept_uncertain),
        life_safety=table.life_safety,
        required_from=None if table.required_from is None else instant(table.required_from),
        emergency=table.emergency,
        stand_down=tuple(map(_stand_down, stand_downs)),
        inspected_days=table.inspected_days or 0,
    )


def _stand_down(table: WeekHoursTable) -> WeekHours:
    return WeekHours(tuple(sorted(map(WEEK.index, table.days))), table.start_s, table.end_s)


def _watch(equipment: str, watch_id: str, table: WatchTable, draft: Draft, key: Key) -> Watch:
    return Watch(
        key=f"{equipment}/{watch_id}",
        name=table.name or watch_id,
        category=table.category,
        conditions=_conditions(draft, (*key, "happens_when"), len(table.happens_when)),
        at_least_ns=seconds_to_ns(table.at_least_s),
    )


def _part(equipment: str, address: str, table: PartTable, draft: Draft, key: Key) -> Part:
    name = f"{equipment}/{address}"
    watch = None
    if table.point is not None:
        conditions = (_condition(draft.conditions[(*key, "in_test")]),)
        watch = Watch(name, address, Category.PART_TEST, conditions)
    return Part(name, table.kind, watch, table.installed, table.removed)


def _conditions(draft: Draft, key: Key, count: int, accept_uncertain: bool = False) -> tuple[Condition, ...]:
    return tuple(_condition(draft.conditions[(*key, str(n))], accept_uncertain) for n in range(count))


def _condition(table: ConditionTable, accept_uncertain: bool = False) -> Condition:
    return Condition(
        point=table.point,
        one_of=table.values,
        at_least=table.at_least,
        at_most=table.at_most,
        unknown_for=table.unknown_for,
        not_required_for=table.not_required_for,
        accept_uncertain=accept_uncertain,
        not_required_while=table.not_required_while or "",
    )
