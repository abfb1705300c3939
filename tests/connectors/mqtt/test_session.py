"""Sessions that break: nothing acknowledged is lost, nothing is acknowledged before it is on disk."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import paho.mqtt.client as paho
import pytest

from agent.clock import SystemClock
from connectors.mqtt import connector as module
from connectors.mqtt import session
from connectors.mqtt.inbox import Event, Inbox, Message
from connectors.mqtt.listener import MOST_AT_ONCE
from connectors.protocol import Link
from evaluators.model.samples import Reason
from tests.connectors.mqtt.field import (
    TIMED,
    Recorder,
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
from tests.serving import serving
from tests.waiting import until

VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])
PUBACK = 4


@pytest.mark.service
@VERSIONS
async def test_what_was_not_on_disk_is_delivered_again(mosquitto: Mosquitto, version: str) -> None:
    stuck = Recorder()
    stuck.open.clear()
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED), version=version), stuck):
        await publish(mosquitto, "site/meter", stamped(1), stamped(2), stamped(3))
        await until(lambda: stuck.tried)
    assert stuck.samples == []
    again = a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)
    async with running(again, subscribed=False) as sink:
        await until(lambda: len(sink.samples) == 3)
    assert sink.values() == [1, 2, 3]


@pytest.mark.service
@VERSIONS
async def test_what_is_on_disk_is_not_delivered_again(mosquitto: Mosquitto, version: str) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)) as sink:
        await publish(mosquitto, "site/meter", stamped(1), stamped(2))
        await until(lambda: len(sink.samples) == 2)
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)) as sink:
        await publish(mosquitto, "site/meter", stamped(3))
        await until(lambda: sink.samples)
    assert sink.values() == [3]


@pytest.mark.service
@VERSIONS
async def test_nothing_is_acknowledged_over_a_connection_that_did_not_bring_it(
    mosquitto: Mosquitto, version: str
) -> None:
    """The broker numbers anew after a reconnect: an old number may belong to another message by then."""
    stuck = Recorder()
    stuck.open.clear()
    async with Relay(mosquitto.port) as relay:
        connector = a_connector(relay.port, a_device("meter", **TIMED), version=version)
        async with running(connector, stuck):
            await publish(mosquitto, "site/meter", *(stamped(v) for v in range(10)))
            await until(lambda: stuck.tried)
            relay.cut()
            await publish(mosquitto, "site/meter", *(stamped(v) for v in range(10, 15)))
            stuck.open.set()
            await until(lambda: stuck.values().count("offline") == 1 and 14 in stuck.values())
            await until(lambda: packets(relay.streams[1]).count(PUBACK) == 15)
    first, second = relay.streams
    assert packets(first).count(PUBACK) == 0
    assert packets(second).count(PUBACK) == 15
    assert [value for value in stuck.values() if value != "offline"][-15:] == list(range(15))
    assert len({(sample.point, sample.time) for sample in stuck.samples}) == 16  # each once, and the loss


def sent(broker: Mosquitto) -> int:
    """How many messages a broker has sent to the connector."""
    return broker.log.read_text(errors="replace").count("Sending PUBLISH to steward-test")


@pytest.mark.service
async def test_what_queues_up_is_one_block(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[Event] = []
    offer = Inbox.offer

    def noting(inbox: Inbox, event: Event) -> None:
        offer(inbox, event)
        offered.append(event)

    monkeypatch.setattr(Inbox, "offer", noting)
    stuck = Recorder()
    stuck.open.clear()
    async with (
        Relay(mosquitto.port) as relay,
        running(a_connector(relay.port, a_device("meter", **TIMED)), stuck),
        Station(mosquitto) as station,
    ):
        await station.publish_all("site/meter", [stamped(v) for v in range(200)])
        await until(lambda: sum(isinstance(event, Message) for event in offered) == 200)
        stuck.open.set()
        await until(lambda: len(stuck.samples) == 200)
        await until(lambda: packets(relay.streams[0]).count(PUBACK) == 200)
    assert stuck.values() == list(range(200))
    assert len(stuck.blocks) < 20


@pytest.mark.service
@pytest.mark.parametrize(("version", "ahead"), [("3.1.1", 20), ("5", MOST_AT_ONCE)])
async def test_a_slow_disk_holds_the_broker_up_and_loses_nothing(
    patient: Mosquitto, version: str, ahead: int
) -> None:
    """mosquitto itself sends 20 ahead of acknowledgements; with MQTT 5 as many as we say."""
    stuck = Recorder()
    stuck.open.clear()
    connector = a_connector(patient.port, a_device("meter", **TIMED), version=version)
    async with running(connector, stuck), Station(patient) as station:
        await station.publish_all("site/meter", [stamped(v) for v in range(1500)])
        await until(lambda: sent(patient) == ahead)
        assert len(stuck.tried) == 1
        stuck.open.set()
        await until(lambda: len(stuck.samples) == 1500, 30)
    assert stuck.values() == list(range(1500))


@pytest.mark.service
async def test_what_nobody_bounds_is_counted_when_it_is_too_much(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QoS 0 is sent on and on, however long the disk takes."""
    inboxes: list[Inbox] = []

    def small(loop: asyncio.AbstractEventLoop) -> Inbox:
        inboxes.append(Inbox(loop, most=20))
        return inboxes[-1]

    monkeypatch.setattr(module, "Inbox", small)
    stuck = Recorder()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector, stuck), Station(mosquitto) as station:
        stuck.open.clear()
        for value in range(100):
            await station.publish("site/meter", stamped(value), qos=0)
        await station.publish("site/meter", stamped(100))
        await until(lambda: inboxes[-1]._overflow.total() > 1)
        stuck.open.set()
        await until(lambda: 100 in stuck.values())
        assert health(connector).errors["overflow"] == 101 - len(stuck.samples)
    assert 20 < len(stuck.samples) < 100


