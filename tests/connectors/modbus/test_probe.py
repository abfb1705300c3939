"""Reading devices once, with every exchange kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.clock import SystemClock
from connectors.modbus.answer import belongs
from connectors.modbus.settings import Connection, Device, Point
from connectors.probing import Probe
from connectors.protocol import BoundConnection, BoundDevice
from connectors.registry import probe
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import a_device, a_point, free_port, proper, refusal, register_at, wire


async def probed(*devices: BoundDevice[Device, Point], timeout_s: float = 0.3) -> list[Probe]:
    connection: BoundConnection[Any, Any, Any] = BoundConnection(
        "field", Connection(protocol="modbus", timeout_s=timeout_s), devices
    )
    before = SystemClock().now()
    found = await probe(connection, SystemClock())
    for exchange in (exchange for one in found for exchange in one.exchanges):
        assert before <= exchange.at <= SystemClock().now()
        assert 0 <= exchange.seconds < 10
    return found


async def test_each_device_is_read_once_and_what_went_over_the_wire_is_kept() -> None:
    async def answer(frame: bytes) -> bytes:
        return proper(frame)

    async with wire(answer) as one, wire(answer) as other:
        found = await probed(
            a_device("b", one.port, [a_point(0, 0), a_point(1, 50, table="input")], unit=7),
            a_device("a", other.port, [a_point(2, 40001, encoding="bit", bit=0)], addressing="modicon-5"),
            a_device("c", one.port, [a_point(3, 9, table="coil")], unit=8),
        )
    assert [(each.device, each.problem) for each in found] == [("b", ""), ("a", ""), ("c", "")]
    assert {sample.point: sample.value for sample in found[0].samples} == {
        0: register_at("holding", 0),
        1: register_at("input", 50),
    }
    assert [exchange.meaning for each in found for exchange in each.exchanges] == [
        "unit 7, 1 registers from holding 0: 2 bytes",
        "unit 7, 1 registers from input 50: 2 bytes",
        "unit 1, 1 registers from 40001: 2 bytes",
        "unit 8, 1 bits from coil 9: 1 bytes",
    ]
    for exchange in (exchange for each in found for exchange in each.exchanges):
        assert exchange.sent in one.frames + other.frames
        assert belongs(exchange.sent, exchange.received)
        assert exchange.received == proper(exchange.sent)


async def test_what_is_wrong_is_said_with_the_bytes_that_show_it() -> None:
    async def answer(frame: bytes) -> bytes | None:
        return {1: refusal(frame, 11), 2: b"nonsense", 3: None, 4: b""}[frame[6]]

    async with wire(answer) as server:
        found = await probed(*(a_device(f"u{n}", server.port, [a_point(n, 0)], unit=n) for n in range(1, 5)))
    assert [(each.exchanges[0].meaning.partition(": ")[2], each.samples[0].reason) for each in found] == [
        ("gateway_no_response", Reason.GATEWAY_NO_RESPONSE),
        ("mismatch", Reason.MISMATCH),
        ("offline", Reason.OFFLINE),
        ("timeout", Reason.TIMEOUT),
    ]
    assert [each.exchanges[0].received for each in found][1:] == [b"nonsense", b"", b""]
    assert "hears nothing from unit 1" in found[0].problem
    assert "no answer from unit 4" in found[3].problem


async def test_a_device_that_answers_just_too_late_is_told_from_a_dead_one() -> None:
    async def late(frame: bytes) -> bytes:
        await asyncio.sleep(0.35)
        return proper(frame)

    async with wire(late) as server:
        (found,) = await probed(a_device("meter", server.port, [a_point(0, 0)]), timeout_s=0.25)
    assert found.problem == "answers, but later than timeout_s (0.25 s): raise it"
    assert found.samples[0].reason is Reason.TIMEOUT


async def test_a_device_that_takes_no_connection_has_an_exchange_of_nothing() -> None:
    port = free_port()
    (found,) = await probed(a_device("meter", port, [a_point(0, 0)]))
    assert f"cannot connect to 127.0.0.1:{port}" in found.problem
    assert [(each.sent, each.received) for each in found.exchanges] == [(b"", b"")]


async def test_a_point_that_cannot_be_is_named() -> None:
    with pytest.raises(ValueError, match="meter/p0: takes 4 registers, but max_registers is 2"):
        await probed(a_device("meter", 502, [a_point(0, 0, encoding="int64")], max_registers=2))
