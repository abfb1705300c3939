"""What bytes mean."""

from __future__ import annotations

import struct
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.decode import decoder
from connectors.modbus.plan import ModbusPoint, plan
from connectors.modbus.settings import Device
from evaluators.model.samples import BlockBuilder, Quality, Reason, Sample, Value
from tests.connectors.modbus.field import a_point, pack_bits

NARROW = ["ABCD", "DCBA", "BADC", "CDAB"]
WIDE = [
    "ABCDEFGH",
    "GHEFCDAB",
    "BADCFEHG",
    "HGFEDCBA",
    "EFGHABCD",
    "CDABGHEF",
    "FEHGBADC",
    "DCBAHGFE",
]
FORMATS = {
    "int8": "b",
    "uint8": "B",
    "float16": "e",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
T = 1_800_000_000_000_000_000


def decoded(data: bytes, *points: ModbusPoint) -> dict[int, Sample]:
    """What the points are in one request's answer."""
    (request,) = plan(points, Device(connection="field", host="127.0.0.1")).requests
    builder = BlockBuilder("field")
    decoder(request).decode(data, T, builder)
    samples = list(builder.build(T + 1).samples())
    assert {(sample.time, sample.received) for sample in samples} == {(T, T + 1)}
    assert sorted(sample.point for sample in samples) == sorted(point.index for point in points)
    return {sample.point: sample for sample in samples}


def one(data: bytes, **settings: Any) -> tuple[Value | None, Reason]:
    """The value of one point that is all of the answer."""
    sample = decoded(data, a_point(0, 0, **settings))[0]
    assert (sample.quality is Quality.GOOD) == (sample.reason is Reason.NONE)
    return sample.value, sample.reason


def on_the_wire(big: bytes, order: str) -> bytes:
    """A big-endian value as a device with that byte order sends it, register by register."""
    if len(order) == 8:
        return bytes(big["ABCDEFGH".index(letter)] for letter in order)
    words = [big[at : at + 2] for at in range(0, len(big), 2)]
    if order in ("DCBA", "CDAB"):
        words.reverse()
    if order in ("DCBA", "BADC"):
        words = [word[::-1] for word in words]
    return b"".join(words)


@pytest.mark.parametrize(
    ("order", "data"), [("ABCD", "01020304"), ("DCBA", "04030201"), ("BADC", "02010403"), ("CDAB", "03040102")]
)
def test_the_four_orders_are_what_their_names_say(order: str, data: str) -> None:
    assert one(bytes.fromhex(data), encoding="uint32", order=order) == (0x01020304, Reason.NONE)


@pytest.mark.parametrize("order", WIDE)
def test_the_orders_of_64_bits_are_what_their_letters_say(order: str) -> None:
    sent = "".join(f"0{'ABCDEFGH'.index(letter) + 1}" for letter in order)
    assert one(bytes.fromhex(sent), encoding="uint64", order=order) == (0x0102030405060708, Reason.NONE)


@given(st.data(), st.sampled_from(sorted(set(FORMATS) - {"int8", "uint8"})), st.sampled_from([*NARROW, *WIDE]))
def test_every_encoding_in_every_order_gives_back_what_was_sent(
    data: st.DataObject, encoding: str, order: str
) -> None:
    if order in WIDE and not encoding.endswith("64"):
        order = order[:4] if order[:4] in NARROW else "ABCD"
    if encoding.startswith("float"):
        width: Literal[16, 32, 64] = {"16": 16, "32": 32, "64": 64}[encoding[5:]]  # type: ignore[assignment]  # a dict's values are int
        value: Value = data.draw(st.floats(allow_nan=False, allow_infinity=False, width=width))
    else:
        bits = int(encoding.lstrip("uint"))
        low, high = (0, 2**bits) if encoding.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        value = data.draw(st.integers(low, min(high, 2**63) - 1))
    sent = on_the_wire(struct.pack(">" + FORMATS[encoding], value), order)
    assert one(sent, encoding=encoding, order=order) == (value, Reason.NONE)


def test_a_64_bit_counter_keeps_the_digit_that_a_float_loses() -> None:
    assert one(struct.pack(">Q", 2**53 + 1), encoding="uint64") == (2**53 + 1, Reason.NONE)
    assert one(struct.pack(">q", 2**53 + 1), encoding="int64", scale=10.0, offset=1.0) == (
        (2**53 + 1) * 10 + 1,
        Reason.NONE,
    )


def test_a_counter_beyond_64_bits_with_sign_is_out_of_range() -> None:
    assert one(struct.pack(">Q", 2**63), encoding="uint64") == (None, Reason.OUT_OF_RANGE)
    assert one(struct.pack(">Q", 2**62), encoding="uint64", scale=2.0) == (None, Reason.OUT_OF_RANGE)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_bad_and_its_neighbour_is_not(value: float) -> None:
    both = decoded(
        struct.pack(">ff", value, 1.5), a_point(0, 0, encoding="float32"), a_point(1, 2, encoding="float32")
    )
    assert (both[0].value, both[0].reason) == (None, Reason.NOT_A_NUMBER)
    assert (both[1].value, both[1].reason) == (1.5, Reason.NONE)


def test_scale_and_offset() -> None:
    assert one(b"\x00\xd7", type="float", scale=0.1, offset=-40.0) == (215 * 0.1 - 40.0, Reason.NONE)
    assert one(b"\xff\xff", encoding="int16", scale=-3.0, offset=5.0) == (8, Reason.NONE)


@pytest.mark.parametrize("mark", [-32768, 0x8000])
def test_a_sentinel_may_be_written_with_or_without_sign(mark: int) -> None:
    settings = {"encoding": "int16", "type": "float", "scale": 0.1, "absent": (mark,)}
    assert one(b"\x80\x00", **settings) == (None, Reason.ABSENT)
    assert one(b"\x80\x01", **settings) == (-32767 * 0.1, Reason.NONE)


def test_a_sentinel_that_the_encoding_cannot_hold_never_matches() -> None:
    assert one(b"\x11\x70", encoding="int16", absent=(65536 + 0x1170,)) == (0x1170, Reason.NONE)


def test_sentinels_are_looked_for_before_scaling_in_integers_and_floats() -> None:
    assert one(b"\x00\x0a", absent=(10,), scale=2.0) == (None, Reason.ABSENT)
    assert one(b"\x00\x05", absent=(10,), scale=2.0) == (10, Reason.NONE)
    assert one(struct.pack(">f", -9999.0), encoding="float32", absent=(-9999,)) == (None, Reason.ABSENT)
    assert one(b"\xff\xff", encoding="bit", bit=0, absent=(0xFFFF,)) == (None, Reason.ABSENT)


def test_a_sentinel_takes_only_its_own_point() -> None:
    pair = decoded(b"\xff\xff\x00\x07", *(a_point(n, n, absent=(0xFFFF,)) for n in range(2)))
    assert [(pair[n].value, pair[n].reason) for n in range(2)] == [(None, Reason.ABSENT), (7, Reason.NONE)]


@given(st.integers(0, 65535), st.sampled_from(["ABCD", "DCBA", "BADC", "CDAB"]))
def test_the_bits_of_a_register(word: int, order: str) -> None:
    data = on_the_wire(word.to_bytes(2, "big"), order)
    bits = decoded(data, *(a_point(n, 0, encoding="bit", bit=n, order=order) for n in range(16)))
    assert [bits[n].value for n in range(16)] == [bool(word >> n & 1) for n in range(16)]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 3))
