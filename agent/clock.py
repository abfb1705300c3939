"""The one module that reads time; whoever needs it is handed a `Clock`."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """The machine's clock: a `connectors.protocol.Clock`."""

    def now(self) -> int:
        """The instant, ns since the epoch, UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long on the monotonic clock."""
        await asyncio.sleep(seconds)
