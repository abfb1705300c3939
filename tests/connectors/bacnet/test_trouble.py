"""The connector on a bad day: silence, floods, strangers, a taken port, its own end."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from agent.clock import SystemClock
from evaluators.model.samples import Quality, Reason
from tests.connectors.bacnet.field import (
    LOOPBACK,
    READS,
    Notifier,
    Rig,
    a_connector,
    a_device,
    a_free_port,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.connectors.bacnet.field import Recorder as Sink
from tests.waiting import until

ANALOG = partial(a_served, "analog-input", presentValue=3.0)
GOOD = (3.0, "good", "")
WAIT_S = 0.2

hasty = partial(a_connector, timeout_s=WAIT_S)


async def test_a_silent_device_is_bad_at_each_attempt_and_comes_back_by_itself() -> None:
    sink = Sink()
    async with a_rig(ANALOG) as rig:
        device = a_device(rig.line.port, a_point(1, "analog-input,1"), a_point(2, "analog-input,1", "int"))
        async with running(hasty(device), sink) as health:
            await until(lambda: sink.last().get(1) == GOOD)
            assert (health().link, health().detail) == ("up", "")
            rig.line.cut = True
            await until(lambda: health().errors.get("timeout", 0) >= 4)
            assert sink.last() == {1: (None, "bad", "timeout"), 2: (None, "bad", "timeout")}
            assert health().link == "backing_off"
            assert health().detail == (
                f"no answer from 127.0.0.1:{rig.line.port} within 0.2 s, asked 1 times:"
                " check its address, its power and the network"
            )
            rig.line.cut = False
            await until(lambda: sink.last()[1] == GOOD)
            assert health().link == "up"
            assert health().last_good == sink.good(1)[-1].time


async def test_others_keep_their_period_while_one_is_dead() -> None:
    sink = Sink()
    async with a_rig(ANALOG) as rig:
        alive = a_device(rig.line.port, a_point(1, "analog-input,1"), id="alive")
        dead = a_device(a_free_port(), a_point(2, "analog-input,1"), id="dead")
        async with running(a_connector(dead, alive, timeout_s=1.0), sink):
            await until(lambda: len(sink.samples(2)) == 1)
            before = len(sink.good(1))
            await until(lambda: len(sink.samples(2)) == 2)
    assert len(sink.good(1)) - before > 10
    times = [sample.time for sample in sink.good(1)]
    assert max(later - earlier for earlier, later in pairwise(times)) < 0.5e9


async def test_a_lost_answer_is_asked_for_again() -> None:
    sink = Sink()
    lost = iter([True, False, True, False])
    async with a_rig(ANALOG) as rig:
        rig.line.mangle = lambda answer: [] if next(lost, False) else [answer]
        device = a_device(rig.line.port, a_point(1, "analog-input,1"))
        async with running(hasty(device, retries=1), sink):
            await until(lambda: len(sink.blocks) > 1)
    assert {s.quality for s in sink.samples()} == {Quality.GOOD}


async def test_duplicates_and_late_answers_belong_to_no_other_question() -> None:
    """Each answer comes twice, and once more after the next questions; its value was another one by then."""
    sink = Sink()
    held: list[bytes] = []

    def again(answer: bytes) -> Iterable[bytes]:
        held.append(answer)
        return [answer, answer, *held[-4:-1]]

    async with a_rig(*(partial(a_served, "analog-input", n, presentValue=n * 1.0) for n in (1, 2, 3))) as rig:
        rig.line.mangle = again
        points = [a_point(n, f"analog-input,{n}") for n in (1, 2, 3)]
        async with running(a_connector(a_device(rig.line.port, *points, max_properties=4)), sink) as health:
            await until(lambda: len(sink.blocks) > 5)
            assert health().link == "up"
    assert {(s.point, s.value, s.quality) for s in sink.samples()} == {
        (n, n * 1.0, Quality.GOOD) for n in (1, 2, 3)
    }


async def test_an_answer_with_the_right_number_for_another_object_is_a_mismatch() -> None:
    """The invoke id alone does not make an answer belong to a question."""
    sink = Sink()
    first, second = bytes.fromhex("0c00000001"), bytes.fromhex("0c00000002")
    async with a_rig(ANALOG, partial(a_served, "analog-input", 2, presentValue=4.0)) as rig:
        rig.line.mangle = lambda answer: [answer.replace(first, second)]
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: sink.blocks)
            assert sink.last() == {1: (None, "bad", "mismatch")}
            assert health().link == "degraded"
            rig.line.mangle = lambda answer: [answer]
            await until(lambda: sink.last()[1] == GOOD)


FUZZ_S = float(os.environ.get("STEWARD_FUZZ_S", "1.0"))
"""How long mutated datagrams rain, seconds."""


@pytest.mark.parametrize("cov", ["off", "confirmed"])
async def test_mutated_datagrams_and_still_reading(cov: str, caplog: pytest.LogCaptureFixture) -> None:
    """From the device itself and from strangers: answers, notifications, and what we said, all spoiled."""
    sink = Sink()
    chance = random.Random(22)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def mutated(datagram: bytes) -> bytes:
        spoiled = bytearray(datagram)
        for _ in range(chance.randint(1, 6)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        return bytes(spoiled[: chance.randint(1, len(spoiled))])

    async with a_rig(ANALOG, kind=Notifier) as rig:
        answers: list[bytes] = []

        def kept(answer: bytes) -> Iterable[bytes]:
            answers.append(answer)
            return [answer]

        rig.line.mangle = kept
        points = (a_point(1, "analog-input,1"), a_point(2, "analog-input,1", property="cov-increment"))
        device = a_device(rig.line.port, *points, cov=cov, poll_s=0.05, period_s=0.1)
        async with running(a_connector(device), sink) as health:
            await until(lambda: len(sink.good(1)) > 2)
            await until(lambda: cov == "off" or health().figures["notifications"])
            samples = [*answers, *rig.line.sent]
            rig.line.mangle = lambda answer: [answer]
            until_beat = asyncio.get_running_loop().time() + FUZZ_S
            while asyncio.get_running_loop().time() < until_beat:
                for _ in range(20):
                    rig.line.deliver(mutated(chance.choice(samples)))
                    stranger.sendto(mutated(chance.choice(samples)), rig.line.agent or ())
                await asyncio.sleep(0.01)
            seen = len(sink.good(1))
            await until(lambda: len(sink.good(1)) > seen + 5)
            assert health().link == "up"
    stranger.close()
    assert {s.point for s in sink.samples()} == {1, 2}
    assert cov != "off" or {s.value for s in sink.good(1)} == {3.0}
    assert caplog.records == [], "a log line for each spoiled datagram"


async def test_a_spoiled_answer_is_asked_for_in_parts_and_costs_one_property() -> None:
    """The value of analog-input,2 runs over the end of its answer each time."""
    sink = Sink()
    of_second = bytes.fromhex("44" + "40800000")
    async with a_rig(ANALOG, partial(a_served, "analog-input", 2, presentValue=4.0)) as rig:
        rig.line.mangle = lambda answer: [answer.replace(of_second, b"\x45\xfa" + of_second[2:])]
        points = (a_point(1, "analog-input,1"), a_point(2, "analog-input,2"))
        async with running(a_connector(a_device(rig.line.port, *points)), sink):
            await until(lambda: sink.blocks)
    assert sink.last() == {1: GOOD, 2: (None, "bad", "malformed")}


async def test_a_spoiled_answer_whose_parts_get_none_ends_as_a_timeout() -> None:
    sink = Sink()
    whole = bytes.fromhex("0c00000001 1e")
    async with a_rig(ANALOG) as rig:
        rig.line.mangle = lambda answer: (
            [answer[:-1] + b"\x1e"]
            if whole in answer and len(answer) > 40
            else []
            if whole in answer
            else [answer]
        )
        async with running(hasty(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: len(sink.blocks) > 1)
            assert sink.last() == {1: (None, "bad", "timeout")}
            assert "2 properties in one request got no answer" in health().detail


# --- who answers


async def test_another_device_at_the_address_is_a_mismatch_until_the_right_one_is_there() -> None:
    sink = Sink()
    async with a_rig(ANALOG, instance=77) as rig:
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: sink.blocks)
            assert sink.last() == {1: (None, "bad", "mismatch")}
            assert health().link == "down"
            assert health().detail == (
                f"device 77 answers at 127.0.0.1:{rig.line.port}, not 12: check instance and host"
            )
        sink.blocks.clear()
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"), instance=77)), sink):
            await until(lambda: sink.last().get(1) == GOOD)


async def test_a_device_that_does_not_say_who_it_is_is_not_read() -> None:
    """Neither by the instance that it should have nor by the one that means anyone."""
    sink = Sink()
    async with a_rig(ANALOG, instance=77) as rig:
        rig.station.answers_to_anyone = False
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: sink.blocks)
            assert sink.last() == {1: (None, "bad", "mismatch")}
            assert "there is no device 12 at" in health().detail


@pytest.mark.parametrize(
    ("apdu", "reason"),
    [
        ("50 {id} 0c 9102 911b", "protocol_error"),  # read-access-denied
        ("60 {id} 01", "rejected"),
        ("71 {id} 01", "aborted"),
        ("30 {id} 0e 0c", "mismatch"),  # an answer to ReadPropertyMultiple
        ("3c {id} 00 01 0c 0c0200000c194b3e", "aborted"),  # the first of several segments, which we do not take
        ("20 {id} 0c", "mismatch"),  # a simple acknowledgement
        ("30 {id} 0c 0c0200000c194b3e2103", "malformed"),  # no closing tag
        ("30 {id} 0c 0c0200000c194b3e21033f", "mismatch"),  # a number for an identifier
    ],
)
async def test_what_its_identifier_is_answered_with(apdu: str, reason: str) -> None:
    sink = Sink()

    def answered(answer: bytes) -> Iterable[bytes]:
        body = bytes.fromhex(apdu.format(id=answer[7:8].hex()).replace(" ", ""))
        return [b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x00" + body]

    async with a_rig(ANALOG) as rig:
        rig.line.mangle = answered
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: sink.blocks)
            assert sink.last() == {1: (None, "bad", reason)}
            assert health().link == "down"
            assert "it does not say who it is" in health().detail


async def test_a_device_that_answers_short_questions_only_says_so() -> None:
    sink = Sink()
    async with a_rig(ANALOG) as rig:
        rig.line.mangle = lambda answer: [answer] if answer[8] == 12 else []
        async with running(hasty(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink) as health:
            await until(lambda: sink.blocks)
            assert sink.last() == {1: (None, "bad", "timeout")}
            assert health().link == "degraded"
            assert "4 properties in one request got no answer: if it goes on, lower" in health().detail


@pytest.mark.parametrize("dropped", [{1}, {3}, {1, 2}, {2, 4}, {1, 2, 3}])
async def test_requests_that_are_never_answered_do_not_starve_the_others(dropped: set[int]) -> None:
    """They are asked last, and the device keeps its period."""
    sink = Sink()
    lost = [bytes.fromhex(f"0c0000000{n}") for n in dropped]
    every = (1, 2, 3, 4)
    async with a_rig(*(partial(a_served, "analog-input", n, presentValue=n * 1.0) for n in every)) as rig:
        rig.line.mangle = lambda answer: [] if any(identifier in answer for identifier in lost) else [answer]
        points = [a_point(n, f"analog-input,{n}") for n in every]
        async with running(hasty(a_device(rig.line.port, *points, max_properties=4)), sink) as health:
            await until(lambda: len(sink.blocks) > 4)
            assert health().link == "degraded"
    reasons = {(s.point, s.reason) for block in sink.blocks[2:] for s in block.samples()}
    assert reasons == {(n, Reason.TIMEOUT if n in dropped else Reason.NONE) for n in every}


async def test_one_property_that_is_never_answered_does_not_starve_the_others() -> None:
    sink = Sink()
    value_of_first = bytes.fromhex("0c00000001 1955")
    async with a_rig(ANALOG, partial(a_served, "binary-input", presentValue=1)) as rig:
        rig.line.mangle = lambda answer: [] if value_of_first in answer else [answer]
        points = (a_point(1, "analog-input,1"), a_point(2, "binary-input,1", "bool"))
        async with running(hasty(a_device(rig.line.port, *points, max_properties=1)), sink) as health:
            await until(lambda: len(sink.blocks) > 2)
            assert health().detail.endswith(
                "without a value: analog-input,1.present-value: timeout; a property got no answer"
            )
    assert {(s.point, s.reason) for s in sink.samples()} == {(1, Reason.TIMEOUT), (2, Reason.NONE)}


async def test_a_device_that_falls_silent_in_the_middle_of_a_poll_keeps_what_was_read() -> None:
    sent_by_then: list[int] = []

    class Noting(Sink):
        async def put(self, block: Any) -> None:
            sent_by_then.append(len(rig.line.sent))
            await super().put(block)

    sink = Noting()
    async with a_rig(*(partial(a_served, "analog-input", n, presentValue=n * 1.0) for n in (1, 2, 3, 4))) as rig:
        points = [a_point(n, f"analog-input,{n}") for n in (1, 2, 3, 4)]
        rig.line.mangle = lambda answer: [answer] if len(rig.line.sent) < 5 else []
        async with running(hasty(a_device(rig.line.port, *points, max_properties=4)), sink) as health:
            await until(lambda: sink.blocks)
            assert sent_by_then[0] == 6, "a dead device was asked for the rest as well"
            await until(lambda: health().link == "backing_off")
    assert {s.point: s.reason for s in sink.blocks[0].samples()} == {
        1: Reason.NONE, 2: Reason.TIMEOUT, 3: Reason.TIMEOUT, 4: Reason.TIMEOUT,
    }  # fmt: skip


async def test_segment_acknowledgements_do_not_keep_a_question_waiting_for_ever() -> None:
    """bacpypes3 starts its timer anew with each."""
    sink = Sink()
    async with a_rig(ANALOG) as rig:
        rig.line.mangle = lambda answer: []
        async with running(hasty(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink):
            while not sink.blocks:
                if rig.line.sent:
                    rig.line.deliver(bytes.fromhex("810a000a0100 41") + rig.line.sent[-1][8:9] + b"\x00\x01")
                await asyncio.sleep(0.05)
            assert sink.last() == {1: (None, "bad", "timeout")}
            rig.line.mangle = lambda answer: [answer]
            await until(lambda: sink.last()[1] == GOOD)


async def test_devices_behind_one_address_take_turns() -> None:
    """bacpypes3 spins for ever when 257 questions to one address are open."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    async with a_rig(ANALOG) as rig:
        one, two = (
            a_device(rig.line.port, a_point(n, "analog-input,1"), id=f"d{n}", period_s=0.01) for n in (1, 2)
        )
        open_at_once: list[int] = []
        answered = 0

        def late(answer: bytes) -> Iterable[bytes]:
            open_at_once.append(len(rig.line.sent) - answered)
            loop.call_later(0.02, deliver, answer)
            return []

        def deliver(answer: bytes) -> None:
            nonlocal answered
            answered += 1
            rig.line.deliver(answer)

        rig.line.mangle = late
        async with running(a_connector(one, two, timeout_s=2.0), sink):
            await until(lambda: len(sink.good(1)) > 5 and len(sink.good(2)) > 5)
            rig.line.mangle = lambda answer: [answer]
            await asyncio.sleep(0.03)
    assert set(open_at_once) == {1}


