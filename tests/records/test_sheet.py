"""Rows into drafts: each for itself, every error with its row and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records.draft import Delivery, Reading
from agent.records.sheet import SUGGESTIONS, Reader, Sheet
from config.problems import Refused
from config.sheets import Cell, Line
from evaluators.model.bodies import Body, Declaration, Duty, WorkOrder
from evaluators.model.records import Attachment
from tests.records.stated import KINDS, KNOWN, PLAIN, at, order, smallest

HEADINGS = ("编号", "equipment", "报修时间")
GOOD = ("WO-1", "lift-1", "2026-03-01 08:00")


def read(
    *rows: Sequence[Cell],
    headings: Sequence[str] = HEADINGS,
    kind: type[Body] = WorkOrder,
    delivery: Delivery = PLAIN,
    name: str = "",
) -> Reading:
    """What a sheet with these rows, from row 2 on, holds."""
    reader = Reader("orders.csv", KNOWN, delivery)
    lines = [Line(f"row {number}", row) for number, row in enumerate(rows, 2)]
    reader.read(Sheet(kind, headings, lines), name)
    return reader.reading()


def said(reading: Reading) -> list[str]:
    """Every problem of a reading."""
    problems = [*reading.problems, *(each for refusal in reading.refusals for each in refusal.problems)]
    return [str(problem) for problem in problems]


def test_a_row_is_a_draft_whatever_the_order_and_language_of_its_headings() -> None:
    reading = read(GOOD, ("", None, "  "))
    assert [(row.place, row.draft, row.files) for row in reading.rows] == [("row 2", order(), ())]
    turned = read(GOOD[::-1], headings=("reported_at", "设备编号", "ID"))
    assert turned.rows == reading.rows


def test_a_row_says_who_states_it_and_the_delivery_where_it_does_not() -> None:
    headings = (*HEADINGS, "author", "来源", "填报时间", "作废", "附件")
    delivery = Delivery(source="cmms", author="李", imported=True)
    cells = (*GOOD, "王", "paper", "2026-03-02 09:00", "是", "a.pdf; b.pdf")
    (row,) = read(cells, headings=headings, delivery=delivery).rows
    assert (row.draft.author, row.draft.source, row.draft.made_at) == ("王", "paper", at("2026-03-02 09:00"))
    assert (row.draft.withdrawn, row.draft.imported, row.files) == (True, True, ("a.pdf", "b.pdf"))
    (other,) = read(GOOD, headings=HEADINGS, delivery=delivery).rows
    assert (other.draft.author, other.draft.source, other.draft.name) == ("李", "cmms", "work-order:cmms/WO-1")


def test_a_bad_row_blocks_no_good_one_and_names_row_column_and_cure() -> None:
    reading = read(("WO-0", "lift-7", "soon"), GOOD, ("", "lift-1", "2026-03-01 08:00"))
    assert [row.draft.id for row in reading.rows] == ["WO-1"]
    assert [refusal.place for refusal in reading.refusals] == ["work-order:WO-0", "row 4"]
    assert said(reading) == [
        'orders.csv: row 2, column 报修时间: "soon" is no time; '
        "write it as in 2026-03-01 08:00, or 2026-03-01T08:00:00+08:00",
        'orders.csv: row 2, column equipment: there is no equipment "lift-7"; did you mean "lift-1"?',
        "orders.csv: row 4, column 编号: is empty; fill it in: unique among the records of this kind and source",
    ]


def test_rows_of_several_sheets_are_told_apart() -> None:
    reading = read(("", "lift-1", "2026-03-01 08:00"), name="sheet 维修工单")
    assert [refusal.place for refusal in reading.refusals] == ["sheet 维修工单, row 2"]


def test_one_id_twice_is_one_record_or_an_error() -> None:
    other = ("WO-1", "pump", "2026-03-01 08:00")
    reading = read(GOOD, GOOD, other)
    assert [row.place for row in reading.rows] == ["row 2"]
    assert said(reading) == [
        'orders.csv: row 4, column 编号: "WO-1" was used in row 2 for something else; give each record its own id'
    ]
    files = read((*GOOD, "a.pdf"), (*GOOD, "b.pdf"), headings=(*HEADINGS, "附件"))
    assert "was used in row 2" in said(files)[0]


@pytest.mark.parametrize(
    ("headings", "problem"),
    [
        (("编号", "equipment"), "column 报修时间: is missing; add 报修时间 (reported_at)"),
        (
            (*HEADINGS, "修复时问"),
            "work-order has no such column; did you mean 修复时间 (repaired_at)?",
        ),
        ((*HEADINGS, "天气"), "column 天气: work-order has no such column; put # before the heading"),
        (
            (*HEADINGS, "设备编号"),
            "is a second column for equipment (设备编号); keep one of them",
        ),
        ((*HEADINGS, "\x07" + "x" * 99), r"column \x07xxx"),
    ],
)
def test_a_heading_that_means_nothing_stops_its_sheet(headings: Sequence[str], problem: str) -> None:
    reading = read(GOOD, headings=headings)
    assert reading.rows == ()
    assert problem in said(reading)[0]


def test_what_is_the_authors_own_business_is_left_out() -> None:
    headings = ("# 楼层", "", "备注", "Remarks", *HEADINGS)
    assert len(read(("3F", "?", "x", "y", *GOOD), headings=headings).rows) == 1


def test_a_row_may_end_early_but_not_late() -> None:
    assert len(read(GOOD, headings=(*HEADINGS, "故障原因")).rows) == 1
    assert len(read((*GOOD, "", None)).rows) == 1
    assert "has more cells than there are headings" in said(read((*GOOD, "x")))[0]


def test_times_that_go_the_wrong_way_are_named_as_the_author_wrote_them() -> None:
    row = ("D-1", "2026-03-01 08:00", "2026-03-01 07:00", "王")
    reading = read(row, headings=("编号", "开始时间", "结束时间", "值班人"), kind=Duty)
    assert said(reading) == [
        "orders.csv: row 2, column 结束时间: is before 开始时间; exchange them, or correct one"
    ]


def test_what_a_kind_itself_does_not_allow_is_refused() -> None:
    row = ("D-1", "lift-1", "计划检修", "2026-03-01 08:00", "2026-03-01 08:00")
    reading = read(row, headings=("编号", "功能项", "类型", "开始时间", "结束时间"), kind=Declaration)
    assert said(reading) == ["orders.csv: row 2: a declaration must end after it starts; correct the row"]


def test_what_is_withdrawn_may_name_what_is_gone() -> None:
    reading = read(("WO-1", "lift-9", "2026-03-01 08:00", "是"), headings=(*HEADINGS, "作废"))
    assert [row.draft.withdrawn for row in reading.rows] == [True]


def test_a_line_that_could_not_be_read_is_refused() -> None:
    reader = Reader("a.xlsx", KNOWN, PLAIN)
    fault = (", cell C2", Refused("holds an error", "correct it"))
    reader.read(Sheet(WorkOrder, HEADINGS, [Line("row 2", GOOD, (fault,))]))
    reader.refuse("row 9", "wrong", "right")
    assert said(reader.reading()) == [
        "a.xlsx: row 2, cell C2: holds an error; correct it",
        "a.xlsx: row 9: wrong; right",
    ]
    assert reader.reading().rows == ()


def test_suggestions_end_where_a_file_is_wrong_throughout() -> None:
    reading = read(*((f"WO-{number}", "lift-9", "2026-03-01 08:00") for number in range(SUGGESTIONS + 1)))
    assert "did you mean" in said(reading)[0]
    assert said(reading)[-1].endswith("name one of the site file's equipment ids")


def test_a_record_of_json_has_its_members_for_columns() -> None:
    reader = Reader("a.json", KNOWN, PLAIN)
    kept = {"name": "a.pdf", "sha256": "0" * 64}
    record = {"id": 12, "equipment": "lift-1", "报修时间": "2026-03-01 08:00", "attachments": [kept, "b.pdf"]}
    reader.read_record(WorkOrder, record, "record 1")
    reader.read_record(WorkOrder, {"id": "13", "equipment": "lift-1", "wether": 1}, "record 2")
    reader.read_record(WorkOrder, {}, "record 3")
    (row,) = reader.reading().rows
    assert (row.draft.id, row.draft.attachments, row.files) == ("12", (Attachment("a.pdf", "0" * 64),), ("b.pdf",))
    assert [refusal.place for refusal in reader.reading().refusals] == ["work-order:13", "record 3"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_every_kind_can_be_stated_with_its_required_columns_alone(kind: type[Body]) -> None:
    record = smallest(kind)
    record.pop("kind")
    reader = Reader("a.json", KNOWN, PLAIN)
    reader.read_record(kind, record, "record 1")
    assert said(reader.reading()) == []
    assert [row.draft.id for row in reader.reading().rows] == ["1"]


sheets = st.tuples(
    st.sampled_from(KINDS),
    st.lists(
        st.sampled_from(["编号", "id", "author", "设备编号", "开始时间", "start", "x", ""]),
        max_size=6,
    ),
    st.lists(st.lists(st.none() | st.text(max_size=8) | st.floats() | st.just("lift-1"), max_size=7), max_size=4),
)


@given(sheets)
def test_whatever_a_sheet_holds_every_row_is_taken_or_told(sheet: tuple[type[Body], list[str], list[Any]]) -> None:
    kind, headings, rows = sheet
    reading = read(*rows, headings=headings, kind=kind)
    filled = [row for row in rows if any(cell is not None and str(cell).strip() for cell in row)]
    assert reading.problems or len(reading.rows) + len(reading.refusals) >= bool(filled)
    "".join(said(reading)).encode()
