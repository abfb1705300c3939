"""The catalogue of clauses, as data beside this module."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.clause_tables import ClauseTable
from config.explanation import explained
from config.parameters import read_parameters
from config.problems import Key, Note, Problem, SiteFileError, dotted, nearest, shown
from config.toml_file import read_toml
from evaluators.model.bodies import BODIES
from evaluators.model.clauses import Clause
from evaluators.model.times import WindowKind
from evaluators.registry import KINDS

SOURCE = Path(__file__).parent / "clauses" / "source"
"""The clauses of the source itself."""

STANDARDS = Path(__file__).parent / "clauses" / "standards"
"""Public standards that complete it; a site switches them on."""

EVIDENCE = ("telemetry", "ledger", *BODIES)
"""What a clause can rest on."""


def load_catalogue(folder: Path = SOURCE) -> tuple[Clause, ...]:
    """Every clause of the folder's files, by chapter and place; SiteFileError with all of their errors."""
    clauses: dict[str, Clause] = {}
    places: dict[str, Place] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        for clause_id, raw in _rows(path, problems):
            note = _into(problems, path, ("clauses", clause_id))
            table = _validated(raw, note)
            if table is None:
                continue
            if clause_id in clauses:
                note((), "is in another file too", "keep one of the two")
            clause = read_clause(clause_id, table, note)
            if clause is not None:
                clauses[clause_id] = clause
                places[clause_id] = place(clause_id, table.place)
    if problems:
        raise SiteFileError(problems)
    return tuple(clauses[clause_id] for clause_id in sorted(clauses, key=lambda found: places[found]))


def _rows(path: Path, problems: list[Problem]) -> Iterable[tuple[str, Any]]:
    """The rows of a file, by id; whatever else it holds is a problem."""
    try:
        tables = read_toml(path)
    except SiteFileError as error:
        problems.extend(error.problems)
        return ()
    note = _into(problems, path)
    for name in tables:
        if name != "clauses":
            note((name,), "is no table of a catalogue", nearest(name, ["clauses"], "table"))
    rows = tables.get("clauses", {})
    if isinstance(rows, dict):
        return rows.items()
    note(("clauses",), f"{shown(rows)} is not a table", "write [clauses]")
    return ()


def _into(problems: list[Problem], path: Path, above: Key = ()) -> Note:
    """Takes down errors of one file, with keys below ``above``."""

    def note(key: Key, wrong: str, right: str) -> None:
        problems.append(Problem(str(path), dotted((*above, *key)), wrong, right))

    return note


def _validated(raw: object, note: Note) -> ClauseTable | None:
    lists_as_tuples = raw
    if isinstance(raw, dict):
        lists_as_tuples = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    try:
        return ClauseTable.model_validate(lists_as_tuples, strict=True)
    except ValidationError as error:
        for key, wrong, right in explained(error, ClauseTable):
            note(key, wrong, right)
        return None


Place = tuple[tuple[int, ...], int, str]


def place(clause_id: str, number: int = 0) -> Place:
    """What rows are sorted by: the numbers before the first hyphen, the place among them, the id.

    Public standards (``X-…``) come after the source, a site's own rows (``L-…``) last.
    """
    chapter = clause_id.partition("-")[0]
    numbers = chapter.split(".")
    first = tuple(map(int, numbers)) if all(map(str.isdecimal, numbers)) else (1000 + (chapter == "L"),)
    return first, number, clause_id


def read_clause(clause_id: str, table: ClauseTable, note: Note) -> Clause | None:
    """The clause of a row; None, with each error noted by its key below the row, where it cannot be one."""
    right = check_window(table.window, table.window_days, note)
    for name in table.evidence:
        if name not in EVIDENCE:
            note(("evidence",), f"{shown(name)} is no evidence", nearest(name, EVIDENCE, "source"))
            right = False
    if table.kind not in KINDS:
        note(("kind",), f"{shown(table.kind)} is no kind of clause", nearest(table.kind, KINDS, "kind"))
        return None
    parameters = read_parameters(table.kind, table.parameters, note)
    if parameters is None or not right:
        return None
    return Clause(
        id=clause_id,
        number=table.number,
        title_zh=table.title_zh,
        title_en=table.title_en,
        kind=table.kind,
        threshold=Fraction(table.threshold),
        unit=table.unit,
        window=table.window,
        window_days=table.window_days or 0,
        parameters=parameters,
        dimension=table.dimension,
        auto=table.auto,
        evidence=table.evidence,
        source=table.source,
        verified=table.verified,
        weight=None if table.weight is None else Fraction(table.weight),
    )


def check_window(kind: WindowKind, days: int | None, note: Note) -> bool:
    """Whether a number of days goes with a rolling window and with no other; noted where it does not."""
    if (kind is WindowKind.ROLLING) == (days is not None):
        return True
    wrong = "is missing" if days is None else f"does not go with a window of a {kind}"
    note(("window_days",), wrong, "give it with a rolling window, and with no other")
    return False