@pytest.mark.service
@VERSIONS
async def test_a_broker_that_goes_and_comes_back(mosquitto: Mosquitto, version: str) -> None:
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)
    async with running(connector) as sink:
        await publish(mosquitto, "site/meter", stamped(1))
        await until(lambda: sink.samples)
        mosquitto.stop()
        await until(lambda: "cannot reach" in health(connector).detail)
        assert health(connector).link is Link.BACKING_OFF
        mosquitto.start()
        await publish(mosquitto, "site/meter", stamped(2))
        await until(lambda: 2 in sink.values())
        assert health(connector).link is Link.UP
        assert health(connector).detail == ""
    assert sink.values() == [1, "offline", 2]  # offline once, however many attempts there were
    one, gone, two = sink.samples
    assert one.time < gone.time < two.time


@pytest.mark.service
async def test_a_broker_restarted_hands_over_what_it_held(mosquitto: Mosquitto) -> None:
    async with running(a_connector(mosquitto.port, a_device("meter", **TIMED))):
        pass
    await publish(mosquitto, "site/meter", *(stamped(v) for v in range(5)))
    mosquitto.stop()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector) as sink:
        assert sink.values() == ["offline"]
        mosquitto.start()
        await until(lambda: len(sink.samples) == 6)
    assert sink.values() == ["offline", 0, 1, 2, 3, 4]


