"""Answers that are none: whatever comes back, no value is ever taken for another point's."""

from __future__ import annotations

import asyncio

import pytest

from connectors.modbus.connector import tcp_line
from connectors.modbus.plan import Request
from connectors.protocol import Connector, Link
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
    spelled,
    wire,
)
from tests.serving import serving
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
        (7, Reason.OTHER_EXCEPTION),
        (8, Reason.OTHER_EXCEPTION),
        (9, Reason.OTHER_EXCEPTION),
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


async def test_a_server_that_closes_only_its_own_side_is_offline_without_waiting() -> None:
    async def half_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while question := await reader.read(12):
            if question[7] == 3:
                writer.write_eof()
                await reader.read()
                return
            writer.write(proper(question))

    async with serving(half_close) as port:
        connector = a_connector(a_device("meter", port, POINTS), timeout_s=30)
        async with running(connector) as sink:
            await until(lambda: len(sink.good(FINE)) >= 3)
    assert sink.reasons(BAD) == {Reason.OFFLINE}


@pytest.mark.parametrize("size", [256, 265, 5000, 70000])
async def test_a_flood_instead_of_an_answer_is_bad_at_once_whatever_its_size(size: int) -> None:
    async with wire(tampered(always(b"\xa5" * size)), piece=1 << 20) as server:
        connector = a_connector(a_device("meter", server.port, POINTS), timeout_s=30)
        async with running(connector) as sink:
            await until(lambda: len(sink.good(FINE)) >= 3)
    assert sink.reasons(BAD) == {Reason.MISMATCH}


async def test_a_gateway_that_answers_with_transaction_0_is_never_believed_however_late() -> None:
    """It could not be told which question such an answer is to."""

    async def nameless(frame: bytes) -> bytes:
        await asyncio.sleep(0.1)
        return b"\0\0" + proper(frame)[2:]

    points = (a_point(BAD, 0), a_point(FINE, 500))
    async with wire(nameless) as server:
        async with running(a_connector(a_device("meter", server.port, points), timeout_s=0.05)) as sink:
            await until(lambda: sink.samples(FINE))
        async with running(a_connector(a_device("meter", server.port, points), timeout_s=5)) as sink:
            await until(lambda: len(sink.samples(FINE)) >= 2)
    assert not sink.good(BAD)
    assert not sink.good(FINE)
    assert sink.reasons(BAD, FINE) == {Reason.MISMATCH}


async def test_a_counter_that_rolls_over_or_whose_meter_is_replaced_is_given_as_the_meter_says_it() -> None:
    """What a step back means is said by those who know the meter's size and its records: here no digit changes."""
    readings = [2**32 - 2, 2**32 - 1, 0, 1, 4000, 17]

    async def count(frame: bytes) -> bytes:
        value = readings.pop(0) if len(readings) > 1 else readings[0]
        return spelled(frame, divmod(value, 65536))

    expected = list(readings)
    async with wire(count) as server:
        meter = a_device("meter", server.port, [a_point(0, 0, encoding="uint32")], period_s=0.01)
        async with running(a_connector(meter)) as sink:
            await until(lambda: len(sink.good(0)) >= len(expected))
    assert [sample.value for sample in sink.good(0)][: len(expected)] == expected
    assert sink.reasons(0) == {Reason.NONE}


SLOW, WELL = 9, 1
"""Units on one line: one whose answers take longer than the time-out, and a healthy one."""


def a_shared_line(port: int, timeout_s: float = 0.3) -> Connector:
    slow = a_device("slow", port, [a_point(SLOW, 9)], unit=SLOW, period_s=0.02)
    well = a_device("well", port, [a_point(WELL, 1)], unit=WELL, period_s=0.02)
    return a_connector(slow, well, timeout_s=timeout_s)


async def test_a_unit_that_answers_too_late_is_told_from_a_dead_one_while_others_ask_on_its_line() -> None:
    async def answer(frame: bytes) -> bytes:
        if frame[6] == SLOW:
            await asyncio.sleep(0.4)
        return proper(frame)

    async with wire(answer) as server:
        connector = a_shared_line(server.port)
        async with running(connector) as sink:
            await until(lambda: "later than timeout_s (0.3 s): raise it" in connector.health()[0].detail)
    assert sink.reasons(SLOW) == {Reason.TIMEOUT}
    assert {sample.value for sample in sink.samples(WELL)} == {register_at("holding", 1)}


async def test_a_dead_units_connection_is_listened_to_no_longer_than_another_timeout() -> None:
    open_now = most = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            while question := await reader.read(12):
                if question[6] == WELL:
                    writer.write(proper(question))
        finally:
            open_now -= 1

    async with serving(serve) as port, running(a_shared_line(port, timeout_s=0.15)) as sink:
        await until(lambda: len(sink.samples(SLOW)) >= 2)
        goods = len(sink.good(WELL))
        await until(lambda: open_now == 1 and len(sink.good(WELL)) > goods)
    assert most == 2
    assert sink.reasons(WELL) == {Reason.NONE}


async def test_a_server_of_one_connection_costs_a_neighbour_at_most_one_more_timeout_ever() -> None:
    """It leaves a second connection unanswered until the first is gone for a while."""
    turn = asyncio.Lock()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with turn:
            while question := await reader.read(12):
                if question[6] == WELL:
                    writer.write(proper(question))
            await asyncio.sleep(0.2)

    question = Request("holding", 0, 1, ())
    well = []
    async with serving(serve) as port:
        line = tcp_line("127.0.0.1", port, 0.4)
        assert await line.ask(WELL, question) == register_at("holding", 0).to_bytes(2, "big")
        for _ in range(3):
            assert await line.ask(SLOW, question) is Reason.TIMEOUT
            well.append(await line.ask(WELL, question))
        line.close()
    assert [isinstance(answer, bytes) for answer in well] == [False, True, True]


async def test_a_neighbour_is_asked_again_at_once_where_its_connection_was_the_second_of_one() -> None:
    """The server takes a second connection and drops it: with the first gone, it takes another."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while connections != 2 and (question := await reader.read(12)):
            if question[6] == WELL:
                writer.write(proper(question))

    question = Request("holding", 0, 1, ())
    async with serving(serve) as port:
        line = tcp_line("127.0.0.1", port, 0.4)
        assert await line.ask(SLOW, question) is Reason.TIMEOUT
        assert await line.ask(WELL, question) == register_at("holding", 0).to_bytes(2, "big")
        line.close()
    assert connections == 3
