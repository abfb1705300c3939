"""The catalogue of clauses, as data beside this module."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from config.problems import Problem, SiteFileError, explained
from connectors.settings import Table
from evaluators.model.clauses import Clause
from evaluators.model.times import WindowKind

FOLDER = Path(__file__).parent / "clauses"


class ClauseTable(Table):
    """``[clauses."1.4-availability"]``: one row."""

    number: str
    """The number in the source."""
    title_zh: str
    title_en: str
    kind: str
    """Which evaluator judges it."""
    threshold: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    """A decimal in quotes, so that it is exact."""
    unit: str
    """UCUM; ``1`` for a ratio."""
    window: WindowKind


def load_catalogue(folder: Path = FOLDER) -> tuple[Clause, ...]:
    """Every clause of the catalogue's files, in the order of files and rows; SiteFileError with all errors."""
    clauses: list[Clause] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("clauses", {})
        for clause_id, raw in rows.items():
            try:
                clauses.append(_clause(clause_id, ClauseTable.model_validate(raw)))
            except ValidationError as error:
                for key, wrong, right in explained(error, ClauseTable.model_fields):
                    problems.append(Problem(str(path), ".".join(("clauses", clause_id, *key)), wrong, right))
    if problems:
        raise SiteFileError(problems)
    return tuple(clauses)


def _clause(clause_id: str, table: ClauseTable) -> Clause:
    return Clause(
        id=clause_id,
        number=table.number,
        title_zh=table.title_zh,
        title_en=table.title_en,
        kind=table.kind,
        threshold=Fraction(table.threshold),
        unit=table.unit,
        window=table.window,
    )
