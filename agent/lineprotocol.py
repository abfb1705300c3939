"""Samples as lines of InfluxDB's line protocol. Pure.

One line a sample: measurement ``telemetry``; tags site, system, device, point; one field by the kind of the point
(``float``, ``integer``, ``boolean``, ``string``), ``quality`` (0 good, 1 uncertain, 2 bad) and, unless it is good,
``reason``; nanoseconds. A sample without a value has quality and reason only.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/ says what is escaped and how.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic_core import to_json

from evaluators.model.samples import Block, Columns, Quality, Reason, ValueKind

MEASUREMENT = "telemetry"

_TAG_ESCAPES = str.maketrans(
    {",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\0": "\ufffd"}
)
_STRING_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\0": "\ufffd"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_AROUND = {
    ValueKind.FLOAT: (" float=", ""),
    ValueKind.INT: (" integer=", "i"),
    ValueKind.BOOL: (" boolean=", ""),
    ValueKind.TEXT: (' string="', '"'),
}
"""What stands before and after a value of each kind."""
_MARKS = {
    (quality.value, reason.value): f"quality={quality.value}i" + (f',reason="{reason.label}"' if reason else "")
    for quality in Quality
    for reason in Reason
}
_CARRIES = {reason.value: reason.carries_value for reason in Reason}


@dataclass(frozen=True, slots=True)
class PointTags:
    """What a point is called in InfluxDB; an empty one is left out."""

    site: str
    system: str
    device: str
    point: str


def prefix(tags: PointTags) -> str:
    """Measurement and tags of every line of a point, in the order of the tags' keys."""
    pairs = (("device", tags.device), ("point", tags.point), ("site", tags.site), ("system", tags.system))
    return MEASUREMENT + "".join(f",{key}={_tag(value)}" for key, value in pairs if value)


class Prefixes:
    """How the lines of each point begin, by its number; made once, used for every sample."""

    def __init__(self, points: Mapping[int, PointTags]) -> None:
        self.plain = {number: prefix(tags) for number, tags in points.items()}
        self.valued = {kind: _Valued(self.plain, start) for kind, (start, _) in _AROUND.items()}
        """The same with the beginning of the value's field."""

    def name(self, number: int, tags: PointTags) -> None:
        """Say how one more point is called; one that is known keeps its tags."""
        self.plain.setdefault(number, prefix(tags))


class _Valued(dict[int, str]):
    """Beginnings up to a value, made when they are first asked for."""

    def __init__(self, plain: Mapping[int, str], start: str) -> None:
        super().__init__()
        self._plain = plain
        self._start = start

    def __missing__(self, point: int) -> str:
        self[point] = made = self._plain[point] + self._start
        return made


def lines(block: Block, prefixes: Prefixes) -> list[str]:
    """One line a row, in the order of the rows; ``prefixes`` knows every point of the block."""
    return [line for part in block.columns if len(part) for line in _part_lines(part, prefixes)]


def _part_lines(part: Columns, prefixes: Prefixes) -> list[str]:
    texts = _texts(part)
    if texts is None:
        part = _without_nonsense(part)
        texts = list(map(repr, part.values))
    heads, plain = prefixes.valued[part.kind], prefixes.plain
    end = _AROUND[part.kind][1] + ","
    if not _is_alike(part):
        rows = zip(part.points, part.times, texts, part.qualities, part.reasons, strict=True)
        return [
            f"{heads[point]}{text}{end}{_MARKS[quality, reason]} {time}"
            if _CARRIES[reason]
            else f"{plain[point]} {_MARKS[quality, reason]} {time}"
            for point, time, text, quality, reason in rows
        ]
    end += _MARKS[part.qualities[0], part.reasons[0]] + " "
    if part.times == part.times[:1] * len(part):
        end += str(part.times[0])
        return [f"{heads[point]}{text}{end}" for point, text in zip(part.points, texts, strict=True)]
    return [
        f"{heads[point]}{text}{end}{time}"
        for point, time, text in zip(part.points, part.times, texts, strict=True)
    ]


def _is_alike(part: Columns) -> bool:
    """Whether all rows have one quality and reason, and a value: so it is with what a poll gives."""
    rows, quality, reason = len(part), part.qualities[0], part.reasons[0]
    return _CARRIES[reason] and part.reasons.count(reason) == rows and part.qualities.count(quality) == rows


def _texts(part: Columns) -> list[str] | None:
    """How every row's value is written, whether it means anything or not; None where a float is not finite."""
    if isinstance(part.values, list):
        return [_string(text) for text in part.values]
    if part.kind is ValueKind.BOOL:
        return ["true" if value else "false" for value in part.values]
    # Exact, as repr() is, at a tenth of its cost
    written = to_json(part.values.tolist())[1:-1].decode("ascii")
    return None if "N" in written or "I" in written else written.split(",")


def _without_nonsense(part: Columns) -> Columns:
    """The same, with what is no finite number as bad. No connector lets one through; no line can hold one."""
    found = replace(part, qualities=part.qualities[:], reasons=part.reasons[:])
    for row, value in enumerate(part.values):
        if _CARRIES[found.reasons[row]] and not math.isfinite(value):  # type: ignore[arg-type]  # all are floats
            found.qualities[row], found.reasons[row] = Quality.BAD, Reason.NOT_A_NUMBER
    return found


def _tag(value: str) -> str:
    """A tag's value. A backslash at the end would escape what follows, so a space is put after it."""
    escaped = _SURROGATE.sub("\ufffd", value).translate(_TAG_ESCAPES)
    return escaped + r"\ " if escaped.endswith("\\") else escaped


def _string(text: str) -> str:
    """A string field's text. Lone surrogates and NUL have no place in it: each becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text).translate(_STRING_ESCAPES)