class Hurried(SystemClock):
    """Waits to be told instead of for the time, and notes how long it would have been."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.go = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.go.wait()
        self.go.clear()

    async def waited(self, times: int) -> None:
        """Return once it was asked that often."""
        await until(lambda: len(self.waits) >= times)


@pytest.mark.service
@VERSIONS
async def test_a_second_client_of_our_id_is_suspected_and_backed_off_from(
    mosquitto: Mosquitto, version: str
) -> None:
    """A CONNACK each time must not end the back-off. MQTT 3.1.1 cannot say why it ends a session, and mosquitto
    2.0.11 does not say so in MQTT 5 either."""
    clock = Hurried()
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED), version=version)
    async with running(connector, clock=clock) as sink:
        for times in range(1, 5):
            await until(lambda: "waiting for a message" in health(connector).detail)
            async with Station(mosquitto, client_id="steward-test"):
                await clock.waited(times)
            named = "perhaps another client has the id steward-test: give each its own" in health(connector).detail
            assert named is (times >= 3)
            clock.go.set()
        await until(lambda: "waiting for a message" in health(connector).detail)
        assert "perhaps another client has the id steward-test" in health(connector).detail
    assert sink.values() == ["offline"] * 4
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(clock.waits))


@pytest.mark.service
async def test_an_exception_in_a_handler_ends_the_session_and_is_told(mosquitto: Mosquitto) -> None:
    """paho's thread would die unheard, with `is_connected()` true for ever."""

    class Faulty(SystemClock):
        faults = 1

        def now(self) -> int:
            if threading.current_thread() is not threading.main_thread() and self.faults and connected:
                self.faults -= 1
                raise ZeroDivisionError("a fault in a handler")
            return super().now()

    connected: list[bool] = []
    connector = a_connector(mosquitto.port, a_device("meter", **TIMED))
    async with running(connector, clock=Faulty()) as sink:
        connected.append(True)
        await publish(mosquitto, "site/meter", stamped(1))
        await until(lambda: sink.samples)
        assert "a fault in a handler" in health(connector).detail
        await until(lambda: 1 in sink.values())
    assert sink.values() == ["offline", 1]


