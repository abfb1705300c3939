"""What a payload looks like: its values by path, and what their types are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mqtt.payload import bare, parse
from connectors.mqtt.times import Unreadable

MOST_POINTS = 200
"""Of one payload; more are not looked at."""
MOST_ENTRIES = 20
"""Of one list in it."""
DEEPEST = 12

_BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_POINT = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value in a payload: its type in a site file (empty for null), how it writes numbers, and itself."""

    type: str
    number: str
    value: object


@dataclass(frozen=True, slots=True)
class Shape:
    """The values of a payload by JMESPath. ``format`` is as in a site file; where it cannot be read that is empty,
    and ``problem`` says why. ``lists`` are the paths of lists of objects, with the keys that all of these have."""

    format: str
    leaves: Mapping[str, Leaf]
    lists: Mapping[str, tuple[str, ...]]
    problem: str = ""


def shape_of(payload: bytes) -> Shape:
    """The shape of one payload. Nothing makes it raise."""
    try:
        document = parse(payload)
    except Unreadable as error:
        return _shape_of_text(payload, str(error))
    leaves: dict[str, Leaf] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for path, value in _walk(document, "", lists, 0):
        if len(leaves) == MOST_POINTS:
            break
        leaves[path or "@"] = _leaf(value)
    return Shape("json", leaves, lists)


def _shape_of_text(payload: bytes, problem: str) -> Shape:
    try:
        text = bare(payload)
    except Unreadable:
        return Shape("", {}, {}, problem)
    if text is None or not text.isprintable() or text[0] in "{[":
        return Shape("", {}, {}, problem)
    return Shape("text", {"@": _leaf(text)}, {})


def _leaf(value: object) -> Leaf:
    if isinstance(value, bool):
        return Leaf("bool", "json", value)
    if isinstance(value, int):
        return Leaf("int", "json", value)
    if isinstance(value, float):
        return Leaf("float", "json", value)
    if not isinstance(value, str):
        return Leaf("", "json", value)
    if _POINT.fullmatch(value):
        return Leaf("float", "text", value)
    return Leaf("float", "comma", value) if _COMMA.fullmatch(value) else Leaf("text", "json", value)


def _walk(node: Any, path: str, lists: dict[str, tuple[str, ...]], depth: int) -> Iterator[tuple[str, object]]:
    """Every value with its path. Lists of objects are noted on the way."""
    if depth > DEEPEST:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            name = key if _BARE_NAME.fullmatch(key) else json.dumps(key)
            yield from _walk(value, f"{path}.{name}" if path else name, lists, depth + 1)
    elif isinstance(node, list):
        if len(node) > 1 and all(isinstance(entry, dict) for entry in node):
            lists[path or "@"] = tuple(key for key in node[0] if all(key in entry for entry in node))
        for place, entry in enumerate(node[:MOST_ENTRIES]):
            yield from _walk(entry, f"{path}[{place}]", lists, depth + 1)
    else:
        yield path, node


def merged(one: Leaf, other: Leaf) -> Leaf:
    """What two values of one path have in common: the wider type, the newer value where there is one."""
    if not one.type or not other.type:
        return other if other.type else one
    if (one.type, one.number) == (other.type, other.number):
        return other
    if {one.type, other.type} == {"int", "float"} and one.number == other.number:
        return Leaf("float", one.number, other.value)
    numbers = {"int", "float"}
    if one.type in numbers and other.type in numbers and "comma" not in (one.number, other.number):
        return Leaf("float", "text", other.value)
    return Leaf("text", "json", other.value)
