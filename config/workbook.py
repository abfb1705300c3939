"""XLSX workbooks: what is in their cells, and what a reader would pass over in silence.

A file is looked through before it is read: a few kilobytes can unpack to gigabytes, and two cells far apart to a
table that no memory holds.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from config.problems import Refused
from config.sheets import ROWS_AT_MOST, Cell, Line, unquoted

UNPACKED_AT_MOST = 100 * 2**20
PARTS_AT_MOST = 2000
COLUMNS_AT_MOST = 300
CELLS_AT_MOST = 2_000_000
"""Of the table from the first cell to the last: it is in memory as a whole."""
_CHUNK = 2**16

MERGED = Refused("is part of merged cells", "unmerge them, and give every row its own cells")

Faults = Mapping[int, Sequence[tuple[str, Refused]]]
"""What is wrong with the cells of a row, by its number from 1: the cell, and why."""


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One visible sheet: its rows from the first one on, and the faults of some."""

    name: str
    rows: Sequence[Sequence[Cell]]
    faults: Faults

    def lines(self) -> Iterator[Line]:
        """Its rows as lines, numbered from 1."""
        for number, row in enumerate(self.rows, 1):
            cells = [unquoted(cell) if isinstance(cell, str) else cell for cell in row]
            yield Line(f"row {number}", cells, tuple(self.faults.get(number, ())))


@dataclass(slots=True)
class _Look:
    """What looking through a sheet's XML found."""

    rows: int = 0
    columns: int = 0
    faults: dict[int, list[tuple[str, Refused]]] = field(default_factory=lambda: defaultdict(list))


def read_workbook(data: bytes) -> list[WorkbookSheet]:
    """The visible sheets of an XLSX file; `Refused` where it cannot be read as a whole."""
    parts = _unpacked(data)
    paths = _sheet_paths(parts)
    looks = {name: look for name, xml in parts.items() if (look := _look_through(xml, name in paths.values()))}
    for look in looks.values():
        cells = look.rows * look.columns
        if look.rows > ROWS_AT_MOST or look.columns > COLUMNS_AT_MOST or cells > CELLS_AT_MOST:
            wrong = f"a sheet reaches to row {look.rows} and column {look.columns}"
            right = f"give at most {ROWS_AT_MOST} rows and {COLUMNS_AT_MOST} columns, and clear the cells beyond"
            raise Refused(wrong, right)
    try:
        return _sheets(data, {name: looks[path] for name, path in paths.items() if path in looks})
    except CalamineError as error:
        raise Refused(f"is no workbook that can be read ({error})", _SAVE_AGAIN) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the library raises for a bug of its own: no Exception
            raise
        raise Refused("is no workbook that can be read", _SAVE_AGAIN) from error


