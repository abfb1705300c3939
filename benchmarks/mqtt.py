"""What an MQTT message costs: JSON of 150 bytes through a real mosquitto, client CPU only.

Four readers, each a process of its own, in turn and several times in one run:

- ``floor``: asyncio on a bare socket, which takes PUBLISH packets apart and writes PUBACKs; no payload is read
- ``paho``: paho-mqtt as it comes, acknowledging by itself, ``json.loads`` in its handler
- ``agent``: the connector, from message to quality-tagged columns of four points, into a sink that keeps nothing
- ``journal``: the same into a real journal, whose commit comes before each acknowledgement

Run: python -m benchmarks.mqtt [MESSAGES]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:  # each reader imports what it needs, so that its memory is its own
    from agent.journal.journal import Journal
    from evaluators.model.samples import Block
    from tests.services.mosquitto import Mosquitto

MESSAGES = 10_000
RUNS = 5
TOPIC = "site/meter"
IDLE_S = 2.0
"""After so long without a message a reader takes it that the rest of QoS 0 was dropped."""
AHEAD = 1000
"""Messages that the broker may send ahead of acknowledgements, as the connector says it."""
POINTS = {"energy": "int", "power": "float", "alarm": "bool", "state": "text"}
READERS = ("floor", "paho", "agent", "journal")


def payload(number: int, now: int) -> str:
    """One message: its own time, a sequence number, four values, filled up to 150 bytes."""
    body = {"t": now + number * 1000, "n": number, "energy": 10_000_000 + number, "power": 1234.5, "alarm": False}
    text = json.dumps(body | {"state": "running", "unit": "kW", "serial": ""})
    return text[:-2] + "x" * (150 - len(text)) + text[-2:]


class Finish:
    """Counts messages; set once all have come, or none has for a while."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen = 0
        self.begun = self.ended = self.cpu = self._cpu_before = 0.0
        self.done = threading.Event()

    def count(self, messages: int) -> None:
        """So many more are dealt with."""
        if not self.seen:
            self.begun = time.perf_counter()
        self.seen += messages
        self.ended = time.perf_counter()
        if self.seen >= self.wanted:
            self.done.set()

    def ready(self) -> None:
        """Tell the parent to publish; the reader's CPU counts from here."""
        print("ready", flush=True)  # noqa: T201  # the parent waits for it
        self._cpu_before = time.process_time()

    async def wait(self) -> None:
        """Until all have come."""
        last = -1
        while not await asyncio.to_thread(self.done.wait, IDLE_S):
            if self.seen and self.seen == last:
                break
            last = self.seen
        self.cpu = time.process_time() - self._cpu_before


class BarePackets:
    """What comes on a bare socket, packet by packet."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> tuple[int, bytearray, bool]:
        """How many PUBLISH packets are whole now, the PUBACKs for them, and whether a SUBACK came."""
        self._data += data
        data = bytes(self._data)
        at, messages, answers, subscribed = 0, 0, bytearray(), False
        while len(data) - at >= 3:
            length, start = data[at + 1], at + 2
            if length & 128:
                length, start = length & 127 | data[start] << 7, start + 1
            if len(data) < start + length:
                break
            kind = data[at]
            if kind & 0xF0 == 0x30:
                messages += 1
                if kind & 0x06:
                    mid = start + 2 + int.from_bytes(data[start : start + 2])
                    answers += b"\x40\x02" + data[mid : mid + 2]
            subscribed |= kind == 0x90
            at = start + length
        del self._data[:at]
        return messages, answers, subscribed


async def floor(port: int, qos: int, finish: Finish) -> None:
    """MQTT 5 by hand: no reader in Python can do less."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connect_body = b"\x00\x04MQTT\x05\x02\x00\x3c\x03\x21" + AHEAD.to_bytes(2) + b"\x00\x05floor"
    writer.write(bytes([0x10, len(connect_body)]) + connect_body)
    topic = TOPIC.encode()
    subscribe_body = b"\x00\x01\x00" + len(topic).to_bytes(2) + topic + bytes([qos])
    writer.write(bytes([0x82, len(subscribe_body)]) + subscribe_body)
    packets = BarePackets()
    while not finish.done.is_set():
        try:
            data = await asyncio.wait_for(reader.read(65536), IDLE_S if finish.seen else 30)
        except TimeoutError:
            break
        messages, answers, subscribed = packets.feed(data)
        if subscribed:
            finish.ready()
        if answers:
            writer.write(answers)
            await writer.drain()
        if messages:
            finish.count(messages)
    await finish.wait()
    writer.close()


