"""Rows of a catalogue to begin with, and a kind of clause with parameters of every sort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.clauses import Clause
from evaluators.model.times import Limit, Window
from evaluators.model.verdicts import Verdict
from evaluators.registry import Kind

ROW = """
[clauses."1-x"]
number = "1"
place = 1
title_zh = "一"
title_en = "One"
kind = "availability"
threshold = "0.98"
unit = "1"
window = "month"
dimension = "foundation"
auto = "both"
evidence = ["telemetry", "work-order"]
"""


class Stop(StrEnum):
    """What stops a clock."""

    ACCEPTED = "accepted"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A table in a list."""

    limit: Limit
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """One of every sort."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    limit: Limit
    share: Fraction = Fraction(1, 3)
    stop: Stop = Stop.ACCEPTED
    count: int = 1
    strict: bool = False
    since: date | None = None
    kinds: frozenset[str] = frozenset()
    classes: tuple[Class, ...] = ()
    field: str = "reported_at"


def mistakes(parameters: Parameters) -> Iterator[tuple[str, str, str]]:
    """There are but two fields that a clock could start at."""
    if parameters.field not in ("reported_at", "accepted_at"):
        yield "field", f"there is no field {parameters.field}", "give reported_at or accepted_at"


def judge(clause: Clause, facts: Facts, window: Window) -> Iterable[Verdict]:
    """Nothing to say."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing to set."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


PLAIN = Kind(Nothing, judge)

PROBE = Kind(Parameters, judge, mistakes)

PROBE_ROW = ROW.replace('"availability"', '"probe"') + '[clauses."1-x".parameters]\nlimit = { minutes = 30 }\n'
"""A row of that kind, to which parameters can be appended."""
