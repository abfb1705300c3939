"""One dead device among two hundred: the others keep their period."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from evaluators.model.samples import Quality
from tests.connectors.bacnet.field import (
    LOOPBACK,
    Recorder,
    a_connector,
    a_device,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.waiting import until

MANY = 200
PERIOD_S = 0.5
TIMEOUT_S = 20.0


class Parrot(asyncio.DatagramProtocol):
    """A device that gives the answers of another one, by heart."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._out: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._out = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer with the question's invoke id."""
        answer = self._answers.get(data[9:])
        if answer is not None:
            self._out.sendto(answer[:7] + data[8:9] + answer[8:], addr)


async def learned() -> dict[bytes, bytes]:
    """What a real device answers, by the service and content of the question."""
    sink = Recorder()
    answers: list[bytes] = []
    async with a_rig(partial(a_served, "analog-input", presentValue=3.0)) as rig:
        rig.line.mangle = lambda answer: [answers.append(answer) or answer]  # type: ignore[func-returns-value]  # or
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink):
            await until(lambda: sink.blocks)
        return {question[9:]: answer for question, answer in zip(rig.line.sent, answers, strict=False)}


def counts(sink: Recorder) -> Counter[int]:
    """How many good samples of each point but the dead one's there are, in one pass over all: to look at each of
    them by itself would keep the devices waiting."""
    found = Counter({number: 0 for number in range(1, MANY)})
    for part in (part for block in sink.blocks for part in block.columns):
        rows = zip(part.points, part.qualities, strict=True)
        found.update(point for point, quality in rows if point and quality == Quality.GOOD)
    return found


async def test_one_dead_device_of_two_hundred_keeps_nobody_waiting() -> None:
    """All others are polled again and again while the dead one is still waited for."""
    answers = await learned()
    sink = Recorder()
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        dead = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        dead.bind((LOOPBACK, 0))
        dead.setblocking(False)
        ports = [dead.getsockname()[1]]
        for _ in range(MANY - 1):
            transport, _ = await loop.create_datagram_endpoint(partial(Parrot, answers), (LOOPBACK, 0))
            stack.callback(transport.close)
            ports.append(transport.get_extra_info("sockname")[1])
        devices = [
            a_device(port, a_point(number, "analog-input,1"), id=f"d{number}", period_s=PERIOD_S)
            for number, port in enumerate(ports)
        ]
        async with running(a_connector(*devices, timeout_s=TIMEOUT_S), sink):
            await loop.sock_recv(dead, 2000)
            before = counts(sink)
            await until(lambda: min(had - before[n] for n, had in counts(sink).items()) > 3, timeout_s=TIMEOUT_S)
            assert sink.samples(0) == []
    await asyncio.sleep(0)
