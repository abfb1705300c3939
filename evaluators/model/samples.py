"""Samples: what was read, when it was true, and how far it can be trusted.

Connectors hand over columns (`Block`); a `Sample` is made only where a person or a rule looks at one.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from evaluators.model.times import MINUTE_NS

Value = float | int | bool | str

MOST_EARLY_NS = MINUTE_NS
"""So far ahead of its receipt a source time may lie: clocks are never quite the same."""

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


class Quality(IntEnum):
    """How far a sample can be trusted; a larger number is worse."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class ValueKind(IntEnum):
    """The type a point's values have for ever. 64-bit integers never pass through a float."""

    FLOAT = 1
    INT = 2
    BOOL = 3
    TEXT = 4


class Reason(IntEnum):
    """Why a sample is not good. The numbers are stored: they are never reused or changed."""

    NONE = 0
    # Nothing was read: there is no value.
    TIMEOUT = 1
    OFFLINE = 2
    """The device, its gateway or the broker said or showed that it is gone (a last will, a lost link)."""
    REFUSED = 3
    """The connection could not be made."""
    MISMATCH = 4
    """The answer does not belong to the question: length, unit, function code or transaction."""
    MALFORMED = 5
    """The payload cannot be read at all."""
    MISSING = 6
    """The payload was read, but does not hold this point."""
    WRONG_TYPE = 7
    """The value read cannot be had in the point's type."""
    NOT_A_NUMBER = 8
    """NaN or infinite."""
    OUT_OF_RANGE = 9
    """An integer outside 64 bits with sign."""
    ABSENT = 10
    """The device's own mark for "no such value" (a sentinel)."""
    ILLEGAL_FUNCTION = 11
    """Modbus exception 01."""
    ILLEGAL_ADDRESS = 12
    """Modbus exception 02."""
    ILLEGAL_VALUE = 13
    """Modbus exception 03."""
    DEVICE_FAILURE = 14
    """Modbus exception 04."""
    DEVICE_BUSY = 15
    """Modbus exceptions 05 and 06."""
    GATEWAY_UNAVAILABLE = 16
    """Modbus exception 0A."""
    GATEWAY_NO_RESPONSE = 17
    """Modbus exception 0B."""
    OTHER_EXCEPTION = 18
    """Any other Modbus exception code."""
    UNKNOWN_OBJECT = 19
    """BACnet error: unknown-object."""
    UNKNOWN_PROPERTY = 20
    """BACnet error: unknown-property."""
    PROTOCOL_ERROR = 21
    """Any other BACnet error for this property."""
    ABORTED = 22
    """BACnet abort."""
    REJECTED = 23
    """BACnet reject."""
    # Something was read, but is not to be trusted as it stands: the value is kept.
    FAULT = 64
    """BACnet Status_Flags FAULT, or a Reliability other than no-fault-detected."""
    OUT_OF_SERVICE = 65
    """BACnet Out_Of_Service: the object is decoupled from the hardware."""
    OVERRIDDEN = 66
    """BACnet Status_Flags OVERRIDDEN: set at the device by hand."""
    RETAINED = 67
    """A retained MQTT message: nobody knows how old."""
    NOT_COMMISSIONED = 68
    """Nobody has proved on site that the point is what the site file says."""
    CLOCK_NOT_SET = 69
    """The machine's clock could not be right: nobody knows the moment that the sample is of."""
    CLOCK_STEP = 70
    """The machine's clock was set shortly before, or while the sample was taken."""
    EARLY = 71
    """Its source time lies more than `MOST_EARLY_NS` after its receipt: the device's clock is ahead."""

    @property
    def carries_value(self) -> bool:
        """Whether a sample with this reason still has the value that was read."""
        return self is Reason.NONE or self >= Reason.FAULT

    @property
    def label(self) -> str:
        """The word that files and people see, such as ``out_of_service``; empty for `NONE`."""
        return "" if self is Reason.NONE else self.name.lower()


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of one point; ``value`` is None where nothing could be read.

    Identity is (``point``, ``time``). Times are nanoseconds UTC: ``time`` is the device's own stamp where it
    gives one, else the moment the answer came; ``received`` is when the agent had it.
    """

    point: int
    time: int
    value: Value | None
    quality: Quality
    reason: Reason
    received: int


_TYPECODES = {ValueKind.FLOAT: "d", ValueKind.INT: "q", ValueKind.BOOL: "b"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one value kind, a column each, all of one length.

    ``points`` holds the journal's point numbers (array ``I``), ``times`` nanoseconds (array ``q``), ``values``
    an array (``d``, ``q``, ``b``) or a list of text, ``qualities`` and ``reasons`` a byte a row. Where a reason
    carries no value the cell is a filler (0 or empty) and means nothing.
    """

    kind: ValueKind
    points: array[int]
    times: array[int]
    values: array[float] | array[int] | list[str]
    qualities: bytearray
    reasons: bytearray

    @classmethod
    def empty(cls, kind: ValueKind) -> Columns:
        """No rows yet."""
        code = _TYPECODES.get(kind)
        values: array[float] | array[int] | list[str] = [] if code is None else array(code)
        return cls(kind, array("I"), array("q"), values, bytearray(), bytearray())

    def __len__(self) -> int:
        return len(self.points)

    def value_at(self, row: int) -> Value | None:
        """The value of one row in its own Python type; None where the reason carries none."""
        if not Reason(self.reasons[row]).carries_value:
            return None
        value = self.values[row]
        return bool(value) if self.kind is ValueKind.BOOL else value


