"""Many devices: one that is dead, and all that come back at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from agent.clock import SystemClock
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import (
    Recorder,
    RegisterMap,
    StillClock,
    a_connector,
    a_device,
    a_point,
    at_once,
    proper,
    wire,
)
from tests.connectors.modbus.test_device import a_poller
from tests.waiting import until

MANY = 200
DEAD = 77
PERIOD_S, TIMEOUT_S = 0.5, 3.0


async def test_one_dead_device_of_200_costs_the_others_nothing() -> None:
    async def well(frame: bytes) -> bytes:
        return proper(frame)

    async def silent(frame: bytes) -> bytes:
        return b""

    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(wire(silent if n == DEAD else well)) for n in range(MANY)]
        devices = [
            a_device(f"device-{n}", server.port, [a_point(n, n)], period_s=PERIOD_S)
            for n, server in enumerate(servers)
        ]
        sink = Recorder()
        task = asyncio.create_task(a_connector(*devices, timeout_s=TIMEOUT_S).run(sink, SystemClock()))
        await until(lambda: sink.samples(DEAD), 30)
        task.cancel()
        await asyncio.wait([task])
    assert sink.reasons(DEAD) == {Reason.TIMEOUT}
    times: dict[int, list[int]] = {n: [] for n in range(MANY) if n != DEAD}
    for block in sink.blocks:
        for sample in block.samples():
            if sample.point != DEAD:
                assert sample.reason is Reason.NONE
                times[sample.point].append(sample.time)
    gaps = sorted(after - before for kept in times.values() for before, after in pairwise(kept))
    assert min(len(kept) for kept in times.values()) >= 3
    assert gaps[len(gaps) // 2] == pytest.approx(PERIOD_S * 1e9, rel=0.3)
    assert gaps[-1] < TIMEOUT_S * 1e9


def test_200_devices_that_come_back_at_once_do_not_call_at_once() -> None:
    """Each poll fails at the same instant; what counts is when each device tries again."""
    random.seed(1)
    waits: list[float] = []

    class Waiting(StillClock):
        async def sleep(self, seconds: float) -> None:
            waits.append(seconds)
            if len(waits) % 2 == 0:
                raise EOFError

    for n in range(MANY):
        unit = RegisterMap(says=Reason.REFUSED)
        poller = a_poller(unit, a_point(n, n), period_s=0.1)
        with pytest.raises(EOFError):
            at_once(poller.run(Recorder(), Waiting()))
    again = waits[1::2]
    assert min(again) >= 0.5
    assert max(again) <= 1.0
    slots = Counter(int(wait / 0.05) for wait in again)
    assert len(slots) == 10
    assert max(slots.values()) < MANY / 5
