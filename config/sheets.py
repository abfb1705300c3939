"""Sheets of files that people fill in: what a line and a cell are, and the lines of CSV text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from config.problems import Refused, shown

Cell = Any
"""None, text, a number, yes or no, a date or time as a spreadsheet has it, or a list from JSON."""

Complain = Callable[[str, str, str], None]
"""Takes note of what is wrong with a whole: the place, what is wrong, what would be right."""

IGNORED = ("#", "备注", "remark")
"""Headings that begin so are the author's own business."""
ROWS_AT_MOST = 50_000
EXACT_DIGITS = 15
"""Of a number in a spreadsheet: what is beyond them was lost when it was typed."""
AS_TEXT = "format the column as text and type it again"
DELIMITERS = ",;\t，；"

_FORMULA = re.compile(r"'+[=+\-@]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: how people find it (``row 5``), its cells, and what whoever read it found wrong.

    Each fault has the place within the line, such as ``, cell C5``; empty for all of it.
    """

    place: str
    cells: Sequence[Cell]
    faults: tuple[tuple[str, Refused], ...] = ()


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8 with or without its mark, UTF-16 with its mark, else GB 18030; `Refused` where it
    is none of these."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("is neither UTF-8 nor GB 18030 text", "save it as CSV UTF-8")


def csv_lines(text: str, complain: Complain) -> Iterator[Line]:
    """The lines of CSV text, numbered from 1; where quotes do not close, the rest cannot be told apart."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if number > ROWS_AT_MOST:
                right = "split the file; the rest is not read"
                complain(f"row {number}", f"is beyond row {ROWS_AT_MOST}", right)
                return
            yield Line(f"row {number}", [unquoted(cell) for cell in row])
    except csv.Error as error:
        right = "correct its quotes; it and what follows is not read"
        complain(f"row {number + 1}", f"cannot be read ({error})", right)


def _delimiter(text: str) -> str:
    """What parts the first line into the most cells."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def filled(cells: Sequence[Cell]) -> bool:
    """Whether anything is in them."""
    return any(cell not in ("", None) for cell in cells)


def unquoted(text: str) -> str:
    """Text of a spreadsheet's cell without the quote that `safe` put before it."""
    return text[1:] if _FORMULA.match(text) else text


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a quote goes before ``= + - @`` at its beginning."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") or _FORMULA.match(text) else text


def typed_number(number: float) -> str:
    """A number of a spreadsheet as it was typed, as far as that is certain; else `Refused`."""
    if number != number or abs(number) >= 10**EXACT_DIGITS:
        raise Refused(f"{shown(number)} is longer than the {EXACT_DIGITS} digits a number keeps", AS_TEXT)
    return str(int(number)) if number == int(number) else repr(number)


def normal_heading(heading: str) -> str:
    """A heading without what people add to it: case, spaces, hyphens for underscores, a star for "required"."""
    return heading.strip(" \t\r\n\u3000\xa0\ufeff\u200b*＊").casefold().replace("-", "_").replace(" ", "_")
