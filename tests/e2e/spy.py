"""A second subscriber that hears all that the agent should have heard."""

from __future__ import annotations

import json
from datetime import datetime

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from evaluators.model.times import instant
from tests.services.mosquitto import Mosquitto

DEVICES = {"building/lifts": "lift-gateway", "building/water": "water-meter"}
"""Who publishes on which topic of the demo site."""


class Spy:
    """A second subscriber that notes everything the broker passes on."""

    def __init__(self, broker: Mosquitto) -> None:
        self.payloads: list[tuple[str, bytes]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="spy", protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._note(message)
        self._client.connect(broker.host, broker.port)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()

    def _note(self, message: mqtt.MQTTMessage) -> None:
        if not message.retain:
            self.payloads.append((message.topic, bytes(message.payload)))

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()


def heard_times(heard: list[tuple[str, bytes]]) -> set[tuple[str, int]]:
    """(device, source time) of every data message that the spy heard."""
    found = set()
    for topic, payload in heard:
        if topic in DEVICES:
            time = json.loads(payload)["time"]
            found.add((DEVICES[topic], time if isinstance(time, int) else instant(datetime.fromisoformat(time))))
    return found
