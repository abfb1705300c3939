"""What is heard becomes tables of a site file, and these read what was heard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.inbox import Message
from connectors.mqtt.proposal import MOST_SHAPES, propose
from connectors.mqtt.shape import MOST_POINTS, Leaf, merged, shape_of
from connectors.probing import Found
from evaluators.model.samples import Quality
from evaluators.model.times import SECOND_NS
from tests.connectors.mqtt.test_cases import Desk, bound

NOW = 1_769_832_000 * SECOND_NS
ISO, LOCAL = "2026-01-31T12:00:00+08:00", "2026-01-31 12:00:00"


def heard(topic: str, payload: object, second: int = 0, retained: bool = False) -> Message:
    """A message; anything but bytes is made JSON."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(topic, raw, len(raw), retained, 0, 0, NOW + second * SECOND_NS)


def proposed(*messages: Message) -> list[Found]:
    """What is made of them, which must be right tables that read all of them."""
    found = propose(messages)
    devices = {
        f"d{n}": {
            "connection": "broker",
            **each.settings,
            "points": {f"p{m}": {**point} for m, point in enumerate(each.points)},
        }
        for n, each in enumerate(found)
    }
    desk = Desk(bound(devices))
    for message in messages:
        samples, poison = desk.take(message.topic, message.payload, message.received)
        assert poison <= {"the payload is not JSON"}
        for rows in samples.values():
            assert {row.reason.label for row in rows} <= {"", "missing", "malformed"}
    return found


def test_a_payload_of_json() -> None:
    document = {"sent": ISO, "a b": {"now": 1.5, "ok": True}, "list": [1, "x"], "none": None}
    [found] = proposed(heard("site/meter", document))
    assert found.settings == {"topic": "site/meter", "time": "sent", "time_format": "iso"}
    assert found.points == (
        {"name": '"a b".now', "type": "float", "path": '"a b".now'},
        {"name": '"a b".ok', "type": "bool", "path": '"a b".ok'},
        {"name": "list[0]", "type": "int", "path": "list[0]"},
        {"name": "list[1]", "type": "text", "path": "list[1]"},
    )
    assert "none never had a value" in found.remarks
    assert '"a b".now: for example 1.5' in found.remarks
    assert "site/meter: 1 messages, 0 of them retained" in found.remarks


