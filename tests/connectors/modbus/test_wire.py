"""Answers that are none: whatever comes back, no value is ever taken for another point's."""

from __future__ import annotations

import asyncio

import pytest

from connectors.protocol import Link
from evaluators.model.samples import Quality, Reason
from tests.connectors.modbus.field import (
    Answer,
    a_connector,
    a_device,
    a_point,
    framed,
    proper,
    refusal,
    register_at,
    running,
    wire,
)
from tests.waiting import until

BAD, FINE = 0, 1
"""A point whose answers are tampered with, and its neighbour in another request."""
POINTS = (a_point(BAD, 0, encoding="uint32"), a_point(FINE, 50, table="input"))


def tampered(change: Answer) -> Answer:
    """Proper answers, but for the holding registers what ``change`` makes of the question."""

    async def answer(frame: bytes) -> bytes | None:
        return await change(frame) if frame[7] == 3 else proper(frame)

    return answer


def always(change: bytes | None) -> Answer:
    async def answer(frame: bytes) -> bytes | None:
        return change

    return answer


async def short(frame: bytes) -> bytes:
    return framed(frame[:2], frame[6], b"\x03\x02\xff\xff")


async def long(frame: bytes) -> bytes:
    return framed(frame[:2], frame[6], b"\x03\x06" + b"\xff" * 6)


async def odd(frame: bytes) -> bytes:
    return framed(frame[:2], frame[6], b"\x03\x03\xff\xff\xff")


async def other_function(frame: bytes) -> bytes:
    return framed(frame[:2], frame[6], b"\x04\x04" + b"\xff" * 4)


async def other_unit(frame: bytes) -> bytes:
    return framed(frame[:2], frame[6] + 1, proper(frame)[7:])


async def other_transaction(frame: bytes) -> bytes:
    return bytes((frame[0], frame[1] ^ 1)) + proper(frame)[2:]


async def no_transaction(frame: bytes) -> bytes:
    return b"\0\0" + proper(frame)[2:]


async def other_protocol(frame: bytes) -> bytes:
    return frame[:2] + b"\0\1" + proper(frame)[4:]


async def trailing(frame: bytes) -> bytes:
    return proper(frame) + b"\xff"


async def echo(frame: bytes) -> bytes:
    return frame + proper(frame)


async def garbage(frame: bytes) -> bytes:
    return b"\xde\xad\xbe\xef" + proper(frame)


