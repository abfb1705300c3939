"""Messages that cannot be read: kept, counted, acknowledged, and no harm to the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.history.history import History
from agent.journal.journal import Journal
from agent.quarantine import Quarantined, read_quarantine
from connectors.mqtt import feed as feed_module
from connectors.mqtt.decode import DeviceDecoder
from connectors.mqtt.listener import POISON_KEPT
from connectors.protocol import Link, Poison
from tests.connectors.mqtt.field import (
    TIMED,
    Recorder,
    Relay,
    Station,
    a_connector,
    a_device,
    health,
    journaled,
    journaling,
    packets,
    publish,
    running,
    stamped,
)
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
PUBACK = 4


class Keeper(Recorder):
    """A sink that keeps poison too, in the order in which it came; while ``shut`` is set it does not."""

    def __init__(self) -> None:
        super().__init__()
        self.poison: list[Poison] = []
        self.shut = False
        self.asked = 0

    async def quarantine(self, poison: list[Poison]) -> None:
        """Keep, or never return."""
        self.asked += 1
        if self.shut:
            await asyncio.Event().wait()
        self.poison += poison


async def test_what_cannot_be_read_is_handed_over_with_topic_payload_and_problem(mosquitto: Mosquitto) -> None:
    sink = Keeper()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED), version="3.1.1")
    long = b'{"v": "' + b"x" * 3_000_000
    async with running(connector, sink):
        await publish(mosquitto, "site/meter", b"{", b"\xff", '{"t": 17, "v": 1}', long, stamped(1))
        await until(lambda: 1 in sink.values())
        assert health(connector).errors == {"malformed": 4}
    assert sink.values() == ["malformed"] * 4 + [1]
    assert [(each.topic, each.problem, each.size) for each in sink.poison] == [
        ("site/meter", "the payload is not JSON", 1),
        ("site/meter", "the payload is not UTF-8 text: JSON in UTF-8 is read", 1),
        ("site/meter", "no source time at t: it lies before 2001: set the device's clock", 17),
        ("site/meter", "the payload is too long: at most 1048576 bytes are read", len(long)),
    ]
    assert [each.payload for each in sink.poison] == [b"{", b"\xff", b'{"t": 17, "v": 1}', long[:POISON_KEPT]]
    assert {each.source for each in sink.poison} == {"broker"}


async def test_nothing_is_acknowledged_before_the_quarantine_has_it(mosquitto: Mosquitto) -> None:
    sink = Keeper()
    sink.shut = True
    async with Relay(mosquitto.port) as relay:
        async with running(a_connector(relay.port, a_device("meter", **TIMED)), sink):
            await publish(mosquitto, "site/meter", "{")
            await until(lambda: sink.asked)
        assert PUBACK not in packets(relay.streams[0])
    again = Keeper()
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED)), again, subscribed=False):
        await until(lambda: again.poison)
    assert [each.payload for each in again.poison] == [b"{"]


async def test_of_a_message_for_many_devices_the_same_problem_is_kept_once(mosquitto: Mosquitto) -> None:
    sink = Keeper()
    shared: dict[str, Any] = {"topic": "site/all", "address_path": "id", "records": "@"}
    devices = [a_device(f"m{n}", first=n, **shared) for n in range(3)]
    async with running(a_connector(mosquitto.port, *devices), sink):
        await publish(mosquitto, "site/all", "{", '[{"id": "m1", "v": 7}, {"v": 8}, {"id": "m9", "v": 9}]')
        await until(lambda: 7 in sink.values(1))
    assert [each.problem for each in sink.poison] == [
        "the payload is not JSON",
        "no address at id: text or a number is read",
    ]
    assert [sink.values(n) for n in range(3)] == [["malformed"], ["malformed", 7], ["malformed"]]


async def test_a_status_that_cannot_be_read_changes_nothing(mosquitto: Mosquitto) -> None:
    sink = Keeper()
    device = a_device("meter", status_topic="site/{device}/state", status_path="is", **TIMED)
    connector = a_connector(mosquitto.port, device)
    async with running(connector, sink):
        await publish(mosquitto, "site/meter", stamped(1))
        await until(lambda: health(connector).link is Link.UP)
        await publish(mosquitto, "site/meter/state", "offline", '{"is": null}', '{"is": "asleep"}')
        await publish(mosquitto, "site/meter", stamped(2))
        await until(lambda: 2 in sink.values())
        assert health(connector).link is Link.UP
        await publish(mosquitto, "site/meter/state", '{"is": "offline"}')
        await until(lambda: health(connector).link is Link.DOWN)
    assert sink.values() == [1, 2, "offline"]
    assert [each.problem for each in sink.poison] == ["the payload is not JSON"]


async def test_a_cleared_status_says_nothing(mosquitto: Mosquitto) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", status_topic="site/state", **TIMED))
    async with running(connector) as sink:
        await publish(mosquitto, "site/state", "offline\n")
        await until(lambda: sink.samples)
        await publish(mosquitto, "site/state", "", " ", retain=True)
        await publish(mosquitto, "site/meter/x", "")
        await asyncio.sleep(0.05)
        assert health(connector).link is Link.DOWN


async def test_a_mistake_of_ours_ends_in_quarantine_too(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unacknowledged it would come again and again, and end the connector each time."""

    class Broken(DeviceDecoder):
        def decode(self, payload, *rest):  # type: ignore[no-untyped-def]  # as the one it stands for
            if payload.document().get("v") == 13:
                raise ZeroDivisionError("unlucky")
            return super().decode(payload, *rest)

    monkeypatch.setattr(feed_module, "DeviceDecoder", Broken)
    sink = Keeper()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector, sink):
        await publish(mosquitto, "site/meter", stamped(13), stamped(14))
        await until(lambda: 14 in sink.values())
    assert sink.values() == ["malformed", 14]
    assert [each.problem for each in sink.poison] == ["a mistake in this program: ZeroDivisionError"]


