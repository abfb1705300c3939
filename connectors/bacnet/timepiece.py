"""Asking a device how late it is, now and then. Knows no protocol library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.clock import ahead_s, instant, near_midnight
from connectors.bacnet.decode import Foreign, matched, parts_of
from connectors.bacnet.identity import DEVICE
from connectors.bacnet.plan import Ask, Request, request_for
from connectors.bacnet.refusal import Refused
from connectors.bacnet.tags import Malformed, ObjectId, Primitive, tag_at
from connectors.protocol import Clock
from evaluators.model.samples import Reason

DAYLIGHT_SAVINGS_STATUS = 24
"""Property number."""
LOCAL_DATE = 56
"""Property number."""
LOCAL_TIME = 57
"""Property number."""
UTC_OFFSET = 119
"""Property number."""
ASKED = (UTC_OFFSET, DAYLIGHT_SAVINGS_STATUS, LOCAL_DATE, LOCAL_TIME)
"""In this order: what a device is most likely to lack first, and the time last, whose exchange is measured."""

EVERY_S = 600.0
"""So often a device is asked."""
MOST_SILENCES = 2
"""So many questions in a row without an answer, and it is not asked again on this connection: each makes it late
for its points."""


class _Property(NamedTuple):
    """A property as it came: its value, and its bytes without their tag."""

    value: Primitive
    content: bytes


class _Told(NamedTuple):
    """What the device has of the properties, and when it was asked for the last of them and answered, ns UTC."""

    properties: Mapping[int, _Property]
    asked: int
    answered: int


class Timepiece:
    """One device's clock. ``ahead_s``: how far it was ahead of ours when it was last asked; None when it did not
    say."""

    def __init__(self, channel: Channel, instance: int) -> None:
        self._channel = channel
        self._object = ObjectId(DEVICE, instance)
        self._multiple = True
        self._due: float = 0.0
        self._silences = 0
        self.ahead_s: float | None = None
        self.forget()

    def forget(self) -> None:
        """The device is away or has restarted: what it said counts no more, and it is asked anew."""
        self.ahead_s = None
        self._silences = 0
        self._due = float("-inf")

    def allow(self, multiple: bool) -> None:
        """Whether it can be asked for all of them in one ReadPropertyMultiple."""
        self._multiple = multiple

    async def look(self, clock: Clock) -> None:
        """Ask, when it is time to. A device that lacks what is needed is not asked again before `forget`."""
        now = clock.monotonic()
        if now < self._due:
            return
        self._due = now + EVERY_S
        try:
            told = await self._ask(clock)
        except NoAnswer:
            self.ahead_s = None
            self._silences += 1
            if self._silences >= MOST_SILENCES:
                self._due = float("inf")
            return
        self._silences = 0
        if {UTC_OFFSET, LOCAL_DATE, LOCAL_TIME} <= told.properties.keys():
            self._take(told)
        else:
            self.ahead_s, self._due = None, float("inf")

    def _take(self, told: _Told) -> None:
        date, time = told.properties[LOCAL_DATE].content, told.properties[LOCAL_TIME].content
        if near_midnight(time):
            return  # what was said before stands
        offset = told.properties[UTC_OFFSET].value
        daylight = told.properties.get(DAYLIGHT_SAVINGS_STATUS)
        saving = daylight is not None and daylight.value is True
        said = instant(date, time, offset, saving) if isinstance(offset, int) else None
        self.ahead_s = None if said is None else ahead_s(said, told.asked, told.answered)

    async def _ask(self, clock: Clock) -> _Told:
        """All at once, or where that is refused one after the other."""
        if self._multiple:
            asked = clock.now()
            try:
                properties = await self._read(request_for(tuple(Ask(self._object, each) for each in ASKED)))
            except Refused:
                self._multiple = False
            else:
                return _Told(properties, asked, clock.now())
        return await self._ask_singly(clock)

    async def _ask_singly(self, clock: Clock) -> _Told:
        properties: dict[int, _Property] = {}
        asked = clock.now()
        for each in ASKED:
            asked = clock.now()
            try:
                properties |= await self._read(request_for((Ask(self._object, each),)))
            except Refused:
                if each != DAYLIGHT_SAVINGS_STATUS:
                    break
        return _Told(properties, asked, clock.now())

    async def _read(self, request: Request) -> dict[int, _Property]:
        """Those of the request's properties that the device has; `Refused` when it says nothing that counts."""
        data = await self._channel.ask(request.service, request.data)
        try:
            parts = parts_of(request, data)
            matched(request, parts)
        except (Malformed, Foreign) as error:
            raise Refused(Reason.MALFORMED, str(error)) from error
        found: dict[int, _Property] = {}
        for part in parts:
            if part.reading.reason is Reason.NONE and len(part.reading.values) == 1:
                start = tag_at(data, part.start).start
                found[part.ask.property] = _Property(part.reading.values[0], data[start : part.stop])
        return found
