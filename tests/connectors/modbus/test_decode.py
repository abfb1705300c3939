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

FORMATS = {
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


@given(st.data(), st.sampled_from(sorted(FORMATS)), st.sampled_from(["ABCD", "DCBA", "BADC", "CDAB"]))
def test_every_encoding_in_every_order_gives_back_what_was_sent(
    data: st.DataObject, encoding: str, order: str
) -> None:
    if encoding.startswith("float"):
        width: Literal[32, 64] = 32 if encoding == "float32" else 64
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
