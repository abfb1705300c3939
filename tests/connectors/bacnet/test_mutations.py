"""Every decoder against spoiled bytes: it reads them or says that they cannot be read, and never takes one point's
value for another's. `STEWARD_MUTATIONS` says how many."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress

from connectors.bacnet.announcement import i_am
from connectors.bacnet.cov import notification
from connectors.bacnet.decode import Foreign, Outcome, Reading, add_rows, matched, parts_of, readings
from connectors.bacnet.framing import is_for_applications
from connectors.bacnet.names import resolved
from connectors.bacnet.plan import Ask, Request, request_for
from connectors.bacnet.shape import Shape
from connectors.bacnet.tags import Malformed
from evaluators.model.samples import BlockBuilder, Reason
from tests.connectors.bacnet.field import a_device, a_point

MUTATIONS = int(os.environ.get("STEWARD_MUTATIONS", "100000"))
SEED = 1

DEVICE = resolved(
    a_device(
        47808,
        a_point(1, "analog-input,1"),
        a_point(2, "lift,1", "text", property="fault-signals"),
        a_point(3, "lift,1", "int", property="car-door-status", index=2),
        a_point(4, "characterstring-value,1", "text"),
        a_point(5, "binary-input,7", "bool"),
    )
)
MANY = request_for(DEVICE.asks())
ONE = request_for((MANY.asks[3],))
TEXT_15 = "7506 00 e4b8ad6162"
ANSWER = bytes.fromhex(
    "0c00000001 1e 296f4e8204004f 29514e104f 29674e91004f 29554e4441ac00004f 1f"
    "0c0ec00001 1e 296f4e8204404f 29514e104f 29674e91174f 2a01cf4e910691034f 2a01c239024e91014f 1f"
    "0c0a000001 1e 296f4e8204004f 29514e104f 29674e91004f 29554e" + TEXT_15 + "4f 1f"
    "0c00c00007 1e 296f4e8204004f 29514e114f 29674e91004f 29555e910291205f 1f"
)
ANSWER_TO_ONE = bytes.fromhex("0c00000001 1955 3e4441ac00003f")
TOLD = bytes.fromhex("0901 1c0200000c 2c00000001 390a 4e 0955 2e4441ac00002f 096f 2e8204002f 4f")
ANNOUNCED = bytes.fromhex("c40200000c 2205c4 9103 2203e7")


def spoiled(chance: random.Random, whole: bytes) -> bytes:
    """Bytes changed, inserted, left out, doubled or cut off."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        kind = chance.randrange(8)
        if kind < 4:
            data[at] = chance.randrange(256)
        elif kind == 4:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 5:
            data.insert(at, chance.randrange(256))
        elif kind == 6:
            del data[at : at + chance.randint(1, 3)]
            data = data or bytearray(1)
        else:
            data = data[: at + 1]
    return bytes(data)


def through(mutations: int, whole: bytes, look: Callable[[bytes], object]) -> int:
    """``look`` at so many mutations; how many of them could be read."""
    chance = random.Random(SEED)
    read = 0
    for _ in range(mutations):
        with suppress(Malformed, Foreign):
            look(spoiled(chance, whole))
            read += 1
    return read


def rows_of(request: Request, data: bytes) -> None:
    """As far as the block: only asked-for properties have readings, and every point its one row."""
    found = readings(request, data)
    assert found.keys() == set(request.asks)
    builder = BlockBuilder("bms")
    outcomes = {ask: Outcome(reading, 1) for ask, reading in found.items()}
    add_rows(DEVICE.targets, outcomes, Outcome(Reading(reason=Reason.TIMEOUT), 1), builder)
    assert sorted(sample.point for sample in builder.build(1).samples()) == [1, 2, 3, 4, 5]


def test_the_answers_are_right_before_they_are_spoiled() -> None:
    found = readings(MANY, ANSWER)
    assert [found[target.ask].values for target in DEVICE.targets] == [(21.5,), (6, 3), (1,), ("中ab",), ()]
    rows_of(ONE, ANSWER_TO_ONE)
    assert notification(TOLD).readings[Ask(MANY.asks[0].object, 85)].values == (21.5,)
    assert i_am(ANNOUNCED).instance == 12


def test_answers_to_many_properties() -> None:
    read = through(MUTATIONS // 4, ANSWER, lambda data: rows_of(MANY, data))
    assert 0 < read < MUTATIONS // 4


def test_answers_by_their_remembered_form() -> None:
    """The quick way says what the slow one says, or nothing."""
    parts = parts_of(MANY, ANSWER)
    shape = Shape(ANSWER, parts, matched(MANY, parts))

    def look(data: bytes) -> None:
        quick = shape.again(data)
        if quick is not None:
            assert repr(quick) == repr(readings(MANY, data))

    assert through(MUTATIONS // 4, ANSWER, look)


def test_answers_to_one_property() -> None:
    assert 0 < through(MUTATIONS // 4, ANSWER_TO_ONE, lambda data: rows_of(ONE, data)) < MUTATIONS // 4


def test_notifications_and_announcements() -> None:
    def look(data: bytes) -> None:
        told = notification(data)
        assert all(ask.object == told.object for ask in told.readings)

    assert 0 < through(MUTATIONS // 8, TOLD, look) < MUTATIONS // 8
    assert 0 < through(MUTATIONS // 8, ANNOUNCED, i_am) < MUTATIONS // 8
    datagram = bytes.fromhex("810b0019 0120ffff00ff 1000") + ANNOUNCED
    assert through(MUTATIONS // 8, datagram, is_for_applications)
