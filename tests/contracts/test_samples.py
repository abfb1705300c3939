"""The contract of samples and blocks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.samples import (
    INT64_MAX,
    INT64_MIN,
    BlockBuilder,
    Columns,
    Quality,
    Reason,
    ValueKind,
    fit,
)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (ValueKind.FLOAT, 1, (1.0, Reason.NONE)),
        (ValueKind.FLOAT, math.nan, (0.0, Reason.NOT_A_NUMBER)),
        (ValueKind.FLOAT, -math.inf, (0.0, Reason.NOT_A_NUMBER)),
        (ValueKind.FLOAT, 10**400, (0.0, Reason.OUT_OF_RANGE)),
        (ValueKind.FLOAT, "1.5", (0.0, Reason.WRONG_TYPE)),
        (ValueKind.INT, INT64_MAX, (INT64_MAX, Reason.NONE)),
        (ValueKind.INT, INT64_MAX + 1, (0, Reason.OUT_OF_RANGE)),
        (ValueKind.INT, INT64_MIN - 1, (0, Reason.OUT_OF_RANGE)),
        (ValueKind.INT, 3.0, (3, Reason.NONE)),
        (ValueKind.INT, 3.5, (0, Reason.WRONG_TYPE)),
        (ValueKind.INT, math.nan, (0, Reason.NOT_A_NUMBER)),
        (ValueKind.BOOL, 1, (True, Reason.NONE)),
        (ValueKind.BOOL, 2, (False, Reason.WRONG_TYPE)),
        (ValueKind.TEXT, "开", ("开", Reason.NONE)),
        (ValueKind.TEXT, 1, ("", Reason.WRONG_TYPE)),
    ],
)
def test_a_value_fits_its_kind_or_says_why_not(kind: ValueKind, value: object, expected: object) -> None:
    assert fit(kind, value) == expected  # type: ignore[arg-type]


@given(st.integers(min_value=INT64_MIN, max_value=INT64_MAX))
def test_64_bit_counters_keep_every_digit(value: int) -> None:
    builder = BlockBuilder("meters")
    builder.add(1, ValueKind.INT, 5, value)
    (sample,) = builder.build(6).samples()
    assert sample.value == value


def test_a_block_gives_back_its_rows_with_quality_and_reason() -> None:
    builder = BlockBuilder("bms")
    builder.add(7, ValueKind.FLOAT, 10, 21.5)
    builder.add(8, ValueKind.BOOL, 11, True, Quality.UNCERTAIN, Reason.OUT_OF_SERVICE)
    builder.bad(9, ValueKind.FLOAT, 12, Reason.TIMEOUT)
    block = builder.build(13)
    rows = {(s.point, s.time, s.value, s.quality, s.reason, s.received) for s in block.samples()}
    assert rows == {
        (7, 10, 21.5, Quality.GOOD, Reason.NONE, 13),
        (8, 11, True, Quality.UNCERTAIN, Reason.OUT_OF_SERVICE, 13),
        (9, 12, None, Quality.BAD, Reason.TIMEOUT, 13),
    }
    assert len(block) == 3
    assert len(builder.build(14)) == 0


def test_a_value_that_does_not_fit_is_bad_and_has_no_value() -> None:
    builder = BlockBuilder("bms")
    builder.add(1, ValueKind.FLOAT, 10, math.nan)
    (sample,) = builder.build(11).samples()
    assert (sample.value, sample.quality, sample.reason) == (None, Quality.BAD, Reason.NOT_A_NUMBER)


def test_quality_and_reason_must_agree() -> None:
    builder = BlockBuilder("bms")
    with pytest.raises(ValueError, match="does not go with"):
        builder.add(1, ValueKind.INT, 1, 1, Quality.BAD)
    with pytest.raises(ValueError, match="does not go with"):
        builder.add(1, ValueKind.INT, 1, 1, Quality.GOOD, Reason.FAULT)
    with pytest.raises(ValueError, match="needs a value"):
        builder.add(1, ValueKind.INT, 1, None, Quality.BAD, Reason.FAULT)


def test_reasons_are_stored_numbers_that_never_change() -> None:
    assert {reason.name: reason.value for reason in Reason} == {
        "NONE": 0,
        "TIMEOUT": 1,
        "OFFLINE": 2,
        "REFUSED": 3,
        "MISMATCH": 4,
        "MALFORMED": 5,
        "MISSING": 6,
        "WRONG_TYPE": 7,
        "NOT_A_NUMBER": 8,
        "OUT_OF_RANGE": 9,
        "ABSENT": 10,
        "ILLEGAL_FUNCTION": 11,
        "ILLEGAL_ADDRESS": 12,
        "ILLEGAL_VALUE": 13,
        "DEVICE_FAILURE": 14,
        "DEVICE_BUSY": 15,
        "GATEWAY_UNAVAILABLE": 16,
        "GATEWAY_NO_RESPONSE": 17,
        "OTHER_EXCEPTION": 18,
        "UNKNOWN_OBJECT": 19,
        "UNKNOWN_PROPERTY": 20,
        "PROTOCOL_ERROR": 21,
        "ABORTED": 22,
        "REJECTED": 23,
        "FAULT": 64,
        "OUT_OF_SERVICE": 65,
        "OVERRIDDEN": 66,
        "RETAINED": 67,
        "NOT_COMMISSIONED": 68,
        "CLOCK_NOT_SET": 69,
        "CLOCK_STEP": 70,
        "EARLY": 71,
    }
    assert Reason.NONE.label == ""
    assert Reason.OUT_OF_SERVICE.label == "out_of_service"


def test_columns_start_empty() -> None:
    assert [len(Columns.empty(kind)) for kind in ValueKind] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ValueKind.FLOAT, [1.5, 2, -0.0]),
        (ValueKind.FLOAT, [1.5, math.nan]),
        (ValueKind.FLOAT, [1e308, 1e308]),
        (ValueKind.FLOAT, [1.0, "2"]),
        (ValueKind.INT, [INT64_MIN, INT64_MAX, 0]),
        (ValueKind.INT, [1, INT64_MAX + 1]),
        (ValueKind.INT, [1, 2.0]),
        (ValueKind.BOOL, [True, False, 1]),
        (ValueKind.BOOL, [1, 2]),
        (ValueKind.TEXT, ["自动", ""]),
    ],
)
def test_rows_added_at_once_are_those_added_one_by_one(kind: ValueKind, values: list[float | int | str]) -> None:
    at_once, singly = BlockBuilder("bms"), BlockBuilder("bms")
    points = list(range(len(values)))
    at_once.extend(points, kind, 7, values)
    at_once.extend(points, kind, 8, values)
    for time in (7, 8):
        for point, value in zip(points, values, strict=True):
            singly.add(point, kind, time, value)
    assert list(at_once.build(9).samples()) == list(singly.build(9).samples())


def test_rows_added_at_once_need_a_value_for_each_point() -> None:
    with pytest.raises(ValueError, match="2 points do not go with 1 values"):
        BlockBuilder("bms").extend([1, 2], ValueKind.INT, 7, [1])


ROWS = [(ValueKind.FLOAT, 1.5), (ValueKind.INT, 2**62), (ValueKind.BOOL, True), (ValueKind.TEXT, "开")]


@given(st.lists(st.sampled_from(ROWS)))
def test_rows_appended_once_fitted_are_those_added(rows: list[tuple[ValueKind, float | str]]) -> None:
    added, appended = BlockBuilder("broker"), BlockBuilder("broker")
    for number, (kind, value) in enumerate(rows):
        mark = (Quality.UNCERTAIN, Reason.RETAINED) if number % 2 else (Quality.GOOD, Reason.NONE)
        added.add(number, kind, number, value, *mark)
        appended.append(number, kind, number, fit(kind, value)[0], *mark)
    assert appended.build(5) == added.build(5)
