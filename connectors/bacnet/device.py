"""Reading one device: its beat, its polls, its absence. Knows no protocol library."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.bacnet.decode import (
    UNKNOWN_OBJECT,
    Foreign,
    Outcome,
    Reading,
    add_rows,
    parse_one,
    readings,
)
from connectors.bacnet.health import DeviceWatch
from connectors.bacnet.plan import Ask, Request, Target, asks_of, pack, request_for
from connectors.bacnet.refusal import Refused
from connectors.bacnet.settings import Device
from connectors.bacnet.tags import Malformed, ObjectId
from connectors.pacing import Backoff, Pace
from connectors.protocol import Clock, DeviceHealth, Link, Sink
from evaluators.model.samples import Block, BlockBuilder, Reason

MOST_BACKOFF_S = 15.0
"""A device that is back is noticed this soon."""

MOST_MISSES = 2
"""So many requests without an answer end a poll: a device that falls silent is not waited for again and again."""

DEVICE = 8
"""Object type number."""
OBJECT_IDENTIFIER = 75
"""Property number."""
WHOEVER = 4194303
"""As a device instance: the one that is asked."""


class NoAnswer(Exception):
    """Nothing came in time, retries included; the message says for how long was waited."""


class Unverified(Exception):
    """It answers, but not as the device that the site file means; the message says what would be right."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Channel(Protocol):
    """The way to a device."""

    async def ask(self, service: int, data: bytes) -> bytes:
        """The content of the acknowledgement; `NoAnswer` or `Refused`, nothing else."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A device with its points resolved, and for each object which properties witness its quality."""

    id: str
    settings: Device
    targets: tuple[Target, ...]
    witnesses: Mapping[ObjectId, Sequence[int]]