def test_coils_and_discrete_inputs(states: list[bool], step: int) -> None:
    for table in ("coil", "discrete"):
        points = [a_point(n, 7 + n, table=table) for n in range(0, len(states), step + 1)]
        last = points[-1].index + 1
        got = decoded(pack_bits(states[:last]), *points)
        assert {n: sample.value for n, sample in got.items()} == {p.index: states[p.index] for p in points}


def test_points_may_lie_on_top_of_one_another_and_be_of_any_kind() -> None:
    data = struct.pack(">IHh", 0x00010002, 0xFFFE, -5)
    got = decoded(
        data,
        a_point(0, 0, encoding="uint32"),
        a_point(1, 0),
        a_point(2, 1),
        a_point(3, 1),
        a_point(4, 2, encoding="bit", bit=0),
        a_point(5, 2, encoding="bit", bit=1),
        a_point(6, 3, encoding="int16", type="float"),
        a_point(7, 1, encoding="uint32"),
    )
    assert [got[n].value for n in range(8)] == [0x00010002, 1, 2, 2, False, True, -5.0, 0x0002FFFE]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5), st.sampled_from(WIDE))
def test_values_of_64_bits_side_by_side_are_put_together_each_from_its_own_halves(
    values: list[int], order: str
) -> None:
    data = b"".join(on_the_wire(value.to_bytes(8, "big"), order) for value in values)
    got = decoded(data, *(a_point(n, 4 * n, encoding="uint64", order=order) for n in range(len(values))))
    assert [got[n].value for n in range(len(values))] == [value if value < 2**63 else None for value in values]


