"""Reading one device: its beat, its polls, its absence, its changes. Knows no protocol library."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import structlog

from connectors.bacnet.beats import Beat, Beats
from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.cov import Notification
from connectors.bacnet.cover import Acknowledge, Cover
from connectors.bacnet.decode import Outcome, Reading, add_rows
from connectors.bacnet.health import DeviceWatch
from connectors.bacnet.identity import DEVICE, Unverified, abilities, restart_mark, verify
from connectors.bacnet.plan import Ask, Target
from connectors.bacnet.reader import Reader
from connectors.bacnet.subscription import Subscription
from connectors.bacnet.tags import ObjectId
from connectors.bacnet.timepiece import ASKED, Timepiece
from connectors.bacnet.watched import Watched
from connectors.pacing import Backoff
from connectors.protocol import Clock, DeviceHealth, Link, Sink
from evaluators.model.samples import Block, BlockBuilder, Reason

log = structlog.get_logger()

MOST_BACKOFF_S = 15.0
"""A device that is back is noticed this soon."""
LEAST_BETWEEN_RESTARTS_S = 60.0
"""A device without Time_Of_Device_Restart is taken to have restarted by its I-Am alone, but not more often."""


class DevicePoll:
    """One device's tasks. Its failures become bad samples and health, never exceptions.

    ``process`` is the number of its first subscription, ``grace_s`` how long a notification may take.
    """

    def __init__(
        self, device: Watched, source: str, channel: Channel, process: int = 1, grace_s: float = 3.0
    ) -> None:
        self._device = device
        self._settings = device.settings
        self._where = f"{device.settings.host}:{device.settings.port}"
        self._channel = channel
        self._builder = BlockBuilder(source)
        self._watch = DeviceWatch(device.id, {t.point.index: t.point.key for t in device.targets})
        self._asks = device.asks()
        self._own = {target.ask for target in device.targets}
        self._reader = Reader(channel, device.settings.max_properties, device.guesses())
        self._timepiece = Timepiece(channel, device.settings.instance)
        self._verified = False
        self._hint = asyncio.Event()
        self._mark: bytes | None = None
        self._marked = True
        self._restarted_at = float("-inf")
        self._rest: tuple[frozenset[ObjectId], tuple[Ask, ...]] = (frozenset(), self._asks)
        self._cover = self._new_cover(source, process, grace_s) if device.changes else None
        self._away = False

    def _new_cover(self, source: str, process: int, grace_s: float) -> Cover:
        lifetime_s = self._settings.cov_lifetime_s
        subscriptions = [
            Subscription(identifier, number, confirmed, lifetime_s, grace_s)
            for number, (identifier, confirmed) in enumerate(self._device.changes.items(), process)
        ]
        return Cover(source, self._channel, self._device.targets, subscriptions)

    # --- from outside

    @property
    def instance(self) -> int:
        """The device instance that it must have."""
        return self._settings.instance

    def health(self) -> DeviceHealth:
        """How it does, now."""
        figures = {"requests": self._reader.requests, "properties": self._reader.properties}
        if self._cover is not None:
            figures |= self._cover.figures()
        return self._watch.health(figures, self._timepiece.ahead_s)

    def tasks(self, sink: Sink, clock: Clock) -> list[Coroutine[Any, Any, None]]:
        """What runs until cancelled."""
        every: list[Coroutine[Any, Any, None]] = [self._run(sink, clock)]
        if self._cover is not None:
            every.append(self._cover.deliver(sink, clock, self._watch.told))
        return every

    async def once(self, clock: Clock) -> Block:
        """One poll of everything, outside its beat."""
        block, _ = await self._poll(Beat.FULL, clock)
        return block

    async def leave(self, clock: Clock) -> None:
        """End its subscriptions."""
        if self._cover is not None and self._verified:
            await self._cover.leave(clock)

    def expects(self, told: Notification) -> bool:
        """Whether this notification is for it."""
        ours = told.device == (DEVICE, self._settings.instance)
        return ours and self._cover is not None and self._cover.knows(told)

    def take(self, told: Notification, time: int, acknowledge: Acknowledge | None) -> bool:
        """A notification that it expects came, ns UTC. Whether it was taken."""
        return self._cover is not None and self._cover.take(told, time, acknowledge)

    def announced(self, where: str) -> None:
        """An I-Am with its instance came from this address."""
        if where == self._where:
            self._hint.set()
        else:
            self._watch.rival(where)

    # --- its beat

    async def _run(self, sink: Sink, clock: Clock) -> None:
        """Poll on the beat, or after a back-off. One block a poll."""
        poll_s = self._settings.poll_s if self._cover is not None else None
        beats = Beats(self._device.id, self._settings.period_s, poll_s, clock.monotonic())
        backoff = Backoff(most_s=MOST_BACKOFF_S)
        self._watch.connecting(clock.now())
        await clock.sleep(beats.wait_s(clock.monotonic()))
        while True:
            if await self._turn(beats, sink, clock):
                backoff.reset()
                await self._pause(clock, self._wait_s(beats, clock.monotonic()))
            else:
                await self._pause(clock, backoff.next_s())

    async def _turn(self, beats: Beats, sink: Sink, clock: Clock) -> bool:
        """Read what is due, then see to the subscriptions and the device's clock. Whether the device answered."""
        hinted = self._hint.is_set()
        self._hint.clear()
        beat = beats.due(clock.monotonic()) if self._verified else Beat.FULL
        if self._cover is not None and self._verified and (hinted or beat is not Beat.NONE):
            await self._look_for_a_restart(self._cover, clock, hinted)
        if self._asks_for(beat, clock.monotonic()):
            block, answered = await self._poll(beat, clock)
            await sink.put(block)
            self._say()
            if not answered:
                return False
        beats.done(beat, clock.monotonic())
        if self._cover is not None:
            await self._see_to(self._cover, clock)
        if self._verified:
            await self._timepiece.look(clock)
        return True

    def _wait_s(self, beats: Beats, now: float) -> float:
        if not self._verified:
            return 0.0
        wait_s = beats.wait_s(now)
        return wait_s if self._cover is None else min(wait_s, self._cover.due_s(now))

    async def _pause(self, clock: Clock, seconds: float) -> None:
        """Wait so long, or until the device announces itself."""
        if self._verified and self._cover is None:
            await clock.sleep(seconds)
            return
        waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(self._hint.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _say(self) -> None:
        """An outage is logged once, and its end once."""
        health = self._watch.health({})
        away = health.link in (Link.DOWN, Link.BACKING_OFF)
        if away and not self._away:
            log.warning("device lost", device=self._device.id, why=health.detail)
        elif self._away and not away:
            log.info("device is back", device=self._device.id)
        self._away = away

    # --- one poll

    async def _poll(self, beat: Beat, clock: Clock) -> tuple[Block, bool]:
        """A row for every point that was due, or for every one where the device was silent; and whether the device
        answered as itself to the end."""
        began = clock.monotonic()
        outcomes: dict[Ask, Outcome] = {}
        try:
            anew = await self._verify()
            asks = self._asks if anew else self._asks_for(beat, began)
            note = await self._reader.read(asks, outcomes, clock, heard=anew)
        except NoAnswer as error:
            return self._fail(Reason.TIMEOUT, Link.BACKING_OFF, self._silence(error), outcomes, clock), False
        except Unverified as error:
            return self._fail(error.reason, Link.DOWN, str(error), outcomes, clock), False
        targets = self._device.targets
        if asks is not self._asks:
            asked = frozenset(asks)
            targets = tuple(target for target in targets if target.ask in asked)
        block = self._block(targets, Reason.TIMEOUT, outcomes, clock)
        self._forget_what_is_not_there(outcomes)
        if self._cover is not None:
            self._cover.confirm(outcomes, clock.monotonic())
            note = "; ".join(part for part in (note, self._cover.note(self._settings.poll_s)) if part)
        self._watch.polled(block, clock.monotonic() - began, note)
        return block, True

    def _fail(
        self, reason: Reason, link: Link, detail: str, outcomes: Mapping[Ask, Outcome], clock: Clock
    ) -> Block:
        block = self._block(self._device.targets, reason, outcomes, clock)
        self._watch.failed(block, link, detail)
        self._forget(clock)
        return block

    def _forget(self, clock: Clock) -> None:
        """It may be another device by the next time, and has to show who it is; or it has restarted."""
        self._verified = False
        self._timepiece.forget()
        if self._cover is not None:
            self._cover.lost(clock.monotonic())

    def _block(
        self, targets: Sequence[Target], absent: Reason, outcomes: Mapping[Ask, Outcome], clock: Clock
    ) -> Block:
        now = clock.now()
        add_rows(targets, outcomes, Outcome(Reading(reason=absent), now), self._builder)
        return self._builder.build(now)

    def _silence(self, error: NoAnswer) -> str:
        return f"no answer from {self._where} {error}: check its address, its power and the network"

    async def _verify(self) -> bool:
        """Once a connection: is this the device of the site file? `Unverified` when it is not. Returns whether it
        had to be asked."""
        if self._verified:
            return False
        instance = self._settings.instance
        await verify(self._channel, instance, self._where)
        able = await abilities(self._channel, instance)
        self._verified = True
        self._reader.allow(able.room, able.multiple)
        self._timepiece.allow(able.multiple and self._settings.max_properties >= len(ASKED))
        asks = self._device.asks()
        if asks != self._asks:  # else what got no answer stays last
            self._asks, self._rest = asks, (frozenset(), asks)
        if self._cover is not None and self._marked:
            self._mark = await restart_mark(self._channel, instance)
            self._marked = self._mark is not None
        return True

    def _forget_what_is_not_there(self, outcomes: Mapping[Ask, Outcome]) -> None:
        """Witnesses that an object does not have are not asked for again on this connection."""
        lacking = {ask for ask, outcome in outcomes.items() if outcome.reading.reason is Reason.UNKNOWN_PROPERTY}
        if lacking - self._own:
            self._asks = tuple(ask for ask in self._asks if ask in self._own or ask not in lacking)
            self._rest = (frozenset(), self._asks)

    # --- its changes

    def _asks_for(self, beat: Beat, now: float) -> tuple[Ask, ...]:
        """What to read on this beat. On the quick one that is what no subscription tells: of covered objects the
        points that notifications do not hold, with their witnesses."""
        if beat is Beat.NONE:
            return ()
        if beat is Beat.FULL or self._cover is None:
            return self._asks
        covered = self._cover.covered(now)
        if covered != self._rest[0]:
            open_objects = {
                ask.object for ask in self._own if ask.object not in covered or not self._cover.told(ask)
            }
            self._rest = (covered, tuple(ask for ask in self._asks if ask.object in open_objects))
        return self._rest[1]

    async def _see_to(self, cover: Cover, clock: Clock) -> None:
        if not self._verified:
            return
        try:
            await cover.keep(clock)
        except NoAnswer:
            await self._knock(clock)
            if self._verified:
                cover.leave_to_polling(clock.monotonic())

    async def _knock(self, clock: Clock) -> None:
        """Is it there?"""
        try:
            await verify(self._channel, self._settings.instance, self._where)
        except (NoAnswer, Unverified):
            self._forget(clock)

    async def _look_for_a_restart(self, cover: Cover, clock: Clock, announced: bool) -> None:
        """A device that has restarted has forgotten its subscriptions; one that is silent may be dead, though
        nothing of it need be polled."""
        try:
            if self._marked:
                mark = await restart_mark(self._channel, self._settings.instance)
                restarted, self._mark = mark != self._mark, mark
            else:
                await verify(self._channel, self._settings.instance, self._where)
                restarted = announced and clock.monotonic() - self._restarted_at >= LEAST_BETWEEN_RESTARTS_S
        except (NoAnswer, Unverified):
            self._forget(clock)
            return
        if restarted:
            self._restarted_at = clock.monotonic()
            cover.lost(self._restarted_at)
            self._timepiece.forget()
