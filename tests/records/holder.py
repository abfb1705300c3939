"""A process that holds a site's journal and watches its inbox, as the agent does: ``python -m … SITE``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.clock import SystemClock
from agent.journal.journal import Journal
from agent.records.inbox import Inbox
from agent.records.intake import RecordIntake
from config.site import load_site


async def main(site_file: str) -> None:
    """Say that the journal is held, and watch until killed."""
    loaded = load_site(Path(site_file))
    clock = SystemClock()
    journal = Journal.open(loaded.journal_path, clock)
    intake = RecordIntake(loaded.site, journal, clock)
    sys.stdout.write("holding\n")
    sys.stdout.flush()
    await Inbox(loaded.records.inbox, intake, clock, ZoneInfo(loaded.site.zone)).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