async def plain_paho(port: int, qos: int, finish: Finish) -> None:
    """As in paho's own examples."""
    client = paho.Client(CallbackAPIVersion.VERSION2, "paho", protocol=MQTTProtocolVersion.MQTTv5)

    def arrived(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        json.loads(message.payload)
        finish.count(1)

    client.on_message = arrived

    def connected(*_: object) -> None:
        client.subscribe(TOPIC, qos)

    client.on_subscribe = lambda *_: finish.ready()
    client.on_connect = connected
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.ReceiveMaximum = AHEAD
    client.connect("127.0.0.1", port, properties=properties)
    client.loop_start()
    await finish.wait()
    client.disconnect()
    client.loop_stop()


class Nowhere:
    """A sink that keeps nothing."""

    def __init__(self, finish: Finish) -> None:
        self._finish = finish

    async def put(self, block: Block) -> None:
        """Counted as taken."""
        self._finish.count(len(block) // len(POINTS))


class Counted:
    """A journal that counts what it has taken."""

    def __init__(self, journal: Journal, finish: Finish) -> None:
        self._journal = journal
        self._finish = finish

    async def put(self, block: Block) -> None:
        """On disk, then counted."""
        await self._journal.put(block)
        self._finish.count(len(block) // len(POINTS))


async def the_agent(port: int, finish: Finish, sink: Any, numbers: dict[str, int]) -> None:
    """The connector with one device of four points."""
    from agent.clock import SystemClock
    from connectors.mqtt.connector import connect
    from connectors.mqtt.settings import Connection, Device, Point
    from connectors.protocol import BoundConnection, BoundDevice, BoundPoint
    from evaluators.model.samples import ValueKind

    points = tuple(
        BoundPoint(
            numbers[f"meter/{key}"],
            f"meter/{key}",
            ValueKind[name.upper()],
            Point.model_validate({"type": name, "path": key}),
        )
        for key, name in POINTS.items()
    )
    table = {"connection": "b", "topic": TOPIC, "time": "t", "time_format": "ns", "sequence": "n"}
    device = BoundDevice("meter", Device.model_validate(table), points)
    settings = {"protocol": "mqtt", "host": "127.0.0.1", "port": port, "client_id": "agent", "session_expiry_s": 0}
    connector = connect(BoundConnection("b", Connection.model_validate(settings), (device,)))
    running = asyncio.create_task(connector.run(sink, SystemClock()))
    while "waiting for a message" not in connector.health()[0].detail:  # noqa: ASYNC110  # it tells only when asked
        await asyncio.sleep(0.01)
    finish.ready()
    await finish.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def journaling(port: int, finish: Finish, folder: Path) -> None:
    """The connector into a journal."""
    from agent.clock import SystemClock
    from agent.journal.journal import Journal
    from evaluators.model.samples import ValueKind

    journal = Journal.open(folder / "journal.db", SystemClock())
    numbers = journal.register([(f"meter/{key}", ValueKind[name.upper()]) for key, name in POINTS.items()])
    await the_agent(port, finish, Counted(journal, finish), numbers)
    await journal.close()


def read(reader: str, port: int, qos: int, messages: int) -> None:
    """In a process of its own: read, then say what it took."""
    finish = Finish(messages)
    numbers = {f"meter/{key}": number for number, key in enumerate(POINTS)}
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "floor": lambda: floor(port, qos, finish),
            "paho": lambda: plain_paho(port, qos, finish),
            "agent": lambda: the_agent(port, finish, Nowhere(finish), numbers),
            "journal": lambda: journaling(port, finish, Path(folder)),
        }
        asyncio.run(_run(ways[reader]))
    print(  # noqa: T201  # for the parent
        json.dumps(
            {
                "seen": finish.seen,
                "cpu_us": finish.cpu / finish.seen * 1e6,
                "wall_us": (finish.ended - finish.begun) / finish.seen * 1e6,
                "memory_mb": _peak_mb(),
            }
        )
    )


def _peak_mb() -> float:
    """The most memory that this process has had; `getrusage` would give the parent's where that is more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def _run(way: Callable[[], Awaitable[None]]) -> None:
    await way()


def once(reader: str, broker: Mosquitto, qos: int, messages: int) -> dict[str, float]:
    """One reader against one burst of messages."""
    command = [sys.executable, "-m", "benchmarks.mqtt", "read", reader, str(broker.port), str(qos), str(messages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        now = time.time_ns()
        lines = "\n".join(payload(number, now) for number in range(messages)) + "\n"
        publish = ["mosquitto_pub", "-p", str(broker.port), "-t", TOPIC, "-q", str(qos), "-l"]
        subprocess.run(publish, input=lines, text=True, check=True)
        said: dict[str, float] = json.loads(process.stdout.read())
    return said


def main(messages: int) -> None:
    """All readers in turn, `RUNS` times, with QoS 1 and 0; medians and ratios."""
    from tests.services.mosquitto import Mosquitto

    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(
            Path(folder) / "broker", more="log_type none\nmax_queued_messages 0\nautosave_on_changes false"
        )
        broker.start()
        try:
            for qos in (1, 0):
                found: dict[str, list[dict[str, float]]] = {reader: [] for reader in READERS}
                for _ in range(RUNS):
                    for reader in READERS:
                        found[reader].append(once(reader, broker, qos, messages))
                _show(qos, messages, found)
        finally:
            broker.stop()


def _show(qos: int, messages: int, found: dict[str, list[dict[str, float]]]) -> None:
    middle = {
        reader: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for reader, runs in found.items()
    }
    print(f"QoS {qos}, {messages} messages of 150 bytes, medians of {RUNS}")  # noqa: T201  # it is a report
    print(f"{'':10}{'CPU µs':>9}{'to floor':>10}{'to paho':>9}{'wall µs':>9}{'MB':>6}{'seen':>8}")  # noqa: T201  # the same
    for reader, values in middle.items():
        ratios = [values["cpu_us"] / middle[other]["cpu_us"] for other in ("floor", "paho")]
        print(  # noqa: T201  # the same
            f"{reader:10}{values['cpu_us']:9.1f}{ratios[0]:10.2f}{ratios[1]:9.2f}"
            f"{values['wall_us']:9.1f}{values['memory_mb']:6.0f}{values['seen']:8.0f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(sys.argv[2], *(int(word) for word in sys.argv[3:6]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES)
