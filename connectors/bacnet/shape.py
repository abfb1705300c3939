"""The form of an answer, remembered: the next one of the same form is read at a fraction of the cost. Pure.

A device answers the same question in the same form again and again; only values change, and few of them. What is
not a value is compared at once, as one number; of the values only those that changed are decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from connectors.bacnet.decode import Part, Reading
from connectors.bacnet.plan import Ask
from connectors.bacnet.tags import Malformed, closing, values_within

_BRACKET = 3
_CLOSING = closing(_BRACKET)
_REAL = 0x44
_REAL_SIZE = 5
_FLOAT = struct.Struct(">f")


class Shape:
    """Made of one answer and what was read from it; `again` reads others like it."""

    __slots__ = ("_fixed", "_length", "_mask", "_raws", "_readings", "_values")

    def __init__(self, data: bytes, parts: Iterable[Part], readings: Mapping[Ask, Reading]) -> None:
        """``parts`` and ``readings`` are what `parts_of` and `matched` gave for ``data``."""
        mask = bytearray(b"\xff" * len(data))
        self._values: list[tuple[Ask, int, int]] = []
        self._raws: list[bytes] = []
        for part in parts:
            raw = data[part.start : part.stop]
            if _decoded(raw) == part.reading:  # an error is no value; neither is what only its neighbours explain
                mask[part.start : part.stop] = bytes(len(raw))
                self._values.append((part.ask, part.start, part.stop))
                self._raws.append(raw)
        self._length = len(data)
        self._mask = int.from_bytes(mask, "big")
        self._fixed = int.from_bytes(data, "big") & self._mask
        self._readings = dict(readings)

    def again(self, data: bytes) -> dict[Ask, Reading] | None:
        """What the answer says, just as the decoder would find; None when it has another form."""
        if len(data) != self._length or int.from_bytes(data, "big") & self._mask != self._fixed:
            return None
        raws = self._raws
        for number, (ask, start, stop) in enumerate(self._values):
            raw = data[start:stop]
            if raw != raws[number]:
                reading = _decoded(raw)
                if reading is None:
                    return None
                raws[number] = raw
                self._readings[ask] = reading
        return self._readings.copy()


def _decoded(raw: bytes) -> Reading | None:
    """The reading whose value is exactly these bytes; None when they are no whole value."""
    if len(raw) == _REAL_SIZE and raw[0] == _REAL:
        return Reading(_FLOAT.unpack_from(raw, 1))
    try:
        values, at = values_within(raw + _CLOSING, 0, _BRACKET)
    except Malformed:
        return None
    return Reading(values) if at == len(raw) + 1 else None
