"""SIGKILL between receipt, commit and acknowledgement: nothing is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from agent.history.history import History
from agent.journal.journal import Journal
from agent.quarantine import read_quarantine
from tests.connectors.mqtt.field import (
    TIMED,
    Station,
    a_connector,
    a_device,
    journaled,
    journaling,
    running,
    stamped,
)
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

KILLS = int(os.environ.get("STEWARD_MQTT_KILLS", "4"))
ROUND = 100
"""Messages while a process lives."""
ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.service, pytest.mark.timeout(120 + 5 * KILLS)]


async def test_whatever_moment_the_process_is_killed(patient: Mosquitto, tmp_path: Path) -> None:
    moments = random.Random(20261128)
    sent = 0
    async with running(a_connector(patient.port, a_device("meter", **TIMED), version="3.1.1")):
        pass  # the broker knows the session from now on
    async with Station(patient) as station:
        for _ in range(KILLS):
            command = [sys.executable, "-m", "tests.connectors.mqtt.victim", str(patient.port), str(tmp_path)]
            victim = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
            messages = [stamped(sent + n) for n in range(ROUND)] + ["poison"]
            await station.publish_all("site/meter", messages)
            sent += ROUND
            assert victim.stdout is not None
            for _ in range(moments.randint(1, 6)):  # odd: before a commit; even: before what it acknowledges
                await asyncio.wait_for(victim.stdout.readline(), 20)
            victim.kill()
            await victim.communicate()
    last = a_connector(patient.port, a_device("meter", first=1, **TIMED), version="3.1.1")
    async with journaling(last, tmp_path) as journal:
        await until(lambda: len([v for v in journaled(journal) if isinstance(v, int)]) >= sent, 20)
        await until(lambda: poisoned(journal) >= KILLS)  # counted again where nobody had acknowledged it
        with History.open(journal.path) as history:
            times = [sample.time for sample in history.samples([1])]
        values = [value for value in journaled(journal) if isinstance(value, int)]
    assert sorted(values) == list(range(sent))
    assert len(times) == len(set(times))


def poisoned(journal: Journal) -> int:
    """How many messages are in quarantine."""
    with History.open(journal.path) as history:
        return sum(kind.count for kind in read_quarantine(history))
