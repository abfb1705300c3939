"""Samples as lines of InfluxDB's line protocol. Pure.

One line a sample: measurement ``telemetry``; tags site, system, device, point; one field by the kind of the point
(``float``, ``integer``, ``boolean``, ``string``), ``quality`` (0 good, 1 uncertain, 2 bad) and, unless it is good,
``reason``; nanoseconds. A sample without a value has quality and reason only.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/ says what is escaped and how.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evaluators.model.samples import Block, Columns, Reason, ValueKind

MEASUREMENT = "telemetry"

_TAG_ESCAPES = str.maketrans(
    {",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\0": "\ufffd"}
)
_STRING_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\0": "\ufffd"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_REASONS = {reason.value: f',reason="{reason.label}"' if reason else "" for reason in Reason}
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


def lines(block: Block, prefixes: Mapping[int, str]) -> list[str]:
    """One line a row, in the order of the rows; ``prefixes`` has one for every point of the block."""
    return [line for part in block.columns for line in _part_lines(part, prefixes)]


def _part_lines(part: Columns, prefixes: Mapping[int, str]) -> list[str]:
    fields = _fields(part)
    if not any(part.qualities):
        return [
            f"{prefixes[point]} {field},quality=0i {time}"
            for point, time, field in zip(part.points, part.times, fields, strict=True)
        ]
    rows = zip(part.points, part.times, fields, part.qualities, part.reasons, strict=True)
    return [
        f"{prefixes[point]} {field + ',' if _CARRIES[reason] else ''}quality={quality}i{_REASONS[reason]} {time}"
        for point, time, field, quality, reason in rows
    ]


def _fields(part: Columns) -> list[str]:
    """The value field of every row, whether it means anything or not."""
    if part.kind is ValueKind.FLOAT:
        return [f"float={value!r}" for value in part.values]
    if part.kind is ValueKind.INT:
        return [f"integer={value}i" for value in part.values]
    if part.kind is ValueKind.BOOL:
        return ["boolean=true" if value else "boolean=false" for value in part.values]
    return [f'string="{_string(str(value))}"' for value in part.values]


def _tag(value: str) -> str:
    """A tag's value. A backslash at the end would escape what follows, so a space is put after it."""
    escaped = _SURROGATE.sub("\ufffd", value).translate(_TAG_ESCAPES)
    return escaped + r"\ " if escaped.endswith("\\") else escaped


def _string(text: str) -> str:
    """A string field's text. Lone surrogates and NUL have no place in it: each becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text).translate(_STRING_ESCAPES)
