"""Cells: what people and programs write, read as the column's type or refused with what would be right."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records.cells import parse, written
from agent.records.columns import ENVELOPE, Column, Type, body_columns, columns_of
from config.problems import Refused
from config.sheets import Cell, safe, unquoted
from evaluators.model.bodies import BODIES, Performer, Result, Service
from evaluators.model.records import Attachment
from evaluators.model.times import instant
from tests.records.stated import KINDS, ZONE, at

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    """A time of day without a zone, as a spreadsheet has it."""
    return datetime.fromisoformat(text)


def column(kind: str, name: str) -> Column:
    """A column of a kind."""
    return next(each for each in columns_of(BODIES[kind]) if each.name == name)


TIME = column("work-order", "reported_at")
LATER = column("work-order", "repaired_at")
DAY = column("staff", "since")
YES_NO = column("work-order", "emergency")
COUNT = column("drill", "participants")
HOURS = column("training", "hours")
NAMES = column("round", "equipment")
TEXT = column("work-order", "cause")
RESULT = column("round", "result")
LEVEL = column("service", "level")
ID, FILES = ENVELOPE[0], ENVELOPE[4]


def read(what: Column, cell: Cell, zone: ZoneInfo = ZONE) -> Any:
    """The value of a cell."""
    return parse(what, cell, zone)


def refused(what: Column, cell: Cell, zone: ZoneInfo = ZONE) -> str:
    """What is said of a cell that cannot be read."""
    with pytest.raises(Refused) as caught:
        parse(what, cell, zone)
    assert caught.value.right
    return f"{caught.value.wrong}; {caught.value.right}"


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01 08:00",
        "2026-03-01T08:00",
        " 2026/3/1 8:00:00 ",
        "2026.3.1 08:00",
        "2026年3月1日 8:00",
        "2026年3月1日 8时0分0秒",
        "2026年3月1日 8点0分",
        "２０２６-０３-０１　０８：００",
        "2026-03-01 08:00:00.000",
        "2026-03-01T00:00:00Z",
        "2026-03-01 08:00+08:00",
        "2026-02-28 16:00-0800",
        "2026-03-01 08:00:00+08:00:00",
        local("2026-03-01 08:00"),
        datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_time_is_read_however_it_is_written(cell: Cell) -> None:
    assert read(TIME, cell) == at("2026-03-01 08:00")


def test_midnight_has_three_names() -> None:
    expected = at("2026-03-02 00:00")
    assert read(TIME, "2026-03-01 24:00") == expected
    assert read(TIME, "2026-03-02 00:00") == expected
    assert read(TIME, date(2026, 3, 2)) == expected, "a spreadsheet makes a date of midnight"


def test_fractions_of_a_second_are_kept_to_the_microsecond() -> None:
    assert read(TIME, "2026-03-01 08:00:00,1234567") == at("2026-03-01 08:00:00.123456")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2026-03-01", "no time of day"),
        ("yesterday", "is no time"),
        ("2026-02-30 08:00", "no day of the calendar"),
        ("2026-03-01 25:00", "no time of day there is"),
        ("2026-03-01 24:01", "no time of day there is"),
        ("2026-03-01 08:00+99:00", "no time of day there is"),
        ("2026-03-01 08:00+08:99", "no time of day there is"),
        ("0202-03-01 08:00", "the year 202 cannot be meant"),
        (local("1899-12-31"), "the year 1899 cannot be meant"),
        (46082.333, "date format"),
        (True, "is no time"),
        (time(8, 0), "is no time"),
        (["2026-03-01 08:00"], "is no time"),
        ({}, "is no time"),
        ("", "fill it in"),
        (None, "fill it in"),
    ],
)
def test_what_is_no_time_is_refused(cell: Cell, said: str) -> None:
    assert said in refused(TIME, cell)


def test_an_hour_that_clocks_skip_or_repeat_needs_its_offset() -> None:
    assert "did not exist" in refused(TIME, "2026-03-29 02:30", BERLIN)
    assert "came twice" in refused(TIME, "2026-10-25 02:30", BERLIN)
    assert "came twice" in refused(TIME, local("2026-10-25 02:30"), BERLIN)
    first = read(TIME, "2026-10-25 02:30+02:00", BERLIN)
    assert read(TIME, "2026-10-25 02:30+01:00", BERLIN) - first == 3600 * 10**9


def test_an_empty_cell_has_the_columns_default() -> None:
    assert read(LATER, "  ") is None
    assert read(RESULT, None) is Result.NORMAL
    assert read(column("training", "attended"), "") == ()


@pytest.mark.parametrize(
    "cell", ["2026-03-01", "2026/3/1", "2026年3月1日", "2026-03-01 00:00", date(2026, 3, 1), local("2026-03-01")]
)
def test_a_date_is_read_however_it_is_written(cell: Cell) -> None:
    assert read(DAY, cell) == date(2026, 3, 1)


@pytest.mark.parametrize("cell", ["2026-03-01 08:00", local("2026-03-01 08:00")])
def test_a_date_has_no_time_of_day(cell: Cell) -> None:
    assert "has a time of day" in refused(DAY, cell)


def test_a_date_of_another_age_is_refused() -> None:
    assert "the year 1066 cannot be meant" in refused(DAY, "1066-10-14")
    assert "the year 9999 cannot be meant" in refused(DAY, date(9999, 1, 1))


@pytest.mark.parametrize("cell", ["是", "true", "YES", "y", "1", "１", "√", True, 1, 1.0])
def test_yes(cell: Cell) -> None:
    assert read(YES_NO, cell) is True


@pytest.mark.parametrize("cell", ["否", "False", "no", "N", "0", "×", False, 0, 0.0])
def test_no(cell: Cell) -> None:
    assert read(YES_NO, cell) is False


@pytest.mark.parametrize("cell", ["maybe", 2, "是的吧", []])
def test_neither_yes_nor_no(cell: Cell) -> None:
    refused(YES_NO, cell)


@pytest.mark.parametrize(
    ("cell", "number"), [("12", 12), (12, 12), (12.0, 12), ("12.0", 12), ("１２", 12), ("+3", 3)]
)
def test_a_whole_number(cell: Cell, number: int) -> None:
    assert read(COUNT, cell) == number


@pytest.mark.parametrize(
    "cell", ["12.5", 12.5, "-1", -1, "twelve", "1e3", "12人", True, float("nan"), float("inf"), 10**400, "9" * 99]
)
def test_no_whole_number(cell: Cell) -> None:
    refused(COUNT, cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.5", Fraction(3, 2)),
        (1.5, Fraction(3, 2)),
        ("3/2", Fraction(3, 2)),
        (0.1 + 0.2, Fraction(3, 10)),
        ("½", Fraction(1, 2)),
    ],
)
def test_a_number_is_exact(cell: Cell, number: Fraction) -> None:
    assert read(HOURS, cell) == number


@pytest.mark.parametrize("cell", ["1/0", "1e999999999", "1.5 h", "-0.5"])
def test_no_number(cell: Cell) -> None:
    refused(HOURS, cell)


def test_ids_stay_as_they_were_typed() -> None:
    assert read(ID, " 0012 ") == "0012"
    assert read(ID, 12) == "12"
    assert read(ID, 12.0) == "12"
    assert read(ID, 12.5) == "12.5"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (123456789012345678, "longer than the 15 digits"),
        (1e300, "longer than the 15 digits"),
        (float("nan"), "longer than the 15 digits"),
        (date(2026, 1, 2), "format the column as text"),
        (time(1, 2), "format the column as text"),
        (timedelta(1), "format the column as text"),
        (True, "is yes or no"),
        ({"a": 1}, "is not text"),
        ("two\nlines", "is no id"),
        ("x" * 201, "is no id"),
        ("nul\0", "U+0000"),
        ("half \ud83d", "U+D83D"),
        ("\uffff", "U+FFFF"),
    ],
)
def test_what_is_no_id_is_refused(cell: Cell, said: str) -> None:
    assert said in refused(ID, cell)


def test_text_keeps_its_lines() -> None:
    assert read(TEXT, " a\r\nb\rc ") == "a\nb\nc"
    assert "holds 40000 characters" in refused(TEXT, "x" * 40_000)


@pytest.mark.parametrize(
    "cell", ["lift-1;pump", "lift-1； pump", "lift-1，pump", "lift-1,pump", "lift-1、pump\n", ["lift-1", "pump"]]
)
def test_several_ids_are_parted_as_people_do(cell: Cell) -> None:
    assert read(NAMES, cell) == ("lift-1", "pump")


def test_several_ids_are_named_once_and_must_be_some() -> None:
    assert read(NAMES, "lift-1; lift-1;") == ("lift-1",)
    assert read(NAMES, [12, "b"]) == ("12", "b")
    assert "names nothing" in refused(NAMES, " ; ")
    assert "names nothing" in refused(NAMES, [])
    assert "is no id" in refused(NAMES, "x" * 201)


@pytest.mark.parametrize("cell", ["abnormal", "ABNORMAL", "异常", "不合格"])
def test_a_choice_is_read_in_both_languages(cell: Cell) -> None:
    assert read(RESULT, cell) is Result.ABNORMAL


def test_a_choice_is_one_of_those_there_are() -> None:
    assert "did you mean normal?" in refused(RESULT, "norml")
    assert "正常 (normal), 异常 (abnormal)" in refused(RESULT, "?")
    assert read(column("service", "performer"), "In House") is Performer.IN_HOUSE
    assert "planned" in refused(column("declaration", "state"), "down")


def test_an_open_vocabulary_takes_the_catalogues_word_or_any_other() -> None:
    assert read(LEVEL, "半月") == "half-month"
    assert read(LEVEL, "Half Month") == "half-month"
    assert read(LEVEL, "每三周") == "每三周"
    assert read(column("plan", "levels"), "日常；月度保养") == ("daily", "monthly")


def test_files_are_names_or_what_is_kept() -> None:
    kept = {"name": "a.pdf", "sha256": "0" * 64}
    assert read(FILES, "a, b.pdf; c.pdf;") == ("a, b.pdf", "c.pdf")
    assert read(FILES, [kept, "b.pdf", ""]) == (Attachment("a.pdf", "0" * 64), "b.pdf")
    for wrong in ({"name": "a"}, {**kept, "more": 1}, {**kept, "sha256": "x"}, {**kept, "name": 1}):
        assert "is no kept file" in refused(FILES, [wrong])


cells: st.SearchStrategy[Cell] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters()),
        st.dates(),
        st.datetimes(),
        st.datetimes(timezones=st.just(UTC)),
        st.times(),
        st.timedeltas(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
every_column = st.sampled_from([column for kind in KINDS for column in columns_of(kind)])


def tried(what: Column, cell: Cell) -> Any:
    """The value of a cell, or the refusal."""
    try:
        return parse(what, cell, BERLIN)
    except Refused as error:
        return error


@given(every_column, cells)
def test_whatever_a_cell_holds_it_is_read_or_refused(what: Column, cell: Cell) -> None:
    value = tried(what, cell)
    if isinstance(value, Refused):
        assert value.wrong
        assert value.right
        assert f"{value.wrong} {value.right}".encode(), "it can be printed and stored"
    elif what.holds is not Type.FILES:
        assert parse(what, unquoted(str(written(what, value, BERLIN))), BERLIN) == value, "written and read again"


@given(every_column, st.text(alphabet="0123456789-/:T .年月日时分秒+Z是否;，'=", max_size=30))
def test_whatever_looks_like_a_time_or_number_is_read_or_refused(what: Column, cell: str) -> None:
    value = tried(what, cell)
    assert not isinstance(value, Refused) or value.right


@given(st.text(max_size=20))
def test_no_text_that_is_written_is_a_formula(text: str) -> None:
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unquoted(safe(text)) == text or text[:1] in ("\t", "\r")


def test_values_are_written_for_people() -> None:
    written_of = {c.name: written(c, c.default, ZONE) for c in body_columns(Service) if not c.required}
    assert written_of == {"organisation": "", "level": "月", "report": "", "ran": "否", "result": "正常"}
    assert written(TIME, instant(datetime(2026, 3, 1, tzinfo=UTC)), ZONE) == "2026-03-01 08:00:00+08:00"
    assert written(COUNT, 12, ZONE) == 12
    assert written(LATER, None, ZONE) == ""
    assert written(NAMES, ("=a", "b"), ZONE) == "'=a; b"
    assert written(FILES, ("a.pdf", "b.pdf"), ZONE) == "a.pdf; b.pdf"
    assert written(HOURS, Fraction(3, 2), ZONE) == "3/2"
