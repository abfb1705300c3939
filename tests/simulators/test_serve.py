"""The running building: what is on the wire is what the truth file says, to the instant."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.broker import EmbeddedBroker
from simulators.building.items import ITEMS
from simulators.errors import ScenarioError
from simulators.ports import BROKER, HOST, check_tcp
from simulators.scenario import load
from simulators.serve import Options, serve
from tests.simulators.clients import bacnet_client, modbus_client, mqtt_subscriber
from tests.simulators.free_ports import free_base_port
from tests.waiting import until

SCENARIO = """
about = "Everything within two seconds."
[[building]]
at_s = 0.4
for_s = 0.7
item = "lift-1/car"
fault = "out-of-order"
[[building]]
at_s = 0.5
for_s = 0.7
item = "lift-3/car"
fault = "out-of-order"
[[building]]
at_s = 0.6
for_s = 0.7
item = "meter-main/metering"
fault = "self-test"
[[wire]]
at_s = 0.3
for_s = 0.5
device = "generator"
fault = "illegal-address"
[[wire]]
at_s = 0.4
for_s = 0.6
device = "water-meter"
fault = "dropped"
[[wire]]
at_s = 0.7
for_s = 0.5
device = "ahu"
fault = "status-fault"
signal = "co2"
"""
EVENTS = 6


@dataclass
class Run:
    """A running simulation: where it listens and what it has written."""

    ports: Mapping[str, int]
    base_port: int
    truth: Path

    def lines(self) -> list[dict[str, Any]]:
        """The truth so far."""
        return [json.loads(line) for line in self.truth.read_text(encoding="utf-8").splitlines()]

    def span(self, kind: str, key: str, begun: str) -> tuple[int, int]:
        """When the only trouble of an item or wire began and ended, ns UTC."""
        changes = [line for line in self.lines() if line.get(kind) == key]
        (start,) = [n for n, line in enumerate(changes) if line["state"] == begun]
        return changes[start]["t"], changes[start + 1]["t"]

    def finished(self) -> bool:
        """Whether the whole scenario is over."""
        return len(self.lines()) == len(ITEMS) + 2 * EVENTS


@asynccontextmanager
async def running(tmp_path: Path, scenario: str = SCENARIO) -> AsyncIterator[Run]:
    """The simulators in this process, ready, and stopped afterwards."""
    (tmp_path / "quick.toml").write_text(scenario, encoding="utf-8")
    base_port, truth, stop = free_base_port(), tmp_path / "truth.jsonl", asyncio.Event()
    greetings: list[Any] = []
    options = Options(base_port, str(tmp_path / "quick.toml"), truth=truth)
    task = asyncio.create_task(serve(options, greetings.append, stop))
    try:
        await until(lambda: greetings or task.done())
        if task.done():
            task.result()
        yield Run(greetings[0]["ports"], base_port, truth)
    finally:
        stop.set()
        await task


@dataclass(frozen=True)
class Look:
    """A value that was true at some moment between ``before`` and ``after``, ns UTC."""

    before: int
    after: int
    value: object

    def relation(self, start: int, end: int) -> bool | None:
        """Whether it was surely inside the span (True), surely outside (False), or neither."""
        if start < self.before and self.after < end:
            return True
        return False if self.after < start or end < self.before else None


async def watch(read: Callable[[], Awaitable[object]], run: Run) -> list[Look]:
    """Read again and again until the scenario is over."""
    looks = []
    while not run.finished():
        before = time.time_ns()
        value = await read()
        looks.append(Look(before, time.time_ns(), value))
        await asyncio.sleep(0.01)
    return looks


def check(looks: list[Look], span: tuple[int, int], inside: object, outside: object) -> None:
    """Every look that can be told says what the truth says, and there are some of each."""
    told = [(look.relation(*span), look.value) for look in looks]
    assert {value for relation, value in told if relation is True} == {inside}
    assert {value for relation, value in told if relation is False} == {outside}


async def test_the_truth_begins_with_every_item(tmp_path: Path) -> None:
    before = time.time_ns()
    async with running(tmp_path) as run:
        first = run.lines()[: len(ITEMS)]
        assert [(line["item"], line["state"]) for line in first] == [(key, "up") for key in ITEMS]
        assert all(before <= line["t"] <= time.time_ns() for line in first)


async def test_the_truth_is_what_a_bacnet_client_sees(tmp_path: Path) -> None:
    async with running(tmp_path) as run, bacnet_client(run.base_port) as client:

        async def mode() -> object:
            return int((await client.read(run.ports["lifts"], [("lift,1", ["car-mode"])]))[0])

        async def status() -> object:
            return str((await client.read(run.ports["ahu"], [("analog-input,8", ["reliability"])]))[0])

        modes, reliabilities = await asyncio.gather(watch(mode, run), watch(status, run))
        check(modes, run.span("item", "lift-1/car", "down"), 12, 1)
        check(reliabilities, run.span("wire", "ahu", "broken"), "no-sensor", "no-fault-detected")


async def test_the_truth_is_what_a_modbus_client_sees(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as run,
        modbus_client(run.ports["meter-main"]) as meter,
        modbus_client(run.ports["generator"]) as generator,
    ):

        async def status() -> object:
            return (await meter.read_holding_registers(12, count=1)).registers[0]

        async def exception() -> object:
            return (await generator.read_holding_registers(772, count=1)).exception_code

        statuses, exceptions = await asyncio.gather(watch(status, run), watch(exception, run))
        check(statuses, run.span("item", "meter-main/metering", "down"), 4, 0)
        check(exceptions, run.span("wire", "generator", "broken"), 2, 0)


async def test_the_truth_is_in_the_mqtt_messages_by_their_own_time(tmp_path: Path) -> None:
    async with running(tmp_path) as run, mqtt_subscriber(run.ports["broker"], "building/#") as mailbox:
        await until(run.finished)
        start, end = run.span("item", "lift-3/car", "down")
        await until(
            lambda: any(json.loads(payload)["time"] > end for payload in mailbox.payloads("building/lifts"))
        )
        messages = [json.loads(payload) for payload in mailbox.payloads("building/lifts")]
        for message in messages:
            out = message["cars"][0]["mode"] == "out-of-service"
            assert out == (start <= message["time"] < end)
        assert {start, end} <= {message["time"] for message in messages}  # changed at a message's very stamp
        assert mailbox.payloads("building/water/status") == [b"online", b"offline", b"online"]


async def test_edges_come_when_the_scenario_says(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        begun = run.lines()[-1]["t"]
        await until(run.finished)
        changes = run.lines()[len(ITEMS) :]
        (tmp_path / "again.toml").write_text(SCENARIO, encoding="utf-8")
        said = [edge.at_s for edge in load(str(tmp_path / "again.toml")).edges()]
        for line, at_s in zip(changes, said, strict=True):
            assert 0 <= (line["t"] - begun) / 1e9 - at_s < 1, line
        assert [line["t"] for line in changes] == sorted(line["t"] for line in changes)


async def test_it_moves_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path, 'about = "calm"') as run, modbus_client(run.ports["meter-main"]) as client:
        seen: set[tuple[int, ...]] = set()
        for _ in range(300):
            seen.add(tuple((await client.read_holding_registers(0, count=12)).registers))
            if len(seen) >= 3:
                break
            await asyncio.sleep(0.02)
        assert len(seen) >= 3


async def test_a_run_can_be_limited() -> None:
    greetings: list[Any] = []
    options = Options(free_base_port(), "calm", for_s=0.2)
    await asyncio.wait_for(serve(options, greetings.append, asyncio.Event()), 10)
    assert greetings[0]["ready"] is True


async def test_another_broker_is_used_and_none_is_opened() -> None:
    base_port, broker_port = free_base_port(), free_base_port()
    broker, stop = EmbeddedBroker(broker_port), asyncio.Event()
    await broker.start()
    async with mqtt_subscriber(broker_port, "building/#") as mailbox:
        greetings: list[Any] = []
        options = Options(base_port, "calm", broker=(HOST, broker_port))
        task = asyncio.create_task(serve(options, greetings.append, stop))
        await until(lambda: mailbox.payloads("building/lifts") and mailbox.payloads("building/water"))
        assert greetings[0]["ports"]["broker"] == broker_port
        check_tcp("broker", base_port + BROKER["broker"])
        stop.set()
        await task
        await until(
            lambda: mailbox.payloads("building/lifts/status") == [b"online", b"offline"]
        )  # said in parting
    await broker.close()


async def test_a_wrong_scenario_comes_out_as_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        async with running(tmp_path, "about = 1"):
            pass
