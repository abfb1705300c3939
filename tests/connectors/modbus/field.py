"""What the Modbus tests are made of: points, devices, a sink, register maps, wires that answer badly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent.clock import SystemClock
from connectors.modbus.connector import connect
from connectors.modbus.plan import ModbusPoint, Request
from connectors.modbus.settings import Connection, Device, Point
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint, Connector
from evaluators.model.samples import Block, Quality, Reason, Sample, ValueKind
from tests.serving import serving

T = TypeVar("T")
KINDS = {"float": ValueKind.FLOAT, "int": ValueKind.INT, "bool": ValueKind.BOOL, "text": ValueKind.TEXT}


def a_point(index: int, address: int, **settings: Any) -> ModbusPoint:
    """A point named ``p<index>`` of the type that goes with its encoding, unless told otherwise."""
    encoding = settings.get("encoding", "bit" if settings.get("table") in ("coil", "discrete") else "uint16")
    natural = {"bit": "bool", "text": "text"}.get(encoding, "float" if encoding.startswith("float") else "int")
    known = Point.model_validate({"type": natural, "address": address, **settings, "encoding": encoding})
    return BoundPoint(index, f"meter/p{index}", KINDS[known.type], known)


def a_device(id: str, port: int, points: Iterable[ModbusPoint], **settings: Any) -> BoundDevice[Device, Point]:
    """A device on this machine, polled often."""
    known = Device.model_validate(
        {"connection": "field", "host": "127.0.0.1", "port": port, "period_s": 0.05, **settings}
    )
    return BoundDevice(id, known, tuple(points))


def a_connector(*devices: BoundDevice[Device, Point], timeout_s: float = 0.25) -> Connector:
    """A connector for the devices."""
    return connect(BoundConnection("field", Connection(protocol="modbus", timeout_s=timeout_s), devices))


@dataclass(slots=True)
class Recorder:
    """A sink that keeps every block."""

    blocks: list[Block] = field(default_factory=list)

    async def put(self, block: Block) -> None:
        """Keep it."""
        self.blocks.append(block)

    def samples(self, *points: int) -> list[Sample]:
        """The samples of these points, in the order they came."""
        return [s for block in self.blocks for s in block.samples() if s.point in points]

    def good(self, point: int) -> list[Sample]:
        """The good samples of a point."""
        return [sample for sample in self.samples(point) if sample.quality is Quality.GOOD]

    def reasons(self, *points: int) -> set[Reason]:
        """Every reason the points' samples had."""
        return {sample.reason for sample in self.samples(*points)}


@asynccontextmanager
async def running(connector: Connector, sink: Recorder | None = None) -> AsyncIterator[Recorder]:
    """The connector, running into a recorder."""
    sink = sink if sink is not None else Recorder()
    task = asyncio.create_task(connector.run(sink, SystemClock()))
    try:
        yield sink
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


@dataclass(slots=True)
class StillClock:
    """A clock that moves by a microsecond whenever it is asked, and when told to."""

    ns: int = 1_800_000_000_000_000_000

    def now(self) -> int:
        """The instant, ns UTC."""
        self.ns += 1000
        return self.ns

    def monotonic(self) -> float:
        """Seconds."""
        return self.now() / 1e9

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.ns += round(seconds * 1e9)


def register_at(table: str, address: int) -> int:
    """What a `RegisterMap` holds: another number at nearly every place."""
    return (address * 40503 + {"holding": 11, "input": 23, "coil": 0, "discrete": 1}[table]) % 65536


@dataclass(slots=True)
class RegisterMap:
    """A unit in memory: a `Line` that refuses what touches ``failing`` and what is longer than ``longest``."""

    failing: frozenset[tuple[str, int]] = frozenset()
    silent: frozenset[tuple[str, int]] = frozenset()
    longest: int = 2000
    says: Reason | None = None
    asked: list[Request] = field(default_factory=list)
    refusals: int = 0

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """Answer as a device would."""
        self.asked.append(request)
        places = {(request.table, address) for address in range(request.address, request.stop)}
        if self.says is not None:
            return self.says
        if places & self.silent:
            return Reason.TIMEOUT
        if places & self.failing or request.count > self.longest:
            self.refusals += 1
            return Reason.ILLEGAL_ADDRESS if places & self.failing else Reason.ILLEGAL_VALUE
        words = [register_at(request.table, address) for address in range(request.address, request.stop)]
        if request.table in ("coil", "discrete"):
            return pack_bits([word % 2 for word in words])
        return b"".join(word.to_bytes(2, "big") for word in words)

    def late(self, unit: int) -> bool:
        """It answers at once or not at all."""
        return False


def pack_bits(bits: Iterable[int]) -> bytes:
    """Bits as coils travel: the first is the lowest of the first byte."""
    packed = list(bits)
    whole = sum(bit << place for place, bit in enumerate(packed))
    return whole.to_bytes((len(packed) + 7) // 8, "little")


Answer = Callable[[bytes], Awaitable[bytes | None]]


@dataclass(slots=True)
class Wire:
    """A server that answers each frame as a test wants; it keeps every frame that it was sent."""

    port: int = 0
    frames: list[bytes] = field(default_factory=list)
    connections: int = 0

    def functions(self) -> set[int]:
        """The function codes that were sent."""
        return {frame[7] for frame in self.frames}

    def asked(self, unit: int) -> int:
        """How often a unit was asked."""
        return sum(frame[6] == unit for frame in self.frames)


@asynccontextmanager
async def wire(answer: Answer, piece: int = 1000) -> AsyncIterator[Wire]:
    """Serve ``answer``: the bytes to send for a question, ``b""`` for silence, None to close the connection.

    They are sent ``piece`` bytes at a time.
    """
    record = Wire()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await reader.readexactly(12)
                record.frames.append(frame)
                reply = await answer(frame)
                if reply is None:
                    break
                for start in range(0, len(reply), piece):
                    writer.write(reply[start : start + piece])
                    await asyncio.sleep(0.001 if piece < len(reply) else 0)

    async with serving(serve) as record.port:
        yield record


def proper(frame: bytes) -> bytes:
    """The right answer to a read: at each address what `register_at` says."""
    address, count = int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")
    table = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}[frame[7]]
    words = [register_at(table, at) for at in range(address, address + count)]
    return spelled(frame, [word % 2 for word in words] if frame[7] <= 2 else words)


def spelled(frame: bytes, words: Iterable[int]) -> bytes:
    """The answer to a read that gives these registers or bits."""
    data = pack_bits(words) if frame[7] <= 2 else b"".join(word.to_bytes(2, "big") for word in words)
    return framed(frame[:2], frame[6], bytes((frame[7], len(data))) + data)


def refusal(frame: bytes, code: int) -> bytes:
    """An exception as the answer."""
    return framed(frame[:2], frame[6], bytes((frame[7] | 0x80, code)))


def framed(transaction: bytes, unit: int, pdu: bytes) -> bytes:
    """A frame with a right length."""
    return transaction + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu
