"""Blocks as bytes and back: nothing changes, and nothing that was damaged comes back as something else."""

from __future__ import annotations

import struct
import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalCorrupt
from agent.journal import checkpoint, encoding
from agent.journal.checkpoint import Newest
from agent.journal.encoding import decode, encode
from evaluators.model.samples import (
    INT64_MAX,
    INT64_MIN,
    Block,
    BlockBuilder,
    Columns,
    Quality,
    Reason,
    Value,
    ValueKind,
)

UINT32 = st.integers(0, 2**32 - 1)
INT64 = st.integers(INT64_MIN, INT64_MAX)
VALUES: dict[ValueKind, st.SearchStrategy[Value]] = {
    ValueKind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    ValueKind.INT: INT64,
    ValueKind.BOOL: st.booleans(),
    ValueKind.TEXT: st.text(),
}
MARKS = st.sampled_from(
    [
        (Quality.GOOD, Reason.NONE),
        (Quality.UNCERTAIN, Reason.OVERRIDDEN),
        (Quality.BAD, Reason.TIMEOUT),
        (Quality.BAD, Reason.FAULT),
    ]
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Any block of up to 30 rows."""
    builder = BlockBuilder(draw(st.text(max_size=5)))
    for _ in range(draw(st.integers(0, 30))):
        kind = draw(st.sampled_from(ValueKind))
        quality, reason = draw(MARKS)
        value = draw(VALUES[kind]) if reason.carries_value else None
        builder.add(draw(UINT32), kind, draw(INT64), value, quality, reason)
    return builder.build(draw(INT64))


def good_floats(points: list[int], times: list[int]) -> Block:
    """A block of good rows, all with the value 21.5."""
    builder = BlockBuilder("s")
    for point, time in zip(points, times, strict=True):
        builder.add(point, ValueKind.FLOAT, time, 21.5)
    return builder.build(1)


def exactly(block: Block) -> list[tuple[object, ...]]:
    """The columns down to the bit: -0.0 is not 0.0."""
    return [
        (
            part.kind,
            part.points.tobytes(),
            part.times.tobytes(),
            part.values.tobytes() if isinstance(part.values, array) else part.values,
            bytes(part.qualities),
            bytes(part.reasons),
        )
        for part in block.columns
    ]


@given(blocks())
def test_a_block_comes_back_bit_for_bit(block: Block) -> None:
    back = decode(encode(block), block.source, block.received)
    assert exactly(back) == exactly(block)
    assert (back.source, back.received) == (block.source, block.received)


@pytest.mark.parametrize("step", [0, 1, 2**8, 2**16, 2**32, 2**62])
def test_times_come_back_however_far_apart_they_are(step: int) -> None:
    block = good_floats([3, 9], [INT64_MIN, INT64_MIN + step])
    assert exactly(decode(encode(block), "s", 1)) == exactly(block)


def test_a_part_without_rows_comes_back() -> None:
    block = Block("s", 1, (Columns.empty(ValueKind.TEXT),))
    assert exactly(decode(encode(block), "s", 1)) == exactly(block)


def test_the_text_of_half_a_surrogate_pair_comes_back() -> None:
    builder = BlockBuilder("s")
    builder.add(1, ValueKind.TEXT, 0, "half \ud83d, nul \0, 开")
    block = builder.build(1)
    assert exactly(decode(encode(block), "s", 1)) == exactly(block)


def test_the_bytes_are_little_endian_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    block = good_floats([1, 5], [7, 9])
    plain = encode(block)
    monkeypatch.setattr(encoding, "_SWAP", True)
    assert encode(block) != plain
    assert exactly(decode(encode(block), "s", 1)) == exactly(block)
    assert block == good_floats([1, 5], [7, 9])


@pytest.mark.parametrize(
    ("flags", "points"), [(2, struct.pack("<II", 3, 4)), (3, struct.pack("<I", 3))], ids=["points", "consecutive"]
)
def test_a_payload_of_version_1_is_read(flags: int, points: bytes) -> None:
    values = struct.pack("<dd", 21.5, 21.5)
    body = head(flags=flags, rows=2, width=1, base=10) + points + b"\0\5" + values
    assert exactly(decode(sealed(body), "s", 1)) == exactly(good_floats([3, 4], [10, 15]))


@pytest.mark.parametrize("points", [[7], [7, 8, 9, 100, 101, 102], [1, 3, 5, 7], [9, 8, 7, 7], [0, 2**32 - 1]])
def test_points_come_back_whether_they_count_up_or_not(points: list[int]) -> None:
    block = good_floats(points, list(range(len(points))))
    assert exactly(decode(encode(block), "s", 1)) == exactly(block)


def test_a_polled_device_costs_few_bytes() -> None:
    assert len(encode(good_floats(list(range(500)), [10**18] * 500))) < 100


@given(blocks(), st.data())
def test_a_cut_payload_is_refused(block: Block, data: st.DataObject) -> None:
    payload = encode(block)
    with pytest.raises(JournalCorrupt):
        decode(payload[: data.draw(st.integers(0, len(payload) - 1))], "s", 1)


@given(blocks(), st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(block: Block, data: st.DataObject) -> None:
    payload = bytearray(encode(block))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    try:
        back = decode(bytes(payload), block.source, block.received)
    except JournalCorrupt:
        return
    assert exactly(back) == exactly(block)  # some bits of the packing carry nothing


def sealed(body: bytes, packing: int = 0, version: int = 1) -> bytes:
    """A payload whose length and checksum are right, whatever the body is."""
    return struct.pack("<BBII", version, packing, zlib.crc32(body), len(body)) + body


def head(kind: int = 1, flags: int = 2, width: int = 0, rows: int = 1, base: int = 0) -> bytes:
    """The head of a part."""
    return struct.pack("<BBBIq", kind, flags, width, rows, base)


POINT, VALUE = struct.pack("<I", 1), struct.pack("<d", 1.0)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"", "shorter than its header"),
        (sealed(b"", version=3), "version 3"),
        (sealed(b"", packing=7), "packing 7"),
        (sealed(b"no zlib", packing=1), "unpacked"),
        (sealed(b"") + b"x", "cut or changed"),
        (sealed(head()[:-1]), "too soon"),
        (sealed(head() + POINT + VALUE[:-1]), "too soon"),
        (sealed(head(rows=2**31) + POINT), "rows in"),
        (sealed(head(kind=9) + POINT + VALUE), "make no sense"),
        (sealed(head(width=3) + POINT + VALUE), "make no sense"),
        (sealed(head(flags=3, rows=2) + b"\xff" * 4 + VALUE * 2), "make no sense"),
        (sealed(head(width=1, base=INT64_MAX) + POINT + b"\x01" + VALUE), "make no sense"),
        (sealed(head(kind=4) + POINT + struct.pack("<I", 1) + b"\xff"), "make no sense"),
        (sealed(head(flags=6, rows=3) + struct.pack("<III", 1, 7, 2) + VALUE * 3), "runs of 2 points for 3 rows"),
        (sealed(head(flags=6, rows=2) + struct.pack("<III", 1, 2**32 - 1, 2) + VALUE * 2), "make no sense"),
        (sealed(head(flags=6) + struct.pack("<I", 2**32 - 1) + VALUE), "too soon"),
        (sealed(head(flags=0) + POINT + VALUE + b"\x03\x00"), "unknown"),
        (sealed(head(flags=0) + POINT + VALUE + b"\x02\x3f"), "unknown"),
    ],
)
def test_what_is_damaged_is_named(payload: bytes, says: str) -> None:
    with pytest.raises(JournalCorrupt, match=says):
        decode(payload, "s", 1)


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.builds(Newest, INT64, st.integers(1, INT64_MAX))))
def test_a_checkpoint_comes_back(newest: dict[int, Newest]) -> None:
    assert checkpoint.decode(checkpoint.encode(newest)) == newest


@pytest.mark.parametrize("seq", [1, 77])
def test_a_checkpoint_knows_its_position(seq: int) -> None:
    packed = checkpoint.encode({5: Newest(1, 2)}, 1)
    if seq == 1:
        assert checkpoint.decode(packed, seq) == {5: Newest(1, 2)}
    else:
        with pytest.raises(JournalCorrupt, match="position"):
            checkpoint.decode(packed, seq)


@pytest.mark.parametrize("packed", [b"", b"no zlib", zlib.compress(b"1234567"), zlib.compress(bytes(16))])
def test_a_damaged_checkpoint_is_refused(packed: bytes) -> None:
    with pytest.raises(JournalCorrupt):
        checkpoint.decode(packed)
