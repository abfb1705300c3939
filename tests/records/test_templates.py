"""Templates: what is written, filled in, is read back the same; for every kind, as CSV and as XLSX."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from agent.records.columns import columns_of
from agent.records.draft import Draft
from agent.records.files import EXPLANATION, read_file
from agent.records.templates import choices_of, csv_text, workbook
from evaluators.model.bodies import Body, Instant, Performer, Service, WorkOrder
from evaluators.model.records import Attachment
from tests.records.stated import KINDS, KNOWN, PLAIN, ZONE, cases, order


def read_back(name: str, content: bytes) -> list[Draft]:
    """The drafts of a file in which nothing is wrong."""
    reading = read_file(name, content, KNOWN, PLAIN)
    assert [str(problem) for refusal in reading.refusals for problem in refusal.problems] == []
    assert reading.problems == ()
    return [row.draft for row in reading.rows]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_csv_that_was_written_is_read_back_the_same(kind: type[Body], data: st.DataObject) -> None:
    drafts = data.draw(cases(kind))
    assert read_back(f"{kind.KIND}.csv", csv_text(kind, drafts, ZONE)) == drafts


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_a_workbook_that_was_written_is_read_back_the_same(kind: type[Body], data: st.DataObject) -> None:
    drafts = data.draw(cases(kind))
    assert read_back("anything.xlsx", workbook([kind], drafts, ZONE)) == drafts


def test_each_record_goes_to_the_sheet_of_its_kind() -> None:
    service = Service(equipment=("lift-1",), performed_at=Instant(0), performer=Performer.MAKER)
    drafts = [order(), Draft(id="S-1", body=service)]
    assert read_back("x.xlsx", workbook([Service, WorkOrder], drafts, ZONE)) == drafts[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 10",
        "-",
        "@x",
        "'=x",
        "''-",
        "'x",
        "_x000D_",
        "_x005F_",
        "a\nb",
        "1e5",
        "TRUE",
        "0012",
        '"',
        "𝄞",
    ],
)
def test_text_that_programs_like_to_read_otherwise_stays_what_it_is(text: str) -> None:
    drafts = [order(text.replace("\n", ""), cause=text)]
    for name, content in (("work-order.csv", csv_text(WorkOrder, drafts, ZONE)),
                          ("x.xlsx", workbook([WorkOrder], drafts, ZONE))):  # fmt: skip
        assert [row.draft for row in read_file(name, content, KNOWN, PLAIN).rows] == drafts


def test_no_cell_of_a_written_file_is_a_formula() -> None:
    drafts = [Draft(id="=1", body=order(cause="=cmd|' /C calc'!A0", technician="+1").body, author="@x")]
    text = csv_text(WorkOrder, drafts, ZONE).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    book = load_workbook(io.BytesIO(workbook([WorkOrder], drafts, ZONE)))
    assert {cell.data_type for sheet in book for row in sheet for cell in row if cell.value is not None} == {"s"}


def test_the_names_of_files_are_written() -> None:
    draft = Draft(
        id="1", body=order().body, attachments=(Attachment("a.pdf", "0" * 64), Attachment("b", "1" * 64))
    )
    (row,) = read_file("work-order.csv", csv_text(WorkOrder, [draft], ZONE), KNOWN, PLAIN).rows
    assert row.files == ("a.pdf", "b")


def test_a_workbook_has_a_sheet_a_kind_and_explains_every_column() -> None:
    book = load_workbook(io.BytesIO(workbook(KINDS)))
    assert book.sheetnames == [EXPLANATION, *(kind.NAME_ZH for kind in KINDS)]
    assert book[EXPLANATION].max_row == 1 + sum(len(columns_of(kind)) for kind in KINDS)
    service = book[Service.NAME_ZH]
    assert [cell.value for cell in service[1]] == [column.zh for column in columns_of(Service)]
    assert service.column_dimensions["A"].number_format == "@"
    assert service.column_dimensions["C"].number_format == "yyyy-mm-dd hh:mm"
    offered = {each.formula1: each.showErrorMessage for each in service.data_validations.dataValidation}
    assert offered['"正常,异常"'] is True
    assert offered['"日,周,半月,月,季度,半年,年"'] is False


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_choices_fit_into_the_list_of_a_spreadsheet(kind: type[Body]) -> None:
    for column in columns_of(kind):
        assert len(",".join(choices_of(column))) <= 255
        assert not any("," in choice for choice in choices_of(column))


@pytest.mark.parametrize("as_csv", [True, False])
def test_an_empty_template_brings_nothing_and_nothing_is_wrong_with_it(as_csv: bool) -> None:
    name, content = ("work-order.csv", csv_text(WorkOrder)) if as_csv else ("x.xlsx", workbook(KINDS))
    reading = read_file(name, content, KNOWN, PLAIN)
    assert (reading.rows, reading.refusals, reading.problems) == ((), (), ())
