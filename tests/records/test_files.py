"""Files: what people and programs save, read as far as it can be, with everything else told."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from agent.records import files
from agent.records.draft import Delivery, Reading
from agent.records.files import read_file
from agent.records.templates import workbook as written_workbook
from config import sheets, workbook
from tests.records.stated import KINDS, KNOWN, PLAIN, ZONE, order

CSV = "编号,设备编号,报修时间\nWO-1,lift-1,2026-03-01 08:00\n"
HEADINGS = ("编号", "设备编号", "报修时间")
ROW = ("WO-1", "lift-1", "2026-03-01 08:00")


def read(data: bytes | str, name: str = "work-order.csv", delivery: Delivery = PLAIN) -> Reading:
    """What a file holds."""
    return read_file(name, data.encode() if isinstance(data, str) else data, KNOWN, delivery)


def said(reading: Reading) -> list[str]:
    """Every problem of a reading."""
    problems = [*reading.problems, *(each for refusal in reading.refusals for each in refusal.problems)]
    return [str(problem) for problem in problems]


def book(fill: Callable[[Worksheet], object] = lambda sheet: None, name: str = "维修工单",
         rows: Sequence[Sequence[Any]] = (HEADINGS, ROW)) -> bytes:  # fmt: skip
    """A workbook of one sheet with some rows, and what ``fill`` does to it."""
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    fill(sheet)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def parts(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook with every part changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return target.getvalue()


def replaced(old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook of `book` with something replaced in one part."""

    def change(name: str, content: bytes) -> bytes:
        assert name != part or old in content, content
        return content.replace(old, new) if name == part else content

    return parts(book(), change)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_csv_as_spreadsheets_save_it(encoding: str, delimiter: str) -> None:
    reading = read(CSV.replace(",", delimiter).encode(encoding))
    assert said(reading) == []
    assert [row.draft for row in reading.rows] == [order()]


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    text = '\n编号,设备编号,报修时间,故障原因\n\n1,lift-1,2026-03-01 08:00,"two\nlines"\n2,lift-1,soon,\n'
    reading = read(text)
    assert [row.place for row in reading.rows] == ["row 4"]
    assert "row 5, column 报修时间" in said(reading)[0]


def test_ids_of_a_csv_keep_their_zeros_and_lose_the_quote_of_a_formula() -> None:
    reading = read("编号,设备编号,报修时间,故障原因\n0012,lift-1,2026-03-01 08:00,'=1+1\n")
    (row,) = reading.rows
    assert row.draft.id == "0012"
    assert row.draft.body == order(cause="=1+1").body


def test_quotes_that_do_not_close_cost_what_follows_them_alone() -> None:
    reading = read(CSV + 'WO-2,lift-1,"2026-03-01 08:00\nWO-3,lift-1,2026-03-01 08:00\n')
    assert [row.draft.id for row in reading.rows] == ["WO-1"]
    assert "row 3: cannot be read (unexpected end of data); correct its quotes" in said(reading)[0]


