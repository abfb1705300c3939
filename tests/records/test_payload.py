"""Records as JSON: from files and messages, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.records.draft import Delivery, Reading
from agent.records.payload import payload_of, read_payload
from agent.records.sheet import Known
from evaluators.model.bodies import Body
from evaluators.model.records import Attachment
from tests.records.stated import KINDS, KNOWN, PLAIN, cases, order, smallest

ORDER = {"kind": "work-order", "id": "WO-1", "equipment": "lift-1", "reported_at": "2026-03-01 08:00"}


def read(value: Any, delivery: Delivery = PLAIN) -> Reading:
    """The records of a JSON value, or of a text that is none."""
    return read_payload("desk/records", value if isinstance(value, str) else json.dumps(value), KNOWN, delivery)


def said(reading: Reading) -> list[str]:
    """Every problem of a reading."""
    problems = [*reading.problems, *(each for refusal in reading.refusals for each in refusal.problems)]
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_back_in_any_zone(kind: type[Body], data: st.DataObject) -> None:
    drafts = data.draw(cases(kind))
    kept = (Attachment("报告.pdf", "0" * 64),)
    drafts = [replace(draft, attachments=kept) for draft in drafts]
    reading = read_payload("x", payload_of(drafts), Known(KNOWN.names, ZoneInfo("America/New_York")), PLAIN)
    assert said(reading) == []
    assert [row.draft for row in reading.rows] == drafts


def test_one_record_or_a_list_of_them() -> None:
    assert [row.draft for row in read(ORDER).rows] == [order()]
    two = read([ORDER, {**ORDER, "id": 2}])
    assert [(row.place, row.draft.id) for row in two.rows] == [("record 1", "WO-1"), ("record 2", "2")]
    assert read([]) == Reading()


def test_the_kind_may_be_chinese_or_said_by_the_delivery() -> None:
    plain = {name: value for name, value in ORDER.items() if name != "kind"}
    assert read({**plain, "记录类别": "维修工单"}).rows == read(ORDER).rows
    assert read(plain, Delivery(kind="work-order")).rows == read(ORDER).rows


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{", "is no JSON ("),
        ("", "is no JSON ("),
        ("[" * 100_000, "is nested too deep"),
        ('{"id": 1, "id": 2}', 'the name "id" comes twice in one object'),
        ('{"id": NaN}', "NaN is no number"),
        ('{"id": ' + "9" * 5000 + "}", "is no JSON ("),
        ("7", "record: 7 is no object"),
        ([ORDER, "x"], 'record 2: "x" is no object'),
        ({"id": 1}, 'record: says no kind; add "kind"'),
        ({"kind": "workorder"}, '"workorder" is no kind of record; add "kind": did you mean "work-order"?'),
        ({"kind": 7}, "7 is no kind of record"),
        ({"kind": None}, "says no kind"),
        ({**ORDER, "\ud800": 1}, r"column \ud800: work-order has no such column"),
        ({**ORDER, "cause": "\ud800"}, "U+D800"),
        ({**ORDER, "cause": {"deep": [1]}}, "is not text"),
    ],
)
def test_what_cannot_be_read_is_said(value: Any, problem: str) -> None:
    reading = read(value)
    assert [line for line in said(reading) if problem in line], said(reading)
    "".join(said(reading)).encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner),
    max_leaves=8,
)


@given(st.text(st.characters(), max_size=60) | json_values.map(json.dumps))
def test_whatever_a_message_holds_nothing_is_raised(text: str) -> None:
    "".join(said(read_payload("x", text, KNOWN, PLAIN))).encode()


@given(st.sampled_from(KINDS), st.data())
def test_whatever_a_member_holds_nothing_is_raised(kind: type[Body], data: st.DataObject) -> None:
    record = smallest(kind)
    record[data.draw(st.sampled_from(sorted(record)))] = data.draw(json_values)
    reading = read_payload("x", json.dumps(record), KNOWN, PLAIN)
    assert reading.rows or said(reading)
    "".join(said(reading)).encode()
