"""Lines of InfluxDB's line protocol, held against what InfluxDB's own client writes."""

from __future__ import annotations

import math
import re
from array import array

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision

from agent.lineprotocol import PointTags, Prefixes, lines, prefix
from evaluators.model.samples import (
    INT64_MAX,
    INT64_MIN,
    Block,
    BlockBuilder,
    Columns,
    Quality,
    Reason,
    Value,
    ValueKind,
)

TAGS = PointTags("tower", "hvac", "ahu-1", "supply")
PREFIX = "telemetry,device=ahu-1,point=supply,site=tower,system=hvac"


def line(kind: ValueKind, value: Value | None, quality: Quality, reason: Reason) -> str:
    """The line of one sample at 7 ns."""
    builder = BlockBuilder("s")
    builder.add(1, kind, 7, value, quality, reason)
    (only,) = lines(builder.build(0), Prefixes({1: TAGS}))
    return only


def good(kind: ValueKind, value: Value) -> str:
    """The line of one good sample."""
    return line(kind, value, Quality.GOOD, Reason.NONE)


def test_each_kind_has_a_field_of_its_own() -> None:
    assert good(ValueKind.FLOAT, 21.5) == f"{PREFIX} float=21.5,quality=0i 7"
    assert good(ValueKind.INT, INT64_MIN) == f"{PREFIX} integer={INT64_MIN}i,quality=0i 7"
    assert good(ValueKind.INT, INT64_MAX) == f"{PREFIX} integer={INT64_MAX}i,quality=0i 7"
    assert good(ValueKind.BOOL, True) == f"{PREFIX} boolean=true,quality=0i 7"
    assert good(ValueKind.BOOL, False) == f"{PREFIX} boolean=false,quality=0i 7"
    assert good(ValueKind.TEXT, "开") == f'{PREFIX} string="开",quality=0i 7'


def test_a_sample_that_is_not_good_says_why_and_has_a_value_only_where_one_was_read() -> None:
    assert (
        line(ValueKind.FLOAT, 1.0, Quality.UNCERTAIN, Reason.OUT_OF_SERVICE)
        == f'{PREFIX} float=1.0,quality=1i,reason="out_of_service" 7'
    )
    assert line(ValueKind.FLOAT, None, Quality.BAD, Reason.TIMEOUT) == f'{PREFIX} quality=2i,reason="timeout" 7'


def test_a_good_row_beside_a_bad_one_has_no_reason() -> None:
    builder = BlockBuilder("s")
    builder.add(1, ValueKind.INT, 7, 1)
    builder.bad(1, ValueKind.INT, 8, Reason.OFFLINE)
    assert lines(builder.build(0), Prefixes({1: TAGS})) == [
        f"{PREFIX} integer=1i,quality=0i 7",
        f'{PREFIX} quality=2i,reason="offline" 8',
    ]


def test_names_with_syntax_in_them_stay_names() -> None:
    hostile = PointTags("a,b", "c=d", "e f", 'g"\\')
    assert prefix(hostile) == 'telemetry,device=e\\ f,point=g"\\\\ ,site=a\\,b,system=c\\=d'
    assert prefix(PointTags("", "", "d", "one\ntwo\rthree\tfour\0")) == (
        "telemetry,device=d,point=one\\ntwo\\rthree\\tfour\ufffd"
    )


def test_an_empty_tag_is_left_out_since_the_protocol_has_none() -> None:
    assert prefix(PointTags("s", "", "d", "p")) == "telemetry,device=d,point=p,site=s"


def test_text_may_hold_anything_that_utf_8_can() -> None:
    assert good(ValueKind.TEXT, 'a "b" \\ c\nd') == f'{PREFIX} string="a \\"b\\" \\\\ c\nd",quality=0i 7'
    assert good(ValueKind.TEXT, "\0 \ud800") == f'{PREFIX} string="\ufffd \ufffd",quality=0i 7'


