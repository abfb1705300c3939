"""One device's way from message to rows, and what is remembered of it between messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from connectors.mqtt.decode import DeviceDecoder
from connectors.mqtt.health import DeviceWatch
from connectors.mqtt.inbox import Message
from connectors.mqtt.paths import compiled
from connectors.mqtt.payload import Payload
from connectors.mqtt.plan import data_topics, status_topic
from connectors.mqtt.sequence import Sequence
from connectors.mqtt.settings import Device, Point
from connectors.mqtt.times import Unreadable
from connectors.mqtt.values import key_of
from connectors.protocol import BoundDevice
from evaluators.model.samples import BlockBuilder, Reason


@dataclass(slots=True)
class Post:
    """A message on its way to the devices it concerns; ``beat``: the monotonic second at which it is looked at."""

    message: Message
    payload: Payload
    beat: float
    builder: BlockBuilder


Listener = Callable[[Post], str]
"""Takes a message of its topic; says why it cannot be read, or nothing."""


class Feed:
    """A device of an MQTT connection."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self.id = device.id
        self.watch = DeviceWatch(device)
        self.status_topic = status_topic(device)
        self._settings = device.settings
        self._whole = DeviceDecoder(device, device.points)
        self._by_topic = {topic: DeviceDecoder(device, points) for topic, points in data_topics(device).items()}
        self._status = compiled(device.settings.status_path) if device.settings.status_path else None
        self._newest: dict[int, int] = {}

    def listeners(self) -> Iterator[tuple[str, Listener]]:
        """Each of its topics or patterns, with what takes its messages."""
        for topic, decoder in self._by_topic.items():
            yield topic, partial(self._take_data, decoder, Sequence())
        if self.status_topic:
            yield self.status_topic, self._take_status

    def go_offline(self, at: int, builder: BlockBuilder) -> None:
        """Add ``bad: offline`` for every point at ``at``, ns UTC."""
        self.watch.count(self._whole.fail("", at, builder, Reason.OFFLINE))

    def fail(self, post: Post, problem: str) -> None:
        """Add ``bad: malformed`` for every point: nothing more can be said of this message."""
        decoded = self._whole.fail(problem, post.message.received, post.builder)
        self.watch.heard(decoded, post.message.received, post.beat)

    def _take_status(self, post: Post) -> str:
        message = post.message
        try:
            word = self._word(post)
        except Unreadable as error:
            return str(error)
        if word == self._settings.offline:
            self.go_offline(message.received, post.builder)
            self.watch.said_gone(message.received)
        elif word is not None:
            self.watch.said_there(message.received, post.beat)
        return ""

    def _word(self, post: Post) -> str | None:
        """What a status says; None for one that was cleared."""
        if self._status is None:
            return post.message.payload.decode(errors="replace").strip() or None
        return key_of(self._status(post.payload.document()))

    def _take_data(self, decoder: DeviceDecoder, sequence: Sequence, post: Post) -> str:
        message = post.message
        if message.topic == self.status_topic and self._only_a_status(post):
            return ""
        decoded = decoder.decode(post.payload, message.received, post.builder, message.retained, self._newest)
        if not decoded.ours:
            return ""
        if message.retained:  # no news: neither a sign of life nor the next of the sequence
            self.watch.count(decoded)
        else:
            self.watch.heard(decoded, message.received, post.beat)
            if decoded.newest is not None:
                self.watch.timed(message.received - decoded.newest, post.beat)
            for number in decoded.sequence:
                self.watch.missed("lost_messages", sequence.observe(number))
        return decoded.poison

    def _only_a_status(self, post: Post) -> bool:
        """Whether a message on a topic of both kinds says no more than that the device is gone."""
        try:
            return self._word(post) == self._settings.offline
        except Unreadable:
            return False