# --- our own socket


async def test_a_taken_port_is_an_error_that_names_it() -> None:
    """bacpypes3 would wait for it in silence, or share it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        connector = a_connector(a_device(a_free_port(), a_point(1, "analog-input,1")), port=port)
        with pytest.raises(OSError, match=f"UDP 127.0.0.1:{port} cannot be had"):
            await connector.run(Sink(), SystemClock())


async def test_the_port_is_free_again_whenever_it_is_stopped() -> None:
    """At once, in the middle of a question, and between two."""
    port = a_free_port()
    async with a_rig(ANALOG) as rig:
        device = a_device(rig.line.port, a_point(1, "analog-input,1"))
        for turns in (0, 1, 2, 3, 5, 8):
            task = asyncio.create_task(hasty(device, port=port).run(Sink(), SystemClock()))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        rig.line.cut = True
        sent = len(rig.line.sent)
        failures: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
        task = asyncio.create_task(hasty(device, port=port, retries=2).run(Sink(), SystemClock()))
        await until(lambda: len(rig.line.sent) > sent)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(2 * WAIT_S)  # a repetition would have come by now
        assert failures == []
        rig.line.cut = False
        sink = Sink()
        async with running(hasty(device, port=port), sink):
            await until(lambda: sink.last().get(1) == GOOD)


async def test_a_sink_that_fails_ends_the_connector_with_its_own_exception() -> None:
    class Full(Sink):
        async def put(self, block: Any) -> None:
            raise OSError("the disk is full")

    async with a_rig(ANALOG) as rig:
        with pytest.raises(OSError, match="the disk is full"):
            await a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))).run(Full(), SystemClock())


REQUESTS_OF_OTHERS = {
    "who-is": "1008",
    "i-am": "1000c40200000c2205c491032201e7",
    "read-property": "0005070c0c023fff7f194b",
    "write-property": "0005080f0c023fff70190b3e2200013f",
    "device-communication-control": "000509110900190129",
}


@pytest.mark.parametrize("apdu", REQUESTS_OF_OTHERS.values(), ids=REQUESTS_OF_OTHERS)
async def test_nobody_is_served_not_even_a_device_of_ours(apdu: str) -> None:
    """Nothing but questions leaves our socket, and what others ask or write changes nothing."""
    sink = Sink()
    body = bytes.fromhex(apdu)
    datagram = b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x04" + body
    async with a_rig(ANALOG) as rig:
        async with running(a_connector(a_device(rig.line.port, a_point(1, "analog-input,1"))), sink):
            await until(lambda: sink.blocks)
            rig.line.deliver(datagram)
            seen = len(sink.blocks)
            await until(lambda: len(sink.blocks) > seen + 2)
        assert only_reads(rig)
    assert {s.reason for s in sink.samples()} == {Reason.NONE}


def only_reads(rig: Rig) -> bool:
    """Whether the agent sent ReadProperty and ReadPropertyMultiple, and nothing else."""
    return rig.line.said() == READS
