"""The building's devices on free ports of loopback, without a scenario playing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from simulators.building.building import Building
from simulators.building.items import Signals
from simulators.ports import BACNET, BROKER, MODBUS, numbered
from simulators.stations import Station, open_stations
from tests.simulators.free_ports import free_base_port


@dataclass(frozen=True)
class Street:
    """The stations, what they show, and where they listen. ``base_port`` itself is free for a BACnet client."""

    base_port: int
    ports: Mapping[str, int]
    stations: Mapping[str, Station]
    readings: Mapping[str, Signals]

    def show(self) -> None:
        """Let every station show its readings (again)."""
        for device, station in self.stations.items():
            station.show(self.readings[device])


@asynccontextmanager
async def served(building: Building | None = None, at_s: float = 5.0) -> AsyncIterator[Street]:
    """Every device, showing the building at one instant, with the embedded broker."""
    base_port = free_base_port()
    readings = (building or Building(1)).readings(at_s)
    async with AsyncExitStack() as stack:
        stations = await open_stations(stack, base_port, None, readings)
        yield Street(base_port, numbered(base_port, {**BACNET, **MODBUS, **BROKER}), stations, readings)
