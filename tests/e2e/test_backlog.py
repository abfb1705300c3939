"""Cold boot with a long journal that nobody has judged and InfluxDB has not taken: collection starts at once."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from config.site import load_site
from evaluators.model.samples import Block, BlockBuilder, ValueKind
from evaluators.model.times import SECOND_NS
from tests.e2e.checks import wait_for
from tests.e2e.site import DEMO, Tower, end, steward

BLOCKS = int(os.environ.get("STEWARD_BACKLOG_BLOCKS", "20000"))
"""A day of the demo's building has about half a million."""
STARTS_WITHIN_S = 8
NOBODY_LISTENS = '\n[influxdb]\nurl = "http://127.0.0.1:9"\norg = "o"\nbucket = "b"\n'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + BLOCKS // 1000)]


def backlog(numbers: dict[str, tuple[int, ValueKind]], end_at: int) -> Iterator[Block]:
    """What every device said, over and over, up to an instant."""
    devices: dict[str, list[tuple[int, ValueKind]]] = {}
    for key, number in numbers.items():
        devices.setdefault(key.partition("/")[0], []).append(number)
    builder = BlockBuilder("before")
    for n in range(BLOCKS):
        at = end_at - (BLOCKS - n) * SECOND_NS // 5
        for point, kind in list(devices.values())[n % len(devices)]:
            builder.add(point, kind, at, "" if kind is ValueKind.TEXT else n % 2)
        yield builder.build(at)


async def write(path: Path) -> None:
    """The journal of a day without InfluxDB."""
    site = load_site(DEMO).site
    journal = Journal.open(path, SystemClock())
    kinds = {point.key: point.kind for point in site.points}
    numbers = journal.register(kinds.items())
    blocks = list(backlog({key: (numbers[key], kind) for key, kind in kinds.items()}, time.time_ns()))
    for first in range(0, len(blocks), 1000):
        await asyncio.gather(*(journal.put(block) for block in blocks[first : first + 1000]))
    await journal.close()


def test_collection_starts_at_once_however_long_the_backlog(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path / "journal.db"))
    tower = Tower(tmp_path)
    tower.write(influxdb=NOBODY_LISTENS)

    def sources() -> set[str]:
        with History.open(tmp_path / "journal.db") as history:
            rows = history.query(
                "SELECT DISTINCT name FROM block JOIN source ON source.id = source WHERE seq > ?", (BLOCKS,)
            )
            return {name for (name,) in rows}

    with tower.building("calm"):
        agent = tower.start_agent()
        try:
            begun = time.monotonic()
            wait_for(lambda: sources() == {"bms", "power", "broker"}, STARTS_WITHIN_S)
            print(f"\n{BLOCKS} blocks waiting: the first samples after {time.monotonic() - begun:.1f} s")  # noqa: T201  # shown by pytest -s
            wait_for(lambda: (tower.ask("status").get("keeping") or {}).get("used_bytes"), 30)
            status = tower.ask("status")
            shown = steward("status", str(tower.site_file)).stdout
        finally:
            took = end(agent, signal.SIGTERM)
    assert status["forwarder"]["lag"] > BLOCKS, "nothing of it was let go or forgotten"
    assert status["keeping"]["bound"] == "keep_days"
    assert status["keeping"]["pruned_blocks"] == 0
    assert re.search(r"Journal: [0-9.]+ MB, samples since \S+; bounded by keep_days\n", shown), shown
    assert re.search(r"InfluxDB: down, \d+ blocks behind \(\d{5,} samples, \d+ s\); http", shown), shown
    assert took < 5