@pytest.mark.parametrize(
    ("encoding", "byte", "value"), [("uint8", "low", 0x01), ("uint8", "high", 0xFE), ("int8", "high", -2)]
)
def test_a_byte_of_a_register(encoding: str, byte: str, value: int) -> None:
    assert one(b"\xfe\x01", encoding=encoding, byte=byte) == (value, Reason.NONE)


def test_the_bytes_of_neighbouring_registers_are_read_together() -> None:
    points = [
        a_point(2 * n + half, n, encoding="uint8", byte=("low", "high")[half]) for n in range(3) for half in (0, 1)
    ]
    got = decoded(bytes.fromhex("0201 0403 0605"), *points)
    assert [got[n].value for n in range(6)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("encoding", "data", "value"),
    [
        ("bcd16", "9876", 9876),
        ("bcd16", "0000", 0),
        ("bcd32", "1234 5678", 12345678),
        ("bcd64", "9999 9999 9999 9999", 9999999999999999),
    ],
)
def test_decimal_digits(encoding: str, data: str, value: int) -> None:
    assert one(bytes.fromhex(data), encoding=encoding) == (value, Reason.NONE)


def test_what_is_no_decimal_digit_is_malformed_and_takes_only_its_own_point() -> None:
    pair = decoded(bytes.fromhex("12a4 1234"), *(a_point(n, n, encoding="bcd16") for n in range(2)))
    assert [(pair[n].value, pair[n].reason) for n in range(2)] == [(None, Reason.MALFORMED), (1234, Reason.NONE)]


