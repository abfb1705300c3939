"""Reading devices once, with every exchange on the wire."""

from __future__ import annotations

from functools import partial
from typing import Any

from agent.clock import SystemClock
from connectors.bacnet.connector import probe
from connectors.bacnet.settings import Connection
from connectors.protocol import BoundConnection
from tests.connectors.bacnet.field import (
    LOOPBACK,
    READS,
    Notifier,
    a_device,
    a_free_port,
    a_point,
    a_rig,
    a_served,
)

ANALOG = partial(a_served, "analog-input", presentValue=3.0)


def a_connection(*devices: Any) -> BoundConnection[Any, Any, Any]:
    """With these devices."""
    settings = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port(), timeout_s=0.3, retries=0)
    return BoundConnection("bms", settings, devices)


async def test_samples_and_exchanges_of_one_read() -> None:
    async with a_rig(ANALOG, kind=Notifier) as rig:
        points = (a_point(1, "analog-input,1"), a_point(2, "analog-input,9"))
        device = a_device(rig.line.port, *points, cov="unconfirmed", period_s=60.0)
        before = SystemClock().now()
        (found,) = await probe(a_connection(device), SystemClock())
        assert [exchange.sent for exchange in found.exchanges] == rig.line.sent
        assert rig.line.said() == READS, "nothing is subscribed to"
    assert found.device == "plant"
    assert [(s.point, s.value, s.reason.label) for s in found.samples] == [
        (1, 3.0, ""),
        (2, None, "unknown_object"),
    ]
    assert found.problem == "1 of 2 points without a value: analog-input,9.present-value: unknown_object"
    assert [exchange.meaning for exchange in found.exchanges] == [
        "ReadProperty: device,12 object-identifier = device,12",
        "ReadProperty: device,12 max-apdu-length-accepted = 1024",
        found.exchanges[2].meaning,
        "ReadPropertyMultiple: 8 properties of 2 objects, 4 of them errors",
    ]
    assert found.exchanges[2].meaning.startswith("ReadProperty: device,12 protocol-services-supported = ")
    assert all(each.received[:2] == b"\x81\x0a" for each in found.exchanges)
    assert all(0 < each.seconds < 0.3 and each.at >= before for each in found.exchanges)


async def test_a_silent_device_and_one_that_is_another() -> None:
    async with a_rig(ANALOG, instance=77) as rig:
        silent = a_device(a_free_port(), a_point(1, "analog-input,1"), id="silent")
        other = a_device(rig.line.port, a_point(2, "analog-input,1"), id="other")
        first, second = await probe(a_connection(silent, other), SystemClock())
    assert (first.device, second.device) == ("silent", "other")
    assert first.problem.startswith("no answer from")
    (exchange,) = first.exchanges
    assert (exchange.received, exchange.meaning) == (b"", "ReadProperty: no answer within 0.3 s, asked 1 times")
    assert exchange.sent.hex().endswith("0c0200000c194b")
    assert second.problem.startswith("device 77 answers at")
    assert [s.reason.label for s in second.samples] == ["mismatch"]
    assert second.exchanges[0].meaning == "ReadProperty: BACnet error unknown-object"


async def test_devices_behind_one_address_have_their_own_exchanges() -> None:
    async with a_rig(ANALOG) as rig:
        one, two = (a_device(rig.line.port, a_point(n, "analog-input,1"), id=f"d{n}") for n in (1, 2))
        found = await probe(a_connection(one, two), SystemClock())
    assert [each.device for each in found] == ["d1", "d2"]
    assert [len(each.exchanges) for each in found] == [4, 4]
    assert all(each.problem == "" for each in found)
