"""A building that was lit all night: the running agent says so, from a journal that another run has left."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.clock import SystemClock
from agent.journal.journal import Journal
from config.site import load_site
from evaluators.model.samples import BlockBuilder, ValueKind
from evaluators.model.times import DAY_NS, MINUTE_NS, moment
from tests.e2e.checks import wait_for
from tests.e2e.site import Tower, end, steward

SITE = """
[site]
id = "tower"
timezone = "Asia/Shanghai"
commissioned = true
[calendar]
official = "none"
[connections.gw]
protocol = "mqtt"
host = "127.0.0.1"
port = {port}
client_id = "steward"
[devices.meter]
connection = "gw"
topic = "meter"
period_s = 900
[devices.meter.points]
energy = {{ type = "int", path = "e", unit = "W.h" }}
[systems.metering]
[meters.main]
point = "meter/energy"
[energy]
open = [{{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "08:00", to = "18:00" }}]
[tariff]
prices = {{ electricity = "2" }}
"""


async def lit_all_night(site_file: Path) -> None:
    """Three days up to now: 100 kW by day, 80 at night."""
    loaded = load_site(site_file)
    journal = Journal.open(loaded.journal_path, SystemClock())
    numbers = journal.register([(point.key, point.kind) for point in loaded.site.points])
    builder, now, count = BlockBuilder("gw"), SystemClock().now(), 0
    first = (now - 3 * DAY_NS) // (15 * MINUTE_NS) * 15 * MINUTE_NS
    for at in range(first, now, 15 * MINUTE_NS):
        local = moment(at - MINUTE_NS).astimezone(ZoneInfo("Asia/Shanghai"))
        count += 25_000 if 8 <= local.hour < 18 else 20_000
        builder.add(numbers["meter/energy"], ValueKind.INT, at, count)
    await journal.put(builder.build(now))
    await journal.close()


@pytest.mark.slow
async def test_the_running_agent_tells_what_was_wasted_yesterday(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.site_file.write_text(SITE.format(port=tower.base_port), encoding="utf-8")
    await lit_all_night(tower.site_file)
    agent = tower.start_agent()
    found: list[Any] = []

    def rings() -> bool:
        asked = steward("alerts", str(tower.site_file), "--json")
        found[:] = json.loads(asked.stdout) if asked.returncode == 0 else []
        return any(each["key"].startswith("waste/") for each in found)

    try:
        wait_for(rings, 30)
    finally:
        end(agent, signal.SIGTERM)
    (ring,) = [each for each in found if each["key"].startswith("waste/")]
    assert ring["key"] == "waste/night-load/main"
    assert ring["severity"] == "info"
    assert ring["note"].startswith("main: 0.8, the limit is 0.35; about ")
    said = json.loads(steward("waste", str(tower.site_file), "--last", "2", "--json").stdout)
    (night,) = said["findings"]
    assert night["measured"] == [0.8, 0.8]
    assert night["wasted"] == [pytest.approx(45 * 12 * 2)] * 2