class DevicePoll:
    """One device's task. Its failures become bad samples and health, never exceptions."""

    def __init__(self, device: Watched, source: str, channel: Channel) -> None:
        self._device = device
        self._channel = channel
        self._builder = BlockBuilder(source)
        self._watch = DeviceWatch(device.id, {t.point.index: t.point.key for t in device.targets})
        self._limit = device.settings.max_properties
        self._asks = asks_of(device.targets, device.witnesses)
        self._own = {target.ask for target in device.targets}
        self._requests = pack(self._asks, self._limit)
        self._verified = False

    def health(self) -> DeviceHealth:
        """How it does, now."""
        return self._watch.health()

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Poll on the beat, or after a back-off, until cancelled. One block a poll."""
        pace = Pace.start(self._device.id, self._device.settings.period_s, clock.monotonic())
        backoff = Backoff(most_s=MOST_BACKOFF_S)
        self._watch.connecting(clock.now())
        await clock.sleep(pace.wait_s(clock.monotonic()))
        while True:
            block, answered = await self._poll(clock)
            await sink.put(block)
            if answered:
                backoff.reset()
                pace.done(clock.monotonic())
                await clock.sleep(pace.wait_s(clock.monotonic()))
            else:
                await clock.sleep(backoff.next_s())

    async def _poll(self, clock: Clock) -> tuple[Block, bool]:
        """A row for every point, and whether the device answered as itself to the end."""
        began = clock.monotonic()
        outcomes: dict[Ask, Outcome] = {}
        try:
            anew = await self._verify()
            note = await self._read_all(outcomes, clock, heard=anew)
        except NoAnswer as error:
            return self._fail(Reason.TIMEOUT, Link.BACKING_OFF, self._silence(error), outcomes, clock), False
        except Unverified as error:
            return self._fail(error.reason, Link.DOWN, str(error), outcomes, clock), False
        block = self._block(Reason.TIMEOUT, outcomes, clock)
        self._watch.polled(block, clock.monotonic() - began, note)
        self._forget_what_is_not_there(outcomes)
        return block, True

    def _fail(
        self, reason: Reason, link: Link, detail: str, outcomes: Mapping[Ask, Outcome], clock: Clock
    ) -> Block:
        block = self._block(reason, outcomes, clock)
        self._watch.failed(block, link, detail)
        self._verified = False
        return block

    def _block(self, absent: Reason, outcomes: Mapping[Ask, Outcome], clock: Clock) -> Block:
        now = clock.now()
        add_rows(self._device.targets, outcomes, Outcome(Reading(reason=absent), now), self._builder)
        return self._builder.build(now)

    def _silence(self, error: NoAnswer) -> str:
        where = f"{self._device.settings.host}:{self._device.settings.port}"
        return f"no answer from {where} {error}: check its address, its power and the network"

    # --- who it is

    async def _verify(self) -> bool:
        """Once a connection: is this the device of the site file? `Unverified` when it is not. Returns whether it
        had to be asked."""
        if self._verified:
            return False
        instance = self._device.settings.instance
        other = await self._instance(instance)
        if other is None:
            other = await self._instance(WHOEVER)
        if other != instance:
            raise Unverified(Reason.MISMATCH, self._stranger(other))
        self._verified = True
        asks = asks_of(self._device.targets, self._device.witnesses)
        if asks != self._asks:  # else what got no answer stays last
            self._asks, self._requests = asks, pack(asks, self._limit)
        return True

    async def _instance(self, asked: int) -> int | None:
        """The instance that answers to ``asked``; None when there is no such device object."""
        request = request_for((Ask(ObjectId(DEVICE, asked), OBJECT_IDENTIFIER),))
        try:
            ask, reading = parse_one(await self._channel.ask(request.service, request.data))
        except Malformed as error:
            raise Unverified(Reason.MALFORMED, f"it does not say who it is: {error}") from error
        except Refused as refused:
            if refused.error_code == UNKNOWN_OBJECT:
                return None
            raise Unverified(refused.reason, f"it does not say who it is: {refused}") from refused
        identifier = reading.values[0] if len(reading.values) == 1 else None
        asked_for = (ask.object.type, ask.property) == (DEVICE, OBJECT_IDENTIFIER)
        if not asked_for or not isinstance(identifier, ObjectId) or identifier.type != DEVICE:
            raise Unverified(Reason.MISMATCH, "it does not say who it is: its answer holds no device's identifier")
        return identifier.instance

    def _stranger(self, other: int | None) -> str:
        settings = self._device.settings
        where = f"{settings.host}:{settings.port}"
        if other is None:
            return f"there is no device {settings.instance} at {where}: check instance and host"
        return f"device {other} answers at {where}, not {settings.instance}: check instance and host"

    # --- its values

    async def _read_all(self, outcomes: dict[Ask, Outcome], clock: Clock, heard: bool) -> str:
        """Ask everything; what is refused as a whole is asked again in halves, so that one property's trouble
        stays its own. A size that is too long is remembered.

        A request without an answer is passed over where the device is ``heard`` otherwise, and the note returned
        says so; after the second one the rest is left for the next poll. `NoAnswer` when nothing is heard.
        """
        note, misses = "", 0
        pending = deque(self._requests)
        while pending:
            request = pending.popleft()
            try:
                answer = await self._read(request)
                heard = True
            except Refused as refused:
                heard = True
                if len(request.asks) > 1:
                    pending.extendleft(reversed(self._parts(request, refused.too_long)))
                    continue
                answer = {request.asks[0]: Reading(reason=refused.reason)}
            except NoAnswer:
                self._ask_last(request)
                if not heard:
                    raise
                note, misses = _unanswered(request), misses + 1
                answer = dict.fromkeys(request.asks, Reading(reason=Reason.TIMEOUT))
                if misses == MOST_MISSES:
                    pending.clear()
            now = clock.now()
            outcomes.update((ask, Outcome(reading, now)) for ask, reading in answer.items())
        return note

    def _parts(self, request: Request, too_long: bool) -> tuple[Request, ...]:
        half = len(request.asks) // 2
        if too_long and half < self._limit:
            self._limit = half
            self._requests = pack(self._asks, half)
        return pack(request.asks, half)

    def _ask_last(self, request: Request) -> None:
        """So that the others are read, and show that the device is there, before time is spent on this one."""
        if request in self._requests:
            self._requests = (*(other for other in self._requests if other != request), request)

    async def _read(self, request: Request) -> dict[Ask, Reading]:
        data = await self._channel.ask(request.service, request.data)
        try:
            return readings(request, data)
        except Malformed as error:
            raise Refused(Reason.MALFORMED, str(error)) from error
        except Foreign:
            return dict.fromkeys(request.asks, Reading(reason=Reason.MISMATCH))

    def _forget_what_is_not_there(self, outcomes: Mapping[Ask, Outcome]) -> None:
        """Witnesses that an object does not have are not asked for again on this connection."""
        lacking = {ask for ask, outcome in outcomes.items() if outcome.reading.reason is Reason.UNKNOWN_PROPERTY}
        if lacking - self._own:
            self._asks = tuple(ask for ask in self._asks if ask in self._own or ask not in lacking)
            self._requests = pack(self._asks, self._limit)


def _unanswered(request: Request) -> str:
    if len(request.asks) == 1:
        return "a property got no answer"
    return f"{len(request.asks)} properties in one request got no answer: if it goes on, lower max_properties"
