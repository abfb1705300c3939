"""Lines of InfluxDB's line protocol, held against what InfluxDB's own client writes."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision

from agent.lineprotocol import PointTags, lines, prefix
from evaluators.model.samples import INT64_MAX, INT64_MIN, BlockBuilder, Quality, Reason, Value, ValueKind

TAGS = PointTags("tower", "hvac", "ahu-1", "supply")
PREFIX = "telemetry,device=ahu-1,point=supply,site=tower,system=hvac"


def line(kind: ValueKind, value: Value | None, quality: Quality, reason: Reason) -> str:
    """The line of one sample at 7 ns."""
    builder = BlockBuilder("s")
    builder.add(1, kind, 7, value, quality, reason)
    (only,) = lines(builder.build(0), {1: prefix(TAGS)})
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
    assert lines(builder.build(0), {1: "p"}) == ["p integer=1i,quality=0i 7", 'p quality=2i,reason="offline" 8']


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
    (ours,) = lines(builder.build(0), {1: prefix(TAGS)})
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
