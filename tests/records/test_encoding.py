"""Bodies as JSON and back: nothing changes, and nothing that was damaged comes back as something else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.records.draft import Draft
from agent.records.encoding import (
    Unreadable,
    canonical,
    decode_attachments,
    decode_body,
    encode_attachments,
    encode_body,
)
from agent.records.store import encode
from evaluators.model.bodies import BODIES, Body, Certificate, Declaration, Instant, Round, Training, WorkOrder
from evaluators.model.records import Attachment
from tests.records.stated import KINDS, bodies, drafts, order


def digest_of(draft: Draft) -> str:
    """The digest under which a draft is kept."""
    return encode(draft).digest


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_body_is_the_same_after_the_way_through_json(kind: type[Body], data: st.DataObject) -> None:
    body = data.draw(bodies(kind))
    text = encode_body(body)
    assert decode_body(kind, text) == body
    assert canonical(json.loads(text)) == text


def test_how_a_body_is_written() -> None:
    assert encode_body(Round(equipment=("lift-1",), performed_at=Instant(1), person="王")) == (
        '{"equipment":["lift-1"],"findings":"","performed_at":1,"performer":"in-house","person":"王","result":"normal"}'
    )


def stored(kind: type[Body], **changes: Any) -> str:
    """A body as stored, with some fields other than they should be."""
    plain = {"equipment": ["lift-1"], "performed_at": 1, "person": "x"}
    return json.dumps(plain | changes) if kind is Round else json.dumps(changes)


def test_a_field_that_is_missing_has_its_default() -> None:
    body = decode_body(Round, stored(Round))
    assert body == Round(equipment=("lift-1",), performed_at=Instant(1), person="x")


def test_a_field_that_is_not_known_is_a_newer_versions() -> None:
    with pytest.raises(Unreadable, match="no field weather in this version") as caught:
        decode_body(Round, stored(Round, weather="fine"))
    assert caught.value.newer


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Round, "no json"),
        (Round, "[1]"),
        (Round, "[" * 100_000),
        (Round, "7"),
        (Round, stored(Round, performed_at="soon")),
        (Round, stored(Round, performed_at=True)),
        (Round, stored(Round, performed_at=None)),
        (Round, stored(Round, result=None)),
        (Round, stored(Round, result="fine")),
        (Round, stored(Round, equipment="lift-1")),
        (Round, stored(Round, equipment=[1])),
        (Round, "{}"),
        (Training, '{"performed_at":1,"subject":"x","hours":"1/0"}'),
        (Certificate, '{"staff":"1","certificate":"x","issued":"soon"}'),
        (Certificate, '{"staff":"1","certificate":"x","issued":7}'),
        (Declaration, '{"items":["a"],"state":"planned","start":2,"end":1}'),
    ],
)
def test_what_is_no_body_is_said(kind: type[Body], text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode_body(kind, text)
    assert not caught.value.newer


def test_attachments_are_kept_with_their_names() -> None:
    files = (Attachment("报告.pdf", "0" * 64), Attachment("b", "1" * 64))
    assert decode_attachments(encode_attachments(files)) == files
    for wrong in ("7", "[7]", '[["a"]]', "{"):
        with pytest.raises(Unreadable):
            decode_attachments(wrong)


def test_the_digest_is_of_everything_that_is_stated() -> None:
    plain = order()
    others = [
        replace(plain, id="WO-2"),
        replace(plain, author="王"),
        replace(plain, source="cmms"),
        replace(plain, made_at=1),
        replace(plain, withdrawn=True),
        replace(plain, imported=True),
        replace(plain, attachments=(Attachment("a", "0" * 64),)),
        order(cause="belt"),
        replace(plain, body=BODIES["matter"](title="x", raised_at=1)),  # type: ignore[call-arg]  # a Matter
    ]
    assert len({digest_of(each) for each in (plain, *others)}) == len(others) + 1


def test_the_digest_stays_what_it_was() -> None:
    """Digests are stored: a change here makes every import of an old file a new version."""
    assert digest_of(order()) == "be7a7e470a062d0b759d5d6ff72cd0a91254268fb9bf73b8bc262148711c8e69"


@given(drafts(WorkOrder), drafts(WorkOrder))
@settings(max_examples=50, deadline=None)
def test_the_same_has_the_same_digest_and_nothing_else_has(one: Any, other: Any) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)
    assert digest_of(one) == digest_of(replace(one))
