"""Records as the journal keeps them: JSON of what was stated, its digest, and back. Pure.

An instant is its ns UTC, a date ISO 8601, a fraction ``n/d``, a choice its word, ids a list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from agent.records.columns import Column, Type, body_columns
from evaluators.model.bodies import Body
from evaluators.model.records import Attachment


class Unreadable(ValueError):
    """What is stored is no body of its kind; ``newer`` where only a newer version can have written it."""

    def __init__(self, message: str, *, newer: bool = False) -> None:
        super().__init__(message)
        self.newer = newer


def canonical(value: Any) -> str:
    """The one way to write a JSON value: keys in order, no spaces, text as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def encode_body(body: Body) -> str:
    """Every field of a body, as canonical JSON."""
    return canonical({c.name: _stored(getattr(body, c.name)) for c in body_columns(type(body))})


def _stored(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return list(value) if isinstance(value, tuple) else value


def decode_body(kind: type[Body], text: str) -> Body:
    """The body of `encode_body`; a field that is missing has its default. Unreadable for anything else."""
    try:
        stored = dict(json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"is no JSON object ({error})") from error
    columns = body_columns(kind)
    unknown = sorted(stored.keys() - {column.name for column in columns})
    if unknown:
        raise Unreadable(f"{kind.KIND} has no field {', '.join(unknown)} in this version", newer=True)
    try:
        return kind(
            **{column.name: _read(column, stored[column.name]) for column in columns if column.name in stored}
        )
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise Unreadable(f"is no {kind.KIND} ({error})") from error


def _read(column: Column, value: Any) -> Any:
    if value is None:
        if column.required or column.default is not None:
            raise ValueError(f"{column.name} is null")
        return None
    match column.holds:
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.FRACTION:
            return Fraction(value)
        case Type.REFS:
            return tuple(_checked(str, column, each) for each in _checked(list, column, value))
        case Type.CHOICE:
            assert column.choices is not None
            return column.choices(value)
    return _checked(_PLAIN[column.holds], column, value)


_PLAIN: Mapping[Type, type] = {Type.TEXT: str, Type.INT: int, Type.INSTANT: int, Type.BOOL: bool}


def _checked(kind: type, column: Column, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{column.name} holds {value!r}, which is no {kind.__name__}")
    return value


def encode_attachments(attachments: Iterable[Attachment]) -> str:
    """``[[name, sha256], …]`` as canonical JSON."""
    return canonical([[each.name, each.sha256] for each in attachments])


def decode_attachments(text: str) -> tuple[Attachment, ...]:
    """The attachments of `encode_attachments`; Unreadable for anything else."""
    try:
        return tuple(Attachment(name, sha256) for name, sha256 in json.loads(text))
    except (TypeError, ValueError) as error:
        raise Unreadable(f"its attachments cannot be read ({error})") from error


def digest(
    *,
    kind: str,
    source: str,
    record_id: str,
    made_at: int | None,
    author: str,
    withdrawn: bool,
    imported: bool,
    body: str,
    attachments: str,
) -> str:
    """The digest from the columns as stored, ``body`` and ``attachments`` being canonical JSON."""
    envelope = canonical([kind, source, record_id, made_at, author, withdrawn, imported])
    return hashlib.sha256(f"{envelope}\n{body}\n{attachments}".encode()).hexdigest()
