"""Against a BACnet stack that shares no code with ours: it reads our simulator, and the connector reads it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from agent.clock import SystemClock
from connectors.bacnet.connector import probe, scan
from connectors.bacnet.settings import Connection
from connectors.protocol import BoundConnection
from simulators.bacnet.layout import LAYOUTS
from simulators.building.building import Building
from tests.connectors.bacnet.field import (
    LOOPBACK,
    Recorder,
    a_connector,
    a_device,
    a_free_port,
    a_point,
    running,
)
from tests.services.bacpy_peer import Bacpy
from tests.simulators.stations import served
from tests.waiting import until

pytestmark = pytest.mark.service

INSTANCE = 77
POINTS = (
    a_point(1, "analog-input,1"),
    a_point(2, "binary-input,1", "bool"),
    a_point(3, "multi-state-value,1", "int"),
    a_point(4, "life-safety-point,1", "text"),
    a_point(5, "lift,1", "int", property="fault-signals"),
    a_point(6, "analog-input,1", "text", property="object-name"),
    a_point(7, "analog-input,7"),
)


async def test_the_connector_reads_a_device_that_is_not_ours(bacpy: Bacpy) -> None:
    port = a_free_port()
    with bacpy.running("serve", str(port)) as peer:
        assert await asyncio.to_thread(peer.heard) == {"serving": 6}
        settings = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port())
        device = a_device(port, *POINTS, instance=INSTANCE)
        (found,) = await probe(BoundConnection("bms", settings, (device,)), SystemClock())
    read = {s.point: (s.value, s.quality.name.lower(), s.reason.label) for s in found.samples}
    assert read == {
        1: (21.5, "good", ""),
        2: (True, "good", ""),
        3: (3, "good", ""),
        4: ("alarm", "good", ""),
        5: (0, "good", ""),
        6: ("supply", "good", ""),
        7: (None, "bad", "unknown_object"),
    }


@pytest.mark.parametrize("cov", ["unconfirmed", "confirmed"])
async def test_its_changes_are_told(bacpy: Bacpy, cov: str) -> None:
    port = a_free_port()
    sink = Recorder()
    with bacpy.running("serve", str(port)) as peer:
        await asyncio.to_thread(peer.heard)
        device = a_device(port, *POINTS[:3], instance=INSTANCE, id="lobby-4", cov=cov, period_s=60.0, poll_s=30.0)
        async with running(a_connector(device), sink) as health:
            await until(lambda: health().figures["subscriptions_alive"] == 3)
            peer.tell("0 1 30.25")
            peer.tell("3 1 0")
            peer.tell("19 1 2")
            await until(lambda: [sink.good(n)[-1].value for n in (1, 2, 3)] == [30.25, False, 2])
            assert health().link == "up"


async def test_it_is_found(bacpy: Bacpy) -> None:
    port = a_free_port()
    settings = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port())
    with bacpy.running("serve", str(port)) as peer:
        await asyncio.to_thread(peer.heard)
        (found,) = await scan(settings, SystemClock(), [f"{LOOPBACK}:{port}"], wait_s=0.3)
    assert (found.settings["name"], found.settings["instance"], found.remarks[0]) == (
        "peer",
        INSTANCE,
        "ACME",
    )
    objects = {point["object"] for point in found.points}
    assert objects == {"analog-input,1", "binary-input,1", "multi-state-value,1", "life-safety-point,1", "lift,1"}
    assert {"name": "supply", "type": "float", "unit": "Cel", "object": "analog-input,1"} in found.points


async def test_our_simulator_tells_it_changes(bacpy: Bacpy) -> None:
    async with served() as street:
        where = f"{LOOPBACK}:{street.ports['ahu']}"
        with bacpy.running("watch", str(a_free_port()), where, "analog-input,1") as peer:
            first = (await asyncio.to_thread(peer.heard))["told"]
            street.stations["ahu"].show(Building(1).readings(90)["ahu"])
            second = (await asyncio.to_thread(peer.heard))["told"]
    assert abs(second["present-value"] - first["present-value"]) >= 0.1


async def test_it_reads_our_simulator_and_agrees(bacpy: Bacpy) -> None:
    wanted: dict[str, dict[str, list[str]]] = {
        "ahu": {"analog-input,1": ["present-value"], "binary-input,1": ["present-value", "status-flags"]},
        "fire-panel": {"life-safety-zone,1": ["present-value", "mode"]},
        "lifts": {"lift,1": ["car-mode", "car-position", "passenger-alarm"]},
    }
    async with served() as street:
        for device, objects in wanted.items():
            where = f"{LOOPBACK}:{street.ports[device]}"
            with bacpy.running("read", str(a_free_port()), where) as peer:
                assert await asyncio.to_thread(peer.heard) == {"ready": True}
                peer.tell(json.dumps(objects))
                theirs = (await asyncio.to_thread(peer.heard))["found"]
            points = [
                a_point(number, name, "float", property=property_)
                for number, (name, property_) in enumerate(
                    (name, property_) for name, properties in objects.items() for property_ in properties
                )
            ]
            ours = await read_by_us(device, street.ports[device], points)
            flat = [value for properties in theirs.values() for value in properties.values()]
            assert [plain(value) for value in flat] == pytest.approx([ours[p.index] for p in points]), device


def plain(value: Any) -> float:
    """What bac-py gives, as a number; of a bit string the first bit is the lowest."""
    bits = re.fullmatch(r"BitString\('([01]*)'\)", value) if isinstance(value, str) else None
    return float(value) if bits is None else int(bits[1][::-1], 2)


async def read_by_us(device: str, port: int, points: list[Any]) -> dict[int, Any]:
    """The values that the connector reads."""
    settings = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port())
    bound = a_device(port, *points, instance=LAYOUTS[device].instance)
    (found,) = await probe(BoundConnection("bms", settings, (bound,)), SystemClock())
    assert found.problem == ""
    return {s.point: s.value for s in found.samples}
