"""The connector against real servers: reading, outages, neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from agent.clock import SystemClock
from connectors.modbus.connector import tcp_line
from connectors.modbus.plan import Request
from connectors.protocol import Link
from evaluators.model.samples import Quality, Reason
from tests.connectors.modbus.field import (
    Recorder,
    a_connector,
    a_device,
    a_point,
    free_port,
    proper,
    refusal,
    register_at,
    running,
    wire,
)
from tests.waiting import until

MS = 1_000_000


def a_unit(id: int, *words: int) -> SimDevice:
    """A unit with these holding registers from 0 on; it refuses every other address."""
    return SimDevice(id, [SimData(0, values=list(words), datatype=DataType.REGISTERS)])


@asynccontextmanager
async def serving(port: int, *units: SimDevice) -> AsyncIterator[ModbusTcpServer]:
    """pymodbus' own server."""
    server = ModbusTcpServer(list(units), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it without types
        await asyncio.sleep(0)


async def well(frame: bytes) -> bytes:
    return proper(frame)


async def test_units_behind_one_port_are_read_over_one_connection() -> None:
    port = free_port()
    async with serving(port, a_unit(1, 11, 12), a_unit(2, 21, 22)):
        devices = [a_device(f"m{n}", port, [a_point(n, 0), a_point(10 * n, 1)], unit=n) for n in (1, 2)]
        connector = a_connector(*devices)
        before = SystemClock().now()
        async with running(connector) as sink:
            await until(lambda: sink.good(10) and sink.good(20))
    assert [sink.good(n)[0].value for n in (1, 10, 2, 20)] == [11, 12, 21, 22]
    assert before < sink.good(1)[0].time <= sink.good(1)[0].received <= SystemClock().now()
    assert {block.source for block in sink.blocks} == {"field"}
    for health in connector.health():
        assert (health.link, health.errors, health.detail) == (Link.UP, {}, "")
        assert health.last_good is not None
        assert health.since >= before
        assert health.round_trip_s is not None
        assert 0 < health.round_trip_s < 1


async def test_addresses_that_a_real_server_refuses_do_not_take_their_neighbours_along() -> None:
    port = free_port()
    blocks = [
        SimData(0, values=[1, 2, 3], datatype=DataType.REGISTERS),
        SimData(5, values=7, datatype=DataType.UINT32),
    ]
    async with serving(port, SimDevice(1, blocks)):
        points = [*(a_point(n, n) for n in range(5)), a_point(5, 5, encoding="uint32")]
        connector = a_connector(a_device("meter", port, points))
        async with running(connector) as sink:
            await until(lambda: len(sink.samples(5)) >= 3)
    assert [sink.samples(n)[-1].value for n in (0, 1, 2, 5)] == [1, 2, 3, 7]
    assert sink.reasons(0, 1, 2, 5) == {Reason.NONE}
    assert sink.reasons(3, 4) == {Reason.ILLEGAL_ADDRESS}
    assert "refuses meter/p3 (holding 3: illegal_address), meter/p4" in connector.health()[0].detail


async def test_an_absent_unit_of_a_real_server_is_bad_and_its_neighbour_is_read() -> None:
    port = free_port()
    async with serving(port, a_unit(1, 5)):
        devices = [a_device(f"m{n}", port, [a_point(n, 0)], unit=n) for n in (1, 2)]
        async with running(a_connector(*devices)) as sink:
            await until(lambda: len(sink.good(1)) >= 3 and sink.samples(2))
    assert sink.reasons(2) == {Reason.DEVICE_FAILURE}


async def test_a_busy_device_is_bad_until_it_is_not() -> None:
    busy = True

    async def action(*_: object) -> ExcCodes | None:
        return ExcCodes.DEVICE_BUSY if busy else None

    port = free_port()
    unit = SimDevice(1, [SimData(0, values=[5], datatype=DataType.REGISTERS)], action=action)
    async with serving(port, unit), running(a_connector(a_device("meter", port, [a_point(0, 0)]))) as sink:
        await until(lambda: len(sink.samples(0)) >= 2)
        assert sink.reasons(0) == {Reason.DEVICE_BUSY}
        busy = False
        await until(lambda: sink.good(0))


async def test_a_server_that_stops_and_starts_again_is_read_again_and_the_gap_is_bad() -> None:
    port = free_port()
    connector = a_connector(a_device("meter", port, [a_point(0, 0)]))
    async with running(connector) as sink:
        await until(lambda: sink.samples(0))
        assert connector.health()[0].link is Link.BACKING_OFF
        async with serving(port, a_unit(1, 5)):
            await until(lambda: sink.good(0))
            assert connector.health()[0].link is Link.UP
        gone_at = len(sink.samples(0))
        await until(lambda: len(sink.samples(0)) >= gone_at + 2 and sink.samples(0)[-1].quality is Quality.BAD)
        health = connector.health()[0]
        assert health.link is Link.BACKING_OFF
        assert f"127.0.0.1:{port}" in health.detail
        goods = len(sink.good(0))
        async with serving(port, a_unit(1, 6)):
            await until(lambda: len(sink.good(0)) > goods)
    assert {5, 6} == {sample.value for sample in sink.good(0)}
    assert sink.reasons(0) <= {Reason.NONE, Reason.REFUSED, Reason.OFFLINE}
    assert Reason.REFUSED in sink.reasons(0)


async def test_a_dead_device_costs_those_at_other_addresses_nothing() -> None:
    async def silent(frame: bytes) -> bytes:
        return b""

    async with wire(well) as healthy, wire(silent) as dead:
        devices = [a_device(f"well-{n}", healthy.port, [a_point(n, n)], unit=n, period_s=0.1) for n in range(1, 5)]
        devices += [a_device(f"dead-{n}", dead.port, [a_point(n, n)], unit=n, period_s=0.1) for n in range(5, 9)]
        async with running(a_connector(*devices, timeout_s=2)) as sink:
            await until(lambda: all(len(sink.good(n)) >= 12 for n in range(1, 5)))
    for n in range(1, 5):
        gaps = [after.time - before.time for before, after in pairwise(sink.good(n))]
        assert max(gaps) < 1000 * MS  # far less than the time-out
        assert sorted(gaps)[len(gaps) // 2] < 130 * MS
    assert not any(sink.good(n) for n in range(5, 9))


async def test_a_dead_unit_costs_those_on_its_line_one_timeout_a_back_off() -> None:
    async def answer(frame: bytes) -> bytes:
        return b"" if frame[6] == 9 else proper(frame)

    async with wire(answer) as server:
        dead = a_device("dead", server.port, [a_point(n, 40 * n) for n in range(90, 95)], unit=9, period_s=0.05)
        healthy = a_device("well", server.port, [a_point(1, 1)], unit=1, period_s=0.05)
        async with running(a_connector(dead, healthy, timeout_s=0.2)) as sink:
            await until(lambda: len(sink.samples(90)) >= 3)
    assert server.asked(9) == len(sink.samples(90))
    assert [sink.reasons(n) for n in range(90, 95)] == [{Reason.TIMEOUT}] * 5
    goods = sink.good(1)
    assert max(after.time - before.time for before, after in pairwise(goods)) < 600 * MS
    assert len(goods) > 10


async def test_a_gateway_that_says_that_a_unit_is_gone_is_asked_once_a_back_off() -> None:
    async def answer(frame: bytes) -> bytes:
        return refusal(frame, 11) if frame[6] == 9 else proper(frame)

    async with wire(answer) as server:
        dead = a_device("dead", server.port, [a_point(2, 0), a_point(3, 100)], unit=9)
        healthy = a_device("well", server.port, [a_point(1, 1)], unit=1)
        async with running(a_connector(dead, healthy)) as sink:
            await until(lambda: len(sink.samples(3)) >= 2)
    assert server.asked(9) == len(sink.samples(3))
    assert sink.reasons(2, 3) == {Reason.GATEWAY_NO_RESPONSE}
    assert sink.reasons(1) == {Reason.NONE}


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64])
async def test_a_host_that_cannot_be_found_is_refused(host: str) -> None:
    connector = a_connector(a_device("meter", 502, [a_point(0, 0)], host=host), timeout_s=5)
    async with running(connector) as sink:
        await until(lambda: sink.samples(0))
    assert sink.reasons(0) == {Reason.REFUSED}
    assert f"cannot connect to {host}:502" in connector.health()[0].detail


