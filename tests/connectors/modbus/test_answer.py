"""Which answers are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.answer import EXCEPTIONS, belongs
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import framed, proper, refusal

QUESTION = bytes.fromhex("0007 0000 0006 11 03 0010 0003")
RIGHT = bytes.fromhex("0007 0000 0009 11 03 06 0001 0002 0003")
EXCEPTION = bytes.fromhex("0007 0000 0003 11 83 02")


def test_the_right_answer_and_an_exception_belong() -> None:
    assert belongs(QUESTION, RIGHT) is True
    assert belongs(QUESTION, EXCEPTION) is True


@pytest.mark.parametrize("whole", [RIGHT, EXCEPTION])
def test_an_answer_that_comes_in_pieces_is_waited_for(whole: bytes) -> None:
    assert [belongs(QUESTION, whole[:length]) for length in range(len(whole))] == [None] * len(whole)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(framed(RIGHT[:2], 0x11, bytes.fromhex("03 04 0001 0002")), id="short"),
        pytest.param(framed(RIGHT[:2], 0x11, bytes.fromhex("03 08 0001 0002 0003 0004")), id="long"),
        pytest.param(framed(RIGHT[:2], 0x11, bytes.fromhex("03 05 0001 0002 00")), id="odd"),
        pytest.param(framed(RIGHT[:2], 0x11, bytes.fromhex("03 04 0001 0002 0003")), id="byte count"),
        pytest.param(framed(RIGHT[:2], 0x11, bytes.fromhex("04 06 0001 0002 0003")), id="function"),
        pytest.param(framed(RIGHT[:2], 0x12, RIGHT[7:]), id="unit"),
        pytest.param(framed(b"\0\6", 0x11, RIGHT[7:]), id="transaction"),
        pytest.param(framed(b"\0\0", 0x11, RIGHT[7:]), id="transaction 0"),
        pytest.param(RIGHT[:3] + b"\1" + RIGHT[4:], id="protocol"),
        pytest.param(RIGHT[:5] + b"\7" + RIGHT[6:], id="length"),
        pytest.param(RIGHT + b"\0", id="a byte more"),
        pytest.param(EXCEPTION + b"\0", id="a byte more after an exception"),
        pytest.param(RIGHT + RIGHT, id="twice"),
        pytest.param(framed(RIGHT[:2], 0x11, b"\x84\x02"), id="exception to another function"),
        pytest.param(QUESTION, id="echo"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="another protocol"),
        pytest.param(b"\xff" + RIGHT, id="garbage before"),
    ],
)
def test_what_pymodbus_would_take_or_wait_for_does_not_belong(wrong: bytes) -> None:
    assert belongs(QUESTION, wrong) is False


@given(st.sampled_from([1, 2, 3, 4]), st.integers(1, 117), st.integers(0, 255), st.binary(min_size=2, max_size=2))
def test_every_proper_answer_belongs_to_its_question_only(
    function: int, count: int, unit: int, tag: bytes
) -> None:
    question = framed(tag, unit, bytes((function, 0, 5)) + count.to_bytes(2, "big"))
    assert belongs(question, proper(question)) is True
    assert belongs(question, refusal(question, 6)) is True
    more = framed(tag, unit, bytes((function, 0, 5)) + (count + 8).to_bytes(2, "big"))
    assert belongs(question, proper(more)) is False
    other = framed(tag, unit, bytes((5 - function, 0, 5)) + count.to_bytes(2, "big"))
    assert belongs(question, proper(other)) is False


@given(st.binary(max_size=30))
def test_nothing_else_belongs(noise: bytes) -> None:
    assert belongs(QUESTION, noise) is not True or noise[:7] == RIGHT[:7] or noise[:8] == EXCEPTION[:8]


def test_each_exception_code_has_its_reason() -> None:
    assert {code: reason.label for code, reason in EXCEPTIONS.items()} == {
        1: "illegal_function",
        2: "illegal_address",
        3: "illegal_value",
        4: "device_failure",
        5: "device_busy",
        6: "device_busy",
        10: "gateway_unavailable",
        11: "gateway_no_response",
    }
    assert Reason.OTHER_EXCEPTION not in EXCEPTIONS.values()
