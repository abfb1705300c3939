"""What is wrong with a site file, in words an engineer can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the file (or environment variable) and the key it is in, what is wrong, what would be right."""

    file: str
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.wrong}; {self.right}"


class SiteFileError(Exception):
    """The site file cannot be used. ``problems`` holds every error found, in the order of the file's tables."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str], kind: str) -> str:
    """What would be right where ``word`` is none of the known ones."""
    choices = sorted(known)
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    if not choices:
        return f"define a {kind} first"
    return f"{kind}s there are: {', '.join(choices[:12])}{' …' if len(choices) > 12 else ''}"


def explained(error: ValidationError, fields: Iterable[str]) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """Each error of a table as (key below the table, what is wrong, what would be right).

    ``fields`` are the keys the table may have. Values are shown, except those of secrets.
    """
    known = list(fields)
    for detail in error.errors(include_url=False):
        key = tuple(str(part) for part in detail["loc"] if not str(part).startswith("function-"))
        yield (
            key,
            *_explain(detail["type"], detail["msg"], detail.get("ctx", {}), detail.get("input"), key, known),
        )


def _explain(
    kind: str, message: str, context: dict[str, Any], given: object, key: tuple[str, ...], known: list[str]
) -> tuple[str, str]:
    shown = "this value" if key and key[-1] in SECRETS else _shown(given)
    if kind == "missing":
        return "is missing", "add it"
    if kind == "extra_forbidden":
        return "is no key of this table", nearest(key[-1], known, "key")
    if kind == "value_error":
        wrong, _, right = message.removeprefix("Value error, ").partition(": ")
        return wrong, right or "mend it"
    if kind == "string_pattern_mismatch":
        return f"{shown} does not have the right form", f"it must match {context['pattern']}"
    if kind in _NUMBERS:
        return f"{shown} is out of range", f"give a number {_NUMBERS[kind]} {context[_LIMIT[kind]]}"
    if kind in _TYPES:
        return f"{shown} is not {_TYPES[kind]}", f"give {_TYPES[kind]}"
    if kind in ("literal_error", "enum"):
        return f"{shown} is none of the choices", f"give {context['expected']}"
    return f"{shown}: {message[:1].lower()}{message[1:]}", "mend it"


def _shown(given: object) -> str:
    return given.isoformat() if isinstance(given, date) else repr(given)


SECRETS = frozenset({"password", "token"})
"""Keys whose values are never shown."""

_NUMBERS = {
    "greater_than": "above",
    "greater_than_equal": "of at least",
    "less_than": "below",
    "less_than_equal": "of at most",
}
_LIMIT = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
_TYPES = {
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
    "timezone_aware": "a time with a zone, such as 2026-01-01T00:00:00+08:00",
    "datetime_type": "a time with a zone, such as 2026-01-01T00:00:00+08:00",
    "datetime_parsing": "a time with a zone, such as 2026-01-01T00:00:00+08:00",
    "datetime_from_date_parsing": "a time with a zone, such as 2026-01-01T00:00:00+08:00",
    "string_too_long": "a shorter text",
}
