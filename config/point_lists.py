"""Point lists (点表): sheets in which people write down the points of devices, a row a point.

A list says of a point what the site file would say in ``[devices.X.points]``. Its rows become entries of these
tables before anything is checked, so that whatever is wrong with one is found as it is in the site file, and told
with its file, row and column.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path, PurePath
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from config.problems import Problem, Refused, nearest, shown
from config.settings import Document
from config.sheets import AS_TEXT, IGNORED, Cell, Line, csv_lines, decoded, filled, normal_heading, typed_number
from config.workbook import read_workbook
from connectors.registry import PROTOCOLS, schema

SIZE_AT_MOST = 20 * 2**20
"""Bytes of one file."""
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")

PLACE = {"device": "设备", "point": "点位"}
"""The two columns that say which point a row is of, with their Chinese headings."""

YES = frozenset({"是", "yes", "y", "true", "1"})
NO = frozenset({"否", "no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a sheet: its position, its heading as its author wrote it, the key it fills."""

    position: int
    heading: str
    key: str


def add_point_lists(document: Document, folder: Path) -> None:
    """Put the points of the lists that ``[points]`` names into the document; paths are relative to ``folder``."""
    said = document.tables.get("points")
    files = said.get("files") if isinstance(said, dict) else None
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        return  # left to the check of the table itself
    for name in files:
        _List(document, name).read(folder / name)


class _List:
    """One file while it is being read into a document."""

    def __init__(self, document: Document, name: str) -> None:
        self._document = document
        self._name = name

    def read(self, path: Path) -> None:
        """Every sheet of the file; what is wrong becomes a problem of the document."""
        try:
            for sheet, lines in self._sheets(path):
                self._read_sheet(sheet, lines)
        except Refused as error:
            self._problem("", error.wrong, error.right)

    def _sheets(self, path: Path) -> Iterator[tuple[str, Iterator[Line]]]:
        suffix = PurePath(self._name).suffix.lower()
        if suffix not in SUFFIXES:
            raise Refused(f"files that end with {shown(suffix)} are not read", "save it as .xlsx or .csv")
        try:
            if path.stat().st_size > SIZE_AT_MOST:
                raise Refused(f"is larger than {SIZE_AT_MOST // 2**20} MB", "split it into smaller files")
            data = path.read_bytes()
        except OSError as error:
            raise Refused(f"cannot be read ({error.strerror})", "name a file that this user may read") from error
        if not suffix.startswith(".xls"):
            yield "", csv_lines(decoded(data), self._problem)
            return
        for sheet in read_workbook(data):
            if any(map(filled, sheet.rows)):
                yield f"sheet {sheet.name}, ", sheet.lines()

    def _read_sheet(self, sheet: str, lines: Iterator[Line]) -> None:
        """The first line with anything in it holds the headings."""
        head = next((line for line in lines if filled(line.cells)), None)
        if head is None:
            self._problem(sheet.rstrip(", "), "holds nothing", "give it a row of headings and a row a point")
            return
        fields = self._fields(sheet, [str(cell) for cell in head.cells])
        if fields is not None:
            for line in lines:
                if line.faults or filled(line.cells):
                    self._read_line(fields, line, sheet + line.place)

    def _fields(self, sheet: str, written: Sequence[str]) -> list[_Field] | None:
        """What each heading means; None, with the problems noted, where one means nothing or one is missing."""
        fields: list[_Field] = []
        right = True
        for position, heading in enumerate(written):
            word = normal_heading(heading)
            if not word or word.startswith(IGNORED):
                continue
            key, place = headings().get(word), f"{sheet}column {heading}"
            if key is None:
                self._problem(place, "is no key of a point", nearest(word, headings(), "heading"))
            elif any(field.key == key for field in fields):
                self._problem(place, f"is a second column for {key}", "keep one of them")
            else:
                fields.append(_Field(position, heading, key))
                continue
            right = False
        for key, chinese in PLACE.items():
            if all(field.key != key for field in fields):
                self._problem(
                    f"{sheet}column {chinese}", "is missing", f"add {chinese} ({key}): the id of the {key}"
                )
                right = False
        return fields if right else None

    def _read_line(self, fields: Sequence[_Field], line: Line, place: str) -> None:
        texts: dict[str, tuple[str, str]] = {}
        for where, fault in line.faults:
            self._problem(place + where, fault.wrong, fault.right)
        for field in fields:
            cell = line.cells[field.position] if field.position < len(line.cells) else None
            column = f"{place}, column {field.heading}"
            try:
                text = _text(cell)
            except Refused as error:
                self._problem(column, error.wrong, error.right)
                continue
            if text:
                texts[field.key] = text, f"{self._name}, {column}"
        device, point = (texts.pop(key, ("", ""))[0] for key in PLACE)
        for key, given in (("device", device), ("point", point)):
            if not given and not line.faults:
                self._problem(place, f"names no {key}", f"fill in {PLACE[key]} ({key})")
        if device and point:
            self._put(device, point, texts, place)

    def _put(self, device: str, point: str, texts: Mapping[str, tuple[str, str]], place: str) -> None:
        """Make a row an entry of its device's points."""
        document = self._document
        devices = document.tables.get("devices")
        table = devices.get(device) if isinstance(devices, dict) else None
        if not isinstance(table, dict):
            known = devices if isinstance(devices, dict) else ()
            self._problem(
                place, f"device {shown(device)} is not in the site file", nearest(device, known, "device")
            )
            return
        points = table.setdefault("points", {})
        if not isinstance(points, dict):
            return  # left to the check of the table itself
        key = ("devices", device, "points", point)
        if point in points:
            first = document.origin(key)
            self._problem(place, f"{device}/{point} is given twice, first in {first}", "keep one of them")
            return
        model = _model(document, table)
        points[point] = {name: _toml(model, name, text) for name, (text, _) in texts.items()}
        document.origins[key] = f"{self._name}, {place}"
        for name, (_, origin) in texts.items():
            document.origins[*key, name] = origin

    def _problem(self, place: str, wrong: str, right: str) -> None:
        self._document.problems.append(Problem(self._name, place, wrong, right))


