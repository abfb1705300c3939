"""A row's parameters as its kind's own: read strictly and exactly, with errors as for any table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.explanation import explained
from config.problems import Key, Note, shown
from evaluators.registry import KINDS, Mistakes


def read_parameters(kind: str, raw: Mapping[str, Any], note: Note, before: object = None) -> object | None:
    """``raw`` as the `Parameters` of a kind of clause; None, with each error noted below ``parameters``, where it
    is not.

    With ``before``, a row's parameters so far, ``raw`` need hold only the keys that change.
    """
    return read_as(KINDS[kind].parameters, KINDS[kind].mistakes, raw, note, before)


def read_as(
    shape: type, mistakes: Mistakes, raw: Mapping[str, Any], note: Note, before: object = None
) -> object | None:
    """The same for any dataclass of parameters, with what may be wrong among them."""
    adapter = _adapter(shape)
    if _inexact(raw, ("parameters",), note):
        return None
    given = {**(adapter.dump_python(before, mode="json") if before is not None else {}), **raw}
    try:
        # Read as JSON, text stands for fractions, dates and words, and nothing else is taken for another type.
        found: object = adapter.validate_json(json.dumps(given, default=_written), strict=True)
    except ValidationError as error:
        for below, wrong, right in explained(error, shape):
            note(("parameters", *below), wrong, right)
        return None
    wrongs = list(mistakes(found))
    for name, wrong, right in wrongs:
        note(("parameters", name), wrong, right)
    return None if wrongs else found


@cache
def _adapter(shape: type) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _written(value: date | time) -> str:
    """TOML's dates and times, which are all that JSON lacks, as JSON writes them."""
    return value.isoformat()


def _inexact(value: object, key: Key, note: Note) -> list[Key]:
    """Where a value holds numbers that no verdict may rest on, each noted."""
    if isinstance(value, float):
        note(key, f"{shown(value)} is not exact", f'write it as text in quotes, such as "{value}"')
        return [key]
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, entry in entries for found in _inexact(entry, (*key, str(name)), note)]
