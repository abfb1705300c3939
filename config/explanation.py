"""pydantic's errors put into sentences: what is wrong with a value, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from config.problems import Key, Refused, closest, nearest, shown


class Explanation(NamedTuple):
    """One error of a table: the key below the table, what is wrong and what would be right."""

    key: Key
    wrong: str
    right: str


def explained(error: ValidationError, shape: type) -> Iterator[Explanation]:
    """Each error of a table of that shape, a model or a dataclass. Values are shown, except those of secrets.

    Where a misspelt key is the reason why another is missing, it is named once, by the misspelt one.
    """
    details = error.errors(include_url=False)
    meant = {
        (*detail["loc"][:-1], closest(str(detail["loc"][-1]), _known(shape, detail["loc"][:-1])))
        for detail in details
        if detail["type"] in _UNKNOWN_KEY
    }
    for detail in details:
        key = tuple(str(part) for part in detail["loc"] if part != "[key]")  # pydantic's mark of a mapping's key
        if detail["type"] == "missing" and detail["loc"] in meant:
            continue
        if detail["type"] in _UNKNOWN_KEY:
            known = _known(shape, detail["loc"][:-1])
            right = nearest(key[-1], known, "key") if known else "leave it out"
            yield Explanation(key, "is no key of this table", right)
        else:
            yield Explanation(key, *_explain(detail, _given(detail, shape)))


_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
"""Of a model, and of a dataclass."""


def _known(shape: type, place: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at a place below one of that shape can have."""
    found = _tables(shape)
    for part in place:
        inside = [_annotations(kind)[part] for kind in found if part in _annotations(kind)]
        found = [table for annotation in inside for table in _tables(annotation)] or found
    return [str(key) for kind in found for key in _annotations(kind)]


def _tables(annotation: object) -> list[object]:
    """The kinds of tables that an annotation names."""
    return [kind for kind in _below(annotation) if _annotations(kind)]


def _annotations(kind: object) -> Mapping[int | str, object]:
    """What the keys of a table are annotated with; nothing for what is no table."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)}
    return {}


def _below(annotation: object) -> Iterator[object]:
    """Every type that an annotation names."""
    yield annotation
    for inner in get_args(annotation):
        yield from _below(inner)


def _given(detail: ErrorDetails, shape: type) -> str:
    annotation = _annotations(shape).get(str(detail["loc"][0])) if detail["loc"] else None
    return "this value" if SecretStr in _below(annotation) else shown(detail["input"])


def _refusal(error: ValueError) -> tuple[str, str]:
    """A plain ValueError says what would be right after a colon."""
    if isinstance(error, Refused):
        return error.wrong, error.right
    wrong, _, right = str(error).partition(": ")
    return wrong, right or "give another value"


def _explain(detail: ErrorDetails, given: str) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing", "add it"
    if kind == "value_error":
        return _refusal(context["error"])
    if kind in _LIMITS:
        wrong, right = _LIMITS[kind]
        return f"{given} is {wrong}", right.format_map(context)
    if kind == "string_pattern_mismatch":
        return f"{given} does not have the right form", _form(str(detail["loc"][-1]), context)
    if kind in ("literal_error", "enum"):
        return f"{given} is none of the choices", f"give {_choices(str(context['expected']))}"
    for kinds, wanted in _WANTED.items():
        if kind in kinds:
            return f"{given} is not {wanted}", f"give {wanted}"
    return f"{given} is not right", detail["msg"][:1].lower() + detail["msg"][1:]


def _form(key: str, context: Mapping[str, Any]) -> str:
    return f"give {_FORMS[key]}" if key in _FORMS else f"it must match {context['pattern']}"


def _choices(expected: str) -> str:
    """pydantic's ``'a', 'b' or 'c'`` in the quotes of TOML."""
    return expected.replace("'", '"')


_LIMITS = {
    "greater_than": ("out of range", "give a number above {gt}"),
    "greater_than_equal": ("out of range", "give a number of at least {ge}"),
    "less_than": ("out of range", "give a number below {lt}"),
    "less_than_equal": ("out of range", "give a number of at most {le}"),
    "finite_number": ("out of range", "give a finite number"),
    "string_too_short": ("too short", "give text of length {min_length} or more"),
    "string_too_long": ("too long", "give at most {max_length} characters"),
    "too_short": ("too short", "give a list of length {min_length} or more"),
}

_WANTED = {
    ("string_type", "string_sub_type"): "text in quotes",
    ("int_type", "int_parsing", "int_parsing_size", "int_from_float"): "a whole number",
    ("float_type", "float_parsing"): "a number",
    ("bool_type", "bool_parsing"): "true or false",
    ("model_type", "model_attributes_type", "dict_type", "dataclass_type"): "a table",
    ("list_type", "tuple_type", "set_type", "frozen_set_type"): "a list",
    ("fraction_parsing",): 'a fraction or a decimal in quotes, such as "1/2" or "0.98"',
    ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"): (
        "a date without quotes, such as 2026-03-01"
    ),
    ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"): (
        "a time with a zone and without quotes, such as 2026-01-01T00:00:00+08:00"
    ),
}

_FORMS = {
    "id": "lower-case letters, digits and hyphens",
    "kind": 'a word such as "lift" or "fire-pump"',
    "from": 'a time of day such as "22:00"',
    "to": 'a time of day such as "06:00", or "24:00"',
    "object": 'type and instance, such as "analog-input,3"',
    "property": 'a property in lower case with hyphens, such as "present-value"',
    "threshold": 'a decimal in quotes, such as "0.98"',
    "url": 'an address such as "http://127.0.0.1:8086"',
    "webhook_url": 'an address such as "https://example.org/hook"',
}
"""What to write where a pattern says what is right."""
