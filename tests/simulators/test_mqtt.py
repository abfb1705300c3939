"""The MQTT devices, heard by a plain subscriber of the embedded broker."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import jmespath
import pytest

from simulators.wires import WireFault
from tests.simulators.clients import mqtt_subscriber
from tests.simulators.demo_site import devices_on
from tests.simulators.stations import served
from tests.waiting import until


def stamp_of(message: dict[str, Any]) -> int:
    """The device's own time in microseconds UTC, whichever form it has."""
    time = message["time"]
    if isinstance(time, int):
        return time // 1000
    moment = datetime.fromisoformat(time)
    assert moment.utcoffset() is not None
    return round(moment.timestamp() * 1_000_000)


@pytest.mark.parametrize("device", devices_on("broker"))
async def test_every_point_of_the_site_file_is_published(device: str) -> None:
    table = devices_on("broker")[device]
    async with served() as street, mqtt_subscriber(street.ports["broker"], table["topic"]) as mailbox:
        shown = street.stations[device].show(street.readings[device])
        await until(lambda: mailbox.messages)
        message = json.loads(mailbox.payloads(table["topic"])[0])
        for name, point in table["points"].items():
            assert jmespath.search(point["path"], message) == street.readings[device][name], name
        assert stamp_of(message) == shown // 1000
        assert isinstance(jmespath.search(table["sequence"], message), int)
        assert isinstance(message[table["time"]], int) == (table.get("time_format") == "ns")


@pytest.mark.parametrize("device", devices_on("broker"))
async def test_no_two_messages_have_one_stamp_and_the_sequence_grows_by_one(device: str) -> None:
    topic = devices_on("broker")[device]["topic"]
    async with served() as street, mqtt_subscriber(street.ports["broker"], topic) as mailbox:
        shown = [street.stations[device].show(street.readings[device]) for _ in range(50)]
        await until(lambda: len(mailbox.messages) >= 50)
        messages = [json.loads(payload) for payload in mailbox.payloads(topic)]
        assert len({message["time"] for message in messages}) == 50
        assert [stamp_of(message) for message in messages] == [at // 1000 for at in shown]
        numbers = [message["sequence"] for message in messages]
        assert numbers == list(range(numbers[0], numbers[0] + 50))
        assert shown == sorted(set(shown))


@pytest.mark.parametrize("device", devices_on("broker"))
async def test_a_dropped_connection_leaves_the_last_will_and_comes_back(device: str) -> None:
    table = devices_on("broker")[device]
    status, station_payloads = table["status_topic"], table["topic"]
    async with served() as street, mqtt_subscriber(street.ports["broker"], "building/#") as mailbox:
        await until(lambda: mailbox.payloads(status) == [b"online"])
        await street.stations[device].break_wire(WireFault.DROPPED, "")
        await until(lambda: mailbox.payloads(status) == [b"online", b"offline"])
        street.show()
        other = next(name for name in devices_on("broker") if name != device)
        await until(lambda: mailbox.payloads(devices_on("broker")[other]["topic"]))
        assert mailbox.payloads(station_payloads) == []
        async with mqtt_subscriber(street.ports["broker"], status) as late:  # the will is retained
            await until(lambda: (status, b"offline", True) in late.messages)
            assert b"online" not in late.payloads(status)
        await street.stations[device].mend_wire(WireFault.DROPPED, "")
        await until(lambda: mailbox.payloads(status) == [b"online", b"offline", b"online"])
        street.stations[device].show(street.readings[device])
        await until(lambda: mailbox.payloads(station_payloads))


async def test_a_silent_device_stays_online_and_publishes_nothing() -> None:
    async with served() as street, mqtt_subscriber(street.ports["broker"], "building/#") as mailbox:
        await until(lambda: mailbox.payloads("building/lifts/status"))
        await street.stations["lift-gateway"].break_wire(WireFault.SILENT, "")
        street.show()
        await until(lambda: mailbox.payloads("building/water"))
        assert mailbox.payloads("building/lifts") == []
        assert mailbox.payloads("building/lifts/status") == [b"online"]
        await street.stations["lift-gateway"].mend_wire(WireFault.SILENT, "")
        street.show()
        await until(lambda: mailbox.payloads("building/lifts"))


async def test_a_payload_that_is_no_json() -> None:
    async with served() as street, mqtt_subscriber(street.ports["broker"], "building/water") as mailbox:
        await street.stations["water-meter"].break_wire(WireFault.NOT_JSON, "")
        street.show()
        await until(lambda: mailbox.messages)
        with pytest.raises(json.JSONDecodeError):
            json.loads(mailbox.messages[0][1])
        await street.stations["water-meter"].mend_wire(WireFault.NOT_JSON, "")
        street.show()
        await until(lambda: len(mailbox.messages) == 2)
        assert json.loads(mailbox.messages[1][1])["sequence"] == 2
