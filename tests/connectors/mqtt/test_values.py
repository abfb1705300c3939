"""Values from the wire: never another one than was sent, whatever the site file makes of it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.settings import Point
from connectors.mqtt.values import converter, key_of
from evaluators.model.samples import INT64_MAX, INT64_MIN, Reason, ValueKind
from tests.connectors.mqtt.field import KINDS

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"[+-]?\d+([.,]\d*)?"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=3,
)
TYPES = {"float": float, "int": int, "bool": bool, "text": str}
SETTINGS: list[dict[str, Any]] = [
    {},
    {"number": "text"},
    {"number": "comma"},
    {"scale": 3.0, "offset": -7.0},
    {"number": "text", "scale": 1000.0},
    {"values": {"1": 1, "on": 0}},
    {"absent": [0, -1, "on", True]},
]


def read(found: object, as_text: bool = False, **settings: Any) -> object:
    """The value, or the label of the reason why there is none."""
    kind = KINDS[settings["type"]]
    value, reason = converter(Point.model_validate(settings), kind, as_text)(found)
    return reason.label or value


@given(ANYTHING, st.sampled_from(["float", "int", "bool"]), st.sampled_from(SETTINGS), st.booleans())
def test_whatever_is_found_is_of_the_points_type_or_has_a_reason(
    found: object, name: str, settings: dict[str, Any], as_text: bool
) -> None:
    if name == "bool" and "scale" in settings:
        return
    kind = KINDS[name]
    value, reason = converter(Point.model_validate({"type": name, **settings}), kind, as_text)(found)
    if reason is Reason.NONE:
        assert type(value) is TYPES[name]
        assert not isinstance(value, float) or math.isfinite(value)
        assert kind is not ValueKind.INT or INT64_MIN <= int(value) <= INT64_MAX
    else:
        assert not reason.carries_value


@given(st.integers(-(2**70), 2**70), st.sampled_from(["text", "comma"]))
def test_whole_numbers_in_text_are_exact(number: int, how: str) -> None:
    expected: object = number if INT64_MIN <= number <= INT64_MAX else "out_of_range"
    assert read(str(number), type="int", number=how) == expected
    assert read(f" {number:+} ", type="int", number=how) == expected
    assert read(str(number), as_text=True, type="int") == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_text_are_what_json_would_make_of_them(number: float) -> None:
    assert read(repr(number), type="float", number="text") == number
    assert read(repr(number).replace(".", ","), type="float", number="comma") == number


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_whole_scales_keep_integers_exact(raw: int, scale: int, offset: int) -> None:
    assert read(raw + 2**53, type="int", scale=scale, offset=offset) == (raw + 2**53) * scale + offset


@pytest.mark.parametrize(
    ("text", "dot", "comma"),
    [
        ("1.5", 1.5, "wrong_type"),
        ("1,5", "wrong_type", 1.5),
        ("1,234,567", "wrong_type", "wrong_type"),
        ("1.234,5", "wrong_type", "wrong_type"),
        (".5", 0.5, "wrong_type"),
        (",5", "wrong_type", 0.5),
        ("5.", 5.0, "wrong_type"),
        ("1e3", 1000.0, 1000.0),
        ("1_000", "wrong_type", "wrong_type"),
        ("٣", "wrong_type", "wrong_type"),
        ("１２", "wrong_type", "wrong_type"),
        ("0x10", "wrong_type", "wrong_type"),
        ("--1", "wrong_type", "wrong_type"),
        ("", "wrong_type", "wrong_type"),
        ("21.5 °C", "wrong_type", "wrong_type"),
        ("NaN", "not_a_number", "not_a_number"),
        ("-Infinity", "not_a_number", "not_a_number"),
        ("1e999", "not_a_number", "not_a_number"),
        ("9" * 401, "wrong_type", "wrong_type"),
    ],
)
def test_text_that_is_or_is_no_number(text: str, dot: object, comma: object) -> None:
    assert read(text, type="float", number="text") == dot
    assert read(text, type="float", number="comma") == comma
    assert read(text, type="float") == "wrong_type"


def test_a_point_of_text_takes_text_as_it_is_even_where_payloads_are_bare() -> None:
    assert read("1.5", as_text=True, type="text") == "1.5"
    assert read("1", as_text=True, type="bool") is True
    assert read("on", as_text=True, type="bool") == "wrong_type"


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ("x", "x"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_words_for_what_comes(found: object, word: str | None) -> None:
    assert key_of(found) == word


def test_an_integer_that_python_would_not_write_has_no_word() -> None:
    assert key_of(2**20_000) is None
