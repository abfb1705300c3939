"""The journal's disk is full for a while: what the broker keeps for us comes late, and nothing of it is lost."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from agent.gaps.store import read_gaps
from agent.history.history import History
from evaluators.model.gaps import GapCause
from tests.e2e.checks import wait_for
from tests.e2e.site import Tower, end
from tests.e2e.spy import Spy, heard_times
from tests.services.mosquitto import Mosquitto
from tests.services.small_disk import SmallDisk

pytestmark = [pytest.mark.service, pytest.mark.slow]

TABLE = """
[journal]
path = "{path}"
min_free_mb = 2.0
ballast_mb = 1.0
"""


def times(path: Path) -> set[tuple[str, int]]:
    """(device, source time) of every sample in the journal."""
    with History.open(path) as history:
        devices = {number: key.partition("/")[0] for number, (key, _) in history.keys().items()}
        blocks = history.blocks(0, 10**9)
        return {(devices[sample.point], sample.time) for _, block in blocks for sample in block.samples()}


def test_nothing_is_acknowledged_while_the_disk_is_full_and_nothing_lost(
    tmp_path: Path, mosquitto: Mosquitto, small_disk: SmallDisk
) -> None:
    path = small_disk.folder / "journal.db"
    tower = Tower(tmp_path)
    tower.write(broker_port=mosquitto.port, influxdb=TABLE.format(path=path))
    with tower.building("calm", f"{mosquitto.host}:{mosquitto.port}"):
        agent = tower.start_agent()
        try:
            wait_for(lambda: path.exists() and any(device == "lift-gateway" for device, _ in times(path)), 30)
            spy = Spy(mosquitto)
            small_disk.fill()
            wait_for(lambda: tower.ask("status")["journal"]["disk_full_since"], 20)
            before, heard = times(path), len(spy.payloads)
            wait_for(lambda: len(spy.payloads) > heard + 5, 20)
            assert times(path) == before
            assert tower.ask("status")["running"], "it can still say how it does"
            small_disk.empty()
            wait_for(lambda: tower.ask("status")["journal"]["disk_full_since"] is None, 20)
            spy.close()
            wait_for(lambda: heard_times(spy.payloads) <= times(path), 60)
            wait_for(lambda: any(at > time.time_ns() - 5 * 10**9 for _, at in times(path) - before), 30)
        finally:
            end(agent, signal.SIGTERM)
    with History.open(path) as history:
        (gap,) = [gap for _, gap in read_gaps(history) if gap.cause is GapCause.DISK_FULL]
    assert gap.end is not None
    told = tower.log()
    assert told.count("the disk is full, nothing is taken until there is room") == 1
    assert told.count("there is room again") == 1
