"""The connector against a real broker."""

from __future__ import annotations

import json

import pytest

from agent.clock import SystemClock
from connectors.protocol import Link
from evaluators.model.samples import Quality, Reason
from tests.connectors.mqtt.field import TIMED, a_connector, a_device, health, publish, running
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])


@VERSIONS
async def test_values_come_with_their_own_time(mosquitto: Mosquitto, version: str) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)
    stamp = SystemClock().now() - 3_600_000_000_123
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", json.dumps({"t": stamp, "v": 2**62 + 1}))
        await until(lambda: sink.samples)
        assert health(connector).link is Link.UP
        assert health(connector).detail == ""
    [sample] = sink.samples
    assert (sample.time, sample.value) == (stamp, 2**62 + 1)
    assert (sample.quality, sample.reason) == (Quality.GOOD, Reason.NONE)
    assert sample.received > stamp
