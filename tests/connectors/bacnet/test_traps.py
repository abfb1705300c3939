"""What bacpypes3 does that one would not expect, and how the connector lives with it. An upgrade that changes one
of these shows here."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import pytest
from bacpypes3.apdu import AbortPDU, ErrorRejectAbortNack, RejectPDU
from bacpypes3.app import Application
from bacpypes3.basetypes import ErrorType
from bacpypes3.ipv4 import IPv4DatagramServer
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address

from connectors.bacnet.channel import NoAnswer
from connectors.bacnet.plan import Ask, request_for
from connectors.bacnet.refusal import Refused
from connectors.bacnet.settings import Connection
from connectors.bacnet.survey import Roll
from connectors.bacnet.tags import ObjectId
from connectors.bacnet.wire import WireChannel, open_wire
from tests.connectors.bacnet.field import LOOPBACK, Station, a_free_port, a_rig, a_served
from tests.waiting import until

ANALOG = partial(a_served, "analog-input", presentValue=3.0)
VALUE = request_for((Ask(ObjectId(0, 1), 85),))


async def opened(port: int, **settings: Any) -> tuple[Any, WireChannel]:
    """Our socket, and the way to a device of this machine."""
    known = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port(), **settings)
    channel = WireChannel(f"{LOOPBACK}:{port}", known)
    return await open_wire("bms", known, {f"{LOOPBACK}:{port}": channel}, False, Roll()), channel


def test_a_refusal_passes_by_except_exception() -> None:
    assert issubclass(ErrorRejectAbortNack, BaseException)
    assert not issubclass(ErrorRejectAbortNack, Exception)
    assert issubclass(AbortPDU, ErrorRejectAbortNack)
    assert issubclass(RejectPDU, ErrorRejectAbortNack)


async def test_every_refusal_becomes_an_exception_of_ours() -> None:
    async with a_rig(ANALOG) as rig:
        wire, channel = await opened(rig.line.port, timeout_s=0.2, retries=0)
        nothing = request_for((Ask(ObjectId(0, 9), 85),))
        try:
            with pytest.raises(Refused, match="BACnet error unknown-object"):
                await channel.ask(nothing.service, nothing.data)
            for apdu, said in (("60 {id} 04", "reject invalid-tag"), ("71 {id} 09", "abort out-of-resources")):
                rig.line.mangle = partial(answered, apdu)
                with pytest.raises(Refused, match=said):
                    await channel.ask(VALUE.service, VALUE.data)
            rig.line.cut = True
            with pytest.raises(NoAnswer, match=r"within 0\.2 s, asked 1 times"):
                await channel.ask(VALUE.service, VALUE.data)
        finally:
            await wire.shut()


def answered(apdu: str, answer: bytes) -> list[bytes]:
    """This apdu in the place of the answer, with its invoke id."""
    body = bytes.fromhex(apdu.format(id=answer[7:8].hex()).replace(" ", ""))
    return [b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x00" + body]


async def test_more_than_256_questions_at_once_are_all_answered() -> None:
    """bacpypes3 looks for a free invoke id for ever when all 256 of an address are taken."""
    async with a_rig(ANALOG) as rig:
        wire, channel = await opened(rig.line.port, timeout_s=5.0)
        try:
            async with asyncio.timeout(20):
                answers = await asyncio.gather(*(channel.ask(VALUE.service, VALUE.data) for _ in range(300)))
        finally:
            await wire.shut()
    assert len(set(answers)) == 1


async def test_a_dead_device_takes_as_long_as_the_settings_say() -> None:
    """Left alone bacpypes3 waits four times three seconds."""
    device = DeviceObject(objectIdentifier=("device", 1), objectName="d")
    assert (device.apduTimeout, device.numberOfApduRetries) == (3000, 3)
    loop = asyncio.get_running_loop()
    wire, channel = await opened(a_free_port(), timeout_s=0.2, retries=2)
    try:
        began = loop.time()
        with pytest.raises(NoAnswer):
            await channel.ask(VALUE.service, VALUE.data)
        assert 0.55 < loop.time() - began < 1.2
    finally:
        await wire.shut()


async def test_bacpypes3_says_nothing_of_a_taken_port_and_we_do() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        theirs = IPv4DatagramServer(IPv4Address(f"{LOOPBACK}:{port}"), no_broadcast=True)
        await asyncio.sleep(0.05)
        assert not theirs._local_transport_ready.is_set()
        assert not theirs._transport_tasks[0].done(), "it goes on trying"
        theirs._transport_tasks[0].remove_done_callback(next(iter(theirs._transport_tasks[0]._callbacks))[0])
        theirs._transport_tasks[0].cancel()
        known = Connection(protocol="bacnet", host=LOOPBACK, port=port)
        with pytest.raises(OSError, match=f"UDP {LOOPBACK}:{port} cannot be had"):
            await open_wire("bms", known, {}, False, Roll())


async def test_on_loopback_bacpypes3_takes_its_own_port_at_any_address_for_itself() -> None:
    """The connector therefore refuses such a device: see the names' tests."""
    port = a_free_port()
    station = Station(12, f"{LOOPBACK}:{port}", [])
    await station.ready()
    heard: list[Any] = []
    station.normal.server.response = heard_by(heard)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", port))
        other.setblocking(False)
        await station.who_is(address=Address(f"127.0.0.2:{port}"), timeout=0)
        await until(lambda: heard)
        with pytest.raises(BlockingIOError):
            other.recv(100)
    await station.shut()


def heard_by(heard: list[Any]) -> Any:
    """In the place of a layer above: keeps what comes up."""

    async def response(pdu: Any) -> None:
        heard.append(pdu)

    return response


async def test_bacpypes3_gives_an_error_in_the_place_of_a_value() -> None:
    """Who takes what read_property_multiple returns for values has an ErrorType among them; our decoder has a
    reason."""
    async with a_rig(ANALOG) as rig:
        device = DeviceObject(objectIdentifier=("device", 4190000), objectName="client")
        client = NormalApplication(device, IPv4Address(f"{LOOPBACK}:{a_free_port()}"))
        await client.normal.server._local_transport_ready.wait()
        port = rig.station.normal.server.local_address[1]
        found = await client.read_property_multiple(
            IPv4Address(f"{LOOPBACK}:{port}"),
            ["analog-input,1", ["present-value", "max-pres-value"]],
        )
        opened_socket = client.normal.server.local_transport.get_extra_info("socket")
        client.close()
        await until(lambda: opened_socket.fileno() < 0)
    assert [isinstance(value, ErrorType) for _, _, _, value in found] == [False, True]


def test_an_application_takes_subscriptions_for_itself() -> None:
    """Every bacpypes3 application serves SubscribeCOV and answers to writes; ours is cut off below it."""
    assert hasattr(Application, "do_SubscribeCOVRequest")
