"""Packed readings: the same as a list of them, whatever came in which order."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.energy.keeping import KEPT_NS, Counter
from evaluators.energy.readings import SPAN_NS, Readings
from evaluators.model.samples import INT64_MAX, INT64_MIN
from evaluators.model.times import MINUTE_NS

WHOLE = st.one_of(st.integers(0, 300), st.integers(0, 2**33), st.integers(INT64_MIN, INT64_MAX))
TIMES = st.one_of(st.integers(-5, 5), st.integers(0, 4 * SPAN_NS), st.integers(0, 9).map(lambda n: n * SPAN_NS))


@given(st.dictionaries(TIMES, WHOLE, max_size=30), st.lists(TIMES, max_size=10))
def test_packed_they_are_what_was_put_in(told: dict[int, int], asked: list[int]) -> None:
    readings = Readings(whole=True)
    for time, value in told.items():
        part = readings.unpacked(time)
        place = bisect_left(part.times, time)
        part.times.insert(place, time)
        part.cells.insert(place, value)
    times = sorted(told)
    pairs = [(time, told[time]) for time in times]
    for at in (*times, *asked):
        upto = bisect_right(times, at)
        assert readings.before(at) == (pairs[upto - 1] if upto else None)
        first = bisect_left(times, at)
        assert readings.after(at) == (pairs[first] if first < len(pairs) else None)
        assert readings.count(at) == upto
        for end in asked:
            assert readings.within(at, end).tolist() == [time for time in times if at <= time <= end]
            found = [pair for part in readings.after_all(at, end) for pair in zip(*part, strict=True)]
            assert found == [pair for pair in pairs if at < pair[0] <= end]


@pytest.mark.parametrize("values", [[0.5, 1e9, -0.25], [0.1, 2.0], [1e300, 1.0]])
def test_floats_come_back_as_they_were(values: list[float]) -> None:
    readings = Readings(whole=False)
    for number in range(2):  # the first part is packed once there is a second one
        part = readings.unpacked(1 + number * SPAN_NS)
        part.times.extend(range(1 + number * SPAN_NS, 1 + number * SPAN_NS + len(values)))
        part.cells.extend(values)
    assert [readings.before(1 + place) for place in range(len(values))] == [
        (1 + place, value) for place, value in enumerate(values)
    ]


def test_those_read_at_once_share_their_times() -> None:
    several = [Readings(whole=True) for _ in range(2)]
    for readings in several:
        readings.unpacked(1).times.append(1)
        readings.unpacked(1).cells.append(5)
        readings.unpacked(1 + SPAN_NS).times.append(1 + SPAN_NS)
    one, other = ([part for part, _ in readings.after_all(0, 1)] for readings in several)
    assert one == other == [array("q", [1])]
    assert several[0]._parts[0].times is several[1]._parts[0].times


@given(
    st.lists(st.tuples(st.integers(0, 3 * KEPT_NS), st.integers(0, 9)), max_size=9),
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.integers(0, 5 * KEPT_NS),
    st.booleans(),
)
def test_a_counter_that_takes_many_says_what_it_says_of_each(
    before: list[tuple[int, int]], steps: list[int], start: int, is_whole: bool
) -> None:
    one, many = Counter(whole=True), Counter(whole=True)
    for counter in (one, many):
        for time, value in before:
            counter.take(time, value)
        counter.late = counter.revised = INT64_MAX
    gathered: list[int] = []
    for step in steps:
        time = (gathered[-1] if gathered else start) + step * 20 * MINUTE_NS
        if [(at - 1) // KEPT_NS for at in gathered[-2:]] == [(time - 1) // KEPT_NS] * 2:
            gathered.pop()
        gathered.append(time)
    many.extend(array("q", gathered), array("q" if is_whole else "b", range(len(gathered))))
    for value, time in enumerate(gathered):
        one.take(time, value)
    assert many.since(-1) == one.since(-1)
    assert (many.revised, many.late, many.newest) == (one.revised, one.late, one.newest)