_SAVE_AGAIN = "open it in a spreadsheet program and save it as .xlsx"


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Every part of the archive, unpacked no further than the cap."""
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if len(entries) > PARTS_AT_MOST or size > UNPACKED_AT_MOST:
                wrong = f"unpacks to {len(entries)} parts with {size // 2**20} MB"
                right = f"split it: at most {PARTS_AT_MOST} parts and {UNPACKED_AT_MOST // 2**20} MB are read"
                raise Refused(wrong, right)
            if len({entry.filename for entry in entries}) < len(entries):
                raise Refused("holds a part twice", _SAVE_AGAIN)
            for entry in entries:
                with archive.open(entry) as part:  # reads no more than file_size, and then checks the sum
                    parts[entry.filename] = part.read()
    except Refused:
        raise
    except Exception as error:  # zipfile raises nearly anything for a damaged file
        raise Refused(f"is no workbook ({type(error).__name__}: {error})", _SAVE_AGAIN) from error
    return parts


def _look_through(xml: bytes, surely: bool) -> _Look | None:
    """How far a sheet reaches, and its cells without a value; None for a part that is no sheet.

    ``surely``: the workbook says that it is one. `Refused` where the XML of a sheet is broken: what a lenient
    reader would make of the rest is not known.
    """
    scan = _Scan(surely)
    try:
        scan.parser.Parse(xml, True)
    except expat.ExpatError as error:
        if scan.is_sheet:
            raise Refused(f"holds a sheet that is damaged ({error})", _SAVE_AGAIN) from error
        return None
    except _NoSheet:
        return None
    return scan.look


class _NoSheet(Exception):
    """The part is something else."""


class _Scan:
    """Follows the XML of one sheet."""

    def __init__(self, surely: bool) -> None:
        self.look = _Look()
        self.is_sheet = surely
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._row = self._column = 0
        self._type = ""
        self._formula = self._valued = self._inside = False

    def _doctype(self, *_: Any) -> None:
        raise Refused("holds a document type, which no spreadsheet program writes", _SAVE_AGAIN)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self.is_sheet:
            if name != "worksheet":
                raise _NoSheet
            self.is_sheet = True
        elif name == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif name == "c":
            self._place(attributes.get("r", ""))
            self._type = attributes.get("t", "n")
            self._formula = self._valued = False
        elif name == "f":
            self._formula = True
        elif name in ("v", "is"):
            self._inside = True
            self._valued = self._valued or self._type == "str"

    def _text(self, _: str) -> None:
        if self._inside:
            self._valued = True

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("v", "is"):
            self._inside = False
        elif name == "c":
            self._note_cell()

    def _place(self, reference: str) -> None:
        found = _CELL.fullmatch(reference)
        if found is None:
            self._column += 1
            return
        self._row, self._column = int(found[2]), 0
        for letter in found[1].upper():
            self._column = self._column * 26 + ord(letter) - ord("A") + 1

    def _note_cell(self) -> None:
        look = self.look
        if self._valued or self._formula:
            look.rows, look.columns = max(look.rows, self._row), max(look.columns, self._column)
        where = f", cell {_letters(self._column)}{self._row}"
        if self._type == "e":
            wrong = Refused("holds an error of the spreadsheet", "correct its formula, or type the value")
            look.faults[self._row].append((where, wrong))
        elif self._formula and not self._valued:
            wrong = Refused("holds a formula without its result", "open the file, save it, or type the value")
            look.faults[self._row].append((where, wrong))


_CELL = re.compile(r"([A-Za-z]{1,7})(\d{1,9})", re.ASCII)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each sheet, by its name; what cannot be told is left out."""
    targets = {each.get("Id", ""): each.get("Target", "") for each in _elements(parts, _RELATIONS, "Relationship")}
    paths: dict[str, str] = {}
    for sheet in _elements(parts, _WORKBOOK, "sheet"):
        relation = next((value for name, value in sheet.items() if name.rpartition(":")[2] == "id"), "")
        target = targets.get(relation, "")
        paths[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return paths


_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def _elements(parts: Mapping[str, bytes], part: str, name: str) -> list[dict[str, str]]:
    """The attributes of every element of a name in a part."""
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == name:
            found.append(attributes)

    parser.StartElementHandler = start
    try:
        parser.Parse(parts.get(part, b""), True)
    except expat.ExpatError:
        return []
    return found


def _sheets(data: bytes, looks: Mapping[str, _Look]) -> list[WorkbookSheet]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        return [
            _sheet(workbook.get_sheet_by_name(sheet.name), looks.get(sheet.name, _Look()))
            for sheet in workbook.sheets_metadata
            if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
        ]


def _sheet(sheet: CalamineSheet, look: _Look) -> WorkbookSheet:
    rows = sheet.to_python(skip_empty_area=False)
    faults = {number: list(found) for number, found in look.faults.items()}
    for (first, _), (last, _) in sheet.merged_cell_ranges or ():
        for number in range(first + 1, min(last + 1, len(rows)) + 1):
            if any(cell != "" for cell in rows[number - 1]):
                faults.setdefault(number, []).append(("", MERGED))
    return WorkbookSheet(sheet.name, rows, faults)