VALUES = st.one_of(
    st.tuples(st.just(ValueKind.FLOAT), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(ValueKind.INT), st.integers(INT64_MIN, INT64_MAX)),
    st.tuples(st.just(ValueKind.BOOL), st.booleans()),
    st.tuples(st.just(ValueKind.TEXT), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
)
FIELDS = {
    ValueKind.FLOAT: "float",
    ValueKind.INT: "integer",
    ValueKind.BOOL: "boolean",
    ValueKind.TEXT: "string",
}


@given(VALUES, st.integers(INT64_MIN, INT64_MAX))
def test_values_are_written_as_influxdbs_own_client_writes_them(given: tuple[ValueKind, Value], time: int) -> None:
    kind, value = given
    builder = BlockBuilder("s")
    builder.add(1, kind, time, value)
    (ours,) = lines(builder.build(0), Prefixes({1: TAGS}))
    said = ours.removeprefix(PREFIX + " ").removesuffix(f",quality=0i {time}")
    theirs = Point("telemetry").field(FIELDS[kind], value).time(time, WritePrecision.NS).to_line_protocol()
    if isinstance(value, float):  # it drops a trailing ".0"
        assert repr(float(said.removeprefix("float="))) == repr(value)
    else:
        assert theirs == f"telemetry {said} {time}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_tags_are_escaped_as_influxdbs_own_client_escapes_them(name: str) -> None:
    assume(not name.endswith("\\"))  # there the client loses the backslash: see the next test
    theirs = Point("telemetry").tag("device", name).field("f", 1).to_line_protocol()
    assert prefix(PointTags("", "", name, "")) == theirs.removesuffix(" f=1i")


def test_a_tag_keeps_its_last_backslash() -> None:
    """A backslash before the separator would escape it: an escaped space comes between."""
    assert prefix(PointTags("", "", "a\\", "")) == "telemetry,device=a\\\\ "


def parsed(text: str) -> tuple[dict[str, str], dict[str, Value], int]:
    """Tags, fields and time of one line, by the protocol's grammar and nothing else."""
    head, *_ = split(text, " ", quotes=False)
    fields, time = split(text[len(head) + 1 :], " ", quotes=True)
    name, *tags = split(head, ",", quotes=False)
    assert name == "telemetry"
    pairs = split(fields, ",", quotes=True)
    return (
        dict(parsed_tag(tag) for tag in tags),
        {key: parsed_value(value) for key, _, value in (pair.partition("=") for pair in pairs)},
        int(time),
    )


def parsed_tag(text: str) -> tuple[str, str]:
    """Key and value, of which neither is empty."""
    key, value = split(text, "=", quotes=False)
    assert key
    assert value
    return key, re.sub(r"\\([,= ])", r"\1", value)


def split(text: str, separator: str, *, quotes: bool) -> list[str]:
    """Parts between separators that are neither escaped nor, where quotes mean something, within them."""
    parts, quoted, skip = [""], False, False
    for place, char in enumerate(text):
        if skip:
            skip = False
        elif char == "\\" and text[place + 1 : place + 2] in (('"', "\\") if quoted else (",", "=", " ")):
            skip = True
        elif char == '"' and quotes:
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append("")
            continue
        parts[-1] += char
    assert not quoted
    return parts


def parsed_value(text: str) -> Value:
    """A field's value in its own type."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"'):
        assert text.endswith('"')
        return re.sub(r"\\([\"\\])", r"\1", text[1:-1])
    if text.endswith("i"):
        value = int(text[:-1])
        assert INT64_MIN <= value <= INT64_MAX
        return value
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text), text
    return float(text)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda n: not n.endswith("\\"))
ROW = st.tuples(VALUES, st.sampled_from(Reason), st.integers(INT64_MIN, INT64_MAX))


@example(('a"b', "c\\,d", "e=f", "g h"), [((ValueKind.TEXT, 'x="\\ ,\n'), Reason.NONE, 0)])
@given(st.tuples(NAMES, NAMES, NAMES, NAMES), st.lists(ROW, min_size=1))
def test_every_line_says_what_the_sample_is(
    names: tuple[str, str, str, str], rows: list[tuple[tuple[ValueKind, Value], Reason, int]]
) -> None:
    builder = BlockBuilder("s")
    for (kind, value), reason, time in rows:
        quality = Quality.GOOD if not reason else Quality.UNCERTAIN if reason.carries_value else Quality.BAD
        builder.add(1, kind, time, value if reason.carries_value else None, quality, reason)
    block = builder.build(0)
    made = lines(block, Prefixes({1: PointTags(*names)}))
    kinds = [part.kind for part in block.columns for _ in range(len(part))]
    for text, sample, kind in zip(made, block.samples(), kinds, strict=True):
        tags, fields, time = parsed(text)
        assert tags == dict(zip(("site", "system", "device", "point"), names, strict=True))
        assert time == sample.time
        assert repr(fields.pop(FIELDS[kind], None)) == repr(sample.value)
        assert fields.pop("quality") == sample.quality
        assert fields.pop("reason", "") == sample.reason.label
        assert fields == {}


@given(
    st.sampled_from([ValueKind.FLOAT, ValueKind.INT]),
    st.one_of(
        st.sampled_from([math.nan, math.inf, -math.inf]),
        st.integers(min_value=INT64_MAX + 1),
        st.integers(max_value=INT64_MIN - 1),
    ),
)
def test_what_no_field_can_hold_never_reaches_a_line(kind: ValueKind, value: Value) -> None:
    for add in ("one", "many"):
        builder = BlockBuilder("s")
        if add == "one":
            builder.add(1, kind, 7, value)
        else:
            builder.extend([1, 1], kind, 7, [value, 1])
        _, fields, _ = parsed(lines(builder.build(0), Prefixes({1: TAGS}))[0])
        if kind is ValueKind.FLOAT and isinstance(value, int) and abs(value) < 2**1023:
            assert fields == {"float": float(value), "quality": 0}
        else:
            assert fields.keys() == {"quality", "reason"}
            assert fields["quality"] == 2


def test_rows_of_one_part_have_their_own_times() -> None:
    builder = BlockBuilder("s")
    builder.add(1, ValueKind.BOOL, 7, True)
    builder.add(1, ValueKind.BOOL, 8, False)
    assert lines(builder.build(0), Prefixes({1: TAGS})) == [
        f"{PREFIX} boolean=true,quality=0i 7",
        f"{PREFIX} boolean=false,quality=0i 8",
    ]


def test_a_point_that_is_named_later_keeps_its_first_name() -> None:
    prefixes = Prefixes({1: TAGS})
    prefixes.name(1, PointTags("other", "", "d", "p"))
    prefixes.name(2, PointTags("s", "", "d", "p"))
    builder = BlockBuilder("s")
    builder.extend([1, 2], ValueKind.INT, 7, [3, 4])
    assert lines(builder.build(0), prefixes) == [
        f"{PREFIX} integer=3i,quality=0i 7",
        "telemetry,device=d,point=p,site=s integer=4i,quality=0i 7",
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_float_that_is_none_reaches_no_line_even_past_the_builder(value: float) -> None:
    part = Columns(
        ValueKind.FLOAT,
        array("I", [1, 1, 1]),
        array("q", [7, 8, 9]),
        array("d", [1.5, value, value]),
        bytearray([0, 0, 2]),
        bytearray([0, 0, Reason.TIMEOUT]),
    )
    assert lines(Block("s", 0, (part,)), Prefixes({1: TAGS})) == [
        f"{PREFIX} float=1.5,quality=0i 7",
        f'{PREFIX} quality=2i,reason="not_a_number" 8',
        f'{PREFIX} quality=2i,reason="timeout" 9',
    ]


def test_rows_that_are_all_in_doubt_for_one_reason_keep_their_values_and_say_so() -> None:
    builder = BlockBuilder("s")
    for time, value in ((7, 1.5), (7, 2.5)):
        builder.add(1, ValueKind.FLOAT, time, value, Quality.UNCERTAIN, Reason.NOT_COMMISSIONED)
    assert lines(builder.build(0), Prefixes({1: TAGS})) == [
        f'{PREFIX} float={value},quality=1i,reason="not_commissioned" 7' for value in (1.5, 2.5)
    ]


def test_a_part_without_rows_has_no_lines() -> None:
    assert lines(Block("s", 0, (Columns.empty(ValueKind.FLOAT),)), Prefixes({})) == []
