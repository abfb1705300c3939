"""mosquitto's own clients publish to the connector, and one of them looks for anything that comes from us."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.clock import SystemClock
from connectors.protocol import Link
from evaluators.model.samples import Quality, Reason
from tests.connectors.mqtt.field import (
    TIMED,
    Relay,
    a_connector,
    a_device,
    health,
    packets,
    publish,
    running,
    stamped,
)
from tests.connectors.mqtt.foreign import mosquitto_pub, mosquitto_sub
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])
CONNECT, PUBLISH, PUBACK, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 10, 12, 14


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_every_quality_of_service(mosquitto: Mosquitto, version: str, qos: int) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter"), version=version)) as sink:
        await mosquitto_pub(mosquitto, "site/meter", '{"v": 1}', qos=qos)
        await until(lambda: sink.samples)
    assert sink.values() == [1]


async def test_lines_files_and_the_marks_of_mqtt_5(mosquitto: Mosquitto, tmp_path: Path) -> None:
    points = {"v": {"type": "float", "number": "comma"}, "w": {"type": "text", "topic": "site/{device}/{point}"}}
    device = a_device("meter", points, format="text")
    async with running(a_connector(mosquitto.port, device)) as sink:
        await mosquitto_pub(mosquitto, "site/meter", None, "-l", stdin=b"21,5\n-7\n1e3\n")
        await until(lambda: len(sink.values(0)) == 3)
        file = tmp_path / "payload"
        file.write_text("一号\r\n", encoding="utf-8")
        marks = [
            "-V",
            "5",
            "-D",
            "PUBLISH",
            "user-property",
            "a",
            "b",
            "-D",
            "PUBLISH",
            "content-type",
            "text/plain",
        ]
        await mosquitto_pub(mosquitto, "site/meter/w", None, "-f", str(file), *marks)
        await mosquitto_pub(mosquitto, "site/meter/w", None, "-n")
        await until(lambda: len(sink.values(1)) == 2)
    assert sink.values(0) == [21.5, -7.0, 1000.0]
    assert sink.values(1) == ["一号", "missing"]


@VERSIONS
async def test_a_retained_reading_and_a_last_will(mosquitto: Mosquitto, version: str) -> None:
    await mosquitto_pub(mosquitto, "site/meter", stamped(5), "-r")
    device = a_device("meter", status_topic="site/{device}/lwt", offline="gone", **TIMED)
    connector = a_connector(mosquitto.port, device, version=version)
    async with running(connector) as sink:
        await until(lambda: sink.samples)
        [retained] = sink.samples
        assert (retained.quality, retained.reason) == (Quality.UNCERTAIN, Reason.RETAINED)
        will = ["--will-topic", "site/meter/lwt", "--will-payload", "gone", "--will-retain", "--will-qos", "1"]
        async with mosquitto_sub(mosquitto, *will) as gateway:
            await publish(mosquitto, "site/meter", stamped(6))
            await until(lambda: health(connector).link is Link.UP)
            gateway.kill()
            await until(lambda: health(connector).link is Link.DOWN)
    assert sink.values() == [5, 6, "offline"]
    again = a_connector(mosquitto.port, device, version=version)
    async with running(again, subscribed=False):
        await until(lambda: health(again).detail.startswith("site/meter/lwt says gone"))


@VERSIONS
async def test_over_its_whole_life_the_connector_publishes_nothing(mosquitto: Mosquitto, version: str) -> None:
    """Readings, poison, a status, a lost connection, a takeover, topics left, the keep-alive and the end."""
    old = a_connector(mosquitto.port, a_device("meter", topic="old/+/#"), version=version)
    async with running(old):
        pass
    async with mosquitto_sub(mosquitto) as spy, Relay(mosquitto.port) as relay:
        await publish(mosquitto, "old/x/y", "{}")
        device = a_device("meter", status_topic="site/{device}/state", **TIMED)
        connector = a_connector(relay.port, device, version=version, keepalive_s=1)
        async with running(connector) as sink:
            for message in (stamped(1), "poison", stamped(2)):
                await mosquitto_pub(mosquitto, "site/meter", message)
            await publish(mosquitto, "site/meter/state", "offline", "online", retain=True)
            await until(lambda: len(sink.samples) == 4 and PINGREQ in packets(relay.streams[0]))
            relay.cut()
            await until(lambda: len(relay.streams) == 2 and "waiting" in health(connector).detail)
            other = a_connector(mosquitto.port, device, version=version)
            async with running(other, subscribed=False):
                await until(lambda: len(relay.streams) == 3)
        sent = {kind for stream in relay.streams for kind in packets(stream)}
        assert sent == {CONNECT, SUBSCRIBE, UNSUBSCRIBE, PUBACK, PINGREQ, DISCONNECT}
        assert all(stream[9] & 0b100 == 0 for stream in relay.streams)  # nor does it leave a will
        await mosquitto_pub(mosquitto, "the/end", "x")
        assert spy.stdout is not None
        heard = await asyncio.wait_for(spy.stdout.readuntil(b"the/end x"), 10)
    topics = {line.split()[0] for line in heard.decode().splitlines() if "/" in line.split()[0]}
    assert topics == {"old/x/y", "site/meter", "site/meter/state", "the/end"}


@VERSIONS
async def test_a_pattern_that_the_site_file_no_longer_names_is_left(mosquitto: Mosquitto, version: str) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter", topic="+/gateway/#"), version=version)):
        pass
    await publish(mosquitto, "site/gateway/7/x", "{}")
    connector = a_connector(mosquitto.port, a_device("meter", topic="site/+"), version=version)
    async with running(connector) as sink:
        await until(lambda: "Received UNSUBSCRIBE" in mosquitto.log.read_text())
        await publish(mosquitto, "other/gateway", "{}")
        await publish(mosquitto, "site/meter", '{"v": 1}')
        await until(lambda: sink.samples)
    assert sink.values() == [1]
    sent = [line for line in mosquitto.log.read_text().splitlines() if "Sending PUBLISH to steward-test" in line]
    assert ["site/gateway/7/x" in sent[0], "site/meter" in sent[1], len(sent)] == [True, True, 2]


async def test_hours_late_and_twice_is_taken_as_what_it_is(mosquitto: Mosquitto) -> None:
    late = SystemClock().now() - 5 * 3600 * 10**9
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector) as sink:
        for message in (stamped(1, late), stamped(1, late), stamped(2)):
            await mosquitto_pub(mosquitto, "site/meter", message)
        await until(lambda: 2 in sink.values())
        assert health(connector).link is Link.UP
    assert [(sample.time == late, sample.quality) for sample in sink.samples] == [
        (True, Quality.GOOD),
        (True, Quality.GOOD),  # the journal drops what it has already
        (False, Quality.GOOD),
    ]
