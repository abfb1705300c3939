"""Clauses: rows of the catalogue that say what is judged and against what."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.times import WindowKind


@dataclass(frozen=True, slots=True)
class Clause:
    """One row: ``id`` follows the source's numbering, ``kind`` names the evaluator that judges it.

    ``threshold`` is exact, in ``unit`` (UCUM; ``1`` for a ratio). ``window`` is how long it is judged over.
    """

    id: str
    number: str
    """The number in the source, such as ``一.4``."""
    title_zh: str
    title_en: str
    kind: str
    threshold: Fraction
    unit: str
    window: WindowKind
