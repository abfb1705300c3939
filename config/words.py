"""Words of an enumeration in a file: text in quotes, and exactly one of those there are."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from config.problems import Refused, closest, shown

E = TypeVar("E", bound=StrEnum)


def word(kind: type[E]) -> Callable[[object], object]:
    """What pydantic runs before it takes a value as that enumeration; Refused for what is none of its words."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise Refused(f"{shown(value)} is not text in quotes", "give text in quotes")
        if value not in list(kind):
            close = closest(value, kind)
            *others, last = (f'"{each}"' for each in kind)
            choices = f"{', '.join(others)} or {last}"
            right = f"give {choices}" if close is None else f'did you mean "{close}"?'
            raise Refused(f"{shown(value)} is none of the choices", right)
        return kind(value)

    return read
