"""Sheets and JSON records into drafts: every row for itself, every error with its row and column. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from agent.records.cells import parse
from agent.records.columns import Column, body_columns, columns_of, headings
from agent.records.draft import Delivery, Draft, Reading, Refusal, Row, record_name
from agent.records.references import Names, misordered, refer
from config.problems import Problem, Refused, closest, shown
from config.sheets import IGNORED, Cell, Line, normal_heading
from evaluators.model.bodies import Body
from evaluators.model.records import Attachment

SUGGESTIONS = 200
"""How many bad rows of one file are told what was probably meant."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of one kind as it was read: the headings as they were written, and its lines below these."""

    kind: type[Body]
    headings: Sequence[str]
    lines: Iterable[Line]


@dataclass(frozen=True, slots=True)
class Known:
    """What reading rows has to know of the site: what there is, and the zone of times without an offset."""

    names: Names
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a sheet: where it is, how its author wrote the heading, what it is."""

    position: int
    heading: str
    column: Column


class Reader:
    """Reads the sheets and records of one file or message; knows which ids it has met."""

    def __init__(self, file: str, known: Known, delivery: Delivery) -> None:
        self._file = file
        self._known = known
        self._delivery = delivery
        self._seen: dict[str, Row] = {}
        self._refusals: dict[str, tuple[Problem, ...]] = {}
        self._problems: list[Problem] = []

    def reading(self) -> Reading:
        """Everything read so far."""
        refusals = (Refusal(place, problems) for place, problems in self._refusals.items())
        return Reading(tuple(self._seen.values()), tuple(refusals), tuple(self._problems))

    def problem(self, key: str, wrong: str, right: str) -> None:
        """Note what is wrong with the whole, or with a sheet."""
        self._problems.append(Problem(self._file, key, wrong, right))

    def read(self, sheet: Sheet, name: str = "") -> None:
        """Read a sheet; ``name`` is put before its rows where the file has several.

        Nothing of a sheet is read where a heading means nothing: what stands below it would be lost in silence.
        """
        before = f"{name}, " if name else ""
        fields, faults = self._fields(sheet.kind, sheet.headings, before)
        if faults:
            self._problems += faults
            return
        for line in sheet.lines:
            self._read_line(sheet.kind, fields, line, before + line.place, len(sheet.headings))

    def read_record(self, kind: type[Body], record: Mapping[str, Cell], place: str) -> None:
        """Read a record from JSON: the names of its members are its headings."""
        fields, faults = self._fields(kind, list(record), f"{place}, ")
        self._take(kind, fields, self._values(kind, fields, list(record.values()), place, faults), place, faults)

    def refuse(self, place: str, wrong: str, right: str) -> None:
        """Note a row of which nothing can be read."""
        self._refuse(place, (Problem(self._file, place, wrong, right),))

    def _refuse(self, place: str, problems: Iterable[Problem]) -> None:
        self._refusals[place] = (*self._refusals.get(place, ()), *problems)
        if len(self._refusals) == SUGGESTIONS:
            self._known = replace(self._known, names=replace(self._known.names, suggests=False))

    def _fields(self, kind: type[Body], written: Sequence[str], before: str) -> tuple[list[Field], list[Problem]]:
        """What each heading means; problems where one means nothing or a required one is missing."""
        fields: list[Field] = []
        faults: list[Problem] = []
        for position, heading in enumerate(written):
            word = normal_heading(heading)
            if not word or word.startswith(IGNORED):
                continue
            column = headings(kind).get(word)
            key = f"{before}column {_said(heading)}"
            if column is None:
                faults.append(Problem(self._file, key, f"{kind.KIND} has no such column", _similar(word, kind)))
            elif any(field.column is column for field in fields):
                wrong = f"is a second column for {column.name} ({column.zh})"
                faults.append(Problem(self._file, key, wrong, "keep one of them"))
            else:
                fields.append(Field(position, _said(heading), column))
        there = {field.column.name for field in fields}
        faults += (
            Problem(
                self._file, f"{before}column {each.zh}", "is missing", f"add {each.zh} ({each.name}): {each.help}"
            )
            for each in columns_of(kind)
            if each.required and each.name not in there
        )
        return fields, faults

    def _read_line(self, kind: type[Body], fields: Sequence[Field], line: Line, place: str, width: int) -> None:
        if not line.faults and all(map(_empty, line.cells)):
            return
        faults = [Problem(self._file, f"{place}{where}", error.wrong, error.right) for where, error in line.faults]
        if not all(map(_empty, line.cells[width:])):
            right = "put text that holds the delimiter in quotes"
            faults.append(Problem(self._file, place, "has more cells than there are headings", right))
        self._take(kind, fields, self._values(kind, fields, line.cells, place, faults), place, faults)

    def _values(
        self, kind: type[Body], fields: Sequence[Field], cells: Sequence[Cell], place: str, faults: list[Problem]
    ) -> dict[str, Any]:
        """The values of a row that can be read, by field; ``faults`` gets what is wrong with the others."""
        values: dict[str, Any] = {}
        for field in fields:
            cell = cells[field.position] if field.position < len(cells) else None
            try:
                values[field.column.name] = parse(field.column, cell, self._known.zone)
            except Refused as error:
                faults.append(self._fault(fields, field.column.name, place, error))
        for name in values if not values.get("withdrawn") else ():
            try:
                values[name] = refer(self._known.names, kind, name, values[name], values)
            except Refused as error:
                faults.append(self._fault(fields, name, place, error))
        wrong_way = misordered(values)
        if wrong_way is not None:
            first, second = wrong_way
            wrong = Refused(f"is before {_heading(fields, first)}", "exchange them, or correct one")
            faults.append(self._fault(fields, second, place, wrong))
        return values

    def _fault(self, fields: Sequence[Field], name: str, place: str, error: Refused) -> Problem:
        return Problem(self._file, f"{place}, column {_heading(fields, name)}", error.wrong, error.right)

    def _take(
        self, kind: type[Body], fields: Sequence[Field], values: dict[str, Any], place: str, faults: list[Problem]
    ) -> None:
        """Keep a row that reads well; refuse any other, by its record's name where that is known."""
        row = None if faults else self._row(kind, values, place, faults)
        if row is None:
            source = values.get("source") or self._delivery.source
            name = record_name(kind.KIND, source, values["id"]) if "id" in values else ""
            self._refuse(name or place, faults)
            return
        earlier = self._seen.setdefault(row.draft.name, row)
        if (earlier.draft, earlier.files) != (row.draft, row.files):
            error = Refused(
                f"{shown(row.draft.id)} was used in {earlier.place} for something else",
                "give each record its own id",
            )
            self._refuse(row.draft.name, [self._fault(fields, "id", place, error)])

    def _row(self, kind: type[Body], values: Mapping[str, Any], place: str, faults: list[Problem]) -> Row | None:
        """The draft of a row whose cells all read well; None (and a fault) where they do not go together."""
        said = {column.name: values.get(column.name, column.default) for column in columns_of(kind)}
        try:
            body = kind(**{column.name: said[column.name] for column in body_columns(kind)})
        except ValueError as error:
            faults.append(Problem(self._file, place, str(error), "correct the row"))
            return None
        draft = Draft(
            id=said["id"],
            body=body,
            author=said["author"] or self._delivery.author,
            source=said["source"] or self._delivery.source,
            made_at=said["made_at"],
            attachments=tuple(each for each in said["attachments"] if isinstance(each, Attachment)),
            withdrawn=said["withdrawn"],
            imported=self._delivery.imported,
        )
        return Row(place, draft, tuple(each for each in said["attachments"] if isinstance(each, str)))


def _empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _said(heading: str) -> str:
    """A heading as its author wrote it, on one short line that can be printed."""
    line = " ".join(heading.split())[:HEADING_SHOWN]
    return line if line.isprintable() else line.encode("unicode_escape").decode("ascii")


HEADING_SHOWN = 60


def _heading(fields: Sequence[Field], name: str) -> str:
    """How the author wrote the heading of a field; the field's name where there is no such column."""
    return next((field.heading for field in fields if field.column.name == name), name)


def _similar(word: str, kind: type[Body]) -> str:
    """What would be right instead of a heading that means nothing."""
    near = closest(word, headings(kind))
    if near is not None:
        column = headings(kind)[near]
        return f"did you mean {column.zh} ({column.name})? A heading that begins with # is left out"
    return "put # before the heading to leave the column out, or name it as in: steward records template"
