"""Topics: templates filled in, filters with wildcards, and which filters a topic matches. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Generic, TypeVar

MOST_BYTES = 65_535
"""MQTT counts the bytes of a topic with 16 bits."""
MOST_REMEMBERED = 10_000
"""Topics whose match is remembered: wildcards let anyone make up more."""
DEEPEST_COVERED = 6
"""Levels up to which every filter that covers a topic is listed."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

T = TypeVar("T")


def check_filter(topic: str) -> None:
    """ValueError unless ``topic`` may be subscribed to, `MQTT 5, 4.7`."""
    levels = topic.split("/")
    if "\0" in topic:
        raise ValueError("a topic holds no NUL character: leave it out")
    if len(topic.encode(errors="replace")) > MOST_BYTES:
        raise ValueError(f"a topic has at most {MOST_BYTES} bytes: give a shorter one")
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        raise ValueError("# stands for all further levels: give it alone and last, as in site/#")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError("+ stands for one whole level: give it alone, as in site/+/status")
    if levels[0] == "$share":
        raise ValueError("a shared subscription gives us some messages only: name the topic itself")


def has_wildcard(topic: str) -> bool:
    """Whether it is a filter rather than one topic."""
    return "+" in topic or "#" in topic


def placeholders(template: str) -> set[str]:
    """The names in braces."""
    return set(_PLACEHOLDER.findall(template))


def filled(template: str, **names: str) -> str:
    """The template with each name in braces replaced by what it stands for."""
    return _PLACEHOLDER.sub(lambda found: names[found[1]], template)


def matches(pattern: str, topic: str) -> bool:
    """Whether a filter lets a topic through, `MQTT 5, 4.7`: wildcards never match a first level with $."""
    wanted, given = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given) or level not in ("+", given[place]):
            return False
    return len(wanted) == len(given)


def covering(topic: str) -> Iterator[str]:
    """Every filter that could have brought a topic, itself among them; of a deep one only itself."""
    levels = topic.split("/")
    yield topic
    if len(levels) > DEEPEST_COVERED:
        return
    for depth in range(len(levels) + 1):
        for mixed in product(*((level, "+") for level in levels[:depth])):
            yield "/".join((*mixed, "#"))
            if depth == len(levels) and "+" in mixed:
                yield "/".join(mixed)


class Router(Generic[T]):
    """Who listens to what: filters, each with its listeners."""

    def __init__(self, listeners: Iterable[tuple[str, T]]) -> None:
        self._by_filter: dict[str, list[T]] = {}
        for pattern, listener in listeners:
            self._by_filter.setdefault(pattern, []).append(listener)
        self._wild = [pattern for pattern in self._by_filter if has_wildcard(pattern)]
        self._remembered: dict[str, tuple[T, ...]] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """What has to be subscribed to."""
        return tuple(self._by_filter)

    def under(self, pattern: str) -> list[T]:
        """The listeners of one filter."""
        return self._by_filter.get(pattern, [])

    def route(self, topic: str) -> tuple[T, ...]:
        """Everyone whom a message on this topic concerns, in the order in which they came."""
        found = self._remembered.get(topic)
        if found is None:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            patterns = [topic] if topic in self._by_filter else []
            patterns += [pattern for pattern in self._wild if pattern != topic and matches(pattern, topic)]
            found = tuple(listener for pattern in patterns for listener in self._by_filter[pattern])
            self._remembered[topic] = found
        return found
