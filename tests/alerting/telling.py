"""A process that tells what is in a journal's outbox to a webhook, until it is killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

from agent.alerting.outbox import Outbox
from agent.alerting.webhook import Webhook
from agent.clock import SystemClock
from agent.journal.journal import Journal


async def tell(path: Path, url: str) -> None:
    """Run."""
    clock = SystemClock()
    journal = Journal.open(path, clock)
    await Outbox(journal, Webhook(url, SecretStr("")), "tower", clock).run()


if __name__ == "__main__":
    asyncio.run(tell(Path(sys.argv[1]), sys.argv[2]))
