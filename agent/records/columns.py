"""The typed columns of a kind of record, from its body's fields. Pure.

Each has a machine heading (the field's name) and a Chinese one; both are read, in any order and mixed. Six columns
say what is true of any record: its id, author, source, when it was written down, its files, and whether it is
withdrawn.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import Enum, StrEnum
from fractions import Fraction
from functools import cache
from typing import Any

from agent.records.vocabulary import ENUMERATIONS, OPEN, Words
from config.sheets import normal_heading
from evaluators.model.bodies import BODIES, Body, Instant, Refs


class Type(Enum):
    """What the cells of a column hold."""

    ID = "id"
    TEXT = "text"
    REFS = "ids"
    INSTANT = "time"
    DATE = "date"
    INT = "number"
    FRACTION = "decimal"
    BOOL = "yes-no"
    CHOICE = "choice"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its two headings, what it means, the type of its cells.

    ``words`` holds the choices (of a closed or an open vocabulary) with their Chinese words. A column that is not
    ``required`` has ``default`` where a cell is empty.
    """

    name: str
    zh: str
    help: str
    holds: Type
    required: bool = False
    default: Any = None
    words: Words | None = None
    choices: type[StrEnum] | None = None


ENVELOPE = (
    Column(
        name="id", zh="编号", help="unique among the records of this kind and source", holds=Type.ID, required=True
    ),
    Column(name="source", zh="来源", help="the system it comes from", holds=Type.TEXT, default=""),
    Column(name="author", zh="记录人", help="who states this", holds=Type.TEXT, default=""),
    Column(name="made_at", zh="填报时间", help="when it was written down", holds=Type.INSTANT),
    Column(
        name="attachments", zh="附件", help="names of files beside this one, ';' between them",
        holds=Type.FILES, default=(),
    ),
    Column(
        name="withdrawn", zh="作废", help="yes takes the record back: it counts no more, but is kept",
        holds=Type.BOOL, default=False,
    ),
)  # fmt: skip
"""What any record has beside its body."""

_TYPES: Mapping[Any, Type] = {
    str: Type.TEXT,
    Refs: Type.REFS,
    Instant: Type.INSTANT,
    date: Type.DATE,
    int: Type.INT,
    Fraction: Type.FRACTION,
    bool: Type.BOOL,
}


def body_columns(kind: type[Body]) -> tuple[Column, ...]:
    """The columns of the body's own fields, in their order."""
    return _body_columns(kind.KIND)


@cache
def _body_columns(name: str) -> tuple[Column, ...]:
    kind = BODIES[name]
    hints = typing.get_type_hints(kind)
    return tuple(_column(kind, field.name, hints[field.name], field) for field in fields(kind))


def columns_of(kind: type[Body]) -> tuple[Column, ...]:
    """All columns of a kind: the id first, then the body's, then the rest of the envelope."""
    return (ENVELOPE[0], *body_columns(kind), *ENVELOPE[1:])


def _column(kind: type[Body], name: str, hint: Any, field: Any) -> Column:
    given = [each for each in typing.get_args(hint) if each is not type(None)]
    plain = given[0] if type(None) in typing.get_args(hint) else hint
    closed = plain if isinstance(plain, type) and issubclass(plain, StrEnum) else None
    return Column(
        name=name,
        zh=field.metadata["zh"],
        help=field.metadata["help"],
        holds=Type.CHOICE if closed else _TYPES[plain],
        required=field.default is MISSING,
        default=None if field.default is MISSING else field.default,
        words=ENUMERATIONS[closed] if closed else OPEN.get((kind.KIND, name)),
        choices=closed,
    )


def headings(kind: type[Body]) -> Mapping[str, Column]:
    """Every column by both of its headings, as `config.sheets.normal_heading` leaves them."""
    return _headings(kind.KIND)


@cache
def _headings(name: str) -> Mapping[str, Column]:
    columns = columns_of(BODIES[name])
    return {normal_heading(word): column for column in columns for word in (column.name, column.zh)}


@cache
def kinds_by_name() -> Mapping[str, type[Body]]:
    """Every kind by its name and its Chinese name."""
    return {word: kind for name, kind in BODIES.items() for word in (name, kind.NAME_ZH)}


def kind_named(text: str) -> type[Body] | None:
    """The kind a sheet or a file is named after: ``work-order``, ``维修工单``; a date or number may follow."""
    word = text.strip().casefold().replace("_", "-")
    found = [name for name in kinds_by_name() if word.startswith(name) and _mere_count(word[len(name) :])]
    return kinds_by_name()[max(found, key=len)] if found else None


def _mere_count(rest: str) -> bool:
    return all(char.isdigit() or char in " -.~()（）年月日至" for char in rest)
