"""Which records are looked at, and how parameters that name fields are checked."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from evaluators.model.bodies import (
    BODIES,
    Archive,
    Complaint,
    Document,
    Instant,
    Refs,
    Request,
    Staff,
    Survey,
)
from evaluators.model.bodies.tenants import Channel, Difficulty
from evaluators.model.records import Record
from evaluators.model.times import WindowKind
from evaluators.selection import (
    Where,
    by_reference,
    check_fields,
    check_kind,
    check_where,
    closing_instant,
    day_of,
    field_types,
    fits,
    in_force,
    is_filled,
    is_kept,
    life,
    referring,
    time_of,
)
from evaluators.windows import calendar_window, standing
from tests.evaluators.bookkeeping import ZONE, at, facts_of

REQUEST = Request(received_at=Instant(5), difficulty=Difficulty.SIMPLE, replied_at=Instant(9), first_person="Li")
MANUAL = Document(document="charter", title="", valid_from=date(2026, 3, 1), covers=("decision", "supervision"))
MARCH = calendar_window(WindowKind.MONTH, date(2026, 3, 1), ZONE)


@pytest.mark.parametrize(
    ("where", "right"),
    [
        ({}, True),
        ({"difficulty": ("inquiry", "simple")}, True),
        ({"difficulty": ("inquiry",)}, False),
        ({"answered_on_spot": (True, False)}, False),
        ({"answered_on_spot": ("",)}, True),
        ({"difficulty": ("simple",), "first_person": ("Wu",)}, False),
    ],
)
def test_every_field_has_to_fit_by_one_of_its_words(where: Where, right: bool) -> None:
    assert fits(REQUEST, where) is right


def test_of_a_list_one_entry_is_enough() -> None:
    assert fits(MANUAL, {"covers": ("supervision", "goals")})
    assert not fits(MANUAL, {"covers": ("goals",)})


def test_what_is_to_come_is_no_deed() -> None:
    assert [time_of(REQUEST, "replied_at", as_of) for as_of in (8, 9)] == [None, 9]
    assert time_of(REQUEST, "done_at", 100) is None


def test_empty_fields_say_nothing() -> None:
    assert is_filled(REQUEST, "first_person")
    assert not any(is_filled(REQUEST, name) for name in ("tenant", "done_at", "answered_on_spot"))
    assert is_filled(Survey(at=Instant(1), satisfied=False), "satisfied")


def test_records_are_referred_to_by_id_or_with_their_source() -> None:
    complaint = Complaint(received_at=Instant(1), channel=Channel.PHONE)
    surveys = [
        Record(id=str(n), received=0, body=Survey(at=Instant(n), complaint=complaint_id))
        for n, complaint_id in enumerate(("A", "crm/A", "B", "/A"))
    ]
    found = by_reference(surveys, "complaint")
    assert [s.id for s in referring(found, Record(id="A", source="crm", received=0, body=complaint))] == ["0", "1"]
    assert [s.id for s in referring(found, Record(id="A", received=0, body=complaint))] == ["0"]


def test_a_list_of_references_refers_to_each() -> None:
    manual = Record(id="M", received=0, body=MANUAL)
    assert by_reference([manual], "covers") == {"decision": [manual], "supervision": [manual]}


def test_the_last_instant_that_can_be_looked_at() -> None:
    assert closing_instant(MARCH, at("2026-03-05 12:00")) == at("2026-03-05 12:00")
    assert closing_instant(MARCH, at("2026-05-05 12:00")) == MARCH.end - 1
    assert closing_instant(standing(7), 7) == 7
    assert day_of(facts_of((), at("2026-05-05 12:00")), MARCH) == date(2026, 3, 31)


def test_what_lasts_is_in_force_on_both_its_days() -> None:
    staff = Staff(name="Li", post="x", since=date(2026, 3, 2), until=date(2026, 3, 4))
    assert [in_force(staff, date(2026, 3, day)) for day in range(1, 6)] == [False, True, True, True, False]


def test_a_life_ends_with_the_last_day_or_instant_once_it_has_come() -> None:
    staff = Record(
        id="S", received=0, body=Staff(name="Li", post="x", since=date(2026, 3, 2), until=date(2026, 3, 4))
    )
    begin, end = at("2026-03-02 00:00"), at("2026-03-05 00:00")
    assert life(facts_of((staff,), end - 1), staff, "until") == (begin, None)
    assert life(facts_of((staff,), end), staff, "until") == (begin, end)
    complaint = Record(
        id="C", received=0, body=Complaint(received_at=Instant(3), channel=Channel.PHONE, resolved_at=Instant(9))
    )
    assert life(facts_of((complaint,), 8), complaint, "resolved_at") == (3, None)
    assert life(facts_of((complaint,), 9), complaint, "resolved_at") == (3, 9)


def test_records_are_kept_where_one_is_of_the_window_or_lasts_into_it() -> None:
    old = Record(id="M", received=0, body=Document(document="x", title="", valid_from=date(2020, 1, 1)))
    past = Record(id="R", received=0, body=Request(received_at=Instant(5), difficulty=Difficulty.SIMPLE))
    facts = facts_of((old, past), at("2026-03-05 12:00"))
    assert is_kept(facts, "document", MARCH)
    assert not is_kept(facts, "request", MARCH)
    assert is_kept(facts, "request", standing(facts.as_of))
    assert not is_kept(facts, "staff", MARCH)


def test_every_field_of_every_body_has_a_type_that_can_be_checked() -> None:
    for kind, body in BODIES.items():
        types = field_types(kind)
        assert set(types) == {each.name for each in fields(body)}
        assert not any(type(None) in each for each in types.values())
    assert field_types("request")["replied_at"] == (Instant,)
    assert field_types("document")["covers"] == (Refs,)


def test_a_kind_that_is_none_is_named() -> None:
    assert list(check_kind("records", "survey")) == []
    ((key, wrong, right),) = check_kind("records", "surveys")
    assert [*check_fields("stop", "surveys", ("x",)), *check_where("where", "surveys", {"x": ("y",)})] == []
    assert (key, wrong) == ("records", '"surveys" is no kind of record')
    assert "survey, " in right


def test_fields_that_are_not_there_or_hold_something_else_are_named() -> None:
    assert list(check_fields("start", "request", ("received_at",), Instant)) == []
    assert list(check_fields("filled", "request", ("tenant", "done_at"))) == []
    missing, other = check_fields("stop", "request", ("solved_at", "tenant"), Instant)
    times = "give one of received_at, replied_at, done_at, confirmed_at"
    assert missing == ("stop", 'a request has no field "solved_at"', times)
    assert other == ("stop", '"tenant" of a request holds something else', times)


@pytest.mark.parametrize(
    ("where", "wrong", "right"),
    [
        ({"difficulty": ("hard",)}, "difficulty is never 'hard'", "give some of inquiry, simple, complex"),
        ({"difficulty": (True,)}, "difficulty is never true", "give words in quotes"),
        ({"answered_on_spot": ("yes",)}, "answered_on_spot is never 'yes'", "give true or false, without quotes"),
        ({"received_at": ("now",)}, '"received_at" of a request holds something else', "give one of tenant, "),
        ({"colour": ("red",)}, 'a request has no field "colour"', "give one of tenant, "),
    ],
)
def test_words_that_a_field_never_has_are_named(where: Where, wrong: str, right: str) -> None:
    found = list(check_where("where", "request", where))
    assert [(key, said) for key, said, _ in found] == [("where", wrong)]
    assert found[0][2].startswith(right)


def test_words_that_a_field_can_have_are_right() -> None:
    where: Where = {"difficulty": ("simple",), "answered_on_spot": (True, ""), "first_person": ("Li", "")}
    assert list(check_where("where", "request", where)) == []
    assert list(check_where("where", Archive.KIND, {})) == []
