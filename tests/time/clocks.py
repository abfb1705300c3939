"""A clock of the test: it shows what it is told, and can be set, suspended and passed on."""

from __future__ import annotations

import asyncio

from agent.clock import SystemClock
from evaluators.model.times import SECOND_NS


class SetClock(SystemClock):
    """A `MachineClock` that stands still until told otherwise; with ``runs`` it goes on as the machine's own."""

    def __init__(self, wall: int, *, runs: bool = False) -> None:
        self._wall = wall
        self._up = self._awake = 0
        self._since = super().monotonic() if runs else None

    def now(self) -> int:
        """The instant."""
        return self._wall + self._ran()

    def uptime(self) -> float:
        """With suspension."""
        return (self._up + self._ran()) / SECOND_NS

    def monotonic(self) -> float:
        """Without."""
        return (self._awake + self._ran()) / SECOND_NS

    async def sleep(self, seconds: float) -> None:
        """Wait really."""
        await asyncio.sleep(seconds)

    def _ran(self) -> int:
        return 0 if self._since is None else round((super().monotonic() - self._since) * SECOND_NS)

    def pass_to(self, wall: int) -> None:
        """Let time go by until the clock shows an instant."""
        self.go_by(wall - self.now())

    def go_by(self, length: int) -> None:
        """Let so many ns go by."""
        self._wall += length
        self._up += length
        self._awake += length

    def suspend(self, length: int) -> None:
        """Suspend the machine for so many ns."""
        self._wall += length
        self._up += length

    def step(self, length: int) -> None:
        """Set the clock forward by so many ns; back where they are below 0."""
        self._wall += length
