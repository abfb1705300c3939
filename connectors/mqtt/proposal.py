"""What was heard on a broker, put as devices and points of a site file. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mqtt.inbox import Message
from connectors.mqtt.shape import Leaf, Shape, merged, shape_of
from connectors.mqtt.times import UNITS_NS, Unreadable, time_reader
from connectors.probing import Found
from evaluators.model.times import DAY_NS, SECOND_NS

MOST_SHAPES = 50
"""Payloads of one topic that are looked into."""
NEAR_NS = 30 * DAY_NS
"""A number this near to the moment of receipt may be a time."""
TIME_NAMES = ("time", "timestamp", "ts", "t", "sent", "at", "date", "datetime", "utc", "clock")
_SHOWN = 60
_BRACES = set("{}")
"""A site file has no way to write them in a topic."""


@dataclass(slots=True)
class Heard:
    """All that came on one topic."""

    topic: str
    count: int = 0
    retained: int = 0
    received: list[int] = field(default_factory=list)
    leaves: dict[str, Leaf] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    formats: set[str] = field(default_factory=set)
    problem: str = ""

    def take(self, message: Message) -> None:
        """One more."""
        self.count += 1
        self.retained += message.retained
        if self.count > MOST_SHAPES:
            return
        self.received.append(message.received)
        self._add(shape_of(message.payload))

    def _add(self, shape: Shape) -> None:
        if shape.problem:
            self.problem = shape.problem
            return
        self.formats.add(shape.format)
        self.lists.update(shape.lists)
        for path, leaf in shape.leaves.items():
            self.leaves[path] = merged(self.leaves[path], leaf) if path in self.leaves else leaf

    @property
    def is_bare(self) -> bool:
        """Whether it holds one value, which its topic names."""
        return self.leaves.keys() == {"@"} and self.formats <= {"json", "text"}

    @property
    def alike(self) -> object:
        """Equal for topics whose messages hold the same."""
        return frozenset(self.formats), frozenset((path, leaf.type) for path, leaf in self.leaves.items())


def propose(messages: Iterable[Message]) -> list[Found]:
    """A device for each topic, or for each group of topics that hold one value each; by topic. What could not be
    read at all is a device without points, with a remark."""
    by_topic: dict[str, Heard] = {}
    for message in messages:
        by_topic.setdefault(message.topic, Heard(message.topic)).take(message)
    bare: defaultdict[str, list[Heard]] = defaultdict(list)
    whole: list[Heard] = []
    for heard in by_topic.values():
        parent, slash, _ = heard.topic.rpartition("/")
        if heard.is_bare and slash:
            bare[parent].append(heard)
        else:
            whole.append(heard)
    templates = _templates({heard.topic: heard.alike for heard in whole})
    found = {heard.topic: _device(heard, templates) for heard in whole}
    parents = _templates({parent: frozenset(_tag(heard) for heard in group) for parent, group in bare.items()})
    found |= {f"{parent}/": _device_of_topics(parent, group, parents) for parent, group in bare.items()}
    return [found[topic] for topic in sorted(found)]


def _templates(topics: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """For each topic its template and the address in it: others that hold the same differ in one level only."""
    groups: defaultdict[tuple[object, str], list[tuple[str, str]]] = defaultdict(list)
    for topic, alike in topics.items():
        levels = topic.split("/")
        for place, level in enumerate(levels):
            if level and "{" not in topic:
                template = "/".join([*levels[:place], "{device}", *levels[place + 1 :]])
                groups[alike, template].append((topic, level))
    found: dict[str, tuple[str, str]] = {}
    for (_, template), members in sorted(groups.items(), key=lambda group: len(group[1])):
        if len(members) > 1:
            found.update((topic, (template, address)) for topic, address in members)
    return found


def _placed(topic: str, templates: Mapping[str, tuple[str, str]], more: str = "") -> dict[str, Any]:
    if topic not in templates:
        levels = topic.split("/")
        return {"topic": "/".join("+" if _BRACES & set(level) else level for level in levels) + more}
    template, address = templates[topic]
    return {"topic": template + more, "address": address}


def _device(heard: Heard, templates: Mapping[str, tuple[str, str]]) -> Found:
    settings = _placed(heard.topic, templates)
    remarks = _remarks(heard)
    if heard.formats == {"text"}:
        settings["format"] = "text"
    elif len(heard.formats) > 1:
        remarks.append("some messages are JSON and some are bare text: one device reads one of them only")
    time = _time(heard)
    if time is not None:
        path, time_format, has_zone = time
        settings |= {"time": path, "time_format": time_format}
        if not has_zone:
            remarks.append(f"{path} says no offset: give time_zone")
    else:
        remarks.append("no time was found in it: what is delivered twice cannot be recognised")
    settings |= _period([heard])
    points = []
    for path, leaf in heard.leaves.items():
        if time is not None and path == time[0]:
            continue
        if not leaf.type:
            remarks.append(f"{path} never had a value")
            continue
        points.append({"name": path, **_point(leaf), "path": path})
        remarks.append(_example(path, leaf))
    return Found(settings, tuple(points), tuple(remarks))


def _device_of_topics(parent: str, group: Sequence[Heard], templates: Mapping[str, tuple[str, str]]) -> Found:
    settings = _placed(parent, templates, "/{point}")
    if any(heard.formats == {"text"} for heard in group):
        settings["format"] = "text"
    settings |= _period(group)
    remarks = [remark for heard in group for remark in _remarks(heard)]
    points = []
    for heard in sorted(group, key=_tag):
        leaf, tag = heard.leaves["@"], _tag(heard)
        if leaf.type:
            points.append({"name": tag, "tag": tag, **_point(leaf)})
            remarks.append(_example(tag, leaf))
        else:
            remarks.append(f"{tag} never had a value")
    return Found(settings, tuple(points), tuple(remarks))


def _tag(heard: Heard) -> str:
    return heard.topic.rpartition("/")[2]


def _point(leaf: Leaf) -> dict[str, Any]:
    return {"type": leaf.type} | ({"number": leaf.number} if leaf.number != "json" else {})


def _example(name: str, leaf: Leaf) -> str:
    value = repr(leaf.value)
    return f"{name}: for example {value if len(value) <= _SHOWN else value[:_SHOWN] + '…'}"


def _remarks(heard: Heard) -> list[str]:
    remarks = [f"{heard.topic}: {heard.count} messages, {heard.retained} of them retained"]
    if heard.problem:
        remarks.append(f"{heard.topic}: some cannot be read: {heard.problem}")
    remarks += [
        f"{path} lists objects that each have {', '.join(keys)}: records = {path!r} reads them one by one"
        for path, keys in heard.lists.items()
    ]
    return remarks


def _time(heard: Heard) -> tuple[str, str, bool] | None:
    """The path and format of what looks like the source time, and whether it says its zone."""
    for path in sorted(heard.leaves, key=_likeliest):
        leaf = heard.leaves[path]
        if _likeliest(path) < len(TIME_NAMES) and not isinstance(leaf.value, bool):
            for time_format in (*UNITS_NS, "iso"):
                for zone in ("", "UTC"):
                    if _reads(leaf.value, time_format, zone, heard.received[-1]):
                        return path, time_format, not zone
    return None


def _likeliest(path: str) -> int:
    name = path.rpartition(".")[2].strip('"').lower()
    return TIME_NAMES.index(name) if name in TIME_NAMES and "[" not in path else len(TIME_NAMES)


def _reads(value: object, time_format: str, zone: str, received: int) -> bool:
    try:
        return abs(time_reader(time_format, zone)(value, received) - received) < NEAR_NS
    except Unreadable:
        return False


def _period(group: Sequence[Heard]) -> dict[str, float]:
    """How often messages come, in whole seconds, where there were enough to tell."""
    gaps = [
        later - earlier
        for heard in group
        for earlier, later in zip(heard.received, heard.received[1:], strict=False)
    ]
    if len(gaps) < 2:
        return {}
    return {"period_s": float(max(1, math.ceil(sorted(gaps)[len(gaps) // 2] / SECOND_NS)))}
