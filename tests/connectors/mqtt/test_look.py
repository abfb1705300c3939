"""Short looks at a real broker: what there is, and what the devices say; a running agent does not notice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.clock import SystemClock
from connectors.mqtt import look as module
from connectors.mqtt.connector import probe, scan
from connectors.mqtt.settings import Connection
from connectors.probing import Found, Probe
from connectors.protocol import BoundConnection, Link
from tests.connectors.mqtt.field import TIMED, Station, a_connector, a_device, health, publish, running, stamped
from tests.connectors.mqtt.foreign import mosquitto_pub
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])


class Patience(SystemClock):
    """Its wait has no end: a look ends once it has heard enough."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


EARLY = "more than could be listened to: stopped after {} messages"


def settings(port: int, **more: Any) -> Connection:
    """Of a broker on loopback."""
    table = {"protocol": "mqtt", "host": "127.0.0.1", "port": port, "client_id": "steward-test", **more}
    return Connection.model_validate(table)


async def subscribed(broker: Mosquitto, times: int = 1) -> None:
    """Return once the look has subscribed, ``times`` topics in all."""
    await until(lambda: broker.log.read_text(errors="replace").count(" 0 ") >= times)


@VERSIONS
async def test_a_scan_proposes_what_can_be_heard(
    mosquitto: Mosquitto, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HEARD", 4)
    await publish(mosquitto, "site/kept", '{"v": 1}', retain=True)
    topics = ["site/#", "hvac/+/+"]
    looking = asyncio.create_task(scan(settings(mosquitto.port, version=version), Patience(), topics))
    await subscribed(mosquitto, 2)
    await mosquitto_pub(mosquitto, "site/lift-1/status", '{"mode": 1}')
    await publish(mosquitto, "site/lift-2/status", '{"mode": 2}')
    await publish(mosquitto, "elsewhere/x", "1")
    await publish(mosquitto, "hvac/ahu-1/supply", "21,5")
    found: list[Found] = await looking
    assert [each.settings for each in found] == [
        {"topic": "hvac/ahu-1/{point}", "format": "text"},
        {"topic": "site/kept"},
        {"topic": "site/{device}/status", "address": "lift-1"},
        {"topic": "site/{device}/status", "address": "lift-2"},
    ]
    assert "site/kept: 1 messages, 1 of them retained" in found[1].remarks


@VERSIONS
async def test_a_probe_disturbs_no_running_agent_and_leaves_nothing_behind(
    mosquitto: Mosquitto, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HEARD", 2)
    points = {"v": {"type": "int", "path": "v"}, "w": {"type": "int", "path": "w"}}
    meter, silent = a_device("meter", points, **TIMED), a_device("silent", first=2)
    connection = BoundConnection("broker", settings(mosquitto.port, version=version), (meter, silent))
    connector = a_connector(mosquitto.port, meter, version=version)
    async with running(connector) as sink:
        looking = asyncio.create_task(probe(connection, Patience(), 7))
        await subscribed(mosquitto, 2)
        await publish(mosquitto, "site/meter", stamped(1), "{")
        await until(lambda: len(sink.samples) == 4)
        one, other = await looking
        assert health(connector).link is not Link.BACKING_OFF
        assert "offline" not in sink.values()
    assert [type(each) for each in (one, other)] == [Probe, Probe]
    assert [(sample.point, sample.value) for sample in one.samples[:1]] == [(0, 1)]
    assert [(each.sent, each.received[:1], each.meaning) for each in one.exchanges] == [
        (b"", b"{", "site/meter: 1 of 2 values good"),
        (b"", b"{", "site/meter: the payload is not JSON"),
    ]
    assert one.problem == f"{EARLY.format(2)}; the payload is not JSON"
    assert (other.samples, other.exchanges) == ((), ())
    assert other.problem == f"{EARLY.format(2)}; nothing on site/silent within 7 s"
    await publish(mosquitto, "site/meter", stamped(2))
    assert "Sending PUBLISH to steward-test-" not in mosquitto.log.read_text().rpartition("Received PUBLISH")[2]


async def test_a_retained_message_is_told_apart(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HEARD", 1)
    await publish(mosquitto, "site/meter", stamped(1), retain=True)
    connection = BoundConnection("broker", settings(mosquitto.port), (a_device("meter", **TIMED),))
    [seen] = await probe(connection, Patience(), 1)
    assert [each.meaning for each in seen.exchanges] == ["site/meter (retained): 0 of 1 values good"]
    assert [sample.reason.label for sample in seen.samples] == ["retained"]


async def test_where_nobody_answers_it_is_said() -> None:
    with pytest.raises(OSError, match=r"cannot reach 127\.0\.0\.1:1"):
        await scan(settings(1), SystemClock(), seconds=5)
    connection = BoundConnection("broker", settings(1), (a_device("meter"),))
    [seen] = await probe(connection, SystemClock(), 5)
    assert seen.problem.startswith("cannot reach 127.0.0.1:1")


async def test_a_look_ends_early_where_there_is_too_much(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HEARD", 50)
    looking = asyncio.create_task(scan(settings(mosquitto.port), Patience()))
    await subscribed(mosquitto)
    async with Station(mosquitto) as station:
        await station.publish_all("x/y", ["1"] * 60)
        [found] = await asyncio.wait_for(looking, 10)
    assert EARLY.format(50) in found.remarks


async def test_nothing_heard_is_nothing_found(mosquitto: Mosquitto) -> None:
    assert await scan(settings(mosquitto.port), SystemClock(), ["site/#"], 0.1) == []
