"""Answers with something wrong in them, by the hundred thousand: none breaks the connector, none gives a point a
value that is not in its own registers. `STEWARD_MUTATIONS` says how many."""

from __future__ import annotations

import math
import os
import random
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from connectors.modbus.answer import EXCEPTIONS, belongs
from connectors.modbus.decode import Decoder, decoder
from connectors.modbus.line import HEAD
from connectors.modbus.plan import ModbusPoint, Request, plan
from connectors.modbus.settings import Device
from evaluators.model.samples import BlockBuilder, Reason
from tests.connectors.modbus.field import a_point, framed, proper, refusal

MUTATIONS = int(os.environ.get("STEWARD_MUTATIONS", "400000"))
SEED = 20261128
FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}

Meaning = Callable[[bytes], object]
"""What a point's own bytes mean: a value, or the reason why they mean none. Written apart from the decoder."""


def whole(raw: bytes) -> object:
    """A big-endian number without sign that may be too large."""
    number = int.from_bytes(raw, "big")
    return number if number < 2**63 else Reason.OUT_OF_RANGE


def floating(raw: bytes, form: str) -> object:
    """A float of any width."""
    number = struct.unpack(form, raw)[0]
    return number if math.isfinite(number) else Reason.NOT_A_NUMBER


def digits(raw: bytes) -> object:
    """Binary-coded decimals."""
    return int(raw.hex()) if raw.hex().isdecimal() else Reason.MALFORMED


def text(raw: bytes) -> object:
    """GB 18030 to the first NUL."""
    try:
        return raw.split(b"\0")[0].rstrip(b"\xff").decode("gb18030").rstrip(" ")
    except UnicodeDecodeError:
        return Reason.MALFORMED


def marked(raw: bytes) -> object:
    """A signed number in tenths, of which -32768 says that there is none."""
    number = int.from_bytes(raw, "big", signed=True)
    return Reason.ABSENT if number == -32768 else number * 0.1


SPOTS: list[tuple[ModbusPoint, Meaning]] = [
    (a_point(0, 0), whole),
    (a_point(1, 1, encoding="int16", type="float", scale=0.1, absent=(-32768,)), marked),
    (a_point(2, 2, encoding="uint32", order="CDAB"), lambda raw: whole(raw[2:] + raw[:2])),
    (a_point(3, 4, encoding="float32"), lambda raw: floating(raw, ">f")),
    (a_point(4, 6, encoding="uint64", order="EFGHABCD"), lambda raw: whole(raw[4:] + raw[:4])),
    (a_point(5, 12, encoding="float64", order="DCBA"), lambda raw: floating(raw, "<d")),
    (a_point(6, 16, encoding="float16"), lambda raw: floating(raw, ">e")),
    (a_point(7, 17, encoding="bcd32"), digits),
    (a_point(8, 19, encoding="text", length=3, charset="gb18030"), text),
    (a_point(9, 22, encoding="bit", bit=9), lambda raw: bool(raw[0] & 2)),
    (a_point(10, 22, encoding="int8", byte="high"), lambda raw: int.from_bytes(raw[:1], "big", signed=True)),
    (
        a_point(11, 23, type="text", values={"1": "open", "2": "closed"}),
        lambda raw: {1: "open", 2: "closed"}.get(int.from_bytes(raw, "big"), Reason.WRONG_TYPE),
    ),
    *((a_point(n, 3 * n, table="coil"), lambda raw: raw == b"\1") for n in range(20, 30)),
]
MEANINGS = {point.index: meaning for point, meaning in SPOTS}


@dataclass(frozen=True)
class Target:
    """A request with what reads its answers."""

    request: Request
    decode: Decoder
    question: bytes


def targets() -> list[Target]:
    """The requests for all spots."""
    made = plan([point for point, _ in SPOTS], Device(connection="field", host="127.0.0.1"))
    found = []
    for number, request in enumerate(made.requests):
        pdu = struct.pack(">BHH", FUNCTIONS[request.table], request.address, request.count)
        found.append(Target(request, decoder(request), framed(bytes((7, number)), 17, pdu)))
    return found


def own_bytes(request: Request, point: ModbusPoint, data: bytes) -> bytes:
    """What of an answer's data is a point's own."""
    first = point.settings.address - request.address
    if request.table == "coil":
        return bytes((data[first // 8] >> first % 8 & 1,))
    return data[2 * first : 2 * (first + point.settings.width)]


def mutated(chance: random.Random, good: bytes, others: list[bytes]) -> bytes:
    """An answer with one to three things wrong; sometimes only in the values, so that it must be taken."""
    frame = bytearray(good)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(frame)) if frame else 0
        match chance.randrange(8):
            case 0 | 1 if frame:
                frame[place] ^= 1 << chance.randrange(8)
            case 2 if frame:
                frame[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 3:
                del frame[place:]
            case 4:
                frame[place:place] = chance.randbytes(chance.randint(1, 4))
            case 5:
                frame += chance.choice(others)[: chance.randint(1, 40)]
            case 6 if len(frame) > HEAD:
                size = chance.randint(1, len(frame) - HEAD)
                frame[HEAD : HEAD + size] = chance.randbytes(size)
            case _:
                frame = bytearray(chance.choice(others)) if chance.random() < 0.2 else frame[:]
    return bytes(frame)


def check_taken(target: Target, frame: bytes) -> str:
    """A frame that was taken is the answer, whole, and each point has what its own bytes mean."""
    question, request = target.question, target.request
    assert (frame[:4], frame[6]) == (question[:4], question[6])
    assert int.from_bytes(frame[4:6], "big") == len(frame) - 6
    if frame[7] != question[7]:
        assert (frame[7], len(frame)) == (question[7] | 0x80, 9)
        assert EXCEPTIONS.get(frame[8], Reason.OTHER_EXCEPTION) in Reason
        return "exception"
    size = (request.count + 7) // 8 if request.table == "coil" else 2 * request.count
    assert (frame[8], len(frame)) == (size, HEAD + size)
    builder = BlockBuilder("field")
    data = frame[HEAD:]
    target.decode.decode(data, 1, builder)
    rows = {sample.point: sample for sample in builder.build(2).samples()}
    assert set(rows) == {point.index for point in request.points}
    for point in request.points:
        meant = MEANINGS[point.index](own_bytes(request, point, data))
        row = rows[point.index]
        if isinstance(meant, Reason):
            assert (row.value, row.reason) == (None, meant), (point, data.hex())
        else:
            assert (row.value, row.reason) == (meant, Reason.NONE), (point, data.hex())
    return "values"


@pytest.mark.timeout(0)
def test_no_mutated_answer_breaks_anything_or_gives_a_point_what_is_not_its_own() -> None:
    chance = random.Random(SEED)
    known = targets()
    good = [proper(target.question) for target in known]
    others = [*good, *(refusal(target.question, code) for target in known for code in (1, 2, 11))]
    seen: Counter[str] = Counter()
    for number in range(MUTATIONS):
        target = known[number % len(known)]
        frame = mutated(chance, chance.choice((good[number % len(known)], chance.choice(others))), others)
        verdict = belongs(target.question, frame)
        seen[check_taken(target, frame) if verdict else str(verdict)] += 1
    assert sum(seen.values()) == MUTATIONS
    assert min(seen[kind] for kind in ("values", "exception", "False", "None")) > MUTATIONS / 500
