"""Columns and vocabularies: every kind can be filled in, and no two headings or words mean two things."""

from __future__ import annotations

import pytest

from agent.records.cells import normal_word
from agent.records.columns import (
    ENVELOPE,
    Type,
    body_columns,
    columns_of,
    headings,
    kind_named,
)
from agent.records.references import CHECKS
from agent.records.vocabulary import ENUMERATIONS, NO, OPEN, YES
from config.sheets import normal_heading
from evaluators.model.bodies import BODIES, Body, Drill, Test, Training, WorkOrder
from tests.records.stated import KINDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_every_heading_of_a_kind_means_one_column(kind: type[Body]) -> None:
    assert len(headings(kind)) == 2 * len(columns_of(kind))
    assert all(column.zh and column.help for column in columns_of(kind))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_every_choice_has_chinese_words_of_its_own(kind: type[Body]) -> None:
    for column in body_columns(kind):
        if column.holds is Type.CHOICE:
            assert column.words, f"{column.name}: its enumeration is missing in the vocabulary"
        words = [word for chinese in (column.words or {}).values() for word in chinese]
        assert len(words) == len(set(words)), column.name
        assert all(normal_word(word) == word for word in (column.words or {}) if column.choices is None)


def test_vocabularies_and_checks_are_of_fields_there_are() -> None:
    for kind, field in (*OPEN, *CHECKS):
        assert field in {column.name for column in body_columns(BODIES[kind])}, (kind, field)
    for enumeration, words in ENUMERATIONS.items():
        assert set(words) <= {member.value for member in enumeration}
    assert not set(YES) & set(NO)


def test_a_column_says_what_its_cells_hold() -> None:
    holds = {column.name: column for column in columns_of(Training)}
    assert holds["performed_at"].required
    assert holds["hours"].holds is Type.FRACTION
    assert not holds["hours"].required
    assert holds["attended"].default == ()
    assert holds["id"] is ENVELOPE[0]


@pytest.mark.parametrize(
    "written", [" 报修时间 ", "Reported-At", "reported at", "REPORTED_AT *", "\ufeffreported_at"]
)
def test_headings_are_read_as_people_vary_them(written: str) -> None:
    assert headings(WorkOrder)[normal_heading(written)].name == "reported_at"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("work-order", WorkOrder),
        ("Work_Order", WorkOrder),
        ("维修工单", WorkOrder),
        ("维修工单 2026年3月", WorkOrder),
        ("work-order-2026-03 (2)", WorkOrder),
        ("test", Test),
        ("演练", Drill),
    ],
)
def test_a_sheet_is_of_the_kind_it_is_named_after(word: str, kind: type[Body]) -> None:
    assert kind_named(word) is kind


@pytest.mark.parametrize("word", ["", "Sheet1", "tests", "test-report", "维修工单汇总"])
def test_other_names_are_no_kind(word: str) -> None:
    assert kind_named(word) is None
