"""Which requests are made."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.plan import Hole, ModbusPoint, Plan, Request, cut, halves, hole, plan
from connectors.modbus.settings import Device
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import a_point

LIMITS = Device(connection="field", host="127.0.0.1")


def limits(**changes: int) -> Device:
    return LIMITS.model_copy(update=changes)


def spans(made: Plan) -> list[tuple[str, int, int]]:
    return [(request.table, request.address, request.count) for request in made.requests]


def test_neighbours_share_a_request_and_tables_do_not() -> None:
    points = [a_point(0, 10), a_point(1, 11), a_point(2, 12, table="input"), a_point(3, 13, encoding="float32")]
    assert spans(plan(points, LIMITS)) == [("holding", 10, 5), ("input", 12, 1)]


@pytest.mark.parametrize(
    ("gap", "expected"), [(3, [("holding", 0, 5)]), (2, [("holding", 0, 1), ("holding", 4, 1)])]
)
def test_a_gap_is_read_along_up_to_max_gap(gap: int, expected: list[tuple[str, int, int]]) -> None:
    assert spans(plan([a_point(0, 0), a_point(1, 4)], limits(max_gap=gap))) == expected


def test_a_64_bit_value_is_never_split_over_two_requests() -> None:
    points = [*(a_point(n, n) for n in range(3)), a_point(3, 3, encoding="uint64")]
    assert spans(plan(points, limits(max_registers=6))) == [("holding", 0, 3), ("holding", 3, 4)]


def test_bits_have_their_own_limit() -> None:
    points = [a_point(n, n, table="coil") for n in range(30)]
    assert spans(plan(points, limits(max_bits=20, max_registers=1))) == [("coil", 0, 20), ("coil", 20, 10)]


def test_a_declared_hole_is_never_read_along() -> None:
    points = [a_point(0, 9), a_point(1, 12), a_point(2, 14), a_point(3, 12, table="input")]
    held = Device.model_validate(
        {"connection": "field", "host": "127.0.0.1", "holes": ({"table": "holding", "first": 10, "last": 11},)}
    )
    assert spans(plan(points, held)) == [("holding", 9, 1), ("holding", 12, 3), ("input", 12, 1)]
    assert spans(plan(points, LIMITS)) == [("holding", 9, 6), ("input", 12, 1)]


def test_a_refused_point_is_left_out_with_its_reason_and_its_neighbours_are_read() -> None:
    points = [a_point(n, n) for n in range(4)]
    made = plan(
        points, LIMITS, [Hole("holding", 1, 2, Reason.ILLEGAL_ADDRESS), Hole("input", 3, 4, Reason.REFUSED)]
    )
    assert spans(made) == [("holding", 0, 1), ("holding", 2, 2)]
    assert made.refused == ((points[1], Reason.ILLEGAL_ADDRESS),)


def test_the_halves_of_a_request_share_out_its_points() -> None:
    (request,) = plan([a_point(n, 3 * n) for n in range(5)], LIMITS).requests
    left, right = halves(request)
    assert (left.address, left.stop, right.address, right.stop) == (0, 4, 6, 13)
    assert left.points + right.points == request.points


def test_what_lies_between_two_halves_that_can_be_read_is_a_hole_as_wide_as_a_seam() -> None:
    (request,) = plan([a_point(0, 0), a_point(1, 5)], LIMITS).requests
    assert cut(request, *halves(request), Reason.ILLEGAL_ADDRESS) == Hole("holding", 0, 6, Reason.ILLEGAL_ADDRESS)
    (request,) = plan([a_point(0, 0, encoding="uint32"), a_point(1, 1)], LIMITS).requests
    assert cut(request, *halves(request), Reason.ILLEGAL_VALUE) == hole(request, Reason.ILLEGAL_VALUE)


LAYOUTS = st.lists(
    st.tuples(
        st.sampled_from(["coil", "discrete", "holding", "input"]),
        st.integers(0, 60),
        st.sampled_from(["uint16", "int32", "uint64"]),
    ),
    max_size=25,
).map(
    lambda places: [
        a_point(n, address, table=table, **({} if table in ("coil", "discrete") else {"encoding": encoding}))
        for n, (table, address, encoding) in enumerate(places)
    ]
)
HOLES = st.lists(
    st.builds(
        lambda table, address, length: Hole(table, address, address + length, Reason.ILLEGAL_ADDRESS),
        st.sampled_from(["coil", "holding"]),
        st.integers(0, 60),
        st.integers(1, 9),
    ),
    max_size=5,
)


@given(LAYOUTS, HOLES, st.integers(0, 10), st.integers(4, 20), st.integers(1, 20), st.randoms())
def test_every_point_is_in_one_request_within_all_limits(
    points: list[ModbusPoint],
    holes: list[Hole],
    max_gap: int,
    max_registers: int,
    max_bits: int,
    shuffle: random.Random,
) -> None:
    device = limits(max_gap=max_gap, max_registers=max_registers, max_bits=max_bits)
    made = plan(points, device, holes)
    placed = [point.index for request in made.requests for point in request.points]
    refused = [point.index for point, _ in made.refused]
    assert sorted(placed + refused) == [point.index for point in points]
    for request in made.requests:
        assert request.count <= (max_registers if request.table in ("holding", "input") else max_bits)
        assert not any(_covers(request.table, request.address, request.stop, one) for one in holes)
        _tight_and_without_wide_gaps(request, max_gap)
    for point, _ in made.refused:
        at = point.settings.address
        stop = at + point.settings.width
        assert any(_covers(point.settings.table, at, stop, one) for one in holes)
    shuffled = list(points)
    shuffle.shuffle(shuffled)
    assert plan(shuffled, device, reversed(holes)) == made


def _covers(table: str, address: int, stop: int, one: Hole) -> bool:
    return one.table == table and address <= one.address and one.stop <= stop


def _tight_and_without_wide_gaps(request: Request, max_gap: int) -> None:
    asked = {
        at
        for point in request.points
        for at in range(point.settings.address, point.settings.address + point.settings.width)
    }
    assert (min(asked), max(asked) + 1) == (request.address, request.stop)
    ordered = sorted(asked)
    assert all(after - before - 1 <= max_gap for before, after in pairwise(ordered))
