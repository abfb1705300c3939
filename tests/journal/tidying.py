"""A process that fills and tidies a journal until it is killed: ``python -m tests.journal.tidying PATH``.

Prints a line once it has written a few hundred old blocks; told so by a line, it lets them go.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from agent.history.history import History
from agent.journal.bounds import Readers
from tests.journal.keeping import Kept


async def tidy(path: Path) -> None:
    """Write, say so, and let go."""
    kept = Kept(path, Readers())
    with History.open(path) as history:
        first = history.last_seq()
    await asyncio.gather(*(kept.put(1 + n % 2, (first + n) * 100, rows=20) for n in range(600)))
    await kept.done()
    os.write(1, b"written\n")
    await asyncio.to_thread(sys.stdin.readline)
    await kept.pruner.tidy()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(tidy(Path(sys.argv[1])))
