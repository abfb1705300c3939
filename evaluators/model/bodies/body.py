"""What every body of a record is made of.

A body is a frozen dataclass, one for each kind of record. Its fields are
typed by what they mean, so that templates, import and the catalogue can be checked against them:

======================  ==========================================================
``Instant``             ns UTC; a time with zone in files
``date``                a date of the site's zone
``Refs``                ids of other things, ``;`` between them in files
``int Fraction bool``   numbers and yes or no
a ``StrEnum``           one of its words
``str``                 text
======================  ==========================================================

A field without a default is required. ``ANCHOR`` names the field that says when the stated thing was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, NewType

Instant = NewType("Instant", int)
"""Nanoseconds since the epoch, UTC."""

Refs = tuple[str, ...]
"""Ids of other things."""


def column(zh: str, help_en: str, default: Any = MISSING) -> Any:
    """A field with its Chinese heading and what it means, for templates and messages."""
    return field(default=default, metadata={"zh": zh, "help": help_en})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a record states."""

    KIND: ClassVar[str] = ""
    NAME_ZH: ClassVar[str] = ""
    ANCHOR: ClassVar[str] = ""
    """The field that says when: an `Instant` or a ``date``. Empty for what has no time of its own."""
    BY_COMMAND: ClassVar[bool] = False
    """Whether a command states it, so that nobody needs a sheet to fill in."""


def values(body: Body) -> Iterator[tuple[str, Any]]:
    """The fields of a body with their values, in order."""
    for each in fields(body):
        yield each.name, getattr(body, each.name)
