"""Which module looks for which kind of waste. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from evaluators.model.waste import Finding, Rule, Untold
from evaluators.waste import base_load, demand, night_flow, out_of_hours, phase_imbalance, power_factor
from evaluators.waste.bounds import Mistake
from evaluators.waste.scene import Scene


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule may set, what looks, and what its parameters may get wrong among themselves. ``needs_hours``:
    it asks when the building is open."""

    parameters: type
    look: Callable[[Rule, Any, Scene], Iterable[Finding | Untold]]
    mistakes: Callable[[Any], Iterable[Mistake]]
    needs_hours: bool


def _kind(module: ModuleType) -> Kind:
    return Kind(module.Parameters, module.look, module.mistakes, module.NEEDS_HOURS)


KINDS: dict[str, Kind] = {
    "base_load": _kind(base_load),
    "demand": _kind(demand),
    "night_flow": _kind(night_flow),
    "out_of_hours": _kind(out_of_hours),
    "phase_imbalance": _kind(phase_imbalance),
    "power_factor": _kind(power_factor),
}
"""By the name that rules give as ``kind``."""


def reference_days(rules: Iterable[Rule]) -> int:
    """How many days before the end of a scene its rules look at."""
    return max((getattr(rule.parameters, "reference_days", 0) for rule in rules), default=0)


def find(rules: Iterable[Rule], scene: Scene) -> Sequence[Finding | Untold]:
    """What every rule finds in a scene, rule by rule."""
    found: list[Finding | Untold] = []
    for rule in rules:
        kind = KINDS[rule.kind]
        if kind.needs_hours and not scene.open_hours:
            found.append(Untold(rule.id, "", "nobody says when the building is open: give open in [energy]"))
        else:
            found += kind.look(rule, rule.parameters, scene)
    return found
