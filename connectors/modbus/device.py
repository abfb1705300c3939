"""One unit: polled on its beat, backed off from while it does not answer, its refused addresses remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from connectors.modbus.decode import Decoder, decoder
from connectors.modbus.health import UNANSWERED, Outcome, Standing
from connectors.modbus.plan import Hole, Plan, Request, cut, halves, hole, plan
from connectors.modbus.settings import Device, Point
from connectors.pacing import Backoff, Pace
from connectors.protocol import BoundDevice, Clock, DeviceHealth, Link, Sink
from evaluators.model.samples import Block, BlockBuilder, Reason

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 15.0
FORGET_S = 600.0
"""After so long refused addresses are asked for again."""
REFUSALS = {Reason.ILLEGAL_ADDRESS, Reason.ILLEGAL_VALUE}
"""Of a request for several points: one of them may be wrong, or they may be too many at once."""


class Line(Protocol):
    """The way to one or more units."""

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The data of the answer, exactly as long as the request asks for; or why there is none."""


@dataclass(slots=True)
class _Poll:
    """What one poll has found so far."""

    clock: Clock
    rows: BlockBuilder
    answered: int = 0
    failed: list[Reason] = field(default_factory=list)
    gone: Reason | None = None
    """Set once nobody answers: nothing more is asked in this poll."""
    holes: list[Hole] = field(default_factory=list)


class DevicePoller:
    """The polls of one device over ``line``; ValueError for a point that no request could hold."""

    def __init__(self, source: str, device: BoundDevice[Device, Point], line: Line, timeout_s: float) -> None:
        self._source = source
        self._device = device
        self._line = line
        self._holes: set[Hole] = set()
        self._forget_at = 0.0
        self._decoders: dict[Request, Decoder] = {}
        self._plan = self._replanned()
        self._first = 0
        self._last_good: int | None = None
        self._standing = Standing(device, timeout_s)

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Poll until cancelled. Each poll, failed or not, gives a row for every point."""
        self._standing.begin(clock.now())
        pace = Pace.start(self._device.id, self._device.settings.period_s, clock.monotonic())
        backoff = Backoff(FIRST_RETRY_S, LAST_RETRY_S)
        wait_s = pace.wait_s(clock.monotonic())
        while True:
            await clock.sleep(wait_s)
            await sink.put(await self.poll(clock))
            now = clock.monotonic()
            pace.done(now)
            wait_s = pace.wait_s(now)
            if self._standing.link is Link.BACKING_OFF:
                wait_s = max(wait_s, backoff.next_s())
            else:
                backoff.reset()

    async def poll(self, clock: Clock) -> Block:
        """Ask for everything once; a row for every point."""
        started = clock.monotonic()
        if self._holes and started >= self._forget_at:
            self._holes.clear()
            self._plan = self._replanned()
        poll = _Poll(clock, BlockBuilder(self._source))
        for point, reason in self._plan.refused:
            poll.rows.bad(point.index, point.kind, clock.now(), reason)
        requests = self._plan.requests
        for step in range(len(requests)):
            place = (self._first + step) % len(requests)
            was_there = poll.gone is None
            await self._read(requests[place], poll)
            if was_there and poll.gone is not None:
                # Begin with another one next time: a request that kills the line must not starve the rest.
                self._first = (place + 1) % len(requests)
        self._learn(poll, started)
        self._judge(poll, started)
        return poll.rows.build(clock.now())

    async def _read(self, request: Request, poll: _Poll) -> bool:
        """Rows for each point of a request; whether the request itself was answered with values."""
        answer = poll.gone or await self._line.ask(self._device.settings.unit, request)
        if isinstance(answer, bytes):
            self._last_good = poll.clock.now()
            self._decoder(request).decode(answer, self._last_good, poll.rows)
            poll.answered += 1
            return True
        if answer in REFUSALS and len(request.points) > 1:
            left, right = halves(request)
            both = (await self._read(left, poll), await self._read(right, poll))
            if all(both):
                poll.holes.append(cut(request, left, right, answer))
            return False
        if answer in REFUSALS:
            poll.holes.append(hole(request, answer))
        if answer in UNANSWERED and poll.gone is None:
            poll.gone = answer
        poll.failed.append(answer)
        for point in request.points:
            poll.rows.bad(point.index, point.kind, poll.clock.now(), answer)
        return False

    def _learn(self, poll: _Poll, started: float) -> None:
        """Remember refused addresses, unless the device refused everything: then they say nothing."""
        if poll.holes and poll.answered:
            self._holes.update(poll.holes)
            self._forget_at = started + FORGET_S
            self._plan = self._replanned()
            self._first = 0

    def _judge(self, poll: _Poll, started: float) -> None:
        outcome = Outcome(
            good=poll.answered,
            last_good=self._last_good,
            failed=poll.failed,
            refused=self._plan.refused,
            round_trip_s=poll.clock.monotonic() - started,
        )
        self._standing.polled(outcome, poll.clock.now())

    def health(self) -> DeviceHealth:
        """How it does."""
        return self._standing.health()

    def _replanned(self) -> Plan:
        found = plan(self._device.points, self._device.settings, self._holes)
        self._decoders = {}
        return found

    def _decoder(self, request: Request) -> Decoder:
        made = self._decoders.get(request)
        if made is None:
            made = self._decoders[request] = decoder(request)
        return made
