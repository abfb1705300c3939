"""One device's way from message to rows, and what is remembered of it between messages."""

from __future__ import annotations

from connectors.mqtt.decode import DeviceDecoder, Unreadable, parse
from connectors.mqtt.health import DeviceWatch
from connectors.mqtt.inbox import Message
from connectors.mqtt.sequence import Sequence
from connectors.mqtt.settings import Device, Point
from connectors.protocol import BoundDevice
from evaluators.model.samples import BlockBuilder, Reason


class Feed:
    """A device of an MQTT connection. ``beat`` is the monotonic second at which its message is looked at."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self.settings = device.settings
        self.watch = DeviceWatch(device)
        self._decoder = DeviceDecoder(device)
        self._sequence = Sequence()
        self._newest: int | None = None
        self._offline = device.settings.offline.encode()

    def take(self, message: Message, beat: float, builder: BlockBuilder) -> None:
        """Add the rows of a message from any of its topics, which may be one and the same."""
        says_gone = message.topic == self.settings.status_topic and message.payload == self._offline
        if says_gone:
            self.go_offline(message.received, builder)
            self.watch.said_gone(message.received)
        elif message.topic == self.settings.status_topic:
            self.watch.said_there(message.received, beat)
        if message.topic == self.settings.topic and not says_gone:
            self._take_data(message, beat, builder)

    def go_offline(self, at: int, builder: BlockBuilder) -> None:
        """Add ``bad: offline`` for every point at ``at``, ns UTC."""
        self.watch.count(self._decoder.fail("", at, builder, Reason.OFFLINE))

    def _take_data(self, message: Message, beat: float, builder: BlockBuilder) -> None:
        try:
            document = parse(message.payload)
        except Unreadable as error:
            decoded = self._decoder.fail(str(error), message.received, builder)
        else:
            decoded = self._decoder.decode(document, message.received, builder, message.retained, self._newest)
        if decoded.time is not None and (self._newest is None or decoded.time > self._newest):
            self._newest = decoded.time
        if message.retained:  # no news: neither a sign of life nor the next of the sequence
            self.watch.count(decoded)
            return
        self.watch.heard(decoded, message.received, beat)
        if decoded.sequence is not None:
            self.watch.missed("lost_messages", self._sequence.observe(decoded.sequence))
