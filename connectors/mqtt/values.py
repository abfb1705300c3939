"""What was found in a payload as the value of a point: enumerations, numbers in text, scale and offset. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.mqtt.settings import Point
from evaluators.model.samples import INT64_MAX, INT64_MIN, Reason, Value, ValueKind, fit

Convert = Callable[[Any], tuple[Value, Reason]]
"""The value of a point's kind, or the reason why there is none."""

_EXACT_FLOAT = 2**53
"""From this on a JSON number written with a point or an exponent may have lost digits."""
_MOST_BITS = 10_000
"""Python writes no more than 4300 digits."""
_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_NO_NUMBERS = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}


def converter(settings: Point, kind: ValueKind, as_text: bool) -> Convert:
    """How the values of a point are read. ``as_text``: the payload is bare text, so that numbers are text too."""
    number = "text" if as_text and settings.number == "json" else settings.number
    steps: Convert = _plain(kind)
    if settings.scale != 1.0 or settings.offset != 0.0:
        steps = _scaled(steps, kind, settings.scale, settings.offset)
    if number != "json" and kind is not ValueKind.TEXT:
        steps = _from_text(steps, "," if number == "comma" else ".")
    if settings.values:
        steps = _enumerated(kind, settings.values)
    if settings.absent:
        steps = _unless_absent(steps, frozenset(map(key_of, settings.absent)))
    return steps


def key_of(found: object) -> str | None:
    """A value from the wire in the words of a site file's key: 1 and 1.0 are ``1``, true is ``true``, text is
    itself; None for what has no such word."""
    if isinstance(found, str):
        return found
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() and abs(found) < _EXACT_FLOAT else repr(found)
    return str(found) if isinstance(found, int) and found.bit_length() <= _MOST_BITS else None


def _plain(kind: ValueKind) -> Convert:
    """`fit`, and what JSON can hold besides; the usual value of each kind is recognised at once."""

    def convert(found: Any) -> tuple[Value, Reason]:
        given = type(found)
        if (
            (given is float and kind is ValueKind.FLOAT and math.isfinite(found))
            or (given is int and kind is ValueKind.INT and INT64_MIN <= found <= INT64_MAX)
            or (given is bool and kind is ValueKind.BOOL)
            or (given is str and kind is ValueKind.TEXT and found.isascii())
        ):
            return found, Reason.NONE
        if found is None:
            return 0, Reason.MISSING
        if not isinstance(found, str | int | float):
            return 0, Reason.WRONG_TYPE
        if isinstance(found, str) and not _is_unicode(found):
            return "", Reason.WRONG_TYPE
        inexact = isinstance(found, float) and math.isfinite(found) and abs(found) >= _EXACT_FLOAT
        if kind is ValueKind.INT and inexact:
            return 0, Reason.WRONG_TYPE
        return fit(kind, found)

    return convert


def _is_unicode(text: str) -> bool:
    """JSON may escape half of a surrogate pair; such text cannot be written down anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _scaled(plain: Convert, kind: ValueKind, scale: float, offset: float) -> Convert:
    if kind is ValueKind.INT:
        scale, offset = int(scale), int(offset)

    def convert(found: Any) -> tuple[Value, Reason]:
        value, reason = plain(found)
        if reason is not Reason.NONE:
            return value, reason
        assert not isinstance(value, str)  # only numbers are scaled: the settings say so
        scaled = value * scale + offset
        if isinstance(scaled, float) and not math.isfinite(scaled):
            return 0.0, Reason.OUT_OF_RANGE
        return fit(kind, scaled)

    return convert


def _from_text(plain: Convert, decimal: str) -> Convert:
    def convert(found: Any) -> tuple[Value, Reason]:
        return plain(_number(found, decimal) if isinstance(found, str) else found)

    return convert


def _number(text: str, decimal: str) -> object:
    """The number that text writes with this decimal mark, exact where it is whole; itself where it is none."""
    text = text.strip()
    if text.lower() in _NO_NUMBERS:
        return math.nan
    if decimal == ",":
        if "." in text:
            return _NO_NUMBER
        text = text.replace(",", ".", 1)
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else _NO_NUMBER


_NO_NUMBER = object()


def _enumerated(kind: ValueKind, values: Mapping[str, Value]) -> Convert:
    meant = {word: fit(kind, value)[0] for word, value in values.items()}

    def convert(found: Any) -> tuple[Value, Reason]:
        if found is None:
            return 0, Reason.MISSING
        word = key_of(found)
        if word is None or word not in meant:
            return 0, Reason.WRONG_TYPE
        return meant[word], Reason.NONE

    return convert


def _unless_absent(steps: Convert, absent: frozenset[str | None]) -> Convert:
    def convert(found: Any) -> tuple[Value, Reason]:
        word = key_of(found)
        return (0, Reason.ABSENT) if word is not None and word in absent else steps(found)

    return convert
