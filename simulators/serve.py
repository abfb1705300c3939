"""The running building: plays a scenario in real time and writes down the truth."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from simulators import truth
from simulators.building.building import Building
from simulators.building.items import ITEMS
from simulators.clock import now
from simulators.people.days import moment
from simulators.people.files import RecordFile, files, put, put_in_time
from simulators.ports import BACNET, BASE_PORT, BROKER, MODBUS, numbered
from simulators.scenario import BuildingEvent, Edge, Scenario, load
from simulators.stations import Station, open_stations

TICK_S = 1.0
"""How often every signal moves, and how often MQTT devices publish."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``broker`` is an external one's host and port, None for the embedded one.

    ``truth`` None: the truth is not written. ``records`` is the folder into which the building's people drop
    their files, None: they state nothing. ``for_s`` None: until stopped.
    """

    base_port: int = BASE_PORT
    scenario: str = "demo"
    seed: int = 1
    truth: Path | None = None
    records: Path | None = None
    broker: tuple[str, int] | None = None
    for_s: float | None = None


async def serve(options: Options, on_ready: Callable[[Mapping[str, object]], None], stop: asyncio.Event) -> None:
    """Serve the building until ``stop`` is set or ``for_s`` is over; then close everything.

    ``on_ready`` is called once, when all sockets listen and the first values are served. Raises `SimulatorError`.
    """
    scenario = load(options.scenario)
    building = Building(options.seed, scenario.outages)
    async with AsyncExitStack() as stack:
        file = stack.enter_context(options.truth.open("w", encoding="utf-8")) if options.truth else None
        first = building.readings(0)
        stations = await open_stations(stack, options.base_port, options.broker, first)
        player = _Player(building, scenario, stations, file)
        player.show_first()
        waiting = _first_records(options, scenario)
        on_ready(_greeting(options))
        if options.records is not None:
            await stack.enter_async_context(_putting(options.records, waiting))
        await player.play(stop, math.inf if options.for_s is None else options.for_s)


def _first_records(options: Options, scenario: Scenario) -> list[RecordFile]:
    """Put the files of the start into the folder; those that are still to come, in order."""
    if options.records is None:
        return []
    options.records.mkdir(parents=True, exist_ok=True)
    found = files(scenario.outages, options.seed, moment(now()))
    for file in found:
        if not file.at_s:
            put(options.records, file)
    return [file for file in found if file.at_s]


@asynccontextmanager
async def _putting(folder: Path, waiting: Sequence[RecordFile]) -> AsyncIterator[None]:
    """Files come into the folder meanwhile; what hindered that is raised at the end."""
    task = asyncio.create_task(put_in_time(folder, waiting))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _greeting(options: Options) -> dict[str, object]:
    ports = numbered(options.base_port, {**BACNET, **MODBUS})
    own = numbered(options.base_port, BROKER)["broker"]
    return {
        "ready": True,
        "scenario": options.scenario,
        "seed": options.seed,
        "base_port": options.base_port,
        "ports": {**ports, "broker": own if options.broker is None else options.broker[1]},
    }


class _Player:
    """Brings the scenario's edges and the building's movement to the stations, in the order of time."""

    def __init__(
        self, building: Building, scenario: Scenario, stations: Mapping[str, Station], file: IO[str] | None
    ) -> None:
        self._building = building
        self._edges = list(scenario.edges())
        self._stations = stations
        self._file = file

    def show_first(self) -> None:
        """Serve the first values and write how every item begins."""
        since = self._show_all(0)
        for key, item in ITEMS.items():
            self._write(truth.line_of_item(since[item.device], key, self._building.is_up(key, 0)))

    async def play(self, stop: asyncio.Event, until_s: float) -> None:
        """Play until ``stop`` is set, at most ``until_s`` seconds."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        tick_s = TICK_S
        while not stop.is_set():
            edge_s = self._edges[0].at_s if self._edges else math.inf
            due_s = min(edge_s, tick_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, start + min(due_s, until_s) - loop.time()))
            if stop.is_set() or due_s >= until_s:
                return
            if edge_s <= tick_s:
                await self._pass(self._edges.pop(0))
            else:
                self._show_all(tick_s)
                # A beat that could not be kept is left out: the building's time does not lag behind.
                tick_s = TICK_S * max(tick_s / TICK_S + 1, math.floor((loop.time() - start) / TICK_S))

    def _show_all(self, at_s: float) -> dict[str, int]:
        readings = self._building.readings(at_s)
        return {device: station.show(readings[device]) for device, station in self._stations.items()}

    async def _pass(self, edge: Edge) -> None:
        event = edge.event
        if isinstance(event, BuildingEvent):
            device = ITEMS[event.item].device
            at = self._stations[device].show(self._building.readings(edge.at_s)[device])
        else:
            station = self._stations[event.device]
            change = station.break_wire if edge.begins else station.mend_wire
            at = await change(event.fault, event.signal)
        self._write(truth.line_of_edge(at, edge))

    def _write(self, line: truth.Line) -> None:
        if self._file is not None:
            truth.write(self._file, line)
