"""Answers that are no answers, and answers spoiled anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.decode import Foreign, Reading, parse_many, parse_one, readings
from connectors.bacnet.plan import Ask, request_for
from connectors.bacnet.tags import Malformed, ObjectId

AI = ObjectId(0, 1)
ONE = (Ask(AI, 85),)
TWO = (Ask(AI, 111), Ask(AI, 85))
ANSWER = bytes.fromhex("0c000000011e296f4e8204004f29554e44404000004f1f")
FOREIGN = "was not asked for, or came twice"


def test_an_answer() -> None:
    assert readings(request_for(TWO), ANSWER) == {TWO[0]: Reading((0,)), TWO[1]: Reading((3.0,))}


def test_the_order_of_an_answer_does_not_matter() -> None:
    turned = bytes.fromhex("0c000000011e 29554e44404000004f 296f4e8204004f 1f")
    assert readings(request_for(TWO), turned) == readings(request_for(TWO), ANSWER)


@pytest.mark.parametrize(
    "answer", ["0c00000002 1955 3e21033f", "0c00000001 196f 3e21033f", "0c00000001 1955 2901 3e21033f"]
)
def test_one_property_of_another_object_number_or_element_is_foreign(answer: str) -> None:
    with pytest.raises(Foreign, match=FOREIGN):
        readings(request_for(ONE), bytes.fromhex(answer))


def test_a_property_that_comes_twice_is_foreign() -> None:
    with pytest.raises(Foreign, match=FOREIGN):
        readings(request_for(TWO), ANSWER + ANSWER)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("0c00000001 1955", "middle of a tag"),
        ("0c00000001 1955 4e21034f", "there is no value"),
        ("0c00000001 1955 3e21033f 00", "goes on after its end"),
        ("0b000000 1955 3e21033f", "four bytes"),
        ("1c00000001 1955 3e21033f", "is not context 0"),
    ],
)
def test_a_malformed_answer_to_read_property(answer: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_one(bytes.fromhex(answer))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("0c00000001 1e 2955 3e21033f 1f", "has neither a value nor an error"),
        ("0c00000001 1e 2955 2103 1f", "has neither a value nor an error"),
        ("0c00000001 1e 2955 5e 2102 9120 5f 1f", "is not application 9"),
        ("0c00000001 1e 2955 4e21034f", "middle of a tag"),
        ("0c00000001 2955 4e21034f", "is not opening 1"),
    ],
)
def test_a_malformed_answer_to_read_property_multiple(answer: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_many(bytes.fromhex(answer))


@given(st.integers(0, len(ANSWER)), st.binary(max_size=4), st.integers(0, 4))
def test_an_answer_spoiled_anywhere_is_read_or_refused(at: int, new: bytes, instead_of: int) -> None:
    spoiled = ANSWER[:at] + new + ANSWER[at + instead_of :]
    for asks in (ONE, TWO):
        try:
            found = readings(request_for(asks), spoiled)
        except (Malformed, Foreign):
            continue
        assert set(found) == set(asks)
