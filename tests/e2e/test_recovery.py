"""Every server stopped and started again: the agent recovers by itself, and the gap is unknown, never up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evaluators.model.episodes import State
from evaluators.model.times import SECOND_NS
from tests.e2e.checks import episodes, in_influxdb, wait_for
from tests.e2e.site import Tower, influxdb_table
from tests.services.influxdb import OwnServer
from tests.services.mosquitto import Mosquitto

pytestmark = [pytest.mark.service, pytest.mark.slow]

GONE_S = 8.0
"""Longer than any value of the demo site stands."""


def qualities(tower: Tower) -> set[str]:
    """The qualities of all newest samples."""
    return {row["quality"] for row in tower.ask("samples")}


def test_the_building_the_broker_and_influxdb_go_and_come_back(
    tmp_path: Path, mosquitto: Mosquitto, own_influxdb: OwnServer
) -> None:
    bucket = own_influxdb.server.new_bucket()
    tower = Tower(tmp_path, env={"STEWARD_INFLUXDB__TOKEN": bucket.token})
    tower.write(broker_port=mosquitto.port, influxdb=influxdb_table(bucket))
    broker = f"{mosquitto.host}:{mosquitto.port}"
    with tower.agent():
        with tower.building("calm", broker):
            wait_for(lambda: (tmp_path / "journal.db").exists() and qualities(tower) == {"good"}, 30)
            wait_for(lambda: tower.ask("status")["forwarder"]["state"] == "up", 30)
            mosquitto.stop()
            own_influxdb.stop()
        gone = time.time_ns()
        wait_for(lambda: time.time_ns() > gone + GONE_S * SECOND_NS, GONE_S + 5)
        assert qualities(tower) == {"bad"}
        assert tower.ask("status")["forwarder"]["state"] == "down"
        own_influxdb.start()
        mosquitto.start()
        back = time.time_ns()
        with tower.building("calm", broker):
            wait_for(lambda: qualities(tower) == {"good"}, 60)
            wait_for(lambda: tower.ask("status")["forwarder"]["state"] == "up", 60)
    states = {state for track in episodes(tower, gone, back).values() for state in [e.state for e in track]}
    assert states == {State.UNKNOWN}
    assert in_influxdb(bucket, tower)
    told = tower.log()
    assert told.count("InfluxDB takes no samples") == 1, "an outage is logged once"
    assert told.count("InfluxDB takes samples") == 2, "at the start, and once it was back"
