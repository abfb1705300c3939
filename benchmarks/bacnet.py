"""What reading BACnet/IP costs a property: CPU, wall time and memory, at about 50 properties a request.

One simulated device with 125 analog inputs answers from another process, each time with other values. Its
Present_Value, Status_Flags, Out_Of_Service and Reliability are read by the agent's connector (up to a block of
quality-tagged samples), by bacpypes3's read_property_multiple and read_property, by bac-py where it can be had,
and by a floor: frames written beforehand, raw datagrams, and one unpack for each value. Each runs in a process of
its own, in turn, in each of the rounds. Run: python -m benchmarks.bacnet [rounds]
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from connectors.bacnet.connector import connect
from connectors.bacnet.names import resolved
from connectors.bacnet.plan import Request, pack
from connectors.bacnet.settings import Connection, Device, Point
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint
from evaluators.model.samples import Block, ValueKind

HOST = "127.0.0.1"
INSTANCE = 12
OBJECTS = 125
PROPERTIES = ("status-flags", "out-of-service", "reliability", "present-value")
EACH = OBJECTS * len(PROPERTIES)
AT_ONCE = 50
MEASURED_S = 1.5
ROUNDS = 5
REAL = bytes.fromhex("29554e44")
"""Before each value in an answer: Present_Value, an opening bracket, a Real."""


def bound(port: int) -> BoundDevice[Device, Point]:
    """The device as the agent knows it."""
    points = tuple(
        BoundPoint(n, f"d/{n}", ValueKind.FLOAT, Point(type="float", object=f"analog-input,{n}"))
        for n in range(1, OBJECTS + 1)
    )
    device = Device(
        connection="bms", host=HOST, port=port, instance=INSTANCE, period_s=0.0001, max_properties=AT_ONCE
    )
    return BoundDevice("d", device, points)


def requests(port: int) -> Sequence[Request]:
    """The questions, as the agent asks them."""
    return pack(resolved(bound(port)).asks(), AT_ONCE)


def free_port() -> int:
    """A UDP port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


# --- what is measured


async def measured(once: Callable[[], Awaitable[int]]) -> dict[str, float]:
    """CPU and wall time of a property, µs: ``once`` reads everything and says how many properties that were."""
    await once()
    read = 0
    cpu, wall = time.process_time(), time.perf_counter()
    while time.perf_counter() - wall < MEASURED_S:
        read += await once()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu / read * 1e6, "wall": wall / read * 1e6, "mib": memory_mib()}


def memory_mib() -> float:
    """The most that this process has had, resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def agent(port: int) -> dict[str, float]:
    """The connector, polling as fast as it can; the sink only counts."""
    from agent.clock import SystemClock

    arrived: asyncio.Queue[int] = asyncio.Queue()

    class Counting:
        async def put(self, block: Block) -> None:
            arrived.put_nowait(len(block))

    connection = Connection(protocol="bacnet", host=HOST, port=free_port())
    running = asyncio.create_task(
        connect(BoundConnection("bms", connection, (bound(port),))).run(Counting(), SystemClock())
    )

    async def once() -> int:
        return await arrived.get() * len(PROPERTIES)

    found = await measured(once)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return found


async def _application() -> Any:
    from bacpypes3.ipv4.app import NormalApplication
    from bacpypes3.local.device import DeviceObject
    from bacpypes3.pdu import IPv4Address

    device = DeviceObject(objectIdentifier=("device", 4190000), objectName="client")
    application = NormalApplication(device, IPv4Address(f"{HOST}:{free_port()}"))
    await application.normal.server._local_transport_ready.wait()
    return application


async def bacpypes3_multiple(port: int) -> dict[str, float]:
    """bacpypes3's read_property_multiple, the same questions."""
    from bacpypes3.pdu import IPv4Address

    application, where = await _application(), IPv4Address(f"{HOST}:{port}")
    objects = AT_ONCE // len(PROPERTIES)
    questions = [
        [
            part
            for n in range(first, min(first + objects, OBJECTS + 1))
            for part in (f"analog-input,{n}", [*PROPERTIES])
        ]
        for first in range(1, OBJECTS + 1, objects)
    ]

    async def once() -> int:
        return sum([len(await application.read_property_multiple(where, question)) for question in questions])

    return await measured(once)


async def bacpypes3_single(port: int) -> dict[str, float]:
    """bacpypes3's read_property, a property a question."""
    from bacpypes3.pdu import IPv4Address

    application, where = await _application(), IPv4Address(f"{HOST}:{port}")
    numbers = count()

    async def once() -> int:
        for _ in range(50):
            await application.read_property(where, f"analog-input,{next(numbers) % OBJECTS + 1}", "present-value")
        return 50

    return await measured(once)


class _Raw(asyncio.DatagramProtocol):
    """One question at a time over a bare socket."""

    def __init__(self) -> None:
        self.waiting: asyncio.Future[bytes] | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(data)


async def floor(port: int) -> dict[str, float]:
    """Frames written beforehand, and one unpack for each value at a place known beforehand."""
    loop = asyncio.get_running_loop()
    transport, raw = await loop.create_datagram_endpoint(_Raw, remote_addr=(HOST, port))
    frames = [framed(request) for request in requests(port)]

    async def ask(frame: bytes) -> bytes:
        raw.waiting = loop.create_future()
        transport.sendto(frame)
        return await raw.waiting

    places = [[at + len(REAL) for at in occurrences(await ask(frame))] for frame in frames]
    unpack = struct.Struct(">f").unpack_from

    async def once() -> int:
        for frame, where in zip(frames, places, strict=True):
            answer = await ask(frame)
            _ = [unpack(answer, at)[0] for at in where]
        return EACH

    found = await measured(once)
    transport.close()
    return found


