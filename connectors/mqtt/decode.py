"""What an MQTT payload says: bytes in, rows of a block out. Nothing that arrives makes this raise."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import jmespath

from connectors.mqtt.settings import Device, Point
from connectors.protocol import BoundDevice
from evaluators.model.samples import INT64_MAX, INT64_MIN, BlockBuilder, Quality, Reason, Value, ValueKind, fit
from evaluators.model.times import DAY_NS, instant, seconds_to_ns

MAX_PAYLOAD_BYTES = 1024 * 1024
"""A longer payload is not looked into."""
EARLIEST_NS = instant(datetime(2001, 1, 1, tzinfo=UTC))
"""Clocks that lost their power start again at 1970 or 2000: a source time before this is not believed."""
MOST_AHEAD_NS = DAY_NS
"""A source time this far after receipt is still believed."""

_EXACT_FLOAT = 2**53
"""From this on a JSON number written with a point or an exponent may have lost digits."""
_UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

Search = Callable[[object], object]


class Unreadable(ValueError):
    """The payload as a whole, or its time, cannot be read; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one message held for one device.

    ``time`` is the payload's own, ns UTC, None where it has none that can be read. ``bad`` holds the reason of
    each bad row, ``good`` counts the good ones. ``problem`` is one line for a person, empty when all is well.
    """

    time: int | None = None
    sequence: int | None = None
    good: int = 0
    bad: tuple[Reason, ...] = ()
    problem: str = ""


def parse(payload: bytes) -> object:
    """The JSON document in UTF-8, with or without a byte order mark; `Unreadable` for anything else.

    NaN and Infinity are let through as floats: they spoil their own point only.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Unreadable(f"the payload has {len(payload)} bytes: at most {MAX_PAYLOAD_BYTES} are read")
    try:
        return json.loads(payload.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("the payload is not UTF-8 text: JSON in UTF-8 is read") from error
    except RecursionError as error:
        raise Unreadable("the payload is nested too deep") from error
    except ValueError as error:
        raise Unreadable("the payload is not JSON") from error


def source_time(value: object, time_format: str, received: int) -> int:
    """The source time, ns UTC, as ``time_format`` reads it; `Unreadable` when it cannot or must not be believed.

    Integers are exact; fractions of ``s`` and ``ms`` are rounded, those of ISO 8601 cut, to the microsecond.
    """
    at = _from_iso(value) if time_format == "iso" else _from_number(value, time_format)
    if at < EARLIEST_NS:
        raise Unreadable("it lies before 2001: set the device's clock")
    if at > received + MOST_AHEAD_NS:
        raise Unreadable("it lies more than a day ahead: set the device's clock, or time_format")
    return at


def _from_iso(value: object) -> int:
    if not isinstance(value, str):
        raise Unreadable("it is no text: ISO 8601 with zone is read")
    try:
        return instant(datetime.fromisoformat(value))
    except (ValueError, OverflowError) as error:
        raise Unreadable("it is not ISO 8601 with zone, such as 2026-01-31T08:00:00+08:00") from error


def _from_number(value: object, time_format: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value * _UNIT_NS[time_format]
    if isinstance(value, float) and abs(value) < INT64_MAX and time_format in ("s", "ms"):
        return seconds_to_ns(value) if time_format == "s" else round(value * 1000) * 1000
    raise Unreadable(f"it is no number of {time_format} since 1970")


class DeviceDecoder:
    """One device's JMESPaths, compiled once."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        settings = device.settings
        self._settings = settings
        self._time = _compiled(settings.time) if settings.time else None
        self._sequence = _compiled(settings.sequence) if settings.sequence else None
        self._points = [(point, _compiled(point.settings.path)) for point in device.points]

    def decode(
        self,
        document: object,
        received: int,
        builder: BlockBuilder,
        retained: bool = False,
        newest: int | None = None,
    ) -> Decoded:
        """Add a row for every point. ``received`` is the instant of receipt, ns UTC: the rows' time where the
        device has no time path.

        A time that cannot be read makes every row ``malformed`` at receipt: its values cannot be placed. The
        rows of a retained message are ``uncertain: retained``; one whose own time is not after ``newest``, the
        newest time taken from this device, has been seen before and adds nothing.
        """
        settings = self._settings
        try:
            at = None if self._time is None else source_time(self._time(document), settings.time_format, received)
        except Unreadable as error:
            return self.fail(f"no source time at {settings.time}: {error}", received, builder)
        if retained and at is not None and newest is not None and at <= newest:
            return Decoded(time=at)
        bad: dict[str, Reason] = {}
        mark = (Quality.UNCERTAIN, Reason.RETAINED) if retained else (Quality.GOOD, Reason.NONE)
        time = received if at is None else at
        for point, search in self._points:
            value, misfit = _fitted(point.kind, search(document))
            if misfit is Reason.NONE:
                builder.add(point.index, point.kind, time, value, *mark)
            else:
                builder.bad(point.index, point.kind, time, misfit)
                bad[point.key] = misfit
        good = 0 if retained else len(self._points) - len(bad)
        return Decoded(at, self._number(document), good, tuple(bad.values()), _problem(bad, len(self._points)))

    def fail(
        self, problem: str, received: int, builder: BlockBuilder, reason: Reason = Reason.MALFORMED
    ) -> Decoded:
        """Add a bad row for every point at ``received``, ns UTC: nothing of the device can be had."""
        for point, _ in self._points:
            builder.bad(point.index, point.kind, received, reason)
        return Decoded(bad=(reason,) * len(self._points), problem=problem)

    def _number(self, document: object) -> int | None:
        number = None if self._sequence is None else self._sequence(document)
        if isinstance(number, int) and not isinstance(number, bool) and INT64_MIN <= number <= INT64_MAX:
            return number
        return None


def _compiled(path: str) -> Search:
    expression = jmespath.compile(path)

    def search(document: object) -> object:
        try:
            return expression.search(document)
        except Exception:  # noqa: BLE001  # jmespath's functions let out whatever Python raises at odd arguments
            return _UNFIT

    return search


_UNFIT = object()
"""What an expression that the document does not suit gives: of no point's type."""


def _fitted(kind: ValueKind, found: object) -> tuple[Value, Reason]:
    if found is None:
        return 0, Reason.MISSING
    if not isinstance(found, str | int | float):
        return 0, Reason.WRONG_TYPE
    if isinstance(found, str) and not _is_unicode(found):
        return "", Reason.WRONG_TYPE
    if kind is ValueKind.INT and isinstance(found, float) and math.isfinite(found) and abs(found) >= _EXACT_FLOAT:
        return 0, Reason.WRONG_TYPE
    return fit(kind, found)


def _is_unicode(text: str) -> bool:
    """JSON may escape half of a surrogate pair; such text cannot be written down anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(bad: dict[str, Reason], points: int) -> str:
    if not bad:
        return ""
    key, reason = next(iter(bad.items()))
    return f"{len(bad)} of {points} points bad in the last message, such as {key}: {reason.label}"
