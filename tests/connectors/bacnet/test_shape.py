"""The remembered form of an answer: it never says anything but what the decoder says."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.decode import Foreign, matched, parts_of
from connectors.bacnet.plan import Ask, Request, request_for
from connectors.bacnet.shape import Shape
from connectors.bacnet.tags import Malformed, ObjectId

ANALOG, BINARY = ObjectId(0, 1), ObjectId(3, 2)
REQUEST = request_for((Ask(ANALOG, 111), Ask(ANALOG, 85), Ask(BINARY, 85), Ask(BINARY, 28), Ask(ANALOG, 9)))
ANSWER = bytes.fromhex(
    "0c00000001 1e 296f 4e 820400 4f 2955 4e 4441ac0000 4f 1f"
    "0c00c00002 1e 2955 4e 9101 4f 291c 4e 750700e586b7e7ab99 4f 1f"
    "0c00000001 1e 2909 5e 9102 9120 5f 1f"
)


def a_shape(request: Request = REQUEST, answer: bytes = ANSWER) -> Shape:
    """Made of the answer."""
    parts = parts_of(request, answer)
    return Shape(answer, parts, matched(request, parts))


def test_changed_values_are_read() -> None:
    shape = a_shape()
    changed = ANSWER.replace(bytes.fromhex("4441ac0000"), bytes.fromhex("4441b00000"))
    changed = changed.replace(b"\x91\x01", b"\x91\x00")
    first, second = shape.again(ANSWER), shape.again(changed)
    assert first == matched(REQUEST, parts_of(REQUEST, ANSWER))
    assert second == matched(REQUEST, parts_of(REQUEST, changed))
    assert first != second, "what was given out stays as it was"
    assert second is not None
    assert second[Ask(ANALOG, 85)].values == (22.0,)


def test_another_form_is_left_to_the_decoder() -> None:
    shape = a_shape()
    assert shape.again(ANSWER + b"\x00") is None
    assert shape.again(ANSWER.replace(b"\x0c\x00\x00\x00\x01", b"\x0c\x00\x00\x00\x02")) is None
    assert shape.again(ANSWER.replace(b"\x91\x20", b"\x91\x1f")) is None, "another error"
    assert shape.again(ANSWER.replace(b"\x44\x41\xac", b"\x44\x41\x4f")) is not None, "a closing tag that is none"
    assert shape.again(ANSWER.replace(b"\x91\x01", b"\x00\x4f")) is None, "a value that ends early"
    assert shape.again(ANSWER.replace(b"\x91\x01", b"\x95\xfe")) is None, "a value that cannot be read"


def test_not_a_number_is_read_as_such() -> None:
    nan = ANSWER.replace(bytes.fromhex("4441ac0000"), bytes.fromhex("447fc00000"))
    assert a_shape(answer=nan).again(ANSWER) is None
    found = a_shape().again(nan)
    assert found is not None
    assert str(found[Ask(ANALOG, 85)].values) == "(nan,)"


@given(st.integers(0, 2**32 - 1))
def test_it_agrees_with_the_decoder_on_any_mutation(seed: int) -> None:
    chance = random.Random(seed)
    shape = a_shape()
    for _ in range(20):
        spoiled = bytearray(ANSWER)
        for _ in range(chance.randint(1, 3)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        found = shape.again(bytes(spoiled))
        if found is None:
            continue
        try:
            expected = matched(REQUEST, parts_of(REQUEST, bytes(spoiled)))
        except (Malformed, Foreign) as error:
            raise AssertionError(f"{spoiled.hex()} cannot be read") from error
        assert repr(found) == repr(expected)
