"""Topics: templates, patterns and who listens to what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt import topics as module
from connectors.mqtt.plan import data_topics, shown_topic, status_topic
from connectors.mqtt.topics import DEEPEST_COVERED, Router, check_filter, covering, filled, has_wildcard, matches
from tests.connectors.mqtt.field import a_device

LEVEL = st.sampled_from(["a", "b", "$c", ""])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join)
PATTERN = st.tuples(st.lists(LEVEL | st.just("+"), max_size=4), st.sampled_from(["a", "#", "+"])).map(
    lambda parts: "/".join([*parts[0], parts[1]])
)


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/B", False),
        ("a/+", "a/b", True),
        ("a/+", "a/", True),
        ("a/+", "a", False),
        ("a/+", "a/b/c", False),
        ("+/b", "/b", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "b", False),
        ("#", "a/b", True),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("a/+/c/#", "a/b/c", True),
        ("a/+/c", "a/b/c/d", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_patterns(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected


@given(TOPIC, PATTERN)
def test_what_covers_a_topic_is_every_pattern_that_matches_it(topic: str, pattern: str) -> None:
    everything = list(covering(topic))
    assert len(set(everything)) == len(everything)
    assert all(matches(each, topic) or topic.startswith("$") for each in everything)
    assert (pattern in everything) >= matches(pattern, topic)
    for each in everything:
        check_filter(each)


def test_of_a_deep_topic_only_itself_is_listed() -> None:
    deep = "/".join("x" * (DEEPEST_COVERED + 1))
    assert list(covering(deep)) == [deep]
    assert len(list(covering("/".join("x" * DEEPEST_COVERED)))) == 191


@given(st.lists(PATTERN | TOPIC, max_size=6), TOPIC)
def test_a_router_finds_whoever_listens(patterns: list[str], topic: str) -> None:
    router = Router((pattern, number) for number, pattern in enumerate(patterns))
    expected = sorted(
        number
        for number, pattern in enumerate(patterns)
        if (matches(pattern, topic) if has_wildcard(pattern) else pattern == topic)
    )
    assert sorted(router.route(topic)) == sorted(router.route(topic)) == expected
    assert set(router.filters) == set(patterns)


def test_no_more_topics_are_remembered_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 3)
    router = Router([("site/#", "x")])
    for number in range(10):
        assert router.route(f"site/{number}") == ("x",)
        assert len(router._remembered) <= 3  # what the limit is about


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("a\0b", "NUL"),
        ("x" * 65_536, "at most 65535 bytes"),
        ("楼" * 21_846, "at most 65535 bytes"),
        ("a/#/b", "alone and last"),
        ("a/b#", "alone and last"),
        ("a/b+/c", "one whole level"),
        ("$share/group/a", "some messages only"),
    ],
)
def test_what_a_broker_would_refuse(topic: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_filter(topic)


@given(st.text("ab/{}+#", max_size=12))
def test_templates_without_names_stay_as_they_are(text: str) -> None:
    name = "{device}"
    assert filled(text.replace("{", "").replace("}", "") + name, device="x{point}") == (
        text.replace("{", "").replace("}", "") + "x{point}"
    )


def test_the_topics_of_a_device() -> None:
    points = {
        "a": {"type": "int"},
        "b": {"type": "int", "tag": "B"},
        "c": {"type": "int", "topic": "elsewhere/{point}/{device}"},
        "d": {"type": "int", "topic": "site/ahu-1/B"},
    }
    device = a_device("ahu-1", points, topic="site/{device}/{point}", status_topic="lwt/{device}")
    assert {topic: [point.key for point in found] for topic, found in data_topics(device).items()} == {
        "site/ahu-1/a": ["ahu-1/a"],
        "site/ahu-1/B": ["ahu-1/b", "ahu-1/d"],
        "elsewhere/c/ahu-1": ["ahu-1/c"],
    }
    assert status_topic(device) == "lwt/ahu-1"
    assert shown_topic(device) == "site/ahu-1/a and 2 more topics"
    named = a_device("x", {"a": {"type": "int"}}, address="Zähler 7", topic="site/{device}")
    assert shown_topic(named) == "site/Zähler 7"
    bare = replace(named, points=())
    assert (data_topics(bare), status_topic(bare), shown_topic(bare)) == ({}, "", "no topic")
