"""Keeping tasks alive: what fails is started again after a jittered back-off, and said once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from agent.errors import JournalReplaced
from connectors.pacing import Backoff
from connectors.protocol import BoundConnection, Clock, Connector, DeviceHealth, Link, Sink
from connectors.registry import connect

log = structlog.get_logger()

STEADY_S = 60.0
"""A task that ran this long before it failed starts its back-off anew."""


async def keep_running(
    name: str, run: Callable[[], Awaitable[None]], clock: Clock, failed: Callable[[Exception], None] | None = None
) -> None:
    """Run until cancelled; whatever ``run`` raises is reported to ``failed``, logged once, and tried again. Where
    the journal was begun anew, ``run`` only has to open it again."""
    backoff = Backoff(first_s=1.0, most_s=30.0)
    last = ""
    while True:
        started = clock.monotonic()
        try:
            await run()
            return
        except JournalReplaced:
            continue
        except Exception as error:  # noqa: BLE001  # whatever one part does, the others go on
            if failed:
                failed(error)
            if clock.monotonic() - started > STEADY_S:
                backoff.reset()
                last = ""
            said = f"{type(error).__name__}: {error}"
            if said != last:
                log.error("stopped, will be started again", part=name, error=said)
            last = said
            await clock.sleep(backoff.next_s())


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait until they are gone; what they raise meanwhile is logged."""
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("failed while it was stopped", error=f"{type(result).__name__}: {result}")


class SupervisedConnection:
    """One connection of the site file, made anew each time its connector fails as a whole."""

    def __init__(self, bound: BoundConnection[Any, Any, Any], clock: Clock) -> None:
        self._bound = bound
        self._clock = clock
        self._connector: Connector | None = None
        self._failure = ""
        self._since = clock.now()

    @property
    def name(self) -> str:
        """The connection's id in the site file."""
        return self._bound.name

    async def run(self, sink: Sink) -> None:
        """Read until cancelled."""

        async def once() -> None:
            self._connector = connect(self._bound)
            await self._connector.run(sink, self._clock)

        await keep_running(f"connection {self.name}", once, self._clock, self._failed)

    def _failed(self, error: Exception) -> None:
        self._connector = None
        self._failure = f"{type(error).__name__}: {error}"
        self._since = self._clock.now()

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does; all down while the connection itself cannot be had."""
        if self._connector is not None:
            return self._connector.health()
        link = Link.DOWN if self._failure else Link.CONNECTING
        return tuple(DeviceHealth(d.id, link, self._since, detail=self._failure) for d in self._bound.devices)