async def test_the_same_poison_for_ever_is_one_row_and_holds_nobody_up(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", first=1, **TIMED))
    async with journaling(connector, tmp_path) as journal, Station(mosquitto) as station:
        await station.publish_all("site/meter", ['{"v": "=1+1"'] * 200 + [stamped(1)])
        await until(lambda: 1 in journaled(journal))
        await until(lambda: [kind.count for kind in kinds(journal)] == [200])
        [kind] = kinds(journal)
        assert (kind.count, kind.payload, kind.topic) == (200, b'{"v": "=1+1"', "site/meter")


INERT = [
    "site/<script>alert(1)</script>",
    "site/=cmd|' /C calc'!A1",
    "site/x,tag=1 value=2i 0",
    "site/../../etc/passwd",
    "site/${jndi:ldap://x}",
    "site/'; DROP TABLE quarantine; --",
    "site/楼/\u202e",
]


async def test_topics_that_would_do_harm_elsewhere_are_only_text_here(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """mosquitto throws off whoever publishes to a topic with control characters."""
    connector = a_connector(mosquitto.port, a_device("meter", first=1, topic="site/#", **TIMED))
    async with journaling(connector, tmp_path) as journal, Station(mosquitto) as station:
        for topic in INERT:
            await station.publish(topic, "{")
            await station.publish(topic, stamped(7))
        await station.publish("site/last", stamped(8))
        await until(lambda: 8 in journaled(journal))
        assert journaled(journal).count(7) == len(INERT)
        await until(lambda: len(kinds(journal)) == len(INERT))  # the samples of a block are on disk first
        assert sorted(kind.topic for kind in kinds(journal)) == sorted(INERT)


def kinds(journal: Journal) -> list[Quarantined]:
    """What is in quarantine."""
    with History.open(journal.path) as history:
        return read_quarantine(history)
