"""Nothing is ever written: neither does the source hold anything that could, nor does the wire see it."""

from __future__ import annotations

import ast
import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import connectors.modbus
from connectors.modbus.answer import READS
from connectors.modbus.connector import QUESTIONS
from tests.connectors.modbus.field import (
    Recorder,
    a_connector,
    a_device,
    a_point,
    framed,
    proper,
    refusal,
    running,
)
from tests.serving import serving
from tests.waiting import until

SOURCES = sorted(Path(connectors.modbus.__file__).parent.glob("*.py"))
FROM_PYMODBUS = {
    "AsyncModbusTcpClient",
    "ModbusException",
    "ModbusPDU",
    "ReadCoilsRequest",
    "ReadDiscreteInputsRequest",
    "ReadHoldingRegistersRequest",
    "ReadInputRegistersRequest",
}
OF_A_CLIENT = {"close", "connect", "connected", "ctx", "execute", "max_buffer_size"}


def names(tree: ast.AST) -> Iterator[str]:
    """Every word that the source gives or takes as a name."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "module"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield word


def test_the_source_names_nothing_that_writes() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [name for name in names(tree) if "write" in name.lower()], path


def test_the_source_takes_only_reading_from_the_library() -> None:
    taken: set[str] = set()
    used: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pymodbus"):
                taken.update(alias.name for alias in node.names)
            if isinstance(node, ast.Attribute) and {"client", "_client"} & set(names(node.value)):
                used.add(node.attr)
    assert taken == FROM_PYMODBUS
    assert used == OF_A_CLIENT


def test_every_question_there_is_reads() -> None:
    assert {question().function_code for question in QUESTIONS.values()} == READS == {1, 2, 3, 4}


def test_the_test_of_the_source_can_fail() -> None:
    assert "write_register" in set(names(ast.parse("await client.write_register(1, 2)")))
    assert "WriteSingleCoil" in set(names(ast.parse("from x import WriteSingleCoil")))


class Whims:
    """A server that does what devices and gateways do, in turn by chance, and keeps every byte it is sent."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.received: list[bytearray] = []
        self.done: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        kept = bytearray()
        self.received.append(kept)
        while question := await reader.read(4096):
            kept += question
            whim = self._chance.choice(("well", "well", "well", "exception", "silence", "close", "wrong", "hole"))
            self.done.add(whim)
            if whim == "close":
                return
            if whim == "well":
                writer.write(proper(question))
            elif whim == "exception":
                writer.write(refusal(question, self._chance.choice((1, 3, 4, 5, 6, 8, 10, 11))))
            elif whim == "wrong":
                writer.write(framed(question[:2], question[6], b"\x10\0\0\0\1"))
            elif whim == "hole":
                writer.write(refusal(question, 2))


async def test_the_wire_sees_reads_only_over_the_whole_life_of_a_connector() -> None:
    """Connections, polls, errors, searches for holes, outages, reconnections."""
    whims = Whims(seed=7)
    points = [
        *(a_point(n, n, table="coil") for n in range(10)),
        *(a_point(10 + n, 3 * n, table="discrete") for n in range(10)),
        *(a_point(20 + n, 4 * n, encoding="uint64") for n in range(10)),
        *(a_point(30 + n, 20 * n, table="input") for n in range(10)),
    ]
    async with serving(whims.serve) as port:
        devices = [a_device(f"unit-{n}", port, points, unit=n, period_s=0.01) for n in range(1, 4)]
        connector = a_connector(*devices, timeout_s=0.05)
        async with running(connector, Recorder()):
            await until(lambda: len(whims.received) > 30 and sum(map(len, whims.received)) > 12 * 300, 30)
    assert whims.done == {"well", "exception", "silence", "close", "wrong", "hole"}
    frames = [bytes(kept[at : at + 12]) for kept in whims.received for at in range(0, len(kept), 12)]
    assert {frame[7] for frame in frames} == {1, 2, 3, 4}
    assert {(len(frame), frame[2:6]) for frame in frames} == {(12, b"\0\0\0\6")}
