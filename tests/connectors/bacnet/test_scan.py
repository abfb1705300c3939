"""Finding devices by address, and what they hold, in the terms of a site file."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest
from bacpypes3.basetypes import EngineeringUnits
from bacpypes3.primitivedata import ObjectType, PropertyIdentifier

from agent.clock import SystemClock
from connectors.bacnet.connector import scan
from connectors.bacnet.names import WORDS, resolved
from connectors.bacnet.settings import Connection, Device, Point
from connectors.bacnet.survey import Roll
from connectors.bacnet.units import UCUM
from connectors.bacnet.worth import WORTH
from connectors.probing import Found
from connectors.protocol import BoundDevice, BoundPoint
from tests.connectors.bacnet.field import KINDS, LOOPBACK, Line, Rig, a_free_port, a_rig, a_served

LIFT = partial(
    a_served,
    "lift",
    description="一号电梯",
    carMode=1,
    carPosition=7,
    carDoorStatus=[2, 1],
    passengerAlarm=False,
    faultSignals=[],
)


def a_connection(**settings: Any) -> Connection:
    """Ours, on a free port."""
    return Connection.model_validate(
        {"protocol": "bacnet", "host": LOOPBACK, "port": a_free_port(), "timeout_s": 0.3, "retries": 0, **settings}
    )


async def scanned(*lines: Line, **settings: Any) -> list[Found]:
    """What a scan of these addresses finds; a short wait is enough, since the silent are asked again."""
    where = [f"{LOOPBACK}:{line.port}" for line in lines]
    return await scan(a_connection(), SystemClock(), where, wait_s=0.2, **settings)


@asynccontextmanager
async def rigs(*each: Sequence[Callable[[], Any]], instances: Sequence[int]) -> AsyncIterator[list[Rig]]:
    """Several stations with their objects."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(a_rig(*objects, instance=instance))
            for objects, instance in zip(each, instances, strict=True)
        ]


async def test_a_device_is_described_in_the_terms_of_a_site_file() -> None:
    analog = partial(a_served, "analog-input", presentValue=21.5, units="degreesCelsius", description="送风温度")
    meter = partial(a_served, "accumulator", presentValue=4, units="kilowattHours", scale={"floatScale": 1.0})
    odd = partial(a_served, "analog-input", 2, presentValue=1.0, units="btus")
    binary = partial(a_served, "binary-input", presentValue=1, description="binary-input-1")
    async with a_rig(analog, meter, odd, binary, LIFT) as rig:
        (found,) = await scanned(rig.line)
        port = rig.line.port
    assert found.settings == {"name": "station-12", "host": LOOPBACK, "port": port, "instance": 12}
    lift = "lift-1 (一号电梯)"
    assert list(found.points) == [
        {"name": "analog-input-1 (送风温度)", "type": "float", "unit": "Cel", "object": "analog-input,1"},
        {"name": "accumulator-1", "type": "int", "unit": "kW.h", "object": "accumulator,1"},
        {"name": "analog-input-2", "type": "float", "object": "analog-input,2"},
        {"name": "binary-input-1", "type": "bool", "object": "binary-input,1"},
        {"name": f"{lift} car-mode", "type": "int", "object": "lift,1", "property": "car-mode"},
        {"name": f"{lift} car-position", "type": "int", "object": "lift,1", "property": "car-position"},
        {
            "name": f"{lift} car-door-status",
            "type": "int",
            "object": "lift,1",
            "property": "car-door-status",
            "index": 1,
        },
        {"name": f"{lift} fault-signals", "type": "int", "object": "lift,1", "property": "fault-signals"},
        {"name": f"{lift} passenger-alarm", "type": "bool", "object": "lift,1", "property": "passenger-alarm"},
    ]
    assert found.remarks == (
        "BACpypes N/A",
        "it takes messages of 1024 bytes",
        "analog-input,2 is in btus: say the unit yourself",
    )


async def test_what_is_found_can_be_read() -> None:
    async with a_rig(LIFT) as rig:
        (found,) = await scanned(rig.line)
    device = Device.model_validate({"connection": "bms", **found.settings})
    points = tuple(
        BoundPoint(number, str(number), KINDS[table["type"]], Point.model_validate(table))
        for number, table in enumerate(found.points)
    )
    assert len(resolved(BoundDevice("found", device, points)).targets) == len(found.points) == 5


async def test_a_list_of_objects_that_is_too_long_is_read_element_by_element() -> None:
    objects = [partial(a_served, "binary-input", n, presentValue=0) for n in range(1, 320)]
    async with a_rig(*objects) as rig:
        (found,) = await scanned(rig.line)
    assert [point["object"] for point in found.points] == [f"binary-input,{n}" for n in range(1, 320)]


async def test_a_device_that_takes_short_messages_is_read_in_short_ones() -> None:
    longest = 0

    def measured(answer: bytes) -> list[bytes]:
        nonlocal longest
        longest = max(longest, len(answer) - 6)
        return [answer] if len(answer) - 6 <= 128 else [abort(answer)]

    objects = [partial(a_served, "binary-input", n, presentValue=0) for n in range(1, 30)]
    async with a_rig(*objects, maxApduLengthAccepted=128) as rig:
        rig.line.mangle = measured
        (found,) = await scanned(rig.line)
    assert len(found.points) == 29


