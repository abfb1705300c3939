"""The catalogue of clauses, as data beside this module."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from config.explanation import explained
from config.problems import Key, Problem, SiteFileError, dotted
from config.toml_file import read_toml
from connectors.settings import Table
from evaluators.model.clauses import Clause
from evaluators.model.times import WindowKind

M = TypeVar("M", bound=Table)

FOLDER = Path(__file__).parent / "clauses"


class ClauseTable(Table):
    """``[clauses."1.4-availability"]``: one row."""

    number: str
    """The number in the source."""
    title_zh: str
    title_en: str
    kind: str
    """Which evaluator judges it."""
    threshold: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
    """A decimal in quotes, so that it is exact."""
    unit: str
    """UCUM; ``1`` for a ratio."""
    window: WindowKind


class CatalogueFile(Table):
    """One file of the catalogue."""

    clauses: dict[str, Any]
    """The rows, by id: `ClauseTable`, each validated on its own."""


def load_catalogue(folder: Path = FOLDER) -> tuple[Clause, ...]:
    """Every clause of the folder's files, in the order of files and rows; SiteFileError with all their errors."""
    clauses: dict[str, Clause] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        for clause_id, raw in _rows(path, problems):
            key = ("clauses", clause_id)
            table = _validated(ClauseTable, raw, path, key, problems)
            if table is None:
                continue
            if clause_id in clauses:
                problems.append(Problem(str(path), dotted(key), "is in another file too", "keep one of the two"))
            clauses[clause_id] = _clause(clause_id, table)
    if problems:
        raise SiteFileError(problems)
    return tuple(clauses.values())


def _rows(path: Path, problems: list[Problem]) -> Iterable[tuple[str, Any]]:
    try:
        raw = read_toml(path)
    except SiteFileError as error:
        problems.extend(error.problems)
        return ()
    file = _validated(CatalogueFile, raw, path, (), problems)
    return file.clauses.items() if file else ()


def _validated(model: type[M], raw: object, path: Path, key: Key, problems: list[Problem]) -> M | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = explained(error, model)
        problems.extend(Problem(str(path), dotted((*key, *below)), wrong, right) for below, wrong, right in found)
        return None


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
