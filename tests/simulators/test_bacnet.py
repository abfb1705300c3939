"""The BACnet devices, read over UDP by a plain client."""

from __future__ import annotations

from typing import Any

import pytest
from bacpypes3.apdu import ErrorRejectAbortNack
from bacpypes3.basetypes import ErrorType, EventState, Reliability

from simulators.building.building import Building
from simulators.building.items import Outage
from simulators.wires import WireFault
from tests.simulators.clients import bacnet_client
from tests.simulators.demo_site import devices_on
from tests.simulators.stations import served

STATUS = ["status-flags", "event-state", "out-of-service", "reliability"]
HEALTHY = [[0, 0, 0, 0], int(EventState("normal")), 0, int(Reliability("no-fault-detected"))]


def plain(value: Any) -> Any:
    """A value of the library as Python's own."""
    assert not isinstance(value, ErrorType)
    if isinstance(value, list):
        return [int(one) for one in value]
    return float(value) if isinstance(value, float) else int(value)


def expected(property_: str, value: Any) -> Any:
    """A signal as its property has it."""
    if property_ == "fault-signals":
        return list(range(value))
    if property_ == "car-door-status":
        return [value]
    return int(value) if isinstance(value, bool) else value


@pytest.mark.parametrize("device", devices_on("bms"))
async def test_every_point_of_the_site_file_is_answered_with_its_status(device: str) -> None:
    points: dict[str, Any] = devices_on("bms")[device]["points"]
    async with served() as street, bacnet_client(street.base_port) as client:
        for name, point in points.items():
            property_ = point.get("property", "present-value")
            wanted = [(point["object"], [property_, *STATUS])]
            value, *status = map(plain, await client.read(street.ports[device], wanted))
            assert value == pytest.approx(expected(property_, street.readings[device][name])), name
            assert status == HEALTHY, name


async def test_many_objects_in_one_request() -> None:
    points: dict[str, Any] = devices_on("bms")["fire-panel"]["points"]
    wanted = [
        (point["object"], [point.get("property", "present-value"), "status-flags"]) for point in points.values()
    ]
    async with served() as street, bacnet_client(street.base_port) as client:
        values = await client.read(street.ports["fire-panel"], wanted)
        true = [expected("present-value", street.readings["fire-panel"][name]) for name in points]
        assert [plain(value) for value in values[::2]] == pytest.approx(true)


async def test_fault_signals_is_a_list_of_the_active_ones() -> None:
    building = Building(1, [Outage("lift-2/car", "out-of-order", 1, 9)])
    async with served(building) as street, bacnet_client(street.base_port) as client:
        wanted = [("lift,1", ["car-mode", "fault-signals"]), ("lift,2", ["car-mode", "fault-signals"])]
        values = await client.read(street.ports["lifts"], wanted)
        assert [plain(value) for value in values] == [1, [], 12, [0]]


async def test_values_move_on_the_wire() -> None:
    async with served() as street, bacnet_client(street.base_port) as client:
        wanted = [("analog-input,1", ["present-value"])]
        later = Building(1).readings(90)["ahu"]
        before = plain((await client.read(street.ports["ahu"], wanted))[0])
        street.stations["ahu"].show(later)
        after = plain((await client.read(street.ports["ahu"], wanted))[0])
        assert (before, after) == pytest.approx(
            (street.readings["ahu"]["supply-temperature"], later["supply-temperature"])
        )
        assert before != after


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (WireFault.STATUS_FAULT, [[0, 1, 0, 0], 0, 0, int(Reliability("no-sensor"))]),
        (WireFault.OUT_OF_SERVICE, [[0, 0, 0, 1], 0, 1, 0]),
    ],
)
async def test_a_status_fault_concerns_one_object_and_ends(fault: WireFault, status: list[Any]) -> None:
    async with served() as street, bacnet_client(street.base_port) as client:
        port, panel = street.ports["fire-panel"], street.stations["fire-panel"]
        wanted = [("life-safety-zone,1", STATUS), ("life-safety-zone,2", STATUS)]
        await panel.break_wire(fault, "loop-1-mode")
        assert [plain(value) for value in await client.read(port, wanted)] == [*status, *HEALTHY]
        await panel.mend_wire(fault, "loop-1-mode")
        assert [plain(value) for value in await client.read(port, wanted)] == [*HEALTHY, *HEALTHY]


async def test_a_silent_device_answers_nothing_and_then_again() -> None:
    async with served() as street, bacnet_client(street.base_port, timeout_s=0.3) as client:
        wanted = [("lift,1", ["car-mode"])]
        await street.stations["lifts"].break_wire(WireFault.SILENT, "")
        with pytest.raises(TimeoutError):
            await client.read(street.ports["lifts"], wanted)
        await client.read(street.ports["ahu"], [("analog-input,1", ["present-value"])])  # its neighbours do
        await street.stations["lifts"].mend_wire(WireFault.SILENT, "")
        assert plain((await client.read(street.ports["lifts"], wanted))[0]) == 1


async def test_writing_is_refused() -> None:
    async with served() as street, bacnet_client(street.base_port) as client:
        with pytest.raises(ErrorRejectAbortNack, match="write-access-denied"):
            await client.write(street.ports["ahu"], "analog-value,1", "present-value", 30.0)
        (value,) = await client.read(street.ports["ahu"], [("analog-value,1", ["present-value"])])
        assert plain(value) == 14.5


async def test_an_absent_object_is_an_error_in_its_place() -> None:
    async with served() as street, bacnet_client(street.base_port) as client:
        wanted = [("lift,9", ["car-mode"]), ("lift,1", ["car-mode"])]
        absent, present = await client.read(street.ports["lifts"], wanted)
        assert isinstance(absent, ErrorType)
        assert plain(present) == 1


async def test_property_list_names_what_is_served() -> None:
    async with served() as street, bacnet_client(street.base_port) as client:
        found = await client.property_list(street.ports["lifts"], "lift,1")
        assert {*STATUS, "car-mode", "fault-signals", "car-door-status"} <= found
