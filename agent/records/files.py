"""Files into readings: CSV, XLSX and JSON, from their bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from agent.records.columns import kind_named
from agent.records.draft import Delivery, Reading
from agent.records.payload import read_payload
from agent.records.sheet import Known, Reader, Sheet
from config.problems import Refused, nearest, shown
from config.sheets import Line, csv_lines, decoded, filled
from config.workbook import WorkbookSheet, read_workbook
from evaluators.model.bodies import BODIES, Body

SIZE_AT_MOST = 20 * 2**20
"""Bytes of one file."""
EXPLANATION = "说明"
"""The sheet of a template that explains the others."""
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".json")


def read_file(name: str, data: bytes, known: Known, delivery: Delivery) -> Reading:
    """Everything in a file; what is wrong with it is told in the reading, and nothing is raised."""
    reader = Reader(name, known, delivery)
    try:
        _check(name, data)
        match PurePath(name).suffix.lower():
            case ".xlsx" | ".xlsm":
                _read_sheets(reader, name, read_workbook(data), delivery)
            case ".json":
                return read_payload(name, decoded(data), known, _with_kind(name, delivery))
            case _:
                _read_csv(reader, name, decoded(data), delivery)
    except Refused as error:
        reader.problem("", error.wrong, error.right)
    return reader.reading()


def _check(name: str, data: bytes) -> None:
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused(f"files that end with {shown(suffix)} are not read", "save it as .xlsx, .csv or .json")
    if len(data) > SIZE_AT_MOST:
        raise Refused(f"is larger than {SIZE_AT_MOST // 2**20} MB", "split it into smaller files")
    if not data.strip():
        raise Refused("is empty", "hand it in again once it is written")
    if data.startswith(b"PK\x03\x04") and not suffix.startswith(".xls"):
        raise Refused("is a workbook by its content", "let its name end with .xlsx")


def _with_kind(name: str, delivery: Delivery) -> Delivery:
    kind = kind_named(PurePath(name).stem)
    return delivery if delivery.kind or kind is None else replace(delivery, kind=kind.KIND)


def _kind(word: str) -> type[Body]:
    """The kind that a file or sheet is called; `Refused` where it is none."""
    kind = kind_named(word)
    if kind is None:
        right = nearest(word, (*BODIES, *(body.NAME_ZH for body in BODIES.values())), "kind")
        raise Refused(f"{shown(word)} is no kind of record", f"name it after one, or give --kind: {right}")
    return kind


def _read_csv(reader: Reader, name: str, text: str, delivery: Delivery) -> None:
    kind = _kind(delivery.kind or PurePath(name).stem)
    _read_rows(reader, kind, csv_lines(text, reader.problem), "")


def _read_sheets(reader: Reader, name: str, sheets: Sequence[WorkbookSheet], delivery: Delivery) -> None:
    """Every sheet that is not empty, as the kind it is called; a single one may leave that to the file's name."""
    used = [sheet for sheet in sheets if sheet.name.strip() != EXPLANATION and any(map(filled, sheet.rows))]
    if not used:
        reader.problem("", "holds no sheet with anything in it", "fill in a sheet as in: steward records template")
    for sheet in used:
        try:
            kind = _sheet_kind(sheet.name, name, delivery, alone=len(used) == 1)
        except Refused as error:
            reader.problem(f"sheet {sheet.name}", error.wrong, error.right)
            continue
        _read_rows(reader, kind, sheet.lines(), f"sheet {sheet.name}")


def _sheet_kind(sheet: str, file: str, delivery: Delivery, *, alone: bool) -> type[Body]:
    if delivery.kind:
        return _kind(delivery.kind)
    own = kind_named(sheet) or (kind_named(PurePath(file).stem) if alone else None)
    return own or _kind(sheet)


def _read_rows(reader: Reader, kind: type[Body], lines: Iterator[Line], name: str) -> None:
    """The first line with anything in it holds the headings."""
    for line in lines:
        if not filled(line.cells):
            continue
        before = f"{name}, " if name else ""
        for where, error in line.faults:
            reader.problem(f"{before}{line.place}{where}", error.wrong, error.right)
        if not line.faults:
            reader.read(Sheet(kind, [str(cell) for cell in line.cells], lines), name)
        return
    reader.problem(name, "holds nothing", "fill it in as in: steward records template")
