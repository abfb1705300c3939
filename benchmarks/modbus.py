"""What a Modbus point costs on its way to a block: 20 devices of 500 registers, 125 a request.

The agent's own way (poll, block, a sink that throws it away) beside, in turn in the same run: pymodbus as its
manual shows it, in blocks and converted by its own mixin; and the floor, frames written by hand on raw asyncio,
once only unpacked and once as a tuple a sample, scaled. Each takes its turn as a process of its own, against a
server in yet another process. ``mixed`` are the usual encodings of a meter instead of scaled 16-bit words. CPU is
the client's alone. Run: python -m benchmarks.modbus
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Settings = dict[str, Any]
"""Of a point, as in a site file."""

DEVICES = 20
REGISTERS = 500
A_REQUEST = 125
CYCLES = 100
WARM_UP = 5
RUNS = 5

HOST = "127.0.0.1"
SCALE = 0.1
WORDS = b"".join(struct.pack(">H", n * 7 % 65536) for n in range(REGISTERS))

MIX: tuple[tuple[str, str, int, Settings], ...] = (
    ("float32", "float", 20, {"order": "CDAB"}),
    ("int16", "float", 40, {"scale": 0.1}),
    ("uint32", "int", 10, {}),
    ("uint64", "int", 4, {"order": "CDAB"}),
    ("uint16", "int", 9, {}),
)
"""What lies in each 125 registers of a mixed device: encoding, type, how many, further settings."""
WIDTHS = {"int16": 1, "uint16": 1, "float32": 2, "uint32": 2, "uint64": 4}

Cycle = Callable[[], Awaitable[int]]
"""Read every device once; how many points that were."""


class Server(asyncio.Protocol):
    """Answers reads of holding registers, nothing else."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """One question."""
        address, count = struct.unpack_from(">HH", data, 8)
        head = data[:4] + struct.pack(">HBBB", 3 + 2 * count, data[6], 3, 2 * count)
        self._transport.write(head + WORDS[2 * address : 2 * (address + count)])


async def serve() -> None:
    """Listen on a port a device; print the ports; end when standard input does."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Server, HOST, 0) for _ in range(DEVICES)]
    sys.stdout.write(json.dumps([server.sockets[0].getsockname()[1] for server in servers]) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def uniform_points() -> list[Settings]:
    """500 scaled words."""
    return [{"type": "float", "address": n, "encoding": "uint16", "scale": SCALE} for n in range(REGISTERS)]


def mixed_points() -> list[Settings]:
    """The mix, over and over."""
    points = []
    for block in range(0, REGISTERS, A_REQUEST):
        address = block
        for encoding, kind, count, settings in MIX:
            for _ in range(count):
                points.append({"type": kind, "address": address, "encoding": encoding, **settings})
                address += WIDTHS[encoding]
    return points


async def agent(ports: list[int], points: list[Settings]) -> Cycle:
    """The connector's own pollers; each block is thrown away."""
    from agent.clock import SystemClock
    from connectors.modbus.connector import tcp_line
    from connectors.modbus.device import DevicePoller
    from connectors.modbus.settings import Device, Point
    from connectors.protocol import BoundDevice, BoundPoint
    from evaluators.model.samples import ValueKind

    pollers = []
    for number, port in enumerate(ports):
        bound = tuple(
            BoundPoint(number * REGISTERS + n, f"d{number}/{n}", ValueKind[point["type"].upper()], Point(**point))
            for n, point in enumerate(points)
        )
        device = BoundDevice(f"d{number}", Device(connection="c", host=HOST, port=port), bound)
        pollers.append(DevicePoller("c", device, tcp_line(HOST, port, 1.0), 1.0))
    clock = SystemClock()

    async def poll(poller: DevicePoller) -> int:
        block = await poller.poll(clock)
        return sum(part.reasons.count(0) for part in block.columns)

    async def cycle() -> int:
        return sum(await asyncio.gather(*map(poll, pollers)))

    return cycle


async def pymodbus(ports: list[int], points: list[Settings]) -> Cycle:
    """pymodbus in blocks, each value converted by its mixin."""
    from pymodbus.client import AsyncModbusTcpClient

    clients = [AsyncModbusTcpClient(HOST, port=port) for port in ports]
    for client in clients:
        await client.connect()
    plan = [
        (
            slice(point["address"], point["address"] + WIDTHS[point["encoding"]]),
            AsyncModbusTcpClient.DATATYPE[point["encoding"].upper()],
            "little" if point.get("order") == "CDAB" else "big",
            point.get("scale", 1),
        )
        for point in points
        if point["address"] < A_REQUEST
    ]
    _, kind, _, scale = plan[0]
    alike = all(entry[1:] == plan[0][1:] for entry in plan)

    def converted(client: Any, registers: Sequence[int]) -> list[float]:
        if alike:
            return [value * scale for value in client.convert_from_registers(registers, kind)]
        return [
            client.convert_from_registers(registers[place], kind, word_order=order) * scale
            for place, kind, order, scale in plan
        ]

    async def poll(client: AsyncModbusTcpClient) -> int:
        found = 0
        for address in range(0, REGISTERS, A_REQUEST):
            answer = await client.read_holding_registers(address, count=A_REQUEST)
            found += len(converted(client, answer.registers))
        return found

    async def cycle() -> int:
        return sum(await asyncio.gather(*map(poll, clients)))

    return cycle


class Floor(asyncio.Protocol):
    """Frames by hand, and no check but the length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._wanted = 0
        self._waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._buffer += data
        if len(self._buffer) >= self._wanted and self._waiting is not None:
            self._waiting.set_result(self._buffer)
            self._buffer = b""

    def ask(self, address: int, count: int) -> asyncio.Future[bytes]:
        """The whole answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._wanted = 9 + 2 * count
        self._transport.write(struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, address, count))
        return self._waiting


