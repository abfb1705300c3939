"""kill -9 of the agent at random moments, while InfluxDB comes and goes and old samples are let go: nothing that
was acknowledged is lost, nothing is there twice, nothing was made up."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.site import load_site
from tests.e2e.checks import wait_for
from tests.e2e.killing import Ledger, Served, flapping, write_outages
from tests.e2e.site import Tower, end, influxdb_table
from tests.e2e.spy import Spy, heard_times
from tests.services.influxdb import InfluxServer, OwnServer
from tests.services.mosquitto import Mosquitto

KILLS = int(os.environ.get("STEWARD_KILLS", "20"))
SEED = int(os.environ.get("STEWARD_KILLS_SEED", "20260301"))
KEEP_S = 12
"""How long samples are kept: longer than a life, so that none comes and goes unseen."""
LIFE_S = (0.2, 2.8)

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(180 + 8 * KILLS)]


@pytest.fixture
def bucket(own_influxdb: OwnServer) -> InfluxServer:
    """A bucket of the server that comes and goes."""
    return own_influxdb.server.new_bucket()


@pytest.fixture
def tower(tmp_path: Path, mosquitto: Mosquitto, bucket: InfluxServer) -> Iterator[Tower]:
    """A building in which things break all the time, on a real broker, forwarding to a real InfluxDB."""
    tower = Tower(tmp_path, env={"STEWARD_INFLUXDB__TOKEN": bucket.token})
    keeping = f"\n[journal]\nkeep_days = {KEEP_S / 86400}\n"
    tower.write(broker_port=mosquitto.port, influxdb=influxdb_table(bucket) + keeping)
    scenario = tmp_path / "outages.toml"
    write_outages(scenario, SEED, 120 + 8 * KILLS)
    with tower.building(str(scenario), f"{mosquitto.host}:{mosquitto.port}"):
        yield tower


def test_whatever_moment_the_agent_is_killed(
    tower: Tower, mosquitto: Mosquitto, own_influxdb: OwnServer, bucket: InfluxServer
) -> None:
    moments, ledger = random.Random(SEED), Ledger(tower.folder / "journal.db")
    first = tower.start_agent()
    wait_for(lambda: "collecting" in tower.log() and mqtt_is_up(tower), 30)
    spy = Spy(mosquitto)
    end(first, signal.SIGKILL)
    with flapping(own_influxdb, SEED, long_s=1.5 * KEEP_S) as done:
        for _ in range(KILLS):
            ledger.read()
            agent = tower.start_agent()
            time.sleep(moments.uniform(*LIFE_S))  # the random moment is the test
            assert agent.poll() is None, tower.log()
            end(agent, signal.SIGKILL)
    ledger.read()
    last = tower.start_agent()
    try:
        sent_meanwhile = len(spy.payloads)
        wait_for(lambda: len(spy.payloads) > sent_meanwhile + 3, 20)
        spy.close()
        heard = heard_times(spy.payloads)
        wait_for(lambda: read(ledger) and heard <= ledger.times(), 30)
        wait_for(lambda: tower.ask("status")["forwarder"]["lag"] < 20, 60)
        wait_for(lambda: read(ledger) and len(ledger.gone) > KILLS // 2, 90)  # looked for once a minute
    finally:
        took = end(last, signal.SIGTERM)
    ledger.read()
    assert took < 5
    assert last.returncode == 0, tower.log()

    rows = list(ledger.rows())
    assert len({(row.point, row.time) for row in rows}) == len(rows), "a sample was journaled twice"
    assert heard <= ledger.times(), "a message that was acknowledged is not there"
    expected = {(row.device, row.point_id, row.time, row.value, row.quality) for row in rows}
    stored = bucket.samples()
    assert stored == expected, (
        len(stored - expected),
        len(expected - stored),
        sorted(map(str, stored ^ expected))[:5],
    )
    site, scenario = load_site(tower.site_file), tower.folder / "outages.toml"
    served = Served(site, scenario, 7, begun=tower.truth()[0]["t"], until=max(row.time for row in rows))
    assert served.strangers(rows) == []
    assert {"stopped", "paused"} <= set(done) or KILLS < 20
    print(  # noqa: T201  # the figures of the proof, shown by pytest -s
        f"\n{KILLS} kills, InfluxDB paused {done.count('paused')} and stopped {done.count('stopped')} times: "
        f"{len(rows)} samples journaled, {sum(len(ledger.ever[seq]) for seq in ledger.gone)} of them let go, "
        f"{len(stored)} in InfluxDB, {len(heard)} messages heard"
    )


def read(ledger: Ledger) -> bool:
    """Read on, beside the agent."""
    ledger.read()
    return True


def mqtt_is_up(tower: Tower) -> bool:
    """Whether something of an MQTT device was journaled."""
    rows = tower.ask("samples")
    return any(row["value"] is not None and row["point"].startswith("lift-gateway/") for row in rows)