def _model(document: Document, device: Mapping[str, Any]) -> type[BaseModel] | None:
    """The table of a point of the device; None where its protocol cannot be told."""
    connections = document.tables.get("connections")
    name = device.get("connection")
    connection = connections.get(name) if isinstance(connections, dict) and isinstance(name, str) else None
    protocol = connection.get("protocol") if isinstance(connection, dict) else None
    return schema(protocol).point if isinstance(protocol, str) and protocol in PROTOCOLS else None


def _text(cell: Cell) -> str:
    """What a cell says, as text; `Refused` for what is none of a point's."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return typed_number(cell)
    if isinstance(cell, date | time | timedelta):
        raise Refused(f"{shown(str(cell))} is a date or time", AS_TEXT)
    return str(cell).strip(" \t\r\n\u3000\xa0\ufeff\u200b")


def _toml(model: type[BaseModel] | None, name: str, text: str) -> str:
    """A cell's text as the site file would have it: yes and no, lists and mappings may be written more freely."""
    field = model.model_fields.get(name) if model else None
    kinds = _kinds(field.annotation) if field else ()
    if bool in kinds:
        word = text.casefold()
        return "true" if word in YES else "false" if word in NO else text
    if tuple in kinds and not text.startswith("["):
        return "[" + ", ".join(map(_scalar, _separated(text))) + "]"
    if dict in kinds and not text.startswith("{"):
        pairs = (part.partition("=") for part in _separated(text))
        return "{" + ", ".join(f"{_quoted(key.strip())} = {_scalar(value)}" for key, _, value in pairs) + "}"
    return text


def _scalar(text: str) -> str:
    """Yes, no, a number or text in quotes as it stands; any other text in quotes."""
    text = text.strip()
    return text if _is_scalar(text) else _quoted(text)


def _is_scalar(text: str) -> bool:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError):
        return False
    return isinstance(value, bool | int | float | str)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _separated(text: str) -> list[str]:
    for other in "；，,":
        text = text.replace(other, ";")
    return [part.strip() for part in text.split(";") if part.strip()]


def _kinds(annotation: object) -> tuple[object, ...]:
    """The plain types that an annotation allows."""
    inner, origin = get_args(annotation), get_origin(annotation)
    if origin is tuple:
        return (tuple,)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return (dict,)
    return tuple(kind for part in inner for kind in _kinds(part)) if inner else (annotation,)


@cache
def headings() -> Mapping[str, str]:
    """Every key of a point by each of its headings, as `normal_heading` leaves them, over all protocols."""
    found = {normal_heading(word): key for key, chinese in PLACE.items() for word in (key, chinese)}
    for protocol in PROTOCOLS:
        point = schema(protocol).point
        for name in point.model_fields:
            for word in (name, point.HEADINGS.get(name, name)):
                if found.setdefault(normal_heading(word), name) != name:
                    raise AssertionError(f"{word} means both {name} and {found[normal_heading(word)]}")
    return found


def columns(protocols: Iterable[str]) -> dict[str, str]:
    """The columns of a list with points of these protocols: keys with their Chinese headings, in order."""
    found = dict(PLACE)
    for protocol in protocols:
        point = schema(protocol).point
        found.update((name, point.HEADINGS.get(name, name)) for name in point.model_fields)
    return found


def row(device: str, point: str, settings: BaseModel) -> dict[str, str]:
    """A point as a row: what was said of it, by key, in text that reads back as the same."""
    said = settings.model_dump(exclude_unset=True)
    return {"device": device, "point": point, **{name: written(value) for name, value in said.items()}}


def written(value: object) -> str:
    """A value of a point as a cell, which reads back as the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ";".join(map(_inside, value))
    if isinstance(value, Mapping):
        return ";".join(f"{key}={_inside(each)}" for key, each in value.items())
    return "" if value is None else str(value)


def _inside(value: object) -> str:
    """An entry of a list or mapping: text that would be taken for something else is in quotes."""
    return _quoted(value) if isinstance(value, str) and _is_scalar(value) else written(value)
