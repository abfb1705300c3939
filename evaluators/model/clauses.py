"""Clauses: rows of the catalogue that say what is judged and against what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from evaluators.model.times import WindowKind

P = TypeVar("P")


class Dimension(StrEnum):
    """The four dimensions that the source evaluates."""

    FOUNDATION = "foundation"
    """服务基础"""
    PROCESS = "process"
    """服务过程"""
    RESULT = "result"
    """服务结果"""
    IMPROVEMENT = "improvement"
    """持续改进"""


class Auto(StrEnum):
    """Where the evidence comes from."""

    TELEMETRY = "telemetry"
    """From controllers or the agent's own store."""
    RECORDS = "records"
    """From what people or their systems state."""
    BOTH = "both"
    """A record that telemetry can witness, or a clock that telemetry starts."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One row: ``id`` follows the source's numbering, ``kind`` names the evaluator that judges it.

    ``threshold`` is exact, in ``unit`` (UCUM; ``1`` for a ratio or a number). ``window`` is how long it is judged
    over. ``parameters`` is the kind's own `Parameters`.
    """

    id: str
    number: str
    """The chapter in the source, such as ``一.4``; a public standard's rows name the chapter they complete."""
    title_zh: str
    title_en: str
    kind: str
    threshold: Fraction
    unit: str
    window: WindowKind
    window_days: int = 0
    """How long a rolling window is."""
    parameters: object = None
    dimension: Dimension = Dimension.FOUNDATION
    auto: Auto = Auto.TELEMETRY
    evidence: tuple[str, ...] = ()
    """The kinds of records it takes; besides, ``telemetry`` and ``ledger``."""
    source: str = ""
    """The public standard it comes from; empty for the clauses of the source itself."""
    verified: bool = True
    """False: nobody has checked the threshold against its source; not judged until the site confirms it."""
    confirmed_by: str = ""
    """Who confirmed such a threshold for the site, and on which date."""
    confirmed_on: date | None = None
    weight: Fraction | None = None
    """Its share in the site's own score; without one it counts for none."""
    overlaid: tuple[str, ...] = ()
    """The keys that the site file changed, such as ``threshold`` or ``parameters.limit``."""
    not_applicable: str = ""
    """Why the site has taken the clause out; empty where it is judged."""


def parameters_of(clause: Clause, kind: type[P]) -> P:
    """The clause's parameters as its kind's own; TypeError where they are another kind's."""
    if not isinstance(clause.parameters, kind):
        raise TypeError(f"clause {clause.id}: has parameters of {type(clause.parameters).__name__}")
    return clause.parameters
