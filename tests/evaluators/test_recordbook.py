"""Records found by kind and time, whatever order their versions come in."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.bodies import (
    BODIES,
    Certificate,
    Channel,
    Complaint,
    Contact,
    Document,
    Instant,
    Survey,
    WorkOrder,
    values,
)
from evaluators.model.records import Record, in_turn
from evaluators.model.times import DAY_NS
from evaluators.reach import AFTER_NS, BEFORE_NS, LASTING, ORDER_BEFORE_NS, REFERS, reach
from evaluators.recordbook import RecordBook, span
from evaluators.windows import day_start

ZONE = ZoneInfo("Asia/Shanghai")


def complaint(
    record_id: str,
    received_at: int,
    version: int = 1,
    *,
    withdrawn: bool = False,
    received: int = 0,
    made_at: int | None = None,
) -> Record[Complaint]:
    """A complaint by phone."""
    return Record(
        id=record_id,
        body=Complaint(received_at=Instant(received_at), channel=Channel.PHONE),
        received=received,
        version=version,
        made_at=made_at,
        withdrawn=withdrawn,
    )


def ids(found: list[Record[Complaint]]) -> list[tuple[str, int]]:
    """Ids and versions."""
    return [(record.id, record.version) for record in found]


def test_only_the_newest_version_counts_and_withdrawn_ones_do_not() -> None:
    versions = [
        complaint("a", 30), complaint("a", 10, 2), complaint("b", 20), complaint("b", 20, 2, withdrawn=True),
        complaint("c", 5), complaint("c", 5, 2, withdrawn=True), complaint("c", 40, 3),
    ]  # fmt: skip
    for order in permutations(versions):
        book = RecordBook(ZONE, order)
        assert ids(book.all(Complaint)) == [("a", 2), ("c", 3)]
        assert book.find(Complaint, "b") is None
        found = book.find(Complaint, "a")
        assert found is not None
        assert [version.version for version in book.versions(found)] == [1, 2]


def counting(*made: int | None, received: int = 100) -> list[int]:
    """Which versions count in their turn, by when they were written down."""
    versions = [complaint("a", 0, n, made_at=at, received=received + n) for n, at in enumerate(made, 1)]
    return [version.version for version in in_turn(versions)]


def test_what_was_written_down_before_the_version_that_counts_never_counts() -> None:
    assert counting(10, 30, 20) == [1, 2]
    assert counting(10, 30, 20, 30, 29) == [1, 2, 4], "of one instant the one that came last counts"
    assert counting(30, 10, 20, 40) == [1, 4]


def test_where_one_does_not_say_when_it_was_written_down_the_one_that_came_last_counts() -> None:
    assert counting(None, None) == [1, 2]
    assert counting(30, None, 10) == [1, 2, 3]


def test_nothing_was_written_down_after_it_was_received() -> None:
    """A year mistyped must not keep every later version from counting."""
    assert counting(10**9, 103, 99) == [1, 2]


def test_a_book_finds_the_version_that_counts_in_whatever_order_they_come() -> None:
    versions = [
        complaint("a", 10, 1, made_at=10, received=20), complaint("a", 50, 2, made_at=15, received=21),
        complaint("a", 70, 3, made_at=12, received=22, withdrawn=True),
    ]  # fmt: skip
    for order in permutations(versions):
        book = RecordBook(ZONE, order)
        assert ids(book.all(Complaint)) == ids(book.between(Complaint, 50, 51)) == [("a", 2)]
        assert list(book.histories(Complaint)) == [versions[:2]]
        assert book.versions(versions[0]) == versions, "the others are kept"
        assert book.find(Complaint, "a") is versions[1]


def test_between_is_half_open_and_sources_keep_their_ids_apart() -> None:
    other = Record(id="a", body=complaint("a", 20).body, received=0, source="cmms")
    book = RecordBook(ZONE, [complaint("a", 10), other, complaint("b", 30)])
    assert [record.name for record in book.between(Complaint, 10, 30)] == ["complaint:a", "complaint:cmms/a"]
    assert book.between(Complaint, 11, 20) == []
    assert other.reference == "complaint:cmms/a@1"


def test_what_was_known_then() -> None:
    versions = [complaint("a", 30, received=100), complaint("a", 10, 2, received=200)]
    book = RecordBook(ZONE, versions)
    assert ids(book.as_known(99).all(Complaint)) == []
    assert ids(book.as_known(199).all(Complaint)) == [("a", 1)]
    assert ids(book.as_known(200).all(Complaint)) == [("a", 2)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(0, 9),
            st.integers(1, 4),
            st.booleans(),
            st.none() | st.integers(0, 5),
        ),
        max_size=12,
    )
)
def test_the_book_does_not_depend_on_order(rows: list[tuple[str, int, int, bool, int | None]]) -> None:
    unique = {(row[0], row[2]): row for row in rows}
    records = [
        complaint(name, at, version, withdrawn=gone, made_at=made, received=3)
        for name, at, version, gone, made in unique.values()
    ]
    forwards, backwards = RecordBook(ZONE, records), RecordBook(ZONE, reversed([*records, *records]))
    assert forwards.all(Complaint) == backwards.all(Complaint)
    assert sorted(map(repr, forwards.everything())) == sorted(map(repr, backwards.everything()))


def test_dates_are_found_at_their_first_instant_and_last_to_their_end() -> None:
    day = date(2026, 3, 1)
    record = Record(id="m", body=Document(document="charter", title="章程", valid_from=day), received=0)
    book = RecordBook(ZONE, [record])
    start = day_start(day, ZONE)
    assert book.anchor(record) == start
    assert book.between(Document, start, start + 1) == [record]
    assert span(record, ZONE) == (start, start + DAY_NS)


def test_every_kind_has_an_anchor_among_its_fields_and_a_chinese_name() -> None:
    for kind, body in BODIES.items():
        assert kind == body.KIND
        assert body.NAME_ZH
        assert body.ANCHOR in {field for field in body.__dataclass_fields__}
    assert len({body.NAME_ZH for body in BODIES.values()}) == len(BODIES)
    assert dict(values(complaint("a", 3).body))["received_at"] == 3


def test_a_record_reaches_as_far_as_what_it_belongs_to() -> None:
    book = RecordBook(ZONE, [complaint("c", 10)])
    contact = Record(id="1", body=Contact(complaint="c", at=Instant(500)), received=0)
    alone = Record(id="2", body=Survey(at=Instant(500)), received=0)
    assert reach(contact, book, ZONE) == (10 - BEFORE_NS, 500 + AFTER_NS)
    assert reach(alone, book, ZONE) == (500 - BEFORE_NS, 500 + AFTER_NS)
    lasting = Certificate(staff="s", certificate="x", issued=date(2026, 3, 1))
    assert reach(Record(id="3", body=lasting, received=0), book, ZONE)[1] is None


def test_an_order_reaches_back_to_a_fault_that_began_long_before() -> None:
    book = RecordBook(ZONE)
    order = Record(id="o", body=WorkOrder(equipment="lift-1", reported_at=Instant(500)), received=0)
    assert reach(order, book, ZONE) == (500 - ORDER_BEFORE_NS, 500 + AFTER_NS)


def test_references_are_fields() -> None:
    for body, (field, _) in REFERS.items():
        assert field in body.__dataclass_fields__
    assert set(BODIES.values()) > LASTING
