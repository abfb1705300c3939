"""Payloads as such: nothing that arrives may raise, and what cannot be placed in time is not believed."""

from __future__ import annotations

import gc
import json
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt import decode as module
from connectors.mqtt.decode import Decoded, DeviceDecoder
from connectors.mqtt.payload import MAX_PAYLOAD_BYTES, MOST_RECORDS, Payload, parse
from connectors.mqtt.times import EARLIEST_NS, MOST_AHEAD_NS, Unreadable
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


def decode(
    document: object, retained: bool = False, newest: dict[int, int] | None = None, **settings: Any
) -> tuple[Decoded, Block]:
    """What one document gives a device with one point, or those of ``points``."""
    builder = BlockBuilder("broker")
    device = a_device("meter", **settings)
    payload = Payload(json.dumps(document).encode())
    known = {} if newest is None else newest
    decoded = DeviceDecoder(device, device.points).decode(payload, NOW, builder, retained, known)
    return decoded, builder.build(NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("vwtn"), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_nothing_that_arrives_raises(payload: bytes) -> None:
    for time_format in ("iso", "s", "ms", "us", "ns", "%Y-%m-%d %H:%M:%S%z"):
        device = a_device("meter", POINTS, time="t", time_format=time_format, sequence="n")
        builder = BlockBuilder("broker")
        decoded = DeviceDecoder(device, device.points).decode(Payload(payload), NOW, builder, False, {})
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
    _, block = decode({"v": value})
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
        (b" " * MAX_PAYLOAD_BYTES + b"1", f"too long: at most {MAX_PAYLOAD_BYTES} bytes"),
    ],
    ids=str.split("empty half more digits latin surrogate utf-16 lists objects long"),
)
def test_what_cannot_be_read_says_why(payload: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        parse(payload)


def test_the_largest_payload_is_read() -> None:
    assert parse(b" " * (MAX_PAYLOAD_BYTES - 1) + b"1") == 1


def test_a_bad_time_makes_every_point_malformed_at_receipt() -> None:
    decoded, block = decode({"v": 1, "t": "soon"}, time="t")
    assert [(s.time, s.reason, s.value) for s in block.samples()] == [(NOW, Reason.MALFORMED, None)]
    assert (decoded.good, decoded.bad) == (0, (Reason.MALFORMED,))
    assert decoded.poison.startswith("no source time at t: ")
    assert decoded.problem == decoded.poison


@pytest.mark.parametrize(
    ("at", "newest", "rows"), [(NOW, None, 1), (NOW, NOW - 1, 1), (NOW, NOW, 0), (NOW - 1, NOW, 0)]
)
def test_a_retained_message_that_was_seen_before_adds_nothing(at: int, newest: int | None, rows: int) -> None:
    """Its uncertain copy would spoil the good sample: of two of one time the worse counts."""
    known = {} if newest is None else {0: newest}
    decoded, block = decode({"v": 1, "t": at}, retained=True, newest=known, time="t", time_format="ns")
    assert (len(block), decoded.good, decoded.bad, decoded.problem) == (rows, 0, (), "")
    assert known == {0: max(at, newest or 0)}
    _, fresh = decode({"v": 1, "t": at}, retained=False, newest=known, time="t", time_format="ns")
    assert len(fresh) == 1


def test_a_retained_message_without_a_time_is_never_known() -> None:
    _, block = decode({"v": 1}, retained=True, newest={0: NOW})
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
    assert decode({"v": 1, "n": number}, sequence="n")[0].sequence == (() if expected is None else (expected,))


def test_every_record_has_its_number_or_that_of_the_message() -> None:
    document = {"n": 7, "r": [{"v": 1}, {"v": 2, "n": 9}]}
    assert decode(document, records="r", sequence="n")[0].sequence == (7, 9)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (7, "no list of records at r"),
        ("x", "no list of records at r"),
        ([0] * (MOST_RECORDS + 1), f"too many records at r: at most {MOST_RECORDS} are read"),
    ],
    ids=["number", "text", "many"],
)
def test_what_is_no_list_of_records_is_poison(found: object, why: str) -> None:
    decoded, block = decode({"r": found}, records="r")
    assert decoded.poison == why
    assert [sample.reason for sample in block.samples()] == [Reason.MALFORMED]


def test_a_path_of_records_that_does_not_suit_the_payload_is_poison() -> None:
    assert decode({"r": 1}, records="sort(r)")[0].poison == "no list of records at sort(r)"


@pytest.mark.parametrize("found", [{}, {"r": None}, {"r": []}])
def test_no_records_are_no_samples(found: object) -> None:
    decoded, block = decode(found, records="r")
    assert (len(block), decoded.problem, decoded.ours) == (0, "", True)


def test_one_record_needs_no_list() -> None:
    assert len(decode({"r": {"v": 1}}, records="r")[1]) == 1


def test_more_values_than_anybody_sends_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    decoded, block = decode({"r": [{"v": n} for n in range(7)]}, records="r")
    assert decoded.poison == "too many values: at most 5 of a device are read"
    assert [sample.value for sample in block.samples()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("address", [None, True, [], {}, "other"])
def test_what_is_of_another_device_says_nothing_of_this_one(address: object) -> None:
    decoded, block = decode({"id": address, "v": 1}, address_path="id")
    assert (decoded.ours, len(block)) == (False, 0)


def test_an_address_may_stand_once_for_all_records() -> None:
    _, block = decode({"id": 5, "r": [{"v": 1}, {"v": 2}]}, address_path="id", address="5", records="r")
    assert [sample.value for sample in block.samples()] == [1, 2]


def test_a_tag_that_is_none_holds_nothing() -> None:
    document = [{"n": None, "v": 1}, {"n": [], "v": 2}, {"n": "other", "v": 3}, {"v": 4}, {"n": "v", "v": 5}]
    _, block = decode(document, records="@", tag_path="n")
    assert [sample.value for sample in block.samples()] == [5]


@pytest.mark.parametrize(
    ("raw", "expected"), [(b" 7\n", 7), (b"\xef\xbb\xbf7", 7), (b"", "missing"), (b"\xff", "malformed")]
)
def test_bare_text(raw: bytes, expected: object) -> None:
    device = a_device("meter", {"v": {"type": "int"}}, format="text")
    builder = BlockBuilder("broker")
    DeviceDecoder(device, device.points).decode(Payload(raw), NOW, builder, False, {})
    [sample] = builder.build(NOW).samples()
    assert (sample.reason.label or sample.value) == expected


def test_a_payload_is_read_once_for_all_its_devices() -> None:
    payload = Payload(b"[" * 100_000)
    for _ in range(2):
        with pytest.raises(Unreadable, match="nested too deep"):
            payload.document()
    good = Payload(b'{"v": [{"v": 1}]}')
    assert good.document() is good.document()
    for name in ("one", "two"):
        device = a_device(name, records="v")
        builder = BlockBuilder("broker")
        DeviceDecoder(device, device.points).decode(good, NOW, builder, False, {})
        assert [sample.value for sample in builder.build(NOW).samples()] == [1]


def test_a_payload_that_cannot_be_read_keeps_nothing_alive() -> None:
    """An error that is kept holds, by its traceback, all frames that led to it: the session and its sockets."""
    gc.collect()
    gc.disable()
    try:
        payload = Payload(b"{")
        gone = weakref.ref(payload)
        with suppress(Unreadable):
            payload.document()
        del payload
        assert gone() is None
    finally:
        gc.enable()
