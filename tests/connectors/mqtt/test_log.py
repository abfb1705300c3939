"""An outage is logged once, however many attempts it takes, and its end once."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from agent.clock import SystemClock
from tests.connectors.mqtt.field import TIMED, a_connector, a_device, health, running
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service


class Impatient(SystemClock):
    """Hardly waits, and counts how often."""

    waits = 0

    async def sleep(self, seconds: float) -> None:
        self.waits += 1
        await super().sleep(seconds / 50)


async def test_an_outage_and_its_end_are_each_logged_once(mosquitto: Mosquitto) -> None:
    clock = Impatient()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    with capture_logs() as lines:
        async with running(connector, clock=clock):
            assert lines == []
            mosquitto.stop()
            await until(lambda: clock.waits >= 4)
            mosquitto.start()
            await until(lambda: "waiting for a message" in health(connector).detail)
    assert [(line["event"], line["log_level"], line["connection"]) for line in lines] == [
        ("no broker", "warning", "broker"),
        ("the broker is back", "info", "broker"),
    ]
    assert f"127.0.0.1:{mosquitto.port}" in lines[0]["cause"]
