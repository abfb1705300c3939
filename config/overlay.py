"""A site's own catalogue: the source's clauses, the standards it switches on, its changes and its own rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from config.catalogue import check_window, place, read_clause
from config.clause_tables import ClauseTable, OverlayTable
from config.draft import Draft
from config.parameters import read_parameters
from config.problems import Key, Note, nearest, shown
from config.tables import StandardsTable
from evaluators.model.clauses import Clause

LOCAL = r"^L-[a-z0-9-]+$"
"""What the id of a site's own row looks like."""


def site_clauses(draft: Draft, source: Iterable[Clause], standards: Iterable[Clause]) -> tuple[Clause, ...]:
    """The clauses that the site is judged by: the source's, then standards', then its own. Errors are noted."""
    offered = {clause.id: clause for clause in standards}
    clauses = {clause.id: clause for clause in source}
    clauses |= {name: offered[name] for name in _enabled(draft, offered)}
    local: list[tuple[int, Clause]] = []
    for clause_id, raw in draft.named(draft.document.tables.get("clauses", {}), ("clauses",), form=None):
        key = ("clauses", clause_id)
        if clause_id in clauses:
            clauses[clause_id] = _overlaid(draft, clauses[clause_id], raw, key)
        elif clause_id in offered:
            draft.problem(key, "is a standard that is not switched on", "name it in enabled of [standards]")
        elif re.fullmatch(LOCAL, clause_id):
            local += _local(draft, clause_id, raw, key)
        else:
            draft.problem(key, f"there is no clause {shown(clause_id)}", _meant(clause_id, {**clauses, **offered}))
    local.sort(key=lambda row: place(row[1].id, row[0]))
    return (*clauses.values(), *(clause for _, clause in local))


def _enabled(draft: Draft, offered: Mapping[str, Clause]) -> Iterable[str]:
    """The ids of the standards that are switched on, in the order of their catalogue."""
    table = draft.model(StandardsTable, draft.document.tables.get("standards", {}), ("standards",))
    if table is None:
        return ()
    if table.enabled == "all":
        return offered
    for name in table.enabled:
        if name not in offered:
            right = nearest(name, offered, "standard") if offered else "leave it out"
            draft.problem(("standards", "enabled"), f"there is no standard {shown(name)}", right)
    return [name for name in offered if name in table.enabled]


def _meant(clause_id: str, known: Mapping[str, Clause]) -> str:
    if clause_id.startswith(("L-", "l-")):
        return 'give a row of your own an id such as "L-pool-water": a-z, 0-9 and hyphens after L-'
    right = nearest(clause_id, known, "clause")
    return right if right.startswith("did") else f'{right}; a row of your own begins with "L-"'


def _local(draft: Draft, clause_id: str, raw: Mapping[str, Any], key: Key) -> Iterable[tuple[int, Clause]]:
    table = draft.model(ClauseTable, raw, key)
    clause = None if table is None else read_clause(clause_id, table, _below(draft, key))
    if table is not None and clause is not None:
        yield table.place, clause


def _below(draft: Draft, above: Key) -> Note:
    return lambda key, wrong, right: draft.problem((*above, *key), wrong, right)


def _overlaid(draft: Draft, clause: Clause, raw: Mapping[str, Any], key: Key) -> Clause:
    """The clause with the site's changes; the clause as it was, with the errors noted, where they cannot be."""
    table = draft.model(OverlayTable, raw, key)
    if table is None:
        return clause
    note = _below(draft, key)
    if table.verified and clause.verified:
        note(("verified",), "the threshold was checked against its source already", "leave it out")
    window = table.window or clause.window
    days = table.window_days
    if days is None and table.window in (None, clause.window):
        days = clause.window_days or None
    parameters = read_parameters(clause.kind, table.parameters, note, clause.parameters)
    if not check_window(window, days, note) or parameters is None:
        return clause
    changed = replace(
        clause,
        title_zh=table.title_zh or clause.title_zh,
        title_en=table.title_en or clause.title_en,
        threshold=clause.threshold if table.threshold is None else Fraction(table.threshold),
        window=window,
        window_days=days or 0,
        parameters=parameters,
        verified=clause.verified or bool(table.verified),
        confirmed_by=table.confirmed_by or "",
        confirmed_on=table.confirmed_on,
        not_applicable=table.not_applicable or "",
        weight=None if table.weight is None else Fraction(table.weight),
    )
    return replace(changed, overlaid=tuple(_changes(clause, changed)))


def _changes(before: Clause, after: Clause) -> Iterable[str]:
    """The keys whose values differ, those of parameters one by one."""
    for name in (field.name for field in fields(Clause)):
        old, new = getattr(before, name), getattr(after, name)
        if name != "parameters":
            if old != new:
                yield name
            continue
        for inner in fields(new):
            if getattr(old, inner.name) != getattr(new, inner.name):
                yield f"parameters.{inner.name}"
