"""Templates to fill in, and records written into them: what is written here, filled in, is read back the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from agent.records.cells import written
from agent.records.columns import ENVELOPE, Column, Type, columns_of
from agent.records.draft import Draft
from agent.records.files import EXPLANATION
from agent.records.vocabulary import NO, YES
from evaluators.model.bodies import Body

_FORMATS: Mapping[Type, str] = {Type.DATE: "yyyy-mm-dd", Type.INSTANT: "yyyy-mm-dd hh:mm", Type.INT: "0"}
"""How a spreadsheet shows the cells; all others are text, so that it keeps them as they are typed."""
_FILLED_AT_MOST = 5000
"""Rows of a template that offer choices."""
_LIST_AT_MOST = 255
"""Characters that a spreadsheet allows for a list of choices."""
_REQUIRED = PatternFill("solid", fgColor="FFE699")
_OPTIONAL = PatternFill("solid", fgColor="E2EFDA")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EXPLAINED = ("表", "列", "名称", "类型", "必填", "可选值", "说明")
_TYPE_NAMES = {
    Type.ID: "编号 id",
    Type.TEXT: "文本 text",
    Type.REFS: "编号，以 ; 分隔 ids",
    Type.INSTANT: "时间 time: 2026-03-01 08:00",
    Type.DATE: "日期 date: 2026-03-01",
    Type.INT: "整数 whole number",
    Type.FRACTION: "数字 number",
    Type.BOOL: "是/否 yes or no",
    Type.CHOICE: "选项 choice",
    Type.FILES: "文件名，以 ; 分隔 file names",
}


def workbook(kinds: Iterable[type[Body]], drafts: Sequence[Draft] = (), zone: tzinfo | None = None) -> bytes:
    """An XLSX with a sheet for each kind and one that explains their columns.

    ``drafts`` are filled in, their times with the offset of ``zone``, which has to be given with them.
    """
    book = Workbook()
    explanation = book.active
    assert isinstance(explanation, Worksheet)
    explanation.title = EXPLANATION
    explanation.append(_EXPLAINED)
    for kind in kinds:
        _explain(explanation, kind)
        sheet = book.create_sheet(kind.NAME_ZH)
        _head(sheet, columns_of(kind))
        for row, cells in enumerate(_rows(kind, drafts, zone), 2):
            for place, cell in enumerate(cells, 1):
                if cell != "":
                    sheet.cell(row, place).value = _escaped(cell)
    for letter, width in zip("ABCDEFG", (16, 16, 20, 26, 8, 50, 60), strict=True):
        explanation.column_dimensions[letter].width = width
    explanation.freeze_panes = "A2"
    book.active = min(1, len(book.worksheets) - 1)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _escaped(cell: str | int) -> str | int:
    """A cell whose text no reader takes for one of the format's own escapes, such as ``_x000D_``."""
    return _ESCAPE.sub("_x005F_", cell) if isinstance(cell, str) else cell


def csv_text(kind: type[Body], drafts: Sequence[Draft] = (), zone: tzinfo | None = None) -> bytes:
    """A CSV file of one kind, UTF-8 with its mark, so that spreadsheet programs read it rightly."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([column.zh for column in columns_of(kind)])
    writer.writerows(_rows(kind, drafts, zone))
    return target.getvalue().encode("utf-8-sig")


def _rows(kind: type[Body], drafts: Sequence[Draft], zone: tzinfo | None) -> Iterable[list[str | int]]:
    for draft in drafts:
        if draft.body.KIND == kind.KIND:
            assert zone is not None
            yield [written(column, _value(column, draft), zone) for column in columns_of(kind)]


def _value(column: Column, draft: Draft) -> object:
    if column.holds is Type.FILES:
        return tuple(each.name for each in draft.attachments)
    return getattr(draft if column in ENVELOPE else draft.body, column.name)


def _head(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, column.zh)
        head.font = Font(bold=True)
        head.fill = _REQUIRED if column.required else _OPTIONAL
        sheet.column_dimensions[letter].width = max(14, 2 * len(column.zh) + 4)
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.holds, "@")
        choices = ",".join(choices_of(column))
        if choices and len(choices) <= _LIST_AT_MOST:
            offered = DataValidation("list", formula1=f'"{choices}"', allow_blank=True)
            offered.showErrorMessage = column.holds in (Type.CHOICE, Type.BOOL)
            offered.add(f"{letter}2:{letter}{_FILLED_AT_MOST}")
            sheet.add_data_validation(offered)
    sheet.freeze_panes = "A2"


def choices_of(column: Column) -> list[str]:
    """What a template offers for a column: the first Chinese word of each choice."""
    if column.holds is Type.BOOL:
        return [YES[0], NO[0]]
    return [chinese[0] for chinese in (column.words or {}).values()]


def _explain(sheet: Worksheet, kind: type[Body]) -> None:
    for column in columns_of(kind):
        choices = "；".join(f"{chinese[0]} ({word})" for word, chinese in (column.words or {}).items())
        required = "是" if column.required else ""
        names = (f"{kind.NAME_ZH} ({kind.KIND})", column.zh, column.name, _TYPE_NAMES[column.holds])
        sheet.append((*names, required, choices, column.help))
