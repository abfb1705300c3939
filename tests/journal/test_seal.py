"""A block's row is read only where all of it is as it was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JournalCorrupt
from agent.journal.encoding import body_length, encode
from agent.journal.seal import BlockRow, beside_fits, check, opened, reach, seal_of, span_of
from evaluators.model.samples import INT64_MAX, INT64_MIN, Block, Columns, ValueKind
from tests.journal.rows import levels

BLOCK = levels((5, 50), (9, 90), (7, 70), received=11)


def row(block: Block = BLOCK, *, sealed: bool = True, **changes: Any) -> BlockRow:
    """The row of a block as it would be stored, with some columns changed afterwards."""
    first, last = span_of(block)
    beside = (3, 1, block.received, first, last, len(block), 0)
    seal = seal_of(*beside) if sealed else None
    whole = BlockRow(
        3, 1, block.received, reach(first, last), first, last, len(block), 0, encode(block), seal, block.source
    )
    return whole._replace(**changes)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_row_that_is_whole_gives_its_block(sealed: bool) -> None:
    assert opened(row(sealed=sealed)) == BLOCK
    check(row(sealed=sealed))


def test_a_block_without_rows_has_the_time_of_its_receipt() -> None:
    empty = Block("line", 4, (Columns.empty(ValueKind.INT),))
    assert span_of(empty) == (4, 4)
    assert opened(row(empty)) == empty


@given(st.integers(0, 7), st.integers(0, 62))
def test_no_bit_beside_the_payload_can_change(column: int, bit: int) -> None:
    name = BlockRow._fields[column]
    changed = getattr(row(), name) ^ 1 << bit
    with pytest.raises(JournalCorrupt, match="the seal does not fit"):
        opened(row(**{name: changed}))
    with pytest.raises(JournalCorrupt, match="the seal does not fit"):
        check(row(**{name: changed}))


@pytest.mark.parametrize(
    "changes",
    [
        {"seal": 0},
        {"received": None},
        {"received": "11"},
        {"min_time": 0.5},
        {"rows": 2**70},
        {"name": None},
        {"payload": "text"},
        {"payload": None},
        {"payload": encode(levels((5, 50), (9, 91), (7, 70)))[:-1]},
    ],
)
def test_what_is_of_another_kind_is_damaged(changes: dict[str, Any]) -> None:
    for read in (opened, check):
        with pytest.raises(JournalCorrupt):
            read(row(**changes))


@pytest.mark.parametrize("changes", [{"min_time": 4}, {"max_time": 10}, {"rows": 2}, {"received": "11"}])
def test_a_row_of_an_older_version_must_agree_with_its_payload(changes: dict[str, Any]) -> None:
    for read in (opened, check):
        with pytest.raises(JournalCorrupt):
            read(row(sealed=False, **changes))
    assert not beside_fits(row(sealed=False))


@given(st.integers(INT64_MIN, INT64_MAX), st.integers(INT64_MIN, INT64_MAX))
def test_the_reach_is_the_smallest_power_that_holds_the_span(one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    power = reach(first, last)
    assert last - first < 16**power
    assert power == 0 or last - first >= 16 ** (power - 1)


def test_a_payload_says_how_long_its_columns_are() -> None:
    assert body_length(encode(BLOCK)) > 3 * 8
    assert body_length(b"short") == body_length(None) == 0
