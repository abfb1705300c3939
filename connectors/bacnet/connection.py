"""All devices of one connection over one socket: who gets which notification, and the order of a stop. No protocol
library here."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from connectors.bacnet.announcement import i_am
from connectors.bacnet.channel import Ear, Wire
from connectors.bacnet.cov import notification
from connectors.bacnet.device import DevicePoll
from connectors.bacnet.tags import Malformed
from connectors.protocol import Clock, DeviceHealth, Sink

LEAVE_S = 2.0
"""How long a stop waits for subscriptions to be ended; the others end by themselves."""
REMEMBERED = 64
"""So many answered notifications are known again, an address: a device repeats one whose answer was lost."""


class BacnetConnector:
    """The devices, each in tasks of its own. ``devices`` come with the address and port where each is;
    ``open_wire`` opens our socket."""

    def __init__(
        self, devices: Iterable[tuple[str, DevicePoll]], open_wire: Callable[[Ear], Awaitable[Wire]]
    ) -> None:
        self._devices: list[DevicePoll] = []
        self._at: defaultdict[str, list[DevicePoll]] = defaultdict(list)
        self._by_instance: dict[int, DevicePoll] = {}
        for where, device in devices:
            self._devices.append(device)
            self._at[where].append(device)
            self._by_instance[device.instance] = device
        self._open_wire = open_wire
        self._wire: Wire | None = None
        self._clock: Clock | None = None
        self._taken: set[tuple[str, int]] = set()
        self._answered: defaultdict[str, deque[tuple[int, bytes]]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Read until cancelled; OSError when our own address cannot be had."""
        wire = self._wire = await self._open_wire(self)
        self._clock = clock
        try:
            async with asyncio.TaskGroup() as group:
                for device in self._devices:
                    for task in device.tasks(sink, clock):
                        group.create_task(task)
                await asyncio.Event().wait()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        finally:
            self._clock = None
            try:
                await self._leave(clock)
            finally:
                await wire.shut()

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now."""
        return tuple(device.health() for device in self._devices)

    async def _leave(self, clock: Clock) -> None:
        leaving = [asyncio.ensure_future(device.leave(clock)) for device in self._devices]
        if leaving:
            _, late = await asyncio.wait(leaving, timeout=LEAVE_S)
            for one in late:
                one.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- what devices say of their own accord

    def announced(self, where: str, data: bytes) -> None:
        """An I-Am: a device of ours may have come back, or another one has its instance."""
        try:
            said = i_am(data)
        except Malformed:
            return
        device = self._by_instance.get(said.instance)
        if device is not None:
            device.announced(where)

    async def notified(self, where: str, invoke: int | None, data: bytes) -> None:
        """A notification: it goes to the device that expects it. A confirmed one is answered once it is stored,
        and a repeated one again, without being stored again."""
        if self._clock is None or self._wire is None:
            return
        if invoke is not None and self._is_repeated(where, invoke, data):
            if (where, invoke) not in self._taken:
                await self._wire.acknowledge(where, invoke)
            return
        try:
            told = notification(data)
        except Malformed:
            return
        device = next((each for each in self._at[where] if each.expects(told)), None)
        if device is None:
            if invoke is not None:
                await self._wire.deny(where, invoke)
            return
        answer = None if invoke is None else partial(self._acknowledge, self._wire, where, invoke)
        if device.take(told, self._clock.now(), answer) and invoke is not None:
            self._taken.add((where, invoke))
            self._answered[where].append((invoke, data))

    def _is_repeated(self, where: str, invoke: int, data: bytes) -> bool:
        return (invoke, data) in self._answered[where]

    async def _acknowledge(self, wire: Wire, where: str, invoke: int) -> None:
        self._taken.discard((where, invoke))
        await wire.acknowledge(where, invoke)
