"""What a message says of one device: a payload in, rows of a block out. Nothing that arrives makes this raise."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mqtt.paths import Search, compiled
from connectors.mqtt.payload import Payload, either
from connectors.mqtt.settings import Device, Point
from connectors.mqtt.times import Unreadable, time_reader
from connectors.mqtt.values import Convert, converter, key_of
from connectors.protocol import BoundDevice, BoundPoint
from evaluators.model.samples import INT64_MAX, INT64_MIN, BlockBuilder, Quality, Reason, ValueKind

Newest = MutableMapping[int, int]
"""The newest source time of each point, ns UTC, by the point's number."""

MOST_ROWS = 100_000
"""Of one device in one message."""

Wanted = tuple[int, ValueKind, str, Search, Convert]
"""A point's number, kind and key, where its value is, and how it is read."""


@dataclass(slots=True)
class Decoded:
    """What one message held for one device.

    ``good`` counts good rows, ``bad`` holds the reason of each bad one. ``sequence`` are the numbers it carries,
    in order. ``problem`` is one line for a person, empty when all is well; ``poison`` says why the message itself,
    or its time, cannot be read. ``ours``: whether it was of this device at all. ``newest`` is the newest source
    time in it, ns UTC.
    """

    good: int = 0
    bad: tuple[Reason, ...] = ()
    sequence: tuple[int, ...] = ()
    problem: str = ""
    poison: str = ""
    ours: bool = True
    newest: int | None = None


@dataclass(slots=True)
class _Rows:
    """What is being added for one message."""

    builder: BlockBuilder
    received: int
    retained: bool
    newest: Newest
    good: int = 0
    held: int = 0


class DeviceDecoder:
    """One device's points on one topic or pattern, with their paths compiled once."""

    def __init__(self, device: BoundDevice[Device, Point], points: Sequence[BoundPoint[Point]]) -> None:
        settings = device.settings
        self.points = points
        self._settings = settings
        self._address = settings.address or device.id
        self._records = _optional(settings.records)
        self._addressed = _optional(settings.address_path)
        self._tagged = _optional(settings.tag_path)
        self._time = _optional(settings.time)
        self._sequence = _optional(settings.sequence)
        self._read_time = time_reader(settings.time_format, settings.time_zone)
        self._wanted = [_wanted(point, settings.format == "text") for point in points]
        self._by_tag = _by_tag(points, self._wanted)

    def decode(
        self, payload: Payload, received: int, builder: BlockBuilder, retained: bool, newest: Newest
    ) -> Decoded:
        """Add a row for every point that the message holds. ``received`` is the instant of receipt, ns UTC: the
        rows' time where the device has no time path. ``newest`` is brought up to date.

        A payload or time that cannot be read makes rows ``malformed`` at receipt: its values cannot be placed.
        The rows of a retained message are ``uncertain: retained``; those whose own time is not after the newest of
        their point have been seen before and are left out.
        """
        try:
            document, records = self._found(payload)
        except Unreadable as error:
            return self.fail(str(error), received, builder)
        if self._addressed is not None and not records:
            return Decoded(ours=False)
        rows = _Rows(builder, received, retained, newest)
        bad: dict[str, Reason] = {}
        reasons: list[Reason] = []
        numbers: list[int] = []
        untimed: dict[int, ValueKind] = {}
        poison = ""
        latest: int | None = None
        for record in records:
            wanted = self._wanted if self._tagged is None else self._holds(record)
            if rows.held + len(wanted) > MOST_ROWS:
                poison = f"too many values: at most {MOST_ROWS} of a device are read"
                break
            try:
                at = self._time_of(record, document, received)
            except Unreadable as error:
                poison = f"no source time at {self._settings.time}: {error}"
                untimed.update((index, kind) for index, kind, *_ in wanted)
                continue
            latest = at if latest is None or (at is not None and at > latest) else latest
            self._add(record, wanted, at, rows, bad, reasons)
            number = None if self._sequence is None else either(self._sequence, record, document)
            if type(number) is int and INT64_MIN <= number <= INT64_MAX:
                numbers.append(number)
        for index, kind in untimed.items():
            builder.bad(index, kind, received, Reason.MALFORMED)
            reasons.append(Reason.MALFORMED)
        problem = poison or _problem(bad, len(reasons), rows.held)
        return Decoded(rows.good, tuple(reasons), tuple(numbers), problem, poison, newest=latest)

    def fail(
        self, problem: str, received: int, builder: BlockBuilder, reason: Reason = Reason.MALFORMED
    ) -> Decoded:
        """Add a bad row for every point at ``received``, ns UTC: nothing of the device can be had."""
        for point in self.points:
            builder.bad(point.index, point.kind, received, reason)
        return Decoded(bad=(reason,) * len(self.points), problem=problem, poison=problem)

    def _found(self, payload: Payload) -> tuple[Any, Sequence[Any]]:
        """The whole document, and those of its records that are this device's."""
        if self._settings.format == "text":
            text = payload.text()
            return text, (text,)
        document = payload.document()
        if self._addressed is not None:
            key = (self._settings.records, self._settings.address_path)
            return document, payload.records_of(self._address, key, (self._records, self._addressed))
        if self._records is not None:
            return document, payload.records(self._settings.records, self._records)
        return document, (document,)

    def _holds(self, record: Any) -> Sequence[Wanted]:
        assert self._tagged is not None
        tag = key_of(self._tagged(record))
        return () if tag is None else self._by_tag.get(tag, ())

    def _time_of(self, record: Any, document: Any, received: int) -> int | None:
        if self._time is None:
            return None
        return self._read_time(either(self._time, record, document), received)

    def _add(
        self,
        record: Any,
        wanted: Sequence[Wanted],
        at: int | None,
        rows: _Rows,
        bad: dict[str, Reason],
        reasons: list[Reason],
    ) -> None:
        time = rows.received if at is None else at
        builder, newest = rows.builder, rows.newest
        for index, kind, key, search, convert in wanted:
            if at is not None:
                before = newest.get(index)
                if before is None or at > before:
                    newest[index] = at
                elif rows.retained:
                    continue
            value, misfit = convert(search(record))
            rows.held += 1
            if misfit is not Reason.NONE:
                builder.bad(index, kind, time, misfit)
                bad[key] = misfit
                reasons.append(misfit)
            elif rows.retained:
                builder.append(index, kind, time, value, Quality.UNCERTAIN, Reason.RETAINED)
            else:
                builder.append(index, kind, time, value)
                rows.good += 1


def _optional(path: str) -> Search | None:
    return compiled(path) if path else None


def _wanted(point: BoundPoint[Point], as_text: bool) -> Wanted:
    settings = point.settings
    return (point.index, point.kind, point.key, compiled(settings.path), converter(settings, point.kind, as_text))


def tag_of(point: BoundPoint[Point]) -> str:
    """What a point is called on the wire."""
    return point.settings.tag or point.key.partition("/")[2]


def _by_tag(points: Sequence[BoundPoint[Point]], wanted: Sequence[Wanted]) -> Mapping[str, list[Wanted]]:
    found: dict[str, list[Wanted]] = {}
    for point, each in zip(points, wanted, strict=True):
        found.setdefault(tag_of(point), []).append(each)
    return found


def _problem(bad: dict[str, Reason], count: int, held: int) -> str:
    if not bad:
        return ""
    key, reason = next(iter(bad.items()))
    return f"{count} of {held} values bad in the last message, such as {key}: {reason.label}"