def test_decimal_digits_are_scaled_and_have_sentinels() -> None:
    settings = {"encoding": "bcd32", "type": "float", "scale": 0.01, "absent": (0xFFFFFFFF,)}
    assert one(bytes.fromhex("0012 3456"), **settings) == (123456 * 0.01, Reason.NONE)
    assert one(bytes.fromhex("ffff ffff"), **settings) == (None, Reason.ABSENT)


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "冷机-1".encode(), "冷机-1"),
        ("gb18030", "冷机-1".encode("gb18030") + b"  ", "冷机-1"),
        ("gb18030", "冷机".encode("gbk"), "冷机"),
        ("latin-1", b"caf\xe9", "café"),
        ("utf-16-be", "冷机".encode("utf-16-be"), "冷机"),
        ("utf-16-be", "冷 ".encode("utf-16-be") + b"\xff\xff", "冷"),
        ("utf-8", b"AB\0\xde\xad\0", "AB"),
        ("utf-8", b"AB  \xff\xff", "AB"),
        ("utf-8", b"  A B   ", "  A B"),
        ("utf-8", b"\0\0", ""),
    ],
)
def test_text_ends_at_a_nul_and_is_not_filled_up(charset: str, data: bytes, text: str) -> None:
    assert one(data, encoding="text", length=len(data) // 2, charset=charset) == (text, Reason.NONE)


def test_text_with_its_bytes_exchanged() -> None:
    assert one(b"BADC", encoding="text", length=2, order="BADC") == ("ABCD", Reason.NONE)


@pytest.mark.parametrize(
    ("charset", "data"), [("utf-8", b"\xc3\x28"), ("gb18030", b"\x81\x20"), ("utf-16-be", b"\xd8\x00")]
)
def test_what_is_no_text_is_malformed(charset: str, data: bytes) -> None:
    assert one(data, encoding="text", length=1, charset=charset) == (None, Reason.MALFORMED)


@pytest.mark.parametrize(
    ("settings", "data", "value"),
    [
        ({"type": "text", "values": {"1": "open", "0x02": "closed"}}, "0002", "closed"),
        ({"type": "bool", "values": {"1": False, "2": True}}, "0002", True),
        ({"type": "float", "values": {"3": 0.5}}, "0003", 0.5),
        ({"type": "int", "encoding": "int16", "values": {"-1": 7}}, "ffff", 7),
        ({"type": "int", "encoding": "int16", "values": {"0xffff": 7}}, "ffff", 7),
        ({"type": "text", "encoding": "bit", "bit": 3, "values": {"1": "on", "0": "off"}}, "0008", "on"),
        ({"type": "text", "encoding": "bcd16", "values": {"10": "ten"}}, "0010", "ten"),
    ],
)
def test_values_say_what_raw_integers_mean(settings: dict[str, Any], data: str, value: Value) -> None:
    got = one(bytes.fromhex(data), **settings)
    assert got == (value, Reason.NONE)
    assert type(got[0]) is type(value)


def test_a_raw_integer_that_no_value_is_said_of_is_never_guessed() -> None:
    settings = {"type": "text", "values": {"1": "open"}, "absent": (0,)}
    assert one(b"\0\3", **settings) == (None, Reason.WRONG_TYPE)
    assert one(b"\0\0", **settings) == (None, Reason.ABSENT)


def test_points_that_mean_different_things_by_equal_numbers_are_kept_apart() -> None:
    """0, 0.0 and False are equal: none may stand for another."""
    got = decoded(
        b"\0\1",
        a_point(0, 0, type="int", values={"1": 0}),
        a_point(1, 0, type="bool", values={"1": False}),
        a_point(2, 0, type="float", values={"1": 0.0}),
    )
    assert [(type(got[n].value), got[n].value) for n in range(3)] == [(int, 0), (bool, False), (float, 0.0)]


def test_coils_have_values_too() -> None:
    settings = {"table": "coil", "type": "text", "values": {"0": "automatic", "1": "by hand"}}
    got = decoded(b"\x02", *(a_point(n, n, **settings) for n in range(2)))
    assert [got[n].value for n in range(2)] == ["automatic", "by hand"]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("float32", 1e38), ("float32", 9.96921e36), ("float16", -1.1), ("float64", 1e300)]
)
def test_a_sentinel_of_floats_is_what_the_encoding_makes_of_it(encoding: str, mark: float) -> None:
    sent = struct.pack(">" + FORMATS[encoding], mark)
    assert one(sent, encoding=encoding, absent=(mark,)) == (None, Reason.ABSENT)


def test_a_sentinel_too_large_for_its_float_never_matches() -> None:
    assert one(struct.pack(">e", 1.5), encoding="float16", absent=(1e38,)) == (1.5, Reason.NONE)
    assert one(struct.pack(">d", 1.5), encoding="float64", absent=(10**400,)) == (1.5, Reason.NONE)


def test_a_mark_is_matched_whole_whatever_its_size() -> None:
    settings = {"encoding": "uint64", "absent": (2**64 - 1,)}
    assert one(b"\xff" * 8, **settings) == (None, Reason.ABSENT)
    assert one(b"\xff" * 7 + b"\xfe", **settings) == (None, Reason.OUT_OF_RANGE)
