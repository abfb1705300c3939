"""Tariff, opening hours and rules of waste, as judging sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from config.draft import Draft
from config.equipment_tables import WEEK, WeekHoursTable
from config.parameters import read_as
from config.problems import Key, Note, nearest, shown
from config.toml_file import read_toml
from config.waste_tables import BandTable, RuleTable, TariffTable, WasteTable
from evaluators.model.site import WeekHours
from evaluators.model.waste import Band, Rule, Tariff
from evaluators.waste.registry import KINDS

RULES = Path(__file__).parent / "waste.toml"
"""The rules that every site has."""


@dataclass(frozen=True, slots=True)
class WasteSettings:
    """What looking for waste rests on beside the meters."""

    rules: tuple[Rule, ...] = ()
    open_hours: tuple[WeekHours, ...] = ()
    tariff: Tariff = field(default_factory=Tariff)


def waste_settings(draft: Draft) -> WasteSettings:
    """``[energy] open``, ``[tariff]`` and ``[waste.X]``; errors are noted."""
    tables = draft.document.tables
    hours = _entries(draft, WeekHoursTable, draft.energy.open, ("energy", "open"))
    tariff = draft.model(TariffTable, tables.get("tariff", {}), ("tariff",)) or TariffTable()
    bands = _entries(draft, BandTable, tariff.bands, ("tariff", "bands"))
    return WasteSettings(
        rules=tuple(_rules(draft, tables.get("waste", {}))),
        open_hours=tuple(map(_week_hours, hours)),
        tariff=Tariff(
            currency=tariff.currency,
            prices={carrier: Fraction(price) for carrier, price in tariff.prices.items()},
            bands=tuple(Band(b.name, Fraction(b.price), _week_hours(b), frozenset(b.months)) for b in bands),
            contract_kw=_exact(tariff.contract_kw),
            demand_price=_exact(tariff.demand_price),
        ),
    )


def _exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _entries(draft: Draft, model: type[Any], raw: Iterable[object], key: Key) -> Iterator[Any]:
    """The entries of a list of tables that are right."""
    for number, entry in enumerate(raw):
        table = draft.model(model, entry, (*key, str(number)))
        if table is not None:
            yield table


def _week_hours(table: WeekHoursTable) -> WeekHours:
    return WeekHours(tuple(WEEK.index(day) for day in table.days), table.start_s, table.end_s)


def _rules(draft: Draft, raw: object) -> Iterator[Rule]:
    """Every rule that is on: those of every site with the site's changes, then its own."""
    changes = dict(draft.named(raw, ("waste",)))
    known = {rule.id: rule for rule in load_rules()}
    for rule in known.values():
        changed = _changed(draft, rule, changes.get(rule.id, {}))
        if changed is not None:
            yield changed
    for rule_id, table in changes.items():
        if rule_id not in known:
            yield from _own(draft, rule_id, table, known)


def _changed(draft: Draft, rule: Rule, raw: Mapping[str, Any]) -> Rule | None:
    """The rule as the site has it; None where it is off."""
    key = ("waste", rule.id)
    table = draft.model(WasteTable, raw, key)
    if table is None or not table.on:
        return None
    if table.kind is not None:
        draft.problem((*key, "kind"), "is given already", "leave it out, or name a rule of your own otherwise")
    kind = KINDS[rule.kind]
    parameters = read_as(kind.parameters, kind.mistakes, table.parameters, _below(draft, key), rule.parameters)
    return replace(
        rule,
        title_zh=table.title_zh or rule.title_zh,
        title_en=table.title_en or rule.title_en,
        parameters=parameters,
        meters=_meters(draft, table, key),
    )


def _own(draft: Draft, rule_id: str, raw: Mapping[str, Any], known: Mapping[str, Rule]) -> Iterator[Rule]:
    key = ("waste", rule_id)
    table = draft.model(WasteTable, raw, key)
    if table is None or not table.on:
        return
    if table.kind is None:
        right = f"{nearest(rule_id, known, 'rule')}; a rule of your own gives its kind"
        draft.problem(key, f"there is no rule {shown(rule_id)}", right)
        return
    if table.kind not in KINDS:
        wrong = f"{shown(table.kind)} is no kind of rule"
        draft.problem((*key, "kind"), wrong, nearest(table.kind, KINDS, "kind"))
        return
    kind = KINDS[table.kind]
    parameters = read_as(kind.parameters, kind.mistakes, table.parameters, _below(draft, key))
    yield Rule(
        id=rule_id,
        kind=table.kind,
        title_zh=table.title_zh or rule_id,
        title_en=table.title_en or rule_id,
        parameters=parameters,
        meters=_meters(draft, table, key),
    )


def _meters(draft: Draft, table: WasteTable, key: Key) -> tuple[str, ...]:
    for number, name in enumerate(table.meters):
        if name not in draft.meter_ids:
            right = nearest(name, draft.meters, "meter")
            draft.problem((*key, "meters", str(number)), f"there is no meter {shown(name)}", right)
    return table.meters


def _below(draft: Draft, above: Key) -> Note:
    return lambda key, wrong, right: draft.problem((*above, *key), wrong, right)


@cache
def load_rules() -> tuple[Rule, ...]:
    """The rules that every site has, in the order of their file."""
    return tuple(_read(rule_id, raw) for rule_id, raw in read_toml(RULES)["rules"].items())


def _read(rule_id: str, raw: Mapping[str, Any]) -> Rule:
    table = RuleTable.model_validate(raw, strict=True)
    kind = KINDS[table.kind]

    def refuse(key: Key, wrong: str, right: str) -> None:
        raise ValueError(f"{RULES}: {rule_id}: {'.'.join(key)}: {wrong}; {right}")

    parameters = read_as(kind.parameters, kind.mistakes, table.parameters, refuse)
    return Rule(
        id=rule_id,
        kind=table.kind,
        title_zh=table.title_zh,
        title_en=table.title_en,
        parameters=parameters,
        source=table.source,
        verified=table.verified,
    )
