"""Cells: what a person or program wrote into one, as the column's type, and back. Pure.

Whatever cannot be read raises `Refused` with what is wrong and what would be right; nothing else is raised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from fractions import Fraction
from typing import Any

from agent.records.columns import Column, Type
from agent.records.vocabulary import NO, YES
from config.problems import Refused, closest, shown
from config.sheets import AS_TEXT, EXACT_DIGITS, Cell, safe, typed_number
from evaluators.model.records import Attachment
from evaluators.model.times import instant, moment

ID_AT_MOST = 200
TEXT_AT_MOST = 32_767
"""Characters, as many as a spreadsheet's cell holds."""
YEARS = range(1900, 2201)

_BLANK = " \t\r\n\v\f\u3000\xa0\ufeff\u200b"
_TIME = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[\sT]\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})(?:\s*[:分]\s*(?P<second>\d{1,2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?\s*[分秒]?\s*(?P<offset>Z|[+-]\d{2}:?\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,12})?", re.ASCII)
_QUOTIENT = re.compile(r"\d{1,15}/\d{1,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_AS_TIME = "write it as in 2026-03-01 08:00, or 2026-03-01T08:00:00+08:00"
_AS_DATE = "write it as in 2026-03-01"


def parse(column: Column, cell: Cell, zone: tzinfo) -> Any:
    """The value of a cell, such as an instant as ns UTC (``zone`` is that of times without an offset); where it is
    empty, the column's default. `Refused` for anything else."""
    if isinstance(cell, str):
        cell = cell.strip(_BLANK)
    if cell is None or cell == "":
        if column.required:
            raise Refused("is empty", f"fill it in: {column.help}")
        return column.default
    return _PARSERS[column.holds](column, cell, zone)


def _id(_: Column, cell: Cell, __: tzinfo) -> str:
    text = _plain(cell)
    if len(text) > ID_AT_MOST or "\n" in text:
        raise Refused(f"{shown(text)} is no id", f"give one line of at most {ID_AT_MOST} characters")
    return text


def _text(column: Column, cell: Cell, _: tzinfo) -> str:
    text = _plain(cell)
    if len(text) > TEXT_AT_MOST:
        raise Refused(f"holds {len(text)} characters", f"give at most {TEXT_AT_MOST}, and attach what is longer")
    return _known_word(column, text)


def _known_word(column: Column, text: str) -> str:
    """The catalogue's word for a text of an open vocabulary; the text itself where there is none."""
    for word, chinese in (column.words or {}).items():
        if text in chinese or normal_word(text) == word:
            return word
    return text


def normal_word(text: str) -> str:
    """A word of a vocabulary as people vary it: full width, capitals, spaces or underscores for hyphens."""
    return re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFKC", text).casefold())


def _plain(cell: Cell) -> str:
    """Any scalar as text; numbers as they were typed, as far as that is certain."""
    if isinstance(cell, str):
        return _checked_text(cell)
    if isinstance(cell, bool):
        raise Refused("is yes or no, not text", AS_TEXT)
    if isinstance(cell, int | float):
        return typed_number(cell)
    if isinstance(cell, date | time | timedelta):
        raise Refused(f"{shown(str(cell))} is a date or time, where text is expected", AS_TEXT)
    raise Refused(f"{shown(cell)} is not text", "give text in quotes")


def _checked_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for char in text:
        if (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t") or char in "\ufffe\uffff":
            raise Refused(f"holds the character U+{ord(char):04X}, which is none of a text", "type it again")
    return text


def _refs(column: Column, cell: Cell, zone: tzinfo) -> tuple[str, ...]:
    parts = cell if isinstance(cell, list | tuple) else re.split(r"[;；,，、\n]", _plain(cell))
    texts = (_plain(part).strip(_BLANK) for part in parts)
    found = tuple(dict.fromkeys(_known_word(column, text) for text in texts if text))
    if column.required and not found:
        raise Refused("names nothing", f"fill it in: {column.help}")
    for text in found:
        _id(column, text, zone)
    return found


def _files(_: Column, cell: Cell, __: tzinfo) -> tuple[str | Attachment, ...]:
    """Names of files; or, in JSON, what is kept already as an object of its name and sha256."""
    parts = cell if isinstance(cell, list | tuple) else re.split(r"[;；\n]", _plain(cell))
    named = (_kept(part) if isinstance(part, dict) else _plain(part).strip(_BLANK) for part in parts)
    return tuple(dict.fromkeys(each for each in named if each))


def _kept(part: Mapping[str, Cell]) -> Attachment:
    name, sha256 = part.get("name"), part.get("sha256")
    if part.keys() != {"name", "sha256"} or not isinstance(name, str) or not _SHA256.fullmatch(str(sha256)):
        raise Refused(f"{shown(part)} is no kept file", 'give {"name": …, "sha256": …}, or the name of a file')
    return Attachment(_checked_text(name), str(sha256))


def _choice(column: Column, cell: Cell, _: tzinfo) -> Any:
    assert column.words is not None
    assert column.choices is not None
    text = _plain(cell)
    for word, chinese in column.words.items():
        if text in chinese or normal_word(text) == normal_word(word):
            return column.choices(word)
    offered = [f"{chinese[0]} ({word})" for word, chinese in column.words.items()]
    near = closest(text, [*column.words, *(each for chinese in column.words.values() for each in chinese)])
    right = f"give {', '.join(offered)}" if near is None else f"did you mean {near}?"
    raise Refused(f"{shown(text)} is none of the choices", right)


def _bool(_: Column, cell: Cell, __: tzinfo) -> bool:
    word = str(int(cell)) if isinstance(cell, bool) or cell in (0, 1) else _plain(cell)
    word = unicodedata.normalize("NFKC", word).casefold()
    if word in YES or word in NO:
        return word in YES
    raise Refused(f"{shown(word)} is neither yes nor no", "give 是 or 否 (true or false, 1 or 0)")


def _int(_: Column, cell: Cell, __: tzinfo) -> int:
    number = _number(cell)
    if number.denominator != 1:
        raise Refused(f"{shown(cell)} is no whole number", "give a whole number from 0")
    return int(number)


def _fraction(_: Column, cell: Cell, __: tzinfo) -> Fraction:
    return _number(cell)


def _number(cell: Cell) -> Fraction:
    """A number from 0, exact: every number in a record counts or measures something."""
    text = f"{cell:.{EXACT_DIGITS}g}" if isinstance(cell, float) else _plain(cell)
    text = unicodedata.normalize("NFKC", text).replace("\N{FRACTION SLASH}", "/").strip()
    if _QUOTIENT.fullmatch(text) and int(text.partition("/")[2]):
        return Fraction(text)
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{shown(text)} is no number", "give a number such as 12 or 1.5, without a unit")
    if Fraction(text) < 0:
        raise Refused(f"{shown(text)} is below 0", "give a number from 0")
    return Fraction(text)


def _date(_: Column, cell: Cell, __: tzinfo) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise Refused(f"{shown(str(cell))} has a time of day, where a date is expected", _AS_DATE)
        return _in_years(cell.date(), _AS_DATE)
    if isinstance(cell, date):
        return _in_years(cell, _AS_DATE)
    parts = _matched(cell, _AS_DATE)
    if parts["hour"] is not None and any(int(parts[name] or 0) for name in ("hour", "minute", "second")):
        raise Refused(f"{shown(cell)} has a time of day, where a date is expected", _AS_DATE)
    return _day(parts, cell, _AS_DATE)


def _instant(_: Column, cell: Cell, zone: tzinfo) -> int:
    if isinstance(cell, datetime):
        _in_years(cell.date(), _AS_TIME)
        return _unique(cell, zone) if cell.tzinfo is None else instant(cell)
    if isinstance(cell, date):  # a spreadsheet's midnight: it keeps no difference between the two
        return _unique(datetime.combine(_in_years(cell, _AS_TIME), time()), zone)
    parts = _matched(cell, _AS_TIME)
    if parts["hour"] is None:
        raise Refused(f"{shown(cell)} has no time of day", _AS_TIME)
    day = _day(parts, cell, _AS_TIME)
    try:
        at = _local(day, parts)
        offset = _offset(parts["offset"])
    except ValueError:
        raise Refused(f"{shown(cell)} is no time of day there is", _AS_TIME) from None
    return _unique(at, zone) if offset is None else instant(at.replace(tzinfo=offset))


def _matched(cell: Cell, right: str) -> Mapping[str, str | None]:
    if not isinstance(cell, str):
        raise Refused(f"{shown(str(cell))} is no time", f"{right}; in a spreadsheet give the cell a date format")
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if found is None:
        raise Refused(f"{shown(cell)} is no time", right)
    return found.groupdict()


def _day(parts: Mapping[str, str | None], cell: Cell, right: str) -> date:
    try:
        return _in_years(date(*(int(parts[name] or 0) for name in ("year", "month", "day"))), right)
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"{shown(cell)} is no day of the calendar", right) from None


def _in_years(day: date, right: str) -> date:
    if day.year not in YEARS:
        raise Refused(f"the year {day.year} cannot be meant", right)
    return day


def _local(day: date, parts: Mapping[str, str | None]) -> datetime:
    """The time of day on a date; 24:00 is the next day's midnight. ValueError for what no clock shows."""
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    micros = int((parts["fraction"] or "").ljust(6, "0")[:6])
    if (hour, minute, second, micros) == (24, 0, 0, 0):
        return datetime.combine(day, time()) + timedelta(days=1)
    return datetime.combine(day, time(hour, minute, second, micros))


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
    if minutes > 59 or seconds > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(ahead if text[0] == "+" else -ahead)


def _unique(local: datetime, zone: tzinfo) -> int:
    """The instant of a time of day in ``zone``; `Refused` where clocks were put forward over it, or back."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return instant(first)
    with_offset = "give it with its offset, as in " + first.isoformat(sep=" ", timespec="minutes")
    back = moment(instant(first)).astimezone(zone).replace(tzinfo=None)
    if back != local:
        raise Refused(f"{local} did not exist: the clocks were put forward over it", with_offset)
    raise Refused(f"{local} came twice, as the clocks were put back", with_offset)


_PARSERS: Mapping[Type, Callable[[Column, Cell, tzinfo], Any]] = {
    Type.ID: _id,
    Type.TEXT: _text,
    Type.REFS: _refs,
    Type.FILES: _files,
    Type.CHOICE: _choice,
    Type.BOOL: _bool,
    Type.INT: _int,
    Type.FRACTION: _fraction,
    Type.DATE: _date,
    Type.INSTANT: _instant,
}


def written(column: Column, value: Any, zone: tzinfo) -> str | int:
    """The cell that `parse` reads as ``value``; times with the offset of ``zone``, exact to the microsecond."""
    if value is None:
        return ""
    match column.holds:
        case Type.INT:
            return int(value)
        case Type.INSTANT:
            return moment(value).astimezone(zone).isoformat(sep=" ")
        case Type.BOOL:
            return YES[0] if value else NO[0]
        case Type.REFS:
            return safe("; ".join(_shown_word(column, each) for each in value))
        case Type.FILES:
            return safe("; ".join(value))
        case Type.DATE | Type.FRACTION:
            return str(value)
    return safe(_shown_word(column, str(value)))


def _shown_word(column: Column, word: str) -> str:
    words = (column.words or {}).get(word)
    return words[0] if words else word