@pytest.mark.parametrize(
    "change",
    [
        short,
        long,
        odd,
        other_function,
        other_unit,
        other_transaction,
        no_transaction,
        other_protocol,
        trailing,
        echo,
        garbage,
        always(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ],
    ids=lambda change: getattr(change, "__name__", ""),
)
async def test_an_answer_that_does_not_belong_is_bad_at_once_and_costs_its_neighbour_nothing(
    change: Answer,
) -> None:
    async with wire(tampered(change)) as server:
        connector = a_connector(a_device("meter", server.port, POINTS), timeout_s=30)
        async with running(connector) as sink:
            await until(lambda: len(sink.good(FINE)) >= 3)
    assert sink.reasons(BAD) == {Reason.MISMATCH}
    assert {sample.value for sample in sink.samples(FINE)} == {register_at("input", 50)}
    (health,) = connector.health()
    assert health.link is Link.DEGRADED
    assert health.errors["mismatch"] >= 3
    assert server.connections >= 3


async def test_an_answer_in_single_bytes_is_put_together() -> None:
    async with wire(tampered(always(b"")), piece=1) as server:
        connector = a_connector(a_device("meter", server.port, POINTS[FINE:]), timeout_s=5)
        async with running(connector) as sink:
            await until(lambda: len(sink.good(FINE)) >= 2)
    assert {sample.value for sample in sink.samples(FINE)} == {register_at("input", 50)}


async def test_an_answer_that_breaks_off_is_a_timeout() -> None:
    async def half(frame: bytes) -> bytes:
        return proper(frame)[:-1]

    async with wire(half) as server, running(a_connector(a_device("meter", server.port, POINTS))) as sink:
        await until(lambda: len(sink.samples(BAD)) >= 2)
    assert sink.reasons(BAD, FINE) == {Reason.TIMEOUT}


async def test_a_connection_that_closes_instead_of_answering_is_offline_without_waiting() -> None:
    async with wire(tampered(always(None))) as server:
        connector = a_connector(a_device("meter", server.port, POINTS), timeout_s=30)
        async with running(connector) as sink:
            await until(lambda: len(sink.good(FINE)) >= 3)
    assert sink.reasons(BAD) == {Reason.OFFLINE}
    assert "closed the connection instead of answering" in connector.health()[0].detail


async def test_an_answer_after_the_timeout_is_never_taken_for_the_next_questions() -> None:
    """Both points are as wide: only the connection and the transaction tell their answers apart."""
    slow = True

    async def late(frame: bytes) -> bytes:
        if slow and frame[8:10] == b"\0\0":
            await asyncio.sleep(0.3)
        return proper(frame)

    points = (a_point(BAD, 0), a_point(FINE, 500))
    async with (
        wire(late) as server,
        running(a_connector(a_device("meter", server.port, points), timeout_s=0.2)) as sink,
    ):
        await until(lambda: len(sink.good(FINE)) >= 4)
        slow = False
        await until(lambda: sink.good(BAD))
    assert {sample.value for sample in sink.good(FINE)} == {register_at("holding", 500)}
    assert {sample.value for sample in sink.good(BAD)} == {register_at("holding", 0)}
    assert Reason.TIMEOUT in sink.reasons(BAD)


async def test_a_device_that_always_answers_just_after_the_timeout_is_told_from_a_dead_one() -> None:
    async def late(frame: bytes) -> bytes:
        await asyncio.sleep(0.25)
        return proper(frame)

    async with wire(late) as server:
        connector = a_connector(a_device("meter", server.port, POINTS), timeout_s=0.15)
        async with running(connector) as sink:
            await until(lambda: "later than timeout_s (0.15 s): raise it" in connector.health()[0].detail)
    assert sink.reasons(BAD, FINE) == {Reason.TIMEOUT}
    assert connector.health()[0].link is Link.BACKING_OFF


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1, Reason.ILLEGAL_FUNCTION),
        (2, Reason.ILLEGAL_ADDRESS),
        (3, Reason.ILLEGAL_VALUE),
        (4, Reason.DEVICE_FAILURE),
        (5, Reason.DEVICE_BUSY),
        (6, Reason.DEVICE_BUSY),
        (8, Reason.OTHER_EXCEPTION),
        (10, Reason.GATEWAY_UNAVAILABLE),
        (11, Reason.GATEWAY_NO_RESPONSE),
    ],
)
async def test_each_exception_has_its_reason_and_keeps_the_connection(code: int, reason: Reason) -> None:
    async def refuse(frame: bytes) -> bytes:
        return refusal(frame, code)

    async with (
        wire(tampered(refuse)) as server,
        running(a_connector(a_device("meter", server.port, POINTS), timeout_s=30)) as sink,
    ):
        await until(lambda: sink.good(FINE) and sink.samples(BAD))
    assert sink.reasons(BAD) == {reason}
    assert server.connections == 1


async def test_only_reads_are_ever_sent() -> None:
    points = [a_point(n, 7 * n, table=table) for n, table in enumerate(("coil", "discrete", "holding", "input"))]

    async def answer(frame: bytes) -> bytes:
        return proper(frame)

    async with (
        wire(answer) as server,
        running(a_connector(a_device("meter", server.port, points, unit=9))) as sink,
    ):
        await until(lambda: len(sink.blocks) >= 3)
    assert server.functions() == {1, 2, 3, 4}
    assert {frame[6] for frame in server.frames} == {9}
    assert {sample.quality for sample in sink.samples(0, 1, 2, 3)} == {Quality.GOOD}


async def test_one_question_at_a_time_is_in_flight_on_a_connection() -> None:
    open_questions = 0
    most = 0

    async def answer(frame: bytes) -> bytes:
        nonlocal open_questions, most
        open_questions += 1
        most = max(most, open_questions)
        await asyncio.sleep(0.005)
        open_questions -= 1
        return proper(frame)

    async with wire(answer) as server:
        devices = [a_device(f"unit-{n}", server.port, [a_point(n, n)], unit=n) for n in range(8)]
        async with running(a_connector(*devices)) as sink:
            await until(lambda: all(len(sink.good(n)) >= 2 for n in range(8)))
    assert (most, server.connections) == (1, 1)
