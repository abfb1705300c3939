"""Payloads as such: nothing that arrives may raise, and what cannot be placed in time is not believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.decode import (
    EARLIEST_NS,
    MAX_PAYLOAD_BYTES,
    MOST_AHEAD_NS,
    Decoded,
    DeviceDecoder,
    Unreadable,
    parse,
    source_time,
)
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason
from evaluators.model.times import instant
from tests.connectors.mqtt.field import a_device

NOW = instant(datetime(2026, 1, 31, 4, tzinfo=UTC))
POINTS = {
    "float": {"type": "float", "path": "v"},
    "int": {"type": "int", "path": "v"},
    "bool": {"type": "bool", "path": "v.w || v"},
    "text": {"type": "text", "path": "to_string(v)"},
    "odd": {"type": "float", "path": "ceil(v)"},
    "first": {"type": "text", "path": "[0]"},
}


NO_NUMBERS: list[object] = [None, True, "1769832000", [], {}, float("nan"), float("-inf"), 1e300]


def decode(
    document: object, retained: bool = False, newest: int | None = None, **settings: Any
) -> tuple[Decoded, Block]:
    """What one document gives a device with one point, or those of ``points``."""
    builder = BlockBuilder("broker")
    decoded = DeviceDecoder(a_device("meter", **settings)).decode(document, NOW, builder, retained, newest)
    return decoded, builder.build(NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("vwtn"), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_nothing_that_arrives_raises(payload: bytes) -> None:
    for time_format in ("iso", "s", "ms", "us", "ns"):
        decoder = DeviceDecoder(a_device("meter", POINTS, time="t", time_format=time_format, sequence="n"))
        builder = BlockBuilder("broker")
        try:
            document = parse(payload)
        except Unreadable as error:
            decoded = decoder.fail(str(error), NOW, builder)
        else:
            decoded = decoder.decode(document, NOW, builder)
        samples = list(builder.build(NOW).samples())
        assert sorted(sample.point for sample in samples) == list(range(len(POINTS)))
        assert decoded.good + len(decoded.bad) == len(POINTS)
        assert bool(decoded.problem) == bool(decoded.bad)
        assert all(EARLIEST_NS <= sample.time <= NOW + MOST_AHEAD_NS for sample in samples)


@given(JSON)
def test_whatever_a_point_finds_is_its_type_or_bad(document: object) -> None:
    _, block = decode({"v": document}, points=POINTS)
    types = (float, int, bool, str, float, str)
    for sample in block.samples():
        if sample.quality is Quality.GOOD:
            assert type(sample.value) is types[sample.point]
        else:
            assert sample.value is None
        str(sample.value).encode()  # could be written down


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_of_64_bits_are_exact(value: int) -> None:
    _, block = decode(parse(json.dumps({"v": value}).encode()))
    assert [sample.value for sample in block.samples()] == [value]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"v": 1}x', "not JSON"),
        (b"9" * 5000, "not JSON"),  # Python converts no more than 4300 digits
        (b"\xff", "not UTF-8"),
        (b"\xed\xa0\x80", "not UTF-8"),
        ('"x"'.encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
        (b" " * MAX_PAYLOAD_BYTES + b"1", f"has {MAX_PAYLOAD_BYTES + 1} bytes: at most {MAX_PAYLOAD_BYTES}"),
    ],
    ids=str.split("empty half more digits latin surrogate utf-16 lists objects long"),
)
def test_what_cannot_be_read_says_why(payload: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        parse(payload)


def test_the_largest_payload_is_read() -> None:
    assert parse(b" " * (MAX_PAYLOAD_BYTES - 1) + b"1") == 1


@pytest.mark.parametrize(
    ("value", "time_format", "expected"),
    [
        ("2026-01-31T11:00:00+08:00", "iso", NOW - 3600 * 10**9),
        ("2026-01-31T04:00:00Z", "iso", NOW),
        ("2026-01-31T04:00:00.1234569Z", "iso", NOW + 123_456_000),  # cut
        (NOW // 10**9, "s", NOW),
        (NOW // 10**9 + 0.25, "s", NOW + 250_000_000),
        (NOW // 10**6 + 1, "ms", NOW + 10**6),
        (NOW / 10**6 + 0.5, "ms", NOW + 500_000),
        (NOW // 10**3 + 1, "us", NOW + 1000),
        (NOW + 1, "ns", NOW + 1),
        (NOW + MOST_AHEAD_NS, "ns", NOW + MOST_AHEAD_NS),
        (EARLIEST_NS, "ns", EARLIEST_NS),
    ],
)
def test_source_times(value: object, time_format: str, expected: int) -> None:
    assert source_time(value, time_format, NOW) == expected


@pytest.mark.parametrize(
    ("value", "time_format"),
    [
        *product(NO_NUMBERS, ("s", "ms", "us", "ns")),
        (NOW / 10**3, "us"),  # a float has no room for it
        (float(NOW), "ns"),
        (NOW + MOST_AHEAD_NS + 1, "ns"),
        (EARLIEST_NS - 1, "ns"),
        (10**400, "s"),
        (-(10**400), "ns"),
        ("2026-01-31T04:00:00", "iso"),
        ("2026-01-31", "iso"),
        ("soon", "iso"),
        ("0001-01-01T00:00:00+23:59", "iso"),
        ("9999-12-31T23:59:59-23:59", "iso"),
        (NOW, "iso"),
        (None, "iso"),
    ],
)  # fmt: skip
def test_times_that_are_not_believed(value: object, time_format: str) -> None:
    with pytest.raises(Unreadable):
        source_time(value, time_format, NOW)


def test_a_bad_time_makes_every_point_malformed_at_receipt() -> None:
    decoded, block = decode({"v": 1, "t": "soon"}, time="t")
    assert [(s.time, s.reason, s.value) for s in block.samples()] == [(NOW, Reason.MALFORMED, None)]
    assert (decoded.time, decoded.good, decoded.bad) == (None, 0, (Reason.MALFORMED,))
    assert decoded.problem.startswith("no source time at t: ")


@pytest.mark.parametrize(
    ("at", "newest", "rows"), [(NOW, None, 1), (NOW, NOW - 1, 1), (NOW, NOW, 0), (NOW - 1, NOW, 0)]
)
def test_a_retained_message_that_was_seen_before_adds_nothing(at: int, newest: int | None, rows: int) -> None:
    """Its uncertain copy would spoil the good sample: of two of one time the worse counts."""
    decoded, block = decode({"v": 1, "t": at}, retained=True, newest=newest, time="t", time_format="ns")
    assert (len(block), decoded.good, decoded.bad, decoded.problem) == (rows, 0, (), "")
    _, fresh = decode({"v": 1, "t": at}, retained=False, newest=newest, time="t", time_format="ns")
    assert len(fresh) == 1


def test_a_retained_message_without_a_time_is_never_known() -> None:
    _, block = decode({"v": 1}, retained=True, newest=NOW)
    assert [(s.time, s.quality, s.reason) for s in block.samples()] == [(NOW, Quality.UNCERTAIN, Reason.RETAINED)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, 0),
        (-5, -5),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (True, None),
        (1.0, None),
        ("1", None),
        (None, None),
    ],
)
def test_only_an_integer_is_a_sequence_number(number: object, expected: int | None) -> None:
    assert decode({"v": 1, "n": number}, sequence="n")[0].sequence == expected