def framed(request: Request) -> bytes:
    """The whole datagram, invoke id 1."""
    body = bytes((0x00, 0x05, 1, request.service)) + request.data
    return b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x04" + body


def occurrences(answer: bytes) -> Iterator[int]:
    """Where values begin."""
    at = answer.find(REAL)
    while at >= 0:
        yield at
        at = answer.find(REAL, at + 1)


PATHS: dict[str, Callable[[int], Awaitable[dict[str, float]]]] = {
    "agent": agent,
    "bacpypes3 read_property_multiple": bacpypes3_multiple,
    "bacpypes3 read_property": bacpypes3_single,
    "floor": floor,
}
BACPY = "bac-py read_multiple"


# --- the device


async def serve(port: int) -> None:
    """Answers learned from bacpypes3's own server, with other values each time."""
    from bacpypes3 import object as standard
    from bacpypes3.ipv4.app import NormalApplication
    from bacpypes3.local.device import DeviceObject
    from bacpypes3.local.object import Object
    from bacpypes3.pdu import IPv4Address

    class Served(Object, standard.AnalogInputObject):  # type: ignore[misc]  # bacpypes3 is untyped
        pass

    hidden = free_port()
    device = NormalApplication(
        DeviceObject(objectIdentifier=("device", INSTANCE), objectName="d"), IPv4Address(f"{HOST}:{hidden}")
    )
    status = {"statusFlags": [0, 0, 0, 0], "eventState": 0, "outOfService": False, "reliability": 0}
    for n in range(1, OBJECTS + 1):
        device.add_object(
            Served(
                objectIdentifier=("analog-input", n),
                objectName=f"a{n}",
                presentValue=1.0,
                units="percent",
                **status,
            )
        )
    await device.normal.server._local_transport_ready.wait()
    loop = asyncio.get_running_loop()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
    ):
        front.bind((HOST, port))
        back.connect((HOST, hidden))
        front.setblocking(False)
        back.setblocking(False)
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        await _repeat(loop, front, back)


async def _repeat(loop: asyncio.AbstractEventLoop, front: socket.socket, back: socket.socket) -> None:
    learned: dict[bytes, tuple[bytearray, list[int]]] = {}
    numbers = count()
    pack_into = struct.Struct(">f").pack_into
    while True:
        question, asker = await loop.sock_recvfrom(front, 2000)
        content = question[4:8] + question[9:]
        if content not in learned:
            await loop.sock_sendall(back, question)
            answer = bytearray(await loop.sock_recv(back, 2000))
            learned[content] = answer, [at + len(REAL) for at in occurrences(bytes(answer))]
        answer, values = learned[content]
        answer[7] = question[8]
        for at in values:
            pack_into(answer, at, next(numbers) % 1000 / 10)
        front.sendto(answer, asker)


# --- in turn


@contextmanager
def a_device() -> Iterator[int]:
    """The device in a process of its own; its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bacnet", "serve", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield port
        finally:
            process.kill()


def bacpy() -> str | None:
    """The interpreter that has bac-py; None where it cannot be had."""
    build = Path(__file__).parents[1] / "tests" / "services" / "bacpy" / "build"
    built = subprocess.run([str(build)], capture_output=True, text=True, check=False)
    return built.stdout.strip() if built.returncode == 0 else None


def run(path: str, port: int, python: str | None) -> dict[str, float]:
    """One path, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bacnet", path, str(port)]
    if path == BACPY:
        peer = Path(__file__).parents[1] / "tests" / "services" / "bacpy" / "peer.py"
        shape = [str(OBJECTS), str(AT_ONCE // len(PROPERTIES)), str(MEASURED_S), *PROPERTIES]
        command = [python or "", str(peer), "measure", str(free_port()), f"{HOST}:{port}", *shape]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    if len(sys.argv) == 3:
        port = int(sys.argv[2])
        if sys.argv[1] == "serve":
            asyncio.run(serve(port))
        sys.stdout.write(json.dumps(asyncio.run(PATHS[sys.argv[1]](port))) + "\n")  # type: ignore[arg-type]  # each is a coroutine
        return
    rounds = int(sys.argv[1]) if len(sys.argv) == 2 else ROUNDS
    python = bacpy()
    paths = [*PATHS, *([BACPY] if python else [])]
    runs: dict[str, list[dict[str, float]]] = {path: [] for path in paths}
    with a_device() as port:
        for _ in range(rounds):
            for path in paths:
                runs[path].append(run(path, port, python))
    ours = statistics.median(each["cpu"] for each in runs["agent"])
    for path in paths:
        cpu, wall, mib = (statistics.median(each[what] for each in runs[path]) for what in ("cpu", "wall", "mib"))
        ratio = f"{cpu / ours:.2f}× the agent"
        sys.stdout.write(f"{path}: {cpu:.1f} µs CPU a property ({ratio}), {wall:.1f} µs wall, {mib:.0f} MiB\n")


if __name__ == "__main__":
    main()
