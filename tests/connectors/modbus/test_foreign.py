"""Software that is not ours on the other side: libmodbus' server for the connector, mbpoll for the simulator."""

from __future__ import annotations

import asyncio
import struct

import pytest

from connectors.protocol import Link
from evaluators.model.samples import Reason
from simulators.building.building import Building
from simulators.modbus.layout import LAYOUTS, Slot
from simulators.modbus.registers import encoded
from simulators.modbus.station import ModbusStation
from tests.connectors.modbus.field import a_connector, a_device, a_point, free_port, register_at, running
from tests.services.modbus import libmodbus_port, mbpoll
from tests.waiting import until

__all__ = ["libmodbus_port"]

pytestmark = pytest.mark.service


def registers(table: str, address: int, count: int) -> bytes:
    return b"".join(register_at(table, at).to_bytes(2, "big") for at in range(address, address + count))


async def test_every_table_of_libmodbus_is_read_as_it_holds_it(libmodbus_port: int) -> None:
    points = [
        *(a_point(n, n, table="coil") for n in range(100)),
        *(a_point(100 + n, n, table="discrete") for n in range(100)),
        *(a_point(200 + n, 100 + n) for n in range(250)),
        *(a_point(500 + n, n, table="input") for n in range(250)),
        a_point(800, 346, encoding="uint32", order="CDAB"),
        a_point(801, 340, encoding="int64"),
    ]
    connector = a_connector(a_device("foreign", libmodbus_port, points), timeout_s=5)
    async with running(connector) as sink:
        await until(lambda: len(sink.blocks) >= 2)
    for block in sink.blocks:
        got = {sample.point: sample.value for sample in block.samples()}
        assert [got[n] for n in range(100)] == [register_at("coil", n) % 2 for n in range(100)]
        assert [got[100 + n] for n in range(100)] == [register_at("discrete", n) % 2 for n in range(100)]
        assert [got[200 + n] for n in range(250)] == [register_at("holding", 100 + n) for n in range(250)]
        assert [got[500 + n] for n in range(250)] == [register_at("input", n) for n in range(250)]
        low, high = struct.unpack(">HH", registers("holding", 346, 2))
        assert got[800] == high << 16 | low
        assert got[801] == struct.unpack(">q", registers("holding", 340, 4))[0]
    assert connector.health()[0].link is Link.UP
    assert connector.health()[0].figures["requests"] == 6 * len(sink.blocks)


async def test_what_libmodbus_refuses_is_found_and_the_rest_is_read(libmodbus_port: int) -> None:
    points = [a_point(n, 90 + n) for n in range(30)]
    connector = a_connector(a_device("foreign", libmodbus_port, points), timeout_s=5)
    async with running(connector) as sink:
        await until(lambda: len(sink.blocks) >= 3)
    for block in sink.blocks:
        found = {sample.point: sample.reason or sample.value for sample in block.samples()}
        assert [found[n] for n in range(10)] == [Reason.ILLEGAL_ADDRESS] * 10
        assert [found[n] for n in range(10, 30)] == [register_at("holding", 90 + n) for n in range(10, 30)]
    assert "refuses meter/p0 (holding 90: illegal_address)" in connector.health()[0].detail


def words_of(slot: Slot, port: int) -> list[int]:
    """The registers of a slot, or its one bit, as mbpoll reads them."""
    if slot.table in ("coil", "discrete"):
        kind, count = {"coil": "0", "discrete": "1"}[slot.table], 1
    else:
        kind = {"holding": "4:hex", "input": "3:hex"}[slot.table]
        count = {"int32": 2, "uint32": 2, "float32": 2, "uint64": 4}.get(slot.encoding, 1)
    printed = mbpoll(port, "-t", kind, "-r", str(slot.address), "-c", str(count))
    return [int(word, 0) for word in printed]


@pytest.mark.parametrize("device", LAYOUTS)
async def test_mbpoll_reads_the_simulator_as_it_is_meant(device: str) -> None:
    port = free_port()
    values = Building(1).readings(5.0)[device]
    station = ModbusStation(device, port, values)
    await station.start()
    try:
        for slot in LAYOUTS[device]:
            got = await asyncio.to_thread(words_of, slot, port)
            if slot.encoding == "bit":
                assert bool(got[0] >> (slot.bit or 0) & 1) == values[slot.signal], slot
            else:
                assert got == encoded(slot, values[slot.signal]), slot
    finally:
        await station.close()
        await asyncio.sleep(0)


async def test_mbpoll_makes_the_same_numbers_of_32_bits_as_we_mean() -> None:
    port = free_port()
    values = Building(1).readings(5.0)
    station = ModbusStation("meter-main", port, values["meter-main"])
    await station.start()
    try:
        (power,) = await asyncio.to_thread(mbpoll, port, "-t", "4:float", "-B", "-r", "4", "-c", "1")
        assert float(power) == pytest.approx(float(values["meter-main"]["power"]), rel=1e-4)
    finally:
        await station.close()
        await asyncio.sleep(0)
