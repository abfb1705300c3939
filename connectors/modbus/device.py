"""One unit: polled on its beat, backed off from while it does not answer, its refused addresses remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from connectors.modbus.decode import Decoder, decoder
from connectors.modbus.health import GONE, Outcome, Standing
from connectors.modbus.plan import Hole, ModbusPoint, Plan, Request, cut, halves, hole, plan
from connectors.modbus.settings import Device, Point
from connectors.pacing import Backoff, Pace
from connectors.protocol import BoundDevice, Clock, DeviceHealth, Link, Sink
from evaluators.model.samples import Block, BlockBuilder, Reason

log = structlog.get_logger()

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 15.0
BUSY_S = 0.2
"""So long a busy unit is left alone before it is asked once more."""
FORGET_S = 600.0
"""After so long refused addresses are asked for again."""
REFUSALS = {Reason.ILLEGAL_ADDRESS, Reason.ILLEGAL_VALUE}
"""Of a request for several points: one of them may be wrong, or they may be too many at once."""


class Line(Protocol):
    """The way to one or more units."""

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The data of the answer, exactly as long as the request asks for; or why there is none."""

    def late(self, unit: int) -> bool:
        """Whether the unit's last answer came after the time-out."""


@dataclass(slots=True)
class _Poll:
    """What one poll has found so far."""

    clock: Clock
    rows: BlockBuilder
    good: int = 0
    last_good: int | None = None
    requests: int = 0
    saved: int = 0
    failed: list[Reason] = field(default_factory=list)
    gone: Reason | None = None
    """Set once nobody is there: nothing more is asked in this poll."""
    holes: list[Hole] = field(default_factory=list)
    busy: list[tuple[Request, Decoder]] | None = field(default_factory=list)
    """What a busy unit asked us to repeat; None once it is repeated."""

    def bad(self, points: Iterable[ModbusPoint], reason: Reason) -> None:
        """A row without a value for each point, now."""
        now = self.clock.now()
        for point in points:
            self.rows.bad(point.index, point.kind, now, reason)


def placed(device: BoundDevice[Device, Point]) -> BoundDevice[Device, Point]:
    """The device with its points at their addresses on the wire; ValueError, naming the point, for one without."""
    points = []
    for point in device.points:
        try:
            points.append(replace(point, settings=device.settings.place(point.settings)))
        except ValueError as error:
            raise ValueError(f"{point.key}: {error}") from error
    return replace(device, points=tuple(points))


