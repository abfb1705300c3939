"""The connector against a real broker: what arrives, and what becomes of it."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import connectors.mqtt
from agent.clock import SystemClock
from connectors.mqtt.payload import MAX_PAYLOAD_BYTES
from connectors.protocol import Link
from evaluators.model.samples import Quality, Reason
from tests.connectors.mqtt.field import (
    TIMED,
    Relay,
    Station,
    a_connector,
    a_device,
    health,
    packets,
    publish,
    running,
    stamped,
)
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])


@VERSIONS
async def test_values_come_with_their_own_time(mosquitto: Mosquitto, version: str) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)
    stamp = SystemClock().now() - 3_600_000_000_123
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", json.dumps({"t": stamp, "v": 2**62 + 1}))
        await until(lambda: sink.samples)
        assert health(connector).link is Link.UP
        assert health(connector).detail == ""
    [sample] = sink.samples
    assert (sample.time, sample.value) == (stamp, 2**62 + 1)
    assert (sample.quality, sample.reason) == (Quality.GOOD, Reason.NONE)
    assert sample.received > stamp


async def test_without_a_time_the_receipt_counts_and_the_health_says_so(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter"))
    before = SystemClock().now()
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", '{"v": 1}', '{"v": 2}')
        await until(lambda: len(sink.samples) == 2)
        assert health(connector).link is Link.UP
        assert health(connector).detail == "messages carry no time: one delivered again cannot be recognised"
    first, second = sink.samples
    assert before < first.time < second.time <= SystemClock().now()


async def test_devices_share_a_topic(mosquitto: Mosquitto) -> None:
    path = {"type": "float", "path": "cars[0].load"}
    one = a_device("one", {"load": path}, topic="site/cars")
    two = a_device("two", {"load": {**path, "path": "cars[1].load"}}, first=1, topic="site/cars")
    async with running(a_connector(mosquitto.port, one, two)) as sink:
        await publish(mosquitto, "site/cars", '{"cars": [{"load": 1.5}, {"load": 2.5}]}')
        await until(lambda: len(sink.samples) == 2)
    assert {sample.point: sample.value for sample in sink.samples} == {0: 1.5, 1: 2.5}


async def test_what_came_while_we_were_away_is_not_lost(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector):
        pass
    await publish(mosquitto, "site/meter", *(stamped(v) for v in range(50)))
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED)), subscribed=False) as sink:
        await until(lambda: len(sink.samples) >= 50)
    assert sink.values() == list(range(50))


async def test_a_message_of_qos_0_needs_no_acknowledgement(mosquitto: Mosquitto) -> None:
    async with (
        Relay(mosquitto.port) as relay,
        running(a_connector(relay.port, a_device("meter"))) as sink,
        Station(mosquitto) as station,
    ):
        await station.publish("site/meter", '{"v": 7}', qos=0)
        await until(lambda: sink.samples)
    assert sink.values() == [7]
    assert 4 not in packets(relay.streams[0])


@VERSIONS
async def test_poisonous_payloads_are_bad_samples_and_hold_nothing_up(mosquitto: Mosquitto, version: str) -> None:
    """A broker stops after 20 messages without an acknowledgement."""
    poison = [b"{", b"\xff\xfe", b"[" * 100_000, b'{"v": "x"}', b'{"v": NaN}', b"9" * 5000, b"", b"null"] * 4
    connector = a_connector(mosquitto.port, a_device("meter"), version=version)
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", *poison, '{"v": 1}')
        await until(lambda: 1 in sink.values())
        assert health(connector).link is Link.UP
        errors = health(connector).errors
    assert len(sink.samples) == len(poison) + 1
    assert errors == {"malformed": 20, "wrong_type": 4, "not_a_number": 4, "missing": 4}


async def test_a_huge_message_is_not_looked_into(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter"), version="3.1.1")
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", b" " * 3 * MAX_PAYLOAD_BYTES + b'{"v": 1}', '{"v": 2}')
        await until(lambda: 2 in sink.values())
    assert sink.values() == ["malformed", 2]


async def test_a_broker_of_mqtt_5_is_asked_not_to_send_huge_messages(mosquitto: Mosquitto) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter"))) as sink:
        await publish(mosquitto, "site/meter", b" " * 3 * MAX_PAYLOAD_BYTES + b'{"v": 1}', '{"v": 2}')
        await until(lambda: 2 in sink.values())
    assert sink.values() == [2]


@VERSIONS
async def test_a_retained_reading_is_not_fresh(mosquitto: Mosquitto, version: str) -> None:
    stamp = SystemClock().now() - 86_400_000_000_000
    await publish(mosquitto, "site/meter", stamped(5, stamp), retain=True)
    await publish(mosquitto, "site/other", '{"v": 6}', retain=True)
    timed, untimed = a_device("meter", **TIMED), a_device("other", first=1)
    connector = a_connector(mosquitto.port, timed, untimed, version=version)
    async with running(connector) as sink:
        await until(lambda: len(sink.samples) == 2)
        assert [health.link for health in connector.health()] == [Link.CONNECTING] * 2  # no sign of life
        assert [health.last_good for health in connector.health()] == [None] * 2
    found = {sample.point: sample for sample in sink.samples}
    assert {(sample.quality, sample.reason) for sample in sink.samples} == {(Quality.UNCERTAIN, Reason.RETAINED)}
    assert (found[0].time, found[0].value) == (stamp, 5)
    assert (found[1].time, found[1].value) == (found[1].received, 6)


@VERSIONS
async def test_a_good_reading_is_not_spoilt_by_its_retained_copy(mosquitto: Mosquitto, version: str) -> None:
    async with (
        Relay(mosquitto.port) as relay,
        running(a_connector(relay.port, a_device("meter", **TIMED), version=version)) as sink,
    ):
        await publish(mosquitto, "site/meter", stamped(1), retain=True)
        await until(lambda: 4 in packets(relay.streams[0]))
        relay.cut()
        await until(lambda: len(relay.streams) == 2)
        await publish(mosquitto, "site/meter", stamped(2))
        await until(lambda: 2 in sink.values())
    assert sink.values() == [1, "offline", 2]
    assert [sample.quality for sample in sink.samples] == [Quality.GOOD, Quality.BAD, Quality.GOOD]


async def test_a_last_will_is_bad_offline_until_the_device_is_back(mosquitto: Mosquitto) -> None:
    points = {"a": {"type": "int", "path": "a"}, "b": {"type": "text", "path": "b"}}
    one = a_device("one", points, status_topic="site/status")
    two = a_device("two", first=2, status_topic="site/status")
    connector = a_connector(mosquitto.port, one, two)
    async with running(connector) as sink:
        async with Station(mosquitto, will=("site/status", "offline")) as gateway:
            await gateway.publish("site/status", "online", retain=True)
            await until(lambda: all(health.link is Link.UP for health in connector.health()))
            assert sink.samples == []
            before = SystemClock().now()
            await gateway.vanish()
            await until(lambda: sink.samples)
        assert [health.link for health in connector.health()] == [Link.DOWN] * 2
        assert health(connector).detail.startswith("site/status says offline")
        assert {sample.point for sample in sink.samples} == {0, 1, 2}
        assert {sample.reason for sample in sink.samples} == {Reason.OFFLINE}
        assert all(before < sample.time == sample.received for sample in sink.samples)
        await publish(mosquitto, "site/one", '{"a": 1, "b": "x"}')
        await until(lambda: len(sink.samples) == 5)
        assert [health.link for health in connector.health()] == [Link.UP, Link.DOWN]


async def test_a_retained_status_counts(mosquitto: Mosquitto) -> None:
    await publish(mosquitto, "site/status", "gone", retain=True)
    connector = a_connector(mosquitto.port, a_device("meter", status_topic="site/status", offline="gone"))
    async with running(connector, subscribed=False) as sink:
        await until(lambda: sink.samples)
        assert health(connector).link is Link.DOWN
    assert sink.values() == ["offline"]


async def test_status_and_readings_may_share_a_topic(mosquitto: Mosquitto) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter", status_topic="site/meter"))) as sink:
        await publish(mosquitto, "site/meter", '{"v": 1}', "offline", '{"v": 2}')
        await until(lambda: len(sink.samples) == 3)
    assert sink.values() == [1, "offline", 2]


async def test_a_silent_device_is_down(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", period_s=0.1, **TIMED))
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", stamped(1))
        await until(lambda: sink.samples)
        await until(lambda: health(connector).link is Link.DOWN)
        assert health(connector).detail.startswith("nothing on site/meter for ")
        assert "expected every 0.1 s" in health(connector).detail
        await publish(mosquitto, "site/meter", stamped(2))
        await until(lambda: health(connector).link is Link.UP)
    assert sink.values() == [1, 2]  # silence is no sample


async def test_a_jump_in_the_sequence_is_counted(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", sequence="n"))
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", *(f'{{"v": 0, "n": {n}}}' for n in (7, 8, 12, 1, 2)))
        await until(lambda: len(sink.samples) == 5)
        assert health(connector).errors == {"lost_messages": 3}


async def test_a_topic_that_the_site_file_no_longer_names_is_left(mosquitto: Mosquitto) -> None:
    """The broker keeps the subscriptions of the session: forgotten ones would come for ever."""
    async with running(a_connector(mosquitto.port, a_device("old"))):
        pass
    await publish(mosquitto, "site/old", *['{"v": 1}'] * 30)
    async with (
        Relay(mosquitto.port) as relay,
        running(a_connector(relay.port, a_device("meter")), subscribed=False) as sink,
    ):
        await until(lambda: relay.streams and packets(relay.streams[0]).count(4) == 30)
        await until(lambda: "Received UNSUBSCRIBE" in mosquitto.log.read_text())
        await publish(mosquitto, "site/old", '{"v": 1}')
        await publish(mosquitto, "site/meter", '{"v": 2}')
        await until(lambda: packets(relay.streams[0]).count(4) > 30)
    assert packets(relay.streams[0]).count(10) == 1
    assert packets(relay.streams[0]).count(4) == 31
    assert sink.values() == [2]


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """A broker that lets in steward with s3cret only."""
    passwords = tmp_path / "passwords"
    command = ["mosquitto_passwd", "-c", "-b", str(passwords), "steward", "s3cret"]
    await asyncio.to_thread(subprocess.run, command, check=True)
    broker = Mosquitto(tmp_path / "broker", f"allow_anonymous false\npassword_file {passwords}")
    broker.start()
    yield broker
    broker.stop()


@VERSIONS
async def test_user_and_password(guarded: Mosquitto, version: str) -> None:
    known = {"username": "steward", "password": "s3cret", "version": version}
    connector = a_connector(guarded.port, a_device("meter"), **known)
    async with running(connector):
        assert health(connector).link is Link.CONNECTING
        assert "waiting for a message" in health(connector).detail


@pytest.mark.parametrize("said", [{}, {"username": "steward"}, {"username": "steward", "password": "canary"}])
async def test_a_wrong_password_is_refused_and_not_repeated_to_anyone(
    guarded: Mosquitto, said: dict[str, str]
) -> None:
    connector = a_connector(guarded.port, a_device("meter"), **said)
    async with running(connector) as sink:
        await until(lambda: sink.samples)
        assert health(connector).link is Link.BACKING_OFF
        assert f"127.0.0.1:{guarded.port} refuses the connection: Not authorized" in health(connector).detail
        assert "canary" not in health(connector).detail


async def test_on_the_wire_the_connector_only_subscribes_and_acknowledges(mosquitto: Mosquitto) -> None:
    async with (
        Relay(mosquitto.port) as relay,
        running(a_connector(relay.port, a_device("meter", status_topic="site/status"), keepalive_s=1)) as sink,
    ):
        await publish(mosquitto, "site/meter", '{"v": 1}', "poison")
        await until(lambda: len(sink.samples) == 2 and 12 in packets(relay.streams[0]))
        relay.cut()
        await until(lambda: len(relay.streams) == 2 and 8 in packets(relay.streams[1]))
    sent = [packets(stream) for stream in relay.streams]
    connect, puback, subscribe, pingreq, disconnect = 1, 4, 8, 12, 14
    assert set(sent[0]) == {connect, subscribe, puback, pingreq}
    assert set(sent[1]) == {connect, subscribe, disconnect}
    assert relay.streams[0][9] & 0b100 == 0  # nor does it leave a will


def test_the_source_holds_no_code_that_publishes() -> None:
    for path in Path(connectors.mqtt.__file__).parent.glob("*.py"):
        names = {
            node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
        }
        assert names.isdisjoint({"publish", "will_set", "single", "multiple"}), path


def test_before_it_runs_every_device_is_connecting() -> None:
    connector = a_connector(1, a_device("meter"))
    assert (health(connector).link, health(connector).since) == (Link.CONNECTING, 0)


@VERSIONS
async def test_a_connection_without_devices_does_nothing(mosquitto: Mosquitto, version: str) -> None:
    async with Relay(mosquitto.port) as relay, running(a_connector(relay.port, version=version), subscribed=False):
        await until(lambda: relay.streams and relay.streams[0])
    assert set(packets(relay.streams[0])) == {1, 14}
