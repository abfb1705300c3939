"""The Modbus devices, read over TCP by a plain client."""

from __future__ import annotations

from typing import Any

import pytest
from pymodbus.exceptions import ModbusIOException

from simulators.building.building import Building
from simulators.wires import WireFault
from tests.simulators.clients import modbus_client, modbus_value
from tests.simulators.demo_site import devices_on
from tests.simulators.stations import served


@pytest.mark.parametrize("device", devices_on("power"))
async def test_every_point_of_the_site_file_is_answered(device: str) -> None:
    points: dict[str, Any] = devices_on("power")[device]["points"]
    async with served() as street, modbus_client(street.ports[device]) as client:
        for name, point in points.items():
            value, true = await modbus_value(client, point), street.readings[device][name]
            if point["type"] == "float":
                least = 0 if point["encoding"] == "float32" else point.get("scale", 1) / 2
                assert value == pytest.approx(true, rel=1e-6, abs=least * 1.001), name
            else:
                assert value == true, name


async def test_what_is_shown_later_is_read_later() -> None:
    point = devices_on("power")["meter-main"]["points"]["energy"]
    async with served() as street, modbus_client(street.ports["meter-main"]) as client:
        later = Building(1).readings(1000)["meter-main"]
        assert await modbus_value(client, point) == street.readings["meter-main"]["energy"]
        street.stations["meter-main"].show(later)
        assert await modbus_value(client, point) == later["energy"]
        assert later["energy"] != street.readings["meter-main"]["energy"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(WireFault.ILLEGAL_ADDRESS, 2), (WireFault.DEVICE_FAILURE, 4), (WireFault.DEVICE_BUSY, 6)],
)
async def test_an_exception_to_every_request_until_mended(fault: WireFault, code: int) -> None:
    async with served() as street, modbus_client(street.ports["generator"]) as client:
        await street.stations["generator"].break_wire(fault, "")
        answer = await client.read_holding_registers(772, count=1)
        assert (answer.isError(), answer.exception_code) == (True, code)
        await street.stations["generator"].mend_wire(fault, "")
        assert (await client.read_holding_registers(772, count=1)).registers == [1]


async def test_a_silent_device_takes_connections_and_answers_nothing() -> None:
    async with served() as street, modbus_client(street.ports["meter-tenants"], timeout_s=0.3) as client:
        await street.stations["meter-tenants"].break_wire(WireFault.SILENT, "")
        with pytest.raises(ModbusIOException):
            await client.read_input_registers(0, count=2)
        await street.stations["meter-tenants"].mend_wire(WireFault.SILENT, "")
        async with modbus_client(street.ports["meter-tenants"]) as again:
            assert not (await again.read_input_registers(0, count=2)).isError()


async def test_writing_is_refused() -> None:
    async with served() as street, modbus_client(street.ports["generator"]) as client:
        assert (await client.write_register(772, 0)).exception_code == 1
        assert (await client.read_holding_registers(772, count=1)).registers == [1]
    async with served() as street, modbus_client(street.ports["fire-pump"]) as client:
        assert (await client.write_coil(0, True)).exception_code == 1
        assert (await client.read_coils(0, count=1)).bits[0] is False


@pytest.mark.parametrize(("address", "code"), [(770, 2), (900, 2)])
async def test_registers_that_are_not_there(address: int, code: int) -> None:
    async with served() as street, modbus_client(street.ports["generator"]) as client:
        assert (await client.read_holding_registers(address, count=1)).exception_code == code


async def test_a_table_that_a_device_does_not_have() -> None:
    async with served() as street, modbus_client(street.ports["meter-main"]) as client:
        assert (await client.read_coils(0, count=1)).exception_code == 1
        assert (await client.read_input_registers(0, count=1)).exception_code == 1