class DevicePoller:
    """The polls of one device over ``line``; ValueError, naming the point, for one that it cannot have."""

    def __init__(self, source: str, device: BoundDevice[Device, Point], line: Line, timeout_s: float) -> None:
        self._source = source
        self._device = device = placed(device)
        self._line = line
        self._standing = Standing(device, timeout_s)
        self._holes: set[Hole] = set()
        self._forget_at = 0.0
        self._first = 0
        self._plan: Plan
        self._requests: tuple[tuple[Request, Decoder], ...]
        self._replan()

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Poll until cancelled. Each poll, failed or not, gives a row for every point."""
        self._standing.begin(clock.now())
        pace = Pace.start(self._device.id, self._device.settings.period_s, clock.monotonic())
        backoff = Backoff(FIRST_RETRY_S, LAST_RETRY_S)
        wait_s = pace.wait_s(clock.monotonic())
        while True:
            await clock.sleep(wait_s)
            was = self._standing.link
            await sink.put(await self.poll(clock))
            self._say(was)
            now = clock.monotonic()
            pace.done(now)
            wait_s = pace.wait_s(now)
            if self._standing.link is Link.BACKING_OFF:
                wait_s = max(wait_s, backoff.next_s())
            else:
                backoff.reset()

    async def poll(self, clock: Clock) -> Block:
        """Ask for everything once: one row for every point, good or bad.

        Where nobody answers, nothing more is asked, so that it costs one time-out; the next poll begins behind
        that request, so that one stretch of addresses that kills the line does not keep the rest from being read.
        """
        started = clock.monotonic()
        if self._holes and started >= self._forget_at:
            self._forget()
        poll = _Poll(clock, BlockBuilder(self._source))
        requests = self._requests[self._first :] + self._requests[: self._first]
        for request, decode in requests:
            if poll.gone is None:
                self._first = (self._first + 1) % len(requests)
            await self._read(request, decode, poll)
        await self._repeat(poll)
        for point, reason in self._plan.refused:
            poll.bad((point,), reason)
        self._conclude(poll, started)
        return poll.rows.build(clock.now())

    async def _repeat(self, poll: _Poll) -> None:
        """Ask once more for what the unit was too busy for: exceptions 05 and 06 mean "later"."""
        busy, poll.busy = poll.busy, None
        if busy and poll.gone is None:
            await poll.clock.sleep(BUSY_S)
        for request, decode in busy or ():
            await self._read(request, decode, poll)

    def health(self) -> DeviceHealth:
        """How it does."""
        return self._standing.health()

    def _say(self, was: Link) -> None:
        """An outage is told once, and its end once."""
        health = self._standing.health()
        if (health.link is Link.BACKING_OFF) == (was is Link.BACKING_OFF):
            return
        if health.link is Link.BACKING_OFF:
            log.warning("a device is lost", device=health.device, problem=health.detail)
        else:
            log.info("a device is back", device=health.device, link=health.link.value)

    async def _read(self, request: Request, decode: Decoder, poll: _Poll) -> bool:
        """One row for each point of a request; whether the request itself was answered with values."""
        if poll.gone is not None:
            poll.bad(request.points, poll.gone)
            return False
        answer = await self._line.ask(self._device.settings.unit, request)
        poll.requests += 1
        if isinstance(answer, bytes):
            poll.good += 1
            poll.saved += len(request.points) - 1
            poll.last_good = poll.clock.now()
            decode.decode(answer, poll.last_good, poll.rows)
            return True
        if answer is Reason.DEVICE_BUSY and poll.busy is not None:
            poll.busy.append((request, decode))
            return False
        poll.failed.append(answer)
        if answer in REFUSALS and len(request.points) > 1:
            await self._search(request, answer, poll)
            return False
        if answer in REFUSALS:
            poll.holes.append(hole(request, answer))
        if answer in GONE:
            poll.gone = answer
        poll.bad(request.points, answer)
        return False

    async def _search(self, refused: Request, reason: Reason, poll: _Poll) -> None:
        """Read the halves of a refused request, to find what in it is refused."""
        left, right = halves(refused)
        left_came = await self._read(left, decoder(left), poll)
        right_came = await self._read(right, decoder(right), poll)
        if left_came and right_came:
            poll.holes.append(cut(refused, left, right, reason))

    def _conclude(self, poll: _Poll, started: float) -> None:
        """Remember what was refused, and say how the device does."""
        was = self._standing.link
        if poll.holes:
            self._holes.update(poll.holes)
            self._replan()
            # One that refuses everything may be starting up: it is asked again soon.
            self._forget_at = started + (FORGET_S if self._requests else LAST_RETRY_S)
        round_trip_s = poll.clock.monotonic() - started
        late = self._line.late(self._device.settings.unit)
        outcome = Outcome(
            poll.good,
            poll.last_good,
            poll.failed,
            self._plan.refused,
            sorted(self._holes, key=lambda hole: (hole.table, hole.address, hole.stop)),
            round_trip_s,
            late,
            poll.requests,
            poll.saved,
        )
        self._standing.polled(outcome, poll.clock.now())
        if was is Link.BACKING_OFF and outcome.answered and not poll.holes:
            self._forget()  # it may be another device by now

    def _forget(self) -> None:
        self._holes.clear()
        self._replan()

    def _replan(self) -> None:
        self._plan = plan(self._device.points, self._device.settings, self._holes)
        self._requests = tuple((request, decoder(request)) for request in self._plan.requests)
        self._first = 0