def test_too_many_rows_are_read_up_to_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_AT_MOST", 2)
    reading = read(CSV + "WO-2,lift-1,2026-03-01 08:00\n")
    assert [row.draft.id for row in reading.rows] == ["WO-1"]
    assert "row 3: is beyond row 2" in said(reading)[0]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("work-order.xls", b"x", 'files that end with ".xls" are not read; save it as .xlsx, .csv or .json'),
        ("work-order", b"x", 'files that end with "" are not read'),
        ("work-order.csv", b"", "is empty"),
        ("work-order.csv", b" \n ", "is empty"),
        ("work-order.csv", b"\xef\xbb\xbf", "holds nothing"),
        ("work-order.csv", b"\xff\xfea", "is neither UTF-8 nor GB 18030"),
        ("work-order.csv", b"a\xff\xff", "is neither UTF-8 nor GB 18030"),
        ("work-order.csv", b"PK\x03\x04", "is a workbook by its content"),
        ("orders.csv", CSV.encode(), '"orders" is no kind of record; name it after one, or give --kind'),
        ("work-order.xlsx", b"nothing of the kind", "is no workbook (BadZipFile"),
        ("work-order.xlsx", b"PK\x03\x04" + b"\0" * 100, "is no workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(name: str, data: bytes, problem: str) -> None:
    reading = read(data, name)
    assert reading.rows == ()
    assert problem in said(reading)[0]


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SIZE_AT_MOST", 2**20)
    assert "is larger than 1 MB" in said(read(b" " * (2**20 + 1)))[0]


def test_a_kind_may_be_named_with_the_delivery() -> None:
    assert [row.draft for row in read(CSV, "export.csv", Delivery(kind="work-order")).rows] == [order()]
    data = book(name="Sheet1")
    assert [row.draft for row in read(data, "export.xlsx", Delivery(kind="维修工单")).rows] == [order()]
    record = json.dumps({"id": "WO-1", "equipment": "lift-1", "reported_at": "2026-03-01 08:00"})
    assert [row.draft for row in read(record, "维修工单.json").rows] == [order()]
    assert [row.draft for row in read(record, "x.json", Delivery(kind="work-order")).rows] == [order()]


def test_a_single_sheet_may_leave_its_kind_to_the_files_name() -> None:
    assert [row.draft for row in read(book(name="Sheet1"), "work-order.xlsx").rows] == [order()]
    assert [row.draft for row in read(book(), "anything.xlsx").rows] == [order()]


def test_cells_of_a_workbook_are_what_a_spreadsheet_made_of_them() -> None:
    rows = [
        ("编号", "设备编号", "报修时间", "是否紧急"),
        (12, "lift-1", datetime.fromisoformat("2026-03-01 08:00"), True),
    ]
    (row,) = read(book(rows=rows), "a.xlsx").rows
    assert (row.draft.id, row.draft.body) == ("12", order(emergency=True).body)
    midnight = [HEADINGS, ("1", "lift-1", date(2026, 3, 1))]
    assert len(read(book(rows=midnight), "a.xlsx").rows) == 1


def test_a_workbook_may_hold_several_sheets_and_others() -> None:
    made = Workbook()
    assert made.active is not None
    made.active.title = "说明"
    made.active["A1"] = "anything"
    for name in ("维修工单", "work-order 2", "汇总", "空"):
        sheet = made.create_sheet(name)
        if name != "空":
            sheet.append(HEADINGS)
            sheet.append((f"{name}-1", "lift-1", "2026-03-01 08:00"))
    hidden = made.create_sheet("lists")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "x"
    target = io.BytesIO()
    made.save(target)
    reading = read(target.getvalue(), "a.xlsx")
    assert [row.draft.id for row in reading.rows] == ["维修工单-1", "work-order 2-1"]
    assert [str(problem).partition(";")[0] for problem in reading.problems] == [
        'a.xlsx: sheet 汇总: "汇总" is no kind of record'
    ]


def test_a_workbook_without_anything_is_told() -> None:
    assert "holds no sheet with anything in it" in said(read(book(rows=()), "a.xlsx"))[0]


def test_cells_without_a_value_refuse_their_row() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(("WO-2", "lift-1", "=NOW()"))
        sheet.append(("WO-3", "lift-1", "2026-03-01 08:00"))
        sheet.append(("WO-4", "#N/A", "2026-03-01 08:00"))
        sheet["B5"].data_type = "e"
        sheet.append(("WO-5", "lift-1", "2026-03-01 08:00"))

    reading = read(book(fill), "a.xlsx")
    assert [row.draft.id for row in reading.rows] == ["WO-1", "WO-3", "WO-5"]
    assert [line.partition(";")[0] for line in said(reading) if "cell" in line] == [
        "a.xlsx: sheet 维修工单, row 3, cell C3: holds a formula without its result",
        "a.xlsx: sheet 维修工单, row 5, cell B5: holds an error of the spreadsheet",
    ]


def test_a_formula_with_its_result_is_a_value() -> None:
    cell = b'<c r="A2" t="inlineStr"><is><t>WO-1</t></is></c>'
    computed = b'<c r="A2" t="str"><f>"WO-"&amp;1</f><v>WO-1</v></c>'
    assert [row.draft for row in read(replaced(cell, computed), "a.xlsx").rows] == [order()]
    empty = b'<c r="A2" t="str"><f>""</f><v></v></c>'
    assert "is empty" in said(read(replaced(cell, empty), "a.xlsx"))[0], "an empty text is a result"


def test_merged_cells_refuse_the_rows_they_touch() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(("WO-2", "lift-1", "2026-03-01 08:00"))
        sheet.append(("WO-3", None, "2026-03-01 08:00"))
        sheet.merge_cells("B3:B4")
        sheet.merge_cells("A6:C7")  # nothing is in it
        sheet["E8"] = " "
        sheet.merge_cells("A9:C12")  # nothing is there at all

    reading = read(book(fill), "a.xlsx")
    assert [row.draft.id for row in reading.rows] == ["WO-1"]
    assert [refusal.place for refusal in reading.refusals] == ["work-order:WO-2", "work-order:WO-3"]
    assert "is part of merged cells; unmerge them" in said(reading)[0]
    headed = read(book(lambda sheet: sheet.merge_cells("A1:B1")), "a.xlsx")
    assert headed.rows == ()
    assert "row 1: is part of merged cells" in said(headed)[0]


def test_a_small_file_that_unpacks_to_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = parts(book(), lambda name, content: content + b" " * (1 if name.startswith("[") else 3 * 2**20))
    assert len(bomb) < 100_000
    monkeypatch.setattr(workbook, "UNPACKED_AT_MOST", 2**20)
    assert "MB; split it" in said(read(bomb, "a.xlsx"))[0]


def test_a_part_that_is_larger_than_it_says_is_not_read() -> None:
    data = book()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = data.replace(size.to_bytes(4, "little"), (size - 100).to_bytes(4, "little"))
    assert lying != data
    assert "is no workbook (BadZipFile" in said(read(lying, "a.xlsx"))[0]


@pytest.mark.parametrize("reference", [b"XFD1048576", b"A1048576", b"XFD2", b"ZZZZZZ99999999", b"KN50000"])
def test_cells_far_apart_make_no_table(reference: bytes) -> None:
    data = replaced(b'r="A2"', b'r="' + reference + b'"')
    assert "a sheet reaches to row" in said(read(data, "a.xlsx"))[0]


def test_cells_without_their_references_are_counted() -> None:
    data = parts(book(), lambda name, content: content.replace(b'r="', b'q="') if "sheet1" in name else content)
    assert [row.draft for row in read(data, "a.xlsx").rows] == [order()]


@pytest.mark.parametrize(
    ("old", "new", "part", "problem"),
    [
        (b"<worksheet", b"<!DOCTYPE x []><worksheet", "xl/worksheets/sheet1.xml", "holds a document type"),
        (b"</sheetData>", b"</sheetDate>", "xl/worksheets/sheet1.xml", "a sheet that is damaged (mismatched tag"),
        (b"<worksheet", b"&x;<worksheet", "xl/worksheets/sheet1.xml", "holds a sheet that is damaged"),
        (b"sheet1.xml", b"sheet9.xml", "xl/_rels/workbook.xml.rels", "is no workbook that can be read"),
    ],
)  # fmt: skip
def test_a_damaged_workbook_is_told(old: bytes, new: bytes, part: str, problem: str) -> None:
    reading = read(replaced(old, new, part), "a.xlsx")
    assert reading.rows == ()
    assert problem in said(reading)[0]


class PanicException(BaseException):
    """What the library raises where it fails within is called so, and is no Exception."""


def test_a_bug_of_the_library_is_no_end_of_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that makes it fail is not known; what stops a program stops it all the same."""

    def fail(error: BaseException) -> None:
        raise error

    monkeypatch.setattr(workbook, "_sheets", lambda *_: fail(PanicException()))
    assert "is no workbook that can be read" in said(read(book(), "a.xlsx"))[0]
    monkeypatch.setattr(workbook, "_sheets", lambda *_: fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        read(book(), "a.xlsx")


def test_a_part_twice_is_refused() -> None:
    data = io.BytesIO(book())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(data, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
    assert "holds a part twice" in said(read(data.getvalue(), "a.xlsx"))[0]


SOUND = written_workbook(KINDS[:3], [], ZONE)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_workbook_with_bytes_changed_never_stops_the_reader(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SOUND)
    for place, value in changes:
        data[place] = value
    "".join(said(read(bytes(data), "a.xlsx"))).encode()


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["worksheets/sheet1.xml", "workbook.xml", "styles.xml", "_rels/workbook.xml.rels"]),
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.binary(max_size=12),
)
def test_a_workbook_with_changed_parts_never_stops_the_reader(part: str, at: int, cut: int, put: bytes) -> None:
    def change(name: str, content: bytes) -> bytes:
        place = at % len(content)
        return content[:place] + put + content[place + cut :] if name == f"xl/{part}" else content

    "".join(said(read(parts(book(), change), "a.xlsx"))).encode()


@given(st.binary(max_size=200) | st.text(st.characters(), max_size=100).map(lambda t: t.encode("utf-8", "ignore")))
@settings(deadline=None)
def test_whatever_a_file_holds_nothing_is_raised(data: bytes) -> None:
    for suffix in (".csv", ".xlsx", ".json"):
        "".join(said(read(data, f"work-order{suffix}"))).encode()
        "".join(said(read(CSV.encode() + data, f"work-order{suffix}"))).encode()
