"""Files into readings: CSV, XLSX and JSON, from their bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from agent.records.cells import Cell, unquoted
from agent.records.columns import kind_named
from agent.records.draft import Delivery, Reading
from agent.records.payload import read_payload
from agent.records.sheet import Known, Line, Reader, Sheet
from agent.records.workbook import ROWS_AT_MOST, WorkbookSheet, read_workbook
from config.problems import Refused, nearest, shown
from evaluators.model.bodies import BODIES, Body

SIZE_AT_MOST = 20 * 2**20
"""Bytes of one file."""
EXPLANATION = "说明"
"""The sheet of a template that explains the others."""
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".json")
DELIMITERS = ",;\t，；"


def read_file(name: str, data: bytes, known: Known, delivery: Delivery) -> Reading:
    """Everything in a file; what is wrong with it is told in the reading, and nothing is raised."""
    reader = Reader(name, known, delivery)
    try:
        _check(name, data)
        match PurePath(name).suffix.lower():
            case ".xlsx" | ".xlsm":
                _read_sheets(reader, name, read_workbook(data), delivery)
            case ".json":
                return read_payload(name, _text(data), known, _with_kind(name, delivery))
            case _:
                _read_csv(reader, name, _text(data), delivery)
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


def _text(data: bytes) -> str:
    """The text of a file: UTF-8 with or without its mark, UTF-16 with its mark, else GB 18030."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("is neither UTF-8 nor GB 18030 text", "save it as CSV UTF-8")


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
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    _read_rows(reader, kind, _numbered(rows, reader), "")


def _delimiter(text: str) -> str:
    """What parts the first line into the most cells."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _numbered(rows: Iterator[list[str]], reader: Reader) -> Iterator[Line]:
    """The rows with their numbers from 1; where quotes do not close, the rest cannot be told apart."""
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if number > ROWS_AT_MOST:
                reader.problem(
                    f"row {number}", f"is beyond row {ROWS_AT_MOST}", "split the file; the rest is not read"
                )
                return
            yield Line(f"row {number}", [unquoted(cell) for cell in row])
    except csv.Error as error:
        key = f"row {number + 1}"
        reader.problem(key, f"cannot be read ({error})", "correct its quotes; it and what follows is not read")


def _read_sheets(reader: Reader, name: str, sheets: Sequence[WorkbookSheet], delivery: Delivery) -> None:
    """Every sheet that is not empty, as the kind it is called; a single one may leave that to the file's name."""
    filled = [sheet for sheet in sheets if sheet.name.strip() != EXPLANATION and any(map(_filled, sheet.rows))]
    if not filled:
        reader.problem("", "holds no sheet with anything in it", "fill in a sheet as in: steward records template")
    for sheet in filled:
        try:
            kind = _sheet_kind(sheet.name, name, delivery, alone=len(filled) == 1)
        except Refused as error:
            reader.problem(f"sheet {sheet.name}", error.wrong, error.right)
            continue
        _read_rows(reader, kind, _lines(sheet), f"sheet {sheet.name}")


def _sheet_kind(sheet: str, file: str, delivery: Delivery, *, alone: bool) -> type[Body]:
    if delivery.kind:
        return _kind(delivery.kind)
    own = kind_named(sheet) or (kind_named(PurePath(file).stem) if alone else None)
    return own or _kind(sheet)


def _filled(row: Sequence[Cell]) -> bool:
    return any(cell not in ("", None) for cell in row)


def _lines(sheet: WorkbookSheet) -> Iterator[Line]:
    for number, row in enumerate(sheet.rows, 1):
        cells = [unquoted(cell) if isinstance(cell, str) else cell for cell in row]
        yield Line(f"row {number}", cells, tuple(sheet.faults.get(number, ())))


def _read_rows(reader: Reader, kind: type[Body], lines: Iterator[Line], name: str) -> None:
    """The first line with anything in it holds the headings."""
    for line in lines:
        if not _filled(line.cells):
            continue
        before = f"{name}, " if name else ""
        for where, error in line.faults:
            reader.problem(f"{before}{line.place}{where}", error.wrong, error.right)
        if not line.faults:
            reader.read(Sheet(kind, [str(cell) for cell in line.cells], lines), name)
        return
    reader.problem(name, "holds nothing", "fill it in as in: steward records template")
