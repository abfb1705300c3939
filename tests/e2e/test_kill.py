"""kill -9 of the agent at random moments: nothing that was acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from evaluators.model.times import instant
from tests.e2e.checks import in_influxdb, journaled, wait_for
from tests.e2e.site import Tower, end, influxdb_table
from tests.services.influxdb import InfluxServer
from tests.services.mosquitto import Mosquitto

DEVICES = {"building/lifts": "lift-gateway", "building/water": "water-meter"}
"""Who publishes on which topic of the demo site."""

KILLS = int(os.environ.get("STEWARD_KILLS", "20"))

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(120 + 6 * KILLS)]


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


@pytest.fixture
def tower(tmp_path: Path, mosquitto: Mosquitto, influxdb: InfluxServer) -> Iterator[Tower]:
    """The calm building on a real broker, forwarding to a real InfluxDB."""
    tower = Tower(tmp_path, env={"STEWARD_INFLUXDB__TOKEN": influxdb.token})
    tower.write(broker_port=mosquitto.port, influxdb=influxdb_table(influxdb))
    with tower.building("calm", f"{mosquitto.host}:{mosquitto.port}"):
        yield tower


def test_whatever_moment_the_agent_is_killed(tower: Tower, mosquitto: Mosquitto, influxdb: InfluxServer) -> None:
    moments = random.Random(20260301)
    first = tower.start_agent()
    wait_for(lambda: any(sample["value"] is not None for sample in mqtt_samples(tower)), 30)
    spy = Spy(mosquitto)
    end(first, signal.SIGKILL)
    for _ in range(KILLS):
        agent = tower.start_agent()
        time.sleep(moments.uniform(0.2, 3.0))  # the random moment is the test
        assert agent.poll() is None, tower.log()
        end(agent, signal.SIGKILL)

    last = tower.start_agent()
    try:
        sent_meanwhile = len(spy.payloads)
        wait_for(lambda: len(spy.payloads) > sent_meanwhile + 3, 20)
        spy.close()
        heard = list(spy.payloads)
        wait_for(lambda: heard_times(heard) <= journaled_times(tower), 30)
    finally:
        took = end(last, signal.SIGTERM)
    assert took < 5
    assert last.returncode == 0, tower.log()
    assert len(heard) > KILLS

    rows = journaled(tower)
    identities = [(row.point, row.time) for row in rows]
    assert len(identities) == len(set(identities)), "a sample is in the journal twice"
    assert heard_times(heard) <= journaled_times(tower)
    assert in_influxdb(influxdb, tower)


def mqtt_samples(tower: Tower) -> list[dict[str, object]]:
    """The newest samples of the MQTT devices; none while there is no journal yet."""
    if not (tower.folder / "journal.db").exists():
        return []
    return [row for row in tower.ask("samples") if row["point"].startswith(("lift-gateway/", "water-meter/"))]


def heard_times(heard: list[tuple[str, bytes]]) -> set[tuple[str, int]]:
    """(device, source time) of every data message that the spy heard."""
    found = set()
    for topic, payload in heard:
        if topic in DEVICES:
            time = json.loads(payload)["time"]
            found.add((DEVICES[topic], time if isinstance(time, int) else instant(datetime.fromisoformat(time))))
    return found


def journaled_times(tower: Tower) -> set[tuple[str, int]]:
    """(device, source time) of every sample in the journal."""
    return {(row.device, row.time) for row in journaled(tower)}
