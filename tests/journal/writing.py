"""A process that writes to a journal until it is killed: ``python -m tests.journal.writing PATH START``.

Puts blocks of two samples of point 1 at the times 2n and 2n+1, n from START on, several at once; prints each n as
soon as it was acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.journal.rows import levels, opened


async def write(path: Path, start: int) -> None:
    """Write until killed."""
    journal = opened(path)

    async def put(n: int) -> None:
        await journal.put(levels((2 * n, n), (2 * n + 1, n)))
        os.write(1, f"{n}\n".encode())

    for first in range(start, start + 10**9, 7):
        await asyncio.gather(*(put(n) for n in range(first, first + 7)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