async def test_a_slow_sink_holds_up_its_own_device_only() -> None:
    class Stuck(Recorder):
        async def put(self, block: object) -> None:
            await super().put(block)  # type: ignore[arg-type]  # blocks are all that comes
            if any(sample.point == 1 for sample in self.blocks[-1].samples()):
                await asyncio.Event().wait()

    async with wire(well) as server:
        devices = [a_device(f"m{n}", server.port, [a_point(n, n)], unit=n) for n in (1, 2)]
        async with running(a_connector(*devices), Stuck()) as sink:
            await until(lambda: sink.good(1) and len(sink.good(2)) >= 5)
    assert len(sink.good(1)) == 1


async def test_a_sink_that_fails_ends_the_connection_with_its_error() -> None:
    class Broken(Recorder):
        async def put(self, block: object) -> None:
            raise OSError("disk full")

    async with wire(well) as server:
        devices = [a_device(f"m{n}", server.port, [a_point(n, n)], unit=n) for n in (1, 2)]
        with pytest.raises(OSError, match="disk full"):
            await a_connector(*devices).run(Broken(), SystemClock())


async def test_a_cancellation_is_never_lost_whenever_it_comes() -> None:
    """Python 3.11's ``wait_for``, in which pymodbus connects, swallows one that comes with the connection."""
    async with wire(well) as server:
        question = Request("holding", 0, 1, ())
        for steps in range(40):
            line = tcp_line("127.0.0.1", server.port, 5.0)
            asking = asyncio.create_task(line.ask(1, question))
            for _ in range(steps):
                await asyncio.sleep(0)
            stopped = asking.cancel()
            await asyncio.wait([asking])
            assert asking.cancelled() == stopped, f"cancelled after {steps} steps"
            line.close()


async def test_who_is_cancelled_while_waiting_for_an_answer_leaves_none_behind() -> None:
    hold = asyncio.Event()

    async def answer(frame: bytes) -> bytes:
        if frame[8:10] == b"\0\0":
            await hold.wait()
        return proper(frame)

    async with wire(answer) as server:
        line = tcp_line("127.0.0.1", server.port, 5.0)
        first = asyncio.create_task(line.ask(1, Request("holding", 0, 1, ())))
        await until(lambda: server.frames)
        first.cancel()
        await asyncio.wait([first])
        hold.set()
        value = await line.ask(1, Request("holding", 7, 1, ()))
        line.close()
    assert value == register_at("holding", 7).to_bytes(2, "big")
    assert server.connections == 2
