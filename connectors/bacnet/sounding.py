"""Reading devices once, with every exchange kept. No protocol library here."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.device import DevicePoll
from connectors.bacnet.refusal import Refused
from connectors.bacnet.watched import Watched
from connectors.bacnet.wording import Vocabulary, answered, unanswered
from connectors.probing import Exchange, Probe
from connectors.protocol import Clock, Link

Heard = Callable[[], tuple[bytes, bytes]]
"""The last datagram sent to an address and the last one that came from it, since this was last called."""


@dataclass(frozen=True, slots=True)
class Sounded:
    """A device to read, over a channel of which can be told what went over the wire."""

    where: str
    watched: Watched
    channel: Channel
    heard: Heard


class KeepingChannel:
    """Asks over another channel and keeps an `Exchange` of each question."""

    def __init__(self, channel: Channel, heard: Heard, words: Vocabulary, clock: Clock) -> None:
        self._channel = channel
        self._heard = heard
        self._words = words
        self._clock = clock
        self.exchanges: list[Exchange] = []

    async def ask(self, service: int, data: bytes) -> bytes:
        """As the other channel does."""
        self._heard()
        at, began = self._clock.now(), self._clock.monotonic()
        meaning = unanswered(service, "not asked to the end")
        try:
            answer = await self._channel.ask(service, data)
            meaning = answered(service, answer, self._words)
        except (NoAnswer, Refused) as error:
            why = f"no answer {error}" if isinstance(error, NoAnswer) else str(error)
            meaning = unanswered(service, why)
            raise
        finally:
            sent, received = self._heard()
            seconds = self._clock.monotonic() - began
            self.exchanges.append(Exchange(at, sent, received, seconds, meaning))
        return answer

    async def tell(self, service: int, data: bytes) -> None:
        """As the other channel does."""
        await self._channel.tell(service, data)


async def sound(source: str, devices: Iterable[Sounded], words: Vocabulary, clock: Clock) -> list[Probe]:
    """Read each device once, those at one address one after the other; in the order given."""
    at: defaultdict[str, list[Sounded]] = defaultdict(list)
    order: list[str] = []
    for device in devices:
        at[device.where].append(device)
        order.append(device.watched.id)

    async def there(few: list[Sounded]) -> list[Probe]:
        return [await _one(source, each, words, clock) for each in few]

    found = await asyncio.gather(*(there(few) for few in at.values()))
    by_device = {probe.device: probe for probes in found for probe in probes}
    return [by_device[device] for device in order]


async def _one(source: str, device: Sounded, words: Vocabulary, clock: Clock) -> Probe:
    channel = KeepingChannel(device.channel, device.heard, words, clock)
    poll = DevicePoll(device.watched, source, channel)
    block = await poll.once(clock)
    health = poll.health()
    problem = "" if health.link is Link.UP else health.detail
    return Probe(device.watched.id, tuple(block.samples()), tuple(channel.exchanges), problem)