@pytest.mark.service
@pytest.mark.parametrize("blocked", [True, False])
async def test_stopping_takes_no_time(mosquitto: Mosquitto, blocked: bool) -> None:
    sink = Recorder()
    loop = asyncio.get_running_loop()
    async with running(a_connector(mosquitto.port, a_device("meter")), sink):
        if blocked:
            sink.open.clear()
        await publish(mosquitto, "site/meter", '{"v": 1}')
        await until(lambda: sink.tried)
        begun = loop.time()
    assert loop.time() - begun < 0.9  # a goodbye that nobody heard takes 1 s


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[int]:
    """A broker that says what the script says; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        await script(reader, writer)

    async with serving(serve) as port:
        yield port


CONNACK = b"\x20\x02\x00\x00"


async def test_a_refused_subscription_is_named() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK)
        sent = b""
        while b"site/status" not in sent or b"site/meter" not in sent:
            sent += await reader.read(1000)
        mid = sent[sent.index(b"\x82") + 2 :][:2]
        writer.write(b"\x90\x04" + mid + b"\x80\x01")
        await reader.read()

    async with scripted(script) as port:
        device = a_device("meter", status_topic="site/status", **TIMED)
        connector = a_connector(port, device, version="3.1.1")
        async with running(connector, subscribed=False):
            await until(lambda: health(connector).link is Link.DOWN)
            assert health(connector).detail.startswith("the broker refuses a subscription to site/meter: ")


async def test_a_session_taken_over_is_named_until_the_next_is_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "STEADY_S", 0.3)
    clock = Hurried()
    hang_up = asyncio.Event()
    connack, taken_over = b"\x20\x03\x00\x00\x00", b"\xe0\x02\x8e\x00"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(connack)
        if len(clock.waits) < 2:
            writer.write(taken_over)
        else:
            await hang_up.wait()

    async with scripted(script) as port:
        connector = a_connector(port, a_device("meter", **TIMED))
        async with running(connector, clock=clock, subscribed=False):
            for times in (1, 2):
                await clock.waited(times)
                assert f"127.0.0.1:{port} ended the session: Session taken over" in health(connector).detail
                clock.go.set()
            await until(lambda: health(connector).link is Link.CONNECTING)
            assert "another client has the id steward-test: give each its own" in health(connector).detail
            await until(lambda: health(connector).detail == "connected; subscribing")
            hang_up.set()
            await clock.waited(3)
            assert health(connector).detail == f"the connection to 127.0.0.1:{port} was lost"
    assert clock.waits[1] > 0.5 >= clock.waits[2]


async def test_a_broker_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.2)
    clock = Hurried()
    gone = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()

    async with scripted(script) as port:
        connector = a_connector(port, a_device("meter", **TIMED))
        async with running(connector, clock=clock, subscribed=False) as sink:
            await clock.waited(1)
            assert health(connector).link is Link.BACKING_OFF
            assert health(connector).detail == f"no answer from 127.0.0.1:{port} within 0.2 s"
            await asyncio.wait_for(gone.wait(), 5)
    assert sink.values() == ["offline"]


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        CONNACK + b"\x30\xff\xff\xff\xff\x01",
        CONNACK + b"\x32\x03\x00\xff\xff",
        CONNACK + b"\x36\x02\x00\x00",
        CONNACK + b"\xf0\x00",
        b"\x20\x00",
        b"\x20\x02\x00\x05",
        b"\x20\x02\x00\x01",
        b"",
    ],
)
@VERSIONS
async def test_a_broker_that_talks_nonsense_does_not_end_the_connector(noise: bytes, version: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(noise)

    clock = Hurried()
    async with scripted(script) as port:
        connector = a_connector(port, a_device("meter", **TIMED), version=version)
        async with running(connector, clock=clock, subscribed=False) as sink:
            await clock.waited(1)
            assert health(connector).link is Link.BACKING_OFF
            assert health(connector).detail
    assert sink.values() == ["offline"]
    assert {sample.reason for sample in sink.samples} == {Reason.OFFLINE}


async def test_a_topic_that_is_no_text_is_acknowledged_and_forgotten() -> None:
    acknowledged = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK + b"\x32\x06\x00\x02\xff\xfe\x00\x09")
        sent = b""
        while b"\x40\x02\x00\x09" not in sent:
            sent += await reader.read(1000)
        acknowledged.set()
        await reader.read()

    async with scripted(script) as port:
        connector = a_connector(port, a_device("meter", **TIMED), version="3.1.1")
        async with running(connector, subscribed=False) as sink:
            await asyncio.wait_for(acknowledged.wait(), 5)
    assert sink.samples == []


async def test_a_host_that_is_no_name_is_told() -> None:
    clock = Hurried()
    connector = a_connector(1883, a_device("meter", **TIMED), host="a..b")
    async with running(connector, clock=clock, subscribed=False):
        await clock.waited(1)
        assert health(connector).link is Link.BACKING_OFF
        assert health(connector).detail.startswith("the MQTT client failed: UnicodeError")


@pytest.mark.service
async def test_a_session_that_is_over_leaves_no_sockets_behind(mosquitto: Mosquitto) -> None:
    """paho closes its inner pair of sockets only when the client goes; one in a cycle of references stays."""

    def clients() -> list[object]:
        return [each for each in gc.get_objects() if isinstance(each, paho.Client)]

    gc.collect()
    gc.disable()
    try:
        async with (
            Relay(mosquitto.port) as relay,
            running(a_connector(relay.port, a_device("meter", **TIMED))),
        ):
            relay.cut()
            await until(lambda: len(relay.streams) == 2)
            await until(lambda: len(clients()) == 1)
        await until(lambda: clients() == [])
    finally:
        gc.enable()


async def test_an_attempt_given_up_says_nothing_when_it_succeeds_after_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would throw off the session that has taken its place."""
    monkeypatch.setattr(module, "GOODBYE_S", 0.05)
    loop = asyncio.get_running_loop()
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        full.setblocking(False)
        first.connect(full.getsockname())  # nobody accepts it: the next one has to wait
        connector = a_connector(full.getsockname()[1], a_device("meter", **TIMED))
        async with running(connector, subscribed=False):
            await until(lambda: health(connector).detail == "connecting to the broker")
            begun = loop.time()
        assert loop.time() - begun < 1
        taken, _ = await loop.sock_accept(full)
        late, _ = await asyncio.wait_for(loop.sock_accept(full), 10)
        said = await asyncio.wait_for(loop.sock_recv(late, 100), 10)
        taken.close()
        late.close()
    assert said == b""