@dataclass(frozen=True, slots=True)
class Block:
    """What one device gave at once: the unit that is journaled and acknowledged.

    ``source`` is the name of the connection it came over; ``received`` when the agent had it, ns UTC.
    """

    source: str
    received: int
    columns: tuple[Columns, ...]

    def __len__(self) -> int:
        return sum(len(part) for part in self.columns)

    def samples(self) -> Iterator[Sample]:
        """Every row as a `Sample`, kind by kind in row order."""
        for part in self.columns:
            for row, (point, time) in enumerate(zip(part.points, part.times, strict=True)):
                yield Sample(
                    point,
                    time,
                    part.value_at(row),
                    Quality(part.qualities[row]),
                    Reason(part.reasons[row]),
                    self.received,
                )


@dataclass(slots=True)
class BlockBuilder:
    """Collects rows and makes a `Block`. What does not fit the point's kind becomes ``bad`` with its reason."""

    source: str
    _columns: dict[ValueKind, Columns] = field(default_factory=dict)

    def add(
        self,
        point: int,
        kind: ValueKind,
        time: int,
        value: Value | None,
        quality: Quality = Quality.GOOD,
        reason: Reason = Reason.NONE,
    ) -> None:
        """Append one row. A reason that carries no value drops the value; a value of None needs such a reason.

        A non-good quality needs a reason: ValueError otherwise.
        """
        if (quality is Quality.GOOD) != (reason is Reason.NONE):
            raise ValueError(f"quality {quality.name} does not go with reason {reason.name}")
        part = self._columns.get(kind)
        if part is None:
            part = self._columns[kind] = Columns.empty(kind)
        cell: Value = _FILLERS[kind]
        if reason.carries_value:
            if value is None:
                raise ValueError(f"reason {reason.name} needs a value")
            cell, misfit = fit(kind, value)
            if misfit is not Reason.NONE:
                quality, reason = Quality.BAD, misfit
        part.points.append(point)
        part.times.append(time)
        part.values.append(cell)  # type: ignore[arg-type]  # fit() made the cell of the column's own type
        part.qualities.append(quality)
        part.reasons.append(reason)

    def append(
        self,
        point: int,
        kind: ValueKind,
        time: int,
        cell: Value,
        quality: Quality = Quality.GOOD,
        reason: Reason = Reason.NONE,
    ) -> None:
        """As `add`, of a cell that `fit` has made and that goes with its reason: nothing is looked at again."""
        part = self._columns.get(kind)
        if part is None:
            part = self._columns[kind] = Columns.empty(kind)
        part.points.append(point)
        part.times.append(time)
        part.values.append(cell)  # type: ignore[arg-type]  # the caller says so
        part.qualities.append(quality)
        part.reasons.append(reason)

    def bad(self, point: int, kind: ValueKind, time: int, reason: Reason) -> None:
        """Append one row without a value."""
        self.add(point, kind, time, None, Quality.BAD, reason)

    def extend(self, points: Sequence[int], kind: ValueKind, time: int, values: Sequence[Value]) -> None:
        """Append good rows of one time: as `add` for each, at a fraction of its cost where all values fit."""
        if len(points) != len(values):
            raise ValueError(f"{len(points)} points do not go with {len(values)} values")
        cells = _fit_all(kind, values)
        if cells is None:
            for point, value in zip(points, values, strict=True):
                self.add(point, kind, time, value)
            return
        part = self._columns.get(kind)
        if part is None:
            part = self._columns[kind] = Columns.empty(kind)
        rows = len(cells)
        part.points.extend(points)
        part.times.extend([time] * rows)
        part.values.extend(cells)
        part.qualities.extend(bytes(rows))
        part.reasons.extend(bytes(rows))

    def build(self, received: int) -> Block:
        """The block of all rows added so far; the builder starts anew."""
        columns = tuple(self._columns[kind] for kind in sorted(self._columns))
        self._columns = {}
        return Block(self.source, received, columns)


_FILLERS: dict[ValueKind, Value] = {
    ValueKind.FLOAT: 0.0,
    ValueKind.INT: 0,
    ValueKind.BOOL: False,
    ValueKind.TEXT: "",
}


def fit(kind: ValueKind, value: Value) -> tuple[Value, Reason]:
    """``value`` as ``kind``, and `Reason.NONE`; or a filler and the reason why it does not fit.

    Never loses digits in silence: a float that is no whole number is not an int, text is never parsed, and only
    0, 1, False and True are a bool.
    """
    filler = _FILLERS[kind]
    if kind is ValueKind.TEXT:
        return (value, Reason.NONE) if isinstance(value, str) else (filler, Reason.WRONG_TYPE)
    if isinstance(value, str):
        return filler, Reason.WRONG_TYPE
    if isinstance(value, float) and not math.isfinite(value):
        return filler, Reason.NOT_A_NUMBER
    if kind is ValueKind.FLOAT:
        return _as_float(value)
    if kind is ValueKind.BOOL:
        return (bool(value), Reason.NONE) if value in (0, 1) else (filler, Reason.WRONG_TYPE)
    if int(value) != value:
        return filler, Reason.WRONG_TYPE
    fits = INT64_MIN <= value <= INT64_MAX
    return (int(value), Reason.NONE) if fits else (filler, Reason.OUT_OF_RANGE)


def _fit_all(kind: ValueKind, values: Sequence[Any]) -> array[Any] | None:
    """The values as one column; None where `fit` has to look at each."""
    code = _TYPECODES.get(kind)
    if code is None:
        return None
    try:
        cells: array[Any] = array(code, values)
    except (TypeError, OverflowError):
        return None
    if kind is ValueKind.FLOAT:
        return cells if math.isfinite(sum(cells)) else None
    if kind is ValueKind.BOOL:
        return cells if set(cells) <= {0, 1} else None
    return cells


def _as_float(value: float) -> tuple[Value, Reason]:
    try:
        return float(value), Reason.NONE
    except OverflowError:
        return 0.0, Reason.OUT_OF_RANGE