@pytest.mark.parametrize(
    ("at", "time_format"),
    [
        (NOW // 10**9, "s"),
        (NOW // 10**6, "ms"),
        (NOW // 10**3, "us"),
        (NOW, "ns"),
        (str(NOW // 10**6), "ms"),
        (ISO, "iso"),
        (LOCAL, "iso"),
    ],
)
def test_times_are_recognised(at: object, time_format: str) -> None:
    [found] = propose([heard("x/y", {"Timestamp": at, "v": 1})])
    assert (found.settings["time"], found.settings["time_format"]) == ("Timestamp", time_format)
    assert any("give time_zone" in remark for remark in found.remarks) is (at == LOCAL)


@pytest.mark.parametrize("at", [7, True, "soon", None, NOW // 10**9 - 10**8])
def test_what_is_no_time_is_a_value(at: object) -> None:
    [found] = proposed(heard("x/y", {"ts": at, "v": 1}))
    assert "time" not in found.settings
    assert any("no time was found" in remark for remark in found.remarks)


def test_topics_that_differ_in_one_level_share_a_template() -> None:
    found = proposed(
        heard("site/lift-1/status", {"mode": 1}),
        heard("site/lift-2/status", {"mode": 2}),
        heard("site/lift-3/status", {"other": 2}),
    )
    assert [each.settings for each in found] == [
        {"topic": "site/{device}/status", "address": "lift-1"},
        {"topic": "site/{device}/status", "address": "lift-2"},
        {"topic": "site/lift-3/status"},
    ]


def test_a_topic_for_each_value_is_a_point_for_each_topic() -> None:
    found = proposed(
        *(heard(f"hvac/{ahu}/supply", b"21,5") for ahu in ("a1", "a2")),
        *(heard(f"hvac/{ahu}/fan", b"ON") for ahu in ("a1", "a2")),
        heard("hvac/a3/other", b"7"),
        heard("alone", b"7"),
        heard("word", b"hello"),
    )
    assert [each.settings for each in found] == [
        {"topic": "alone"},
        {"topic": "hvac/{device}/{point}", "address": "a1", "format": "text"},
        {"topic": "hvac/{device}/{point}", "address": "a2", "format": "text"},
        {"topic": "hvac/a3/{point}"},
        {"topic": "word", "format": "text"},
    ]
    assert found[1].points == (
        {"name": "fan", "tag": "fan", "type": "text"},
        {"name": "supply", "tag": "supply", "type": "float", "number": "comma"},
    )


def test_braces_in_a_topic_are_a_pattern() -> None:
    assert proposed(heard("a/{x}/b", {"v": 1}))[0].settings["topic"] == "a/+/b"


def test_a_bare_null_is_no_point() -> None:
    [found] = proposed(heard("a/b", None), heard("a/c", 1))
    assert [point["tag"] for point in found.points] == ["c"]
    assert "b never had a value" in found.remarks


def test_types_widen_over_the_messages() -> None:
    [found] = proposed(
        heard("x/y", {"a": 1, "b": None, "c": True}),
        heard("x/y", {"a": 1.5, "b": 2, "c": False}),
    )
    assert {point["path"]: point["type"] for point in found.points} == {"a": "float", "b": "int", "c": "bool"}


def test_of_many_messages_the_first_are_looked_into_and_all_counted() -> None:
    [found] = propose([heard("x/y", {"v": 1})] * MOST_SHAPES + [heard("x/y", {"w": 1})])
    assert [point["path"] for point in found.points] == ["v"]
    assert f"x/y: {MOST_SHAPES + 1} messages, 0 of them retained" in found.remarks


def test_how_often_it_comes_is_proposed_where_it_is_known() -> None:
    assert "period_s" not in propose([heard("x/y", {"v": 1}, n) for n in (0, 10)])[0].settings
    assert propose([heard("x/y", {"v": 1}, n) for n in (0, 10, 19, 30, 500)])[0].settings["period_s"] == 11


def test_lists_of_objects_are_pointed_out() -> None:
    [found] = proposed(heard("x/y", {"cars": [{"id": "1", "mode": 2}, {"id": "2", "mode": 3, "x": 1}]}))
    assert "cars lists objects that each have id, mode: records = 'cars' reads them one by one" in found.remarks


def test_what_cannot_be_read_is_told() -> None:
    first, second = propose(
        [
            heard("a/binary", b"\xff\x00"),
            heard("b/mixed", b"{oops"),
            heard("b/mixed", {"v": 1}, retained=True),
            heard("b/mixed", b"restarting"),
        ]
    )
    assert first.points == ()
    assert any("cannot be read: the payload is not UTF-8" in remark for remark in first.remarks)
    assert any("some messages are JSON and some are bare text" in remark for remark in second.remarks)
    assert "b/mixed: 3 messages, 1 of them retained" in second.remarks


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


@given(st.lists(st.tuples(st.sampled_from(["a/b", "a/c", "a", "/", "é/{x}/#"]), JSON | st.binary()), max_size=5))
def test_whatever_comes_is_proposed_without_raising(messages: list[tuple[str, Any]]) -> None:
    for found in propose([heard(topic, payload) for topic, payload in messages]):
        assert len(found.points) <= MOST_POINTS
        assert found.remarks


@given(JSON)
def test_every_path_of_a_shape_leads_to_its_value(document: Any) -> None:
    raw = json.dumps(document).encode()
    points = {
        f"p{n}": {"type": leaf.type, "path": path, "number": leaf.number}
        for n, (path, leaf) in enumerate(shape_of(raw).leaves.items())
        if leaf.type
    }
    desk = Desk(bound({"d": {"connection": "b", "topic": "t", "points": points}}))
    samples, _ = desk.take("t", raw, NOW)
    for [sample] in samples.values():
        assert sample.quality is Quality.GOOD or sample.reason.label in {
            "not_a_number", "out_of_range", "wrong_type"
        }  # fmt: skip


def test_no_more_is_looked_at_than_a_person_reads() -> None:
    assert len(shape_of(json.dumps({f"k{n}": n for n in range(1000)}).encode()).leaves) == MOST_POINTS
    deep: object = 1
    for _ in range(50):
        deep = {"x": deep}
    assert shape_of(json.dumps(deep).encode()).leaves == {}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Leaf("int", "json", 1), Leaf("", "json", None), Leaf("int", "json", 1)),
        (Leaf("int", "json", 1), Leaf("int", "json", 2), Leaf("int", "json", 2)),
        (Leaf("int", "json", 1), Leaf("float", "text", "2"), Leaf("float", "text", "2")),
        (Leaf("int", "json", 1), Leaf("float", "comma", "2,5"), Leaf("text", "json", "2,5")),
        (Leaf("bool", "json", True), Leaf("int", "json", 2), Leaf("text", "json", 2)),
    ],
)
def test_what_two_values_have_in_common(one: Leaf, other: Leaf, expected: Leaf) -> None:
    assert merged(one, other) == expected