def abort(answer: bytes) -> bytes:
    """Buffer-overflow, in the place of an answer."""
    return bytes.fromhex("810a00090100 71") + answer[7:8] + b"\x01"


async def test_two_devices_of_one_instance_are_reported_at_both() -> None:
    async with rigs([LIFT], [LIFT], instances=[12, 12]) as (one, two):
        first, second = sorted(await scanned(one.line, two.line), key=lambda found: found.settings["port"])
        ports = sorted((one.line.port, two.line.port))
    assert first.remarks[1] == f"device instance 12 is also at {LOOPBACK}:{ports[1]}: give one of them another"
    assert second.remarks[1] == f"device instance 12 is also at {LOOPBACK}:{ports[0]}: give one of them another"


async def test_only_the_instances_asked_for_are_found() -> None:
    async with rigs([LIFT], [LIFT], [LIFT], instances=[11, 12, 13]) as every:
        found = await scanned(*(each.line for each in every), low=12, high=12)
    assert [each.settings["instance"] for each in found] == [12]


async def test_an_address_where_nobody_is() -> None:
    async with a_rig(LIFT) as rig:
        rig.line.cut = True
        (found,) = await scanned(rig.line)
    assert found == Found(
        {"host": LOOPBACK, "port": rig.line.port}, (), ("no answer within 0.3 s, asked 1 times",)
    )


@pytest.mark.parametrize("answers_to_anyone", [True, False])
async def test_a_device_that_does_not_answer_who_is_is_asked_for_its_identifier(answers_to_anyone: bool) -> None:
    async with a_rig(LIFT) as rig:
        rig.line.mangle = lambda answer: [] if answer[6] == 0x10 else [answer]
        rig.station.answers_to_anyone = answers_to_anyone
        (found,) = await scanned(rig.line)
    assert found.settings.get("instance") == (12 if answers_to_anyone else None)
    assert bool(found.points) is answers_to_anyone


async def test_a_device_that_falls_silent_keeps_what_was_read() -> None:
    async with a_rig(LIFT) as rig:
        rig.line.mangle = lambda answer: [answer] if len(rig.line.sent) < 6 else []
        (found,) = await scanned(rig.line)
    assert found.settings["name"] == "station-12"
    assert any("no answer" in remark for remark in found.remarks)


async def test_a_list_of_objects_that_cannot_be_read_is_said_so() -> None:
    whole, element = bytes.fromhex("0c0200000c 194c 3e"), bytes.fromhex("0c0200000c 194c 29")
    async with a_rig(LIFT) as rig:
        rig.line.mangle = lambda answer: [abort(answer) if whole in answer or element in answer else answer]
        (found,) = await scanned(rig.line)
    assert found.points == ()
    assert found.remarks[-1] == "its list of objects cannot be read: aborted"


async def test_entries_of_a_list_of_objects_that_are_none_are_counted() -> None:
    lift, number = bytes.fromhex("c40ec00001"), bytes.fromhex("2400000001")
    async with a_rig(LIFT, partial(a_served, "binary-input", presentValue=1)) as rig:
        rig.line.mangle = lambda answer: [answer.replace(lift, number)]
        (found,) = await scanned(rig.line)
    assert [point["object"] for point in found.points] == ["binary-input,1"]
    assert any(remark.endswith("entries in its list of objects cannot be read") for remark in found.remarks)


async def test_announcements_that_are_none_are_passed_over() -> None:
    roll = Roll()
    roll.announced("10.1.2.3:47808", b"\x21")
    roll.announced("", bytes.fromhex("c40200000c2205c491032203e7"))
    await roll.notified("10.1.2.3:47808", 1, b"")
    assert roll.heard == {}


@pytest.mark.parametrize(
    ("host", "addresses", "message"),
    [
        ("10.1.2.3", [], 'host = "10.1.2.3": a broadcast needs its network'),
        ("10.1.2.3/24", ["ahu"], "no IPv4 address"),
        ("10.1.2.3/24", ["10.1.2.4:x"], "write it as 10.1.2.40"),
    ],
)
async def test_what_cannot_be_scanned(host: str, addresses: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        await scan(a_connection(host=host), SystemClock(), addresses)


def test_every_word_is_the_standards() -> None:
    for kind, properties in WORTH.items():
        assert str(ObjectType(kind)) == kind
        for worth in properties:
            assert str(PropertyIdentifier(worth.property)) == worth.property
    assert {str(EngineeringUnits(word)) for word in UCUM} == set(UCUM)
    assert (WORDS.object_type(59), WORDS.property(85), WORDS.unit(62)) == (
        "lift",
        "present-value",
        "degrees-celsius",
    )
    assert (WORDS.object_type(600), WORDS.property(9000)) == ("600", "9000")


def test_the_terms_are_a_site_files() -> None:
    """What goes into a table can be written as TOML."""
    written = '[points]\np = { name = "a", type = "float", unit = "Cel", object = "analog-input,1" }\n'
    assert Point.model_validate(tomllib.loads(written)["points"]["p"]).unit == "Cel"
