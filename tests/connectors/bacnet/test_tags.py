"""The tagged encoding, held against bacpypes3's own encoder, and against bytes from nowhere."""

from __future__ import annotations

import math
from typing import Any

import pytest
from bacpypes3.basetypes import DateTime
from bacpypes3.constructeddata import Any as AnyValue
from bacpypes3.pdu import PDUData
from bacpypes3.primitivedata import (
    BitString,
    Boolean,
    CharacterString,
    Date,
    Double,
    Enumerated,
    Integer,
    Null,
    ObjectIdentifier,
    OctetString,
    Real,
    Time,
    Unsigned,
)
from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.tags import (
    Malformed,
    ObjectId,
    Odd,
    TagKind,
    closing,
    context_object,
    context_unsigned,
    expect,
    object_id,
    opening,
    tag_at,
    unsigned,
    values_within,
)

CLOSING_3 = closing(3)


def encoded(value: Any) -> bytes:
    """The value as bacpypes3 encodes it."""
    return bytes(AnyValue(value).tagList.encode().pduData)


def decoded(content: bytes) -> Any:
    """The one value in the content."""
    values, at = values_within(content + CLOSING_3, 0, 3)
    assert at == len(content) + 1
    (value,) = values
    return value


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_unsigned(value: int) -> None:
    assert decoded(encoded(Unsigned(value))) == value
    assert decoded(encoded(Enumerated(value))) == value


@given(st.integers(min_value=-(2**31), max_value=2**31 - 1))
def test_signed(value: int) -> None:
    assert decoded(encoded(Integer(value))) == value


@given(st.floats(width=32))
def test_real(value: float) -> None:
    found = decoded(encoded(Real(value)))
    assert found == value or (math.isnan(found) and math.isnan(value))


@given(st.floats(allow_nan=False))
def test_double(value: float) -> None:
    assert decoded(encoded(Double(value))) == value


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_text_short_and_long(value: str) -> None:
    assert decoded(encoded(CharacterString(value))) == value


@given(st.lists(st.booleans(), max_size=70))
def test_bit_0_of_a_mask_is_the_first_bit(bits: list[bool]) -> None:
    assert decoded(encoded(BitString([int(bit) for bit in bits]))) == sum(bit << n for n, bit in enumerate(bits))


@given(st.integers(min_value=0, max_value=1023), st.integers(min_value=0, max_value=4194303))
def test_object_identifiers(of_type: int, instance: int) -> None:
    assert decoded(encoded(ObjectIdentifier((of_type, instance)))) == ObjectId(of_type, instance)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Boolean(True), True),
        (Boolean(False), False),
        (Null(()), None),
        (OctetString(b"\x01"), Odd.OTHER),
        (Date("2026-11-24"), Odd.OTHER),
        (Time("12:00:00"), Odd.OTHER),
    ],
    ids=str,
)
def test_the_rest_of_the_primitives(value: Any, expected: object) -> None:
    assert decoded(encoded(value)) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("7505 04 51b76c34", "冷水"),  # UCS-2
        ("750d 03 000051b7 00006c34 00000041", "冷水A"),  # UCS-4
        ("7503 05 e941", "éA"),  # Latin-1
        ("7507 01 03a8 c0e4cbae", "冷水"),  # code page 936
        ("7504 01 ffff 41", Odd.SPOILED),  # a code page that there is not
        ("7502 02 41", Odd.SPOILED),  # a character set that is no more
        ("7503 00 ff41", Odd.SPOILED),  # no UTF-8
        ("70", Odd.SPOILED),  # not even a character set
        ("43 000000", Odd.SPOILED),  # a Real of three bytes
        ("20", Odd.SPOILED),
        ("30", Odd.SPOILED),
        ("01 00", Odd.SPOILED),  # a Null with content
        ("12", Odd.SPOILED),  # neither TRUE nor FALSE
        ("80", Odd.SPOILED),
        ("82 0800", Odd.SPOILED),  # eight unused bits
        ("81 01", Odd.SPOILED),  # unused bits of nothing
        ("81 00", 0),
        ("d1 00", Odd.OTHER),  # a reserved application tag
        ("f1 14 00", Odd.OTHER),  # an extended tag number
        ("09 05", Odd.OTHER),  # of context
    ],
)
def test_odd_content_spoils_one_value_only(content: str, expected: object) -> None:
    assert decoded(bytes.fromhex(content)) == expected


def test_a_structure_is_one_value() -> None:
    structure = encoded(DateTime(date=Date("2026-11-24"), time=Time("12:00:00")))
    assert values_within(b"\x0e" + structure + b"\x1e\x1f\x0f" + b"\x21\x07" + CLOSING_3, 0, 3)[0] == (
        Odd.OTHER,
        7,
    )


def test_several_values_and_none() -> None:
    assert values_within(bytes.fromhex("9106 9103 3f"), 0, 3) == ((6, 3), 5)
    assert values_within(CLOSING_3, 0, 3) == ((), 1)


@pytest.mark.parametrize(
    "content",
    ["", "44 0000", "75", "75ff", "f1", "21", "2f", "26", "75ff ffffffff 00", "75fe ffff 00", "0e 21 01", "4f"],
)
def test_what_runs_over_the_end_or_closes_what_was_not_opened_is_malformed(content: str) -> None:
    with pytest.raises(Malformed):
        values_within(bytes.fromhex(content), 0, 3)


@pytest.mark.parametrize("length", [5, 253, 254, 65535, 65536])
def test_long_contents(length: int) -> None:
    content = b"\x00" + b"a" * (length - 1)
    sizes = {1: b"", 2: b"\xfe", 4: b"\xff"}
    width = 1 if length < 254 else 2 if length < 65536 else 4
    size = sizes[width] + length.to_bytes(width, "big")
    assert decoded(b"\x75" + size + content) == "a" * (length - 1)


@given(st.binary(max_size=60))
def test_bytes_from_nowhere_are_read_or_malformed(data: bytes) -> None:
    try:
        values, at = values_within(data, 0, 3)
    except Malformed:
        return
    assert 0 < at <= len(data)
    assert len(values) < at


def test_what_a_number_and_an_identifier_need() -> None:
    with pytest.raises(Malformed, match="empty"):
        unsigned(b"\x08", tag_at(b"\x08", 0))
    with pytest.raises(Malformed, match="four bytes"):
        object_id(b"\x09\x00", tag_at(b"\x09\x00", 0))
    with pytest.raises(Malformed, match="not context 1"):
        expect(b"\x09\x00", 0, 1, TagKind.CONTEXT)


@given(st.integers(min_value=0, max_value=2**32 - 1), st.integers(min_value=0, max_value=14))
def test_context_numbers_are_as_bacpypes3_writes_them(value: int, number: int) -> None:
    theirs = Unsigned(value, _context=number).encode().encode()
    assert context_unsigned(number, value) == bytes(theirs.pduData)
    assert isinstance(theirs, PDUData)


def test_context_identifiers_and_brackets_are_as_bacpypes3_writes_them() -> None:
    theirs = ObjectIdentifier((59, 4194302), _context=0).encode().encode()
    assert context_object(0, ObjectId(59, 4194302)) == bytes(theirs.pduData)
    assert (opening(1), closing(1)) == (b"\x1e", b"\x1f")
