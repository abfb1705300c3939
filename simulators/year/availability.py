"""How long each item really was up, by month, system and site: from the story alone, by its own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simulators.year.building import Unit
from simulators.year.calendar import Period
from simulators.year.spans import Span, common, length, merged, minus
from simulators.year.story import Story


@dataclass(frozen=True, slots=True)
class Standing:
    """One item over the year, as disjoint sets of instants; ``blind``: nobody could see it then."""

    up: list[Span]
    down: list[Span]
    planned: list[Span]
    not_required: list[Span]
    blind: list[Span]


def standing(story: Story, unit: Unit) -> Standing:
    """What an item really was.

    What was declared in time covers nothing of a fault that was there before it began. Life safety never rests.
    """
    whole = [(story.year.start, story.year.end)]
    broken = common(whole, story.down.get(unit.key, []))
    rested = [] if unit.life_safety else _covered(story.rested.get(unit.key, []), broken)
    off = common(whole, merged(rested))
    planned = minus(common(merged(_covered(story.planned.get(unit.key, []), broken)), broken), off)
    down = minus(minus(broken, planned), off)
    up = minus(minus(whole, broken), off)
    blind = story.wire.blind(unit.signal) if unit.signal else merged(story.uninspected.get(unit.key, []))
    return Standing(up, down, planned, off, common(whole, blind))


def _covered(windows: Iterable[Span], broken: list[Span]) -> list[Span]:
    found: list[Span] = []
    for window in windows:
        already = [span for span in broken if span[0] < window[0] < span[1]]
        found += minus([window], already)
    return found


def figures(story: Story) -> list[dict[str, Any]]:
    """A row for each month and subject: ns in each state, summed over its items, and how much of it was blind."""
    by_unit = {unit.key: standing(story, unit) for unit in story.building.units()}
    rows = []
    for month in story.year.months():
        accounts = {key: _account(found, month) for key, found in by_unit.items()}
        rows.append(_row(month, "site", "tower", list(accounts.values())))
        systems: dict[str, list[dict[str, int]]] = {}
        for machine in story.building.machines:
            mine = systems.setdefault(machine.system, [])
            mine += [accounts[unit.key] for unit in machine.units]
        rows += [_row(month, "system", name, parts) for name, parts in systems.items()]
        rows += [_row(month, "item", key, [account]) for key, account in accounts.items()]
    return rows


def _account(found: Standing, month: Period) -> dict[str, int]:
    window = [(month.start, month.end)]
    parts = ("up", "down", "planned", "not_required", "blind")
    return {part: length(common(getattr(found, part), window)) for part in parts}


def _row(month: Period, level: str, name: str, parts: list[dict[str, int]]) -> dict[str, Any]:
    sums = {key: sum(part[key] for part in parts) for key in parts[0]}
    required = sums["up"] + sums["down"]
    return {
        "month": month.name,
        "level": level,
        "id": name,
        **sums,
        "availability": f"{sums['up']}/{required}" if required else None,
    }