async def _floor(ports: list[int], samples: bool) -> Cycle:
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(Floor, HOST, port))[1] for port in ports]
    unpack = struct.Struct(f">9x{A_REQUEST}H").unpack

    async def poll(device: int, protocol: Floor) -> int:
        found: list[Any] = []
        for address in range(0, REGISTERS, A_REQUEST):
            words = unpack(await protocol.ask(address, A_REQUEST))
            if samples:
                at, first = time.time_ns(), device * REGISTERS + address
                found += [(first + n, at, word * SCALE, 0, 0) for n, word in enumerate(words)]
            else:
                found += words
        return len(found)

    async def cycle() -> int:
        return sum(await asyncio.gather(*(poll(n, protocol) for n, protocol in enumerate(made))))

    return cycle


async def floor(ports: list[int], points: list[Settings]) -> Cycle:
    """Words, unpacked."""
    return await _floor(ports, samples=False)


async def floor_samples(ports: list[int], points: list[Settings]) -> Cycle:
    """A tuple a sample: point, time, scaled value, quality, reason."""
    return await _floor(ports, samples=True)


SUBJECTS = {
    "floor": (floor, uniform_points),
    "floor with samples": (floor_samples, uniform_points),
    "agent": (agent, uniform_points),
    "pymodbus": (pymodbus, uniform_points),
    "agent, mixed": (agent, mixed_points),
    "pymodbus, mixed": (pymodbus, mixed_points),
}


async def measure(name: str, ports: list[int]) -> dict[str, float]:
    """CPU and wall µs a point, and the most memory in MiB, of one subject in this process."""
    make, points = SUBJECTS[name]
    known = points()
    cycle = await make(ports, known)
    for _ in range(WARM_UP):
        assert await cycle() == DEVICES * len(known), name
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(CYCLES):
        await cycle()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    count = DEVICES * len(known) * CYCLES
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": cpu / count * 1e6, "wall": wall / count * 1e6, "memory": most}


def turn(name: str, ports: str) -> dict[str, float]:
    """One subject's turn, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.modbus", name, ports]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    command = [sys.executable, "-m", "benchmarks.modbus", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ports = server.stdout.readline()
        runs = [{name: turn(name, ports) for name in SUBJECTS} for _ in range(RUNS)]
        server.communicate("")
    median = {
        name: {what: statistics.median(run[name][what] for run in runs) for what in ("cpu", "wall", "memory")}
        for name in SUBJECTS
    }
    least = median["floor with samples"]["cpu"]
    for name, found in median.items():
        ratios = sorted(run[name]["cpu"] / run["floor with samples"]["cpu"] for run in runs)
        sys.stdout.write(
            f"{name:20} {found['cpu']:6.2f} µs CPU a point, {found['cpu'] / least:5.2f}× the floor with samples "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f}), {found['wall']:6.2f} µs wall, {found['memory']:4.0f} MiB\n"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["serve"]:
            asyncio.run(serve())
        case [subject, listening]:
            sys.stdout.write(json.dumps(asyncio.run(measure(subject, json.loads(listening)))))
