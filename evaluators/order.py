"""The one order of samples for judging: source time, then point, then content; never arrival."""

from __future__ import annotations

import struct

from evaluators.model.samples import Sample, Value

ContentKey = tuple[int, int, int, int | bytes]


def content_key(sample: Sample) -> ContentKey:
    """Orders samples of one identity: of two the later in this order wins.

    The worse quality wins, then the larger reason, then the larger encoded value (a float by its IEEE 754 bits, so
    that -0.0 and 0.0 differ; text by its UTF-8 bytes; no value is smallest).
    """
    return (sample.quality, sample.reason, *_encoded(sample.value))


def order_key(sample: Sample) -> tuple[int, int, ContentKey]:
    """Sorts samples into the order of judging."""
    return (sample.time, sample.point, content_key(sample))


def _encoded(value: Value | None) -> tuple[int, int | bytes]:
    if value is None:
        return (0, 0)
    if isinstance(value, str):
        return (3, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, float):
        return (2, int.from_bytes(struct.pack(">d", value), "big"))
    return (1, int(value))
