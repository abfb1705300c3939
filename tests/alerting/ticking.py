"""A process that alerts of a small world, from where its journal says that it was; says each tick on disk."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from agent.alerting.alerter import Alerter
from agent.alerting.webhook import Webhook
from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from evaluators.model.times import DAY_NS, HOUR_NS
from tests.alerting.scenes import CLAUSES, START, Deed, judged, owed

DAYS = 25
TICKS = [START + hour * HOUR_NS for hour in range(5, 24 * (DAYS + 10), 5)]


def world() -> list[Deed]:
    """Rounds of which some are forgotten, and faults of which some are answered late."""
    chance = random.Random(4711)
    rounds = [[chance.choice([None, 8, 14, 20, 23]) for _ in range(DAYS)] for _ in range(3)]
    faults = [
        (chance.randrange(24 * DAYS), chance.choice([15, 30, 600]), chance.choice([None, 10, 500, 900]))
        for _ in range(40)
    ]
    return owed(rounds, faults)


async def tick_on(path: Path) -> None:
    """Tick from the newest event's instant on, or from the start."""
    clock = SystemClock()
    journal = Journal.open(path, clock)
    with History.open(path) as history:
        reached = history.query("SELECT max(at) FROM alert")[0][0] or 0
    alerter = Alerter(journal, Webhook("http://127.0.0.1:9/"), "tower", clock)
    deeds, before = world(), START
    for at in TICKS:
        if at >= reached:
            await alerter.tick(judged(deeds, before, at), CLAUSES, at)
            print((at - START) // DAY_NS, flush=True)  # noqa: T201  # what the test reads
        before = at
    await journal.close()


if __name__ == "__main__":
    asyncio.run(tick_on(Path(sys.argv[1])))
