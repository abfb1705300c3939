"""A short look at a broker: who publishes what, or what the devices of a site file say just now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.mqtt.feed import Feed, Listener, Post
from connectors.mqtt.inbox import Closed, Event, Granted, Message, Opened
from connectors.mqtt.payload import Payload
from connectors.mqtt.plan import shown_topic
from connectors.mqtt.proposal import propose
from connectors.mqtt.session import OpenSession, Session
from connectors.mqtt.settings import Connection, Device, Point
from connectors.mqtt.topics import Router
from connectors.probing import Exchange, Found, Probe
from connectors.protocol import BoundConnection, BoundDevice, Clock
from evaluators.model.samples import BlockBuilder, Quality, Sample

MOST_HEARD = 20_000
"""Messages; a look ends early when there are more, …"""
MOST_BYTES = 64 * 1024 * 1024
"""… or this many bytes in their payloads."""
SHOWN_BYTES = 4096
"""Of a payload in an exchange."""


@dataclass(slots=True)
class _Ear:
    """What was heard, and why nothing more was."""

    messages: list[Message] = field(default_factory=list)
    size: int = 0
    problems: list[str] = field(default_factory=list)

    async def listen(self, session: Session, topics: Sequence[str]) -> None:
        """Until the session ends or it is enough."""
        events = await session.answer()
        while not any(self._take(event, session, topics) for event in events):
            if len(self.messages) >= MOST_HEARD or self.size >= MOST_BYTES:
                self.problems.append(
                    f"more than could be listened to: stopped after {len(self.messages)} messages"
                )
                return
            events = await session.inbox.take(1000)

    def _take(self, event: Event, session: Session, topics: Sequence[str]) -> bool:
        """Note one event; whether it was the last."""
        match event:
            case Opened():
                session.subscribe(topics, set(topics))
            case Message() if len(self.messages) < MOST_HEARD:
                self.messages.append(event)
                self.size += len(event.payload)
            case Granted(_, refusals):
                self.problems += [
                    f"the broker refuses a subscription to {topic}: {refusal}"
                    for topic, refusal in zip(topics, refusals, strict=False)
                    if refusal
                ]
            case Closed(_, cause):
                self.problems.append(cause)
                return True
        return False


async def _hear(
    settings: Connection, clock: Clock, topics: Sequence[str], seconds: float, opened: OpenSession
) -> _Ear:
    ear = _Ear()
    async with opened(settings, clock) as session:
        tasks = [asyncio.create_task(ear.listen(session, topics)), asyncio.create_task(clock.sleep(seconds))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    return ear


async def look_around(
    settings: Connection, clock: Clock, topics: Sequence[str], seconds: float, opened: OpenSession
) -> list[Found]:
    """The devices that can be heard on these topics, by topic; OSError where there is no session at all."""
    ear = await _hear(settings, clock, topics, seconds, opened)
    if ear.problems and not ear.messages:
        raise OSError("; ".join(ear.problems))
    found = propose(ear.messages)
    if found and ear.problems:
        found[0] = Found(found[0].settings, found[0].points, (*found[0].remarks, *ear.problems))
    return found


async def look_at(
    connection: BoundConnection[Connection, Device, Point], clock: Clock, seconds: float, opened: OpenSession
) -> list[Probe]:
    """What each device of a connection says within some seconds, in the order of the site file."""
    sights = [_Sight(device) for device in connection.devices]
    router: Router[tuple[_Sight, Listener]] = Router(
        (topic, (sight, listener)) for sight in sights for topic, listener in sight.feed.listeners()
    )
    ear = await _hear(connection.settings, clock, router.filters, seconds, opened)
    beat = clock.monotonic()
    for message in ear.messages:
        payload = Payload(message.payload)
        for sight, listener in router.route(message.topic):
            sight.take(message, payload, listener, beat)
    return [sight.probe(seconds, "; ".join(ear.problems)) for sight in sights]


class _Sight:
    """What is seen of one device."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self.feed = Feed(device)
        self._topic = shown_topic(device)
        self._samples: list[Sample] = []
        self._exchanges: list[Exchange] = []
        self._problem = ""

    def take(self, message: Message, payload: Payload, listener: Listener, beat: float) -> None:
        """One message on one of its topics; what is of another device is passed over."""
        builder = BlockBuilder("")
        problem = listener(Post(message, payload, beat, builder))
        samples = list(builder.build(message.received).samples())
        if not samples and not problem:
            return
        self._samples += samples
        self._problem = problem
        good = sum(sample.quality is Quality.GOOD for sample in samples)
        meaning = f"{message.topic}{' (retained)' if message.retained else ''}: "
        meaning += problem or f"{good} of {len(samples)} values good"
        self._exchanges.append(Exchange(message.received, b"", message.payload[:SHOWN_BYTES], 0.0, meaning))

    def probe(self, seconds: float, problem: str) -> Probe:
        """All of it. Nothing is asked of a device: what was sent is empty in every exchange."""
        silent = "" if self._exchanges else f"nothing on {self._topic} within {seconds:g} s"
        said = "; ".join(filter(None, (problem, self._problem or silent)))
        return Probe(self.feed.id, tuple(self._samples), tuple(self._exchanges), said)
