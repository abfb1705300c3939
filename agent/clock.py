"""The one module that reads time; whoever needs it is handed a `Clock`."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from connectors.protocol import Clock


class MachineClock(Clock, Protocol):
    """A clock that can be watched: whether it was set, and whether the machine slept."""

    def uptime(self) -> float:
        """Seconds from an arbitrary start; never steps, and goes on while the machine is suspended."""


class SystemClock:
    """The machine's clock: a `MachineClock`."""

    def now(self) -> int:
        """The instant, ns since the epoch, UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps, and stands still while the machine is suspended."""
        return time.monotonic()

    def uptime(self) -> float:
        """Seconds from an arbitrary start; never steps. Where the system has no clock that goes on while it is
        suspended, the same as `monotonic`: then a suspension looks like a step forward."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    async def sleep(self, seconds: float) -> None:
        """Wait that long on the monotonic clock."""
        await asyncio.sleep(seconds)
