"""Compiled JMESPaths. Those that only go down by name and number, nearly all, need no jmespath to be walked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import jmespath

Search = Callable[[Any], Any]

UNFIT = object()
"""What a path finds in a document that it does not suit: of no point's type."""


def compiled(path: str) -> Search:
    """What finds the value at ``path`` in a document: None where there is none, `UNFIT` where the path's functions
    do not suit the document. Nothing makes it raise."""
    expression = jmespath.compile(path)
    steps = _steps(cast("Mapping[str, Any]", expression.parsed))
    if steps is not None:
        return _walk(steps)

    def search(document: Any) -> Any:
        try:
            return expression.search(document)
        except Exception:  # noqa: BLE001  # jmespath's functions let out whatever Python raises at odd arguments
            return UNFIT

    return search


def _steps(node: Mapping[str, Any]) -> list[str | int] | None:
    """The names and numbers to follow; None where the path does more than that."""
    kind = node["type"]
    if kind in ("current", "identity"):
        return []
    if kind in ("field", "index"):
        return [node["value"]]
    if kind not in ("subexpression", "index_expression"):
        return None
    parts = [_steps(child) for child in node["children"]]
    return None if None in parts else [step for part in parts if part for step in part]


def _walk(steps: list[str | int]) -> Search:
    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]
        return lambda document: document.get(name) if type(document) is dict else None

    def search(document: Any) -> Any:
        for step in steps:
            if isinstance(step, str):
                if type(document) is not dict:
                    return None
                document = document.get(step)
            elif type(document) is list and -len(document) <= step < len(document):
                document = document[step]
            else:
                return None
        return document

    return search
