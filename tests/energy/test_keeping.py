"""What is kept of readings, and registers made of it: the same in any order, and whenever they are asked."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.energy.keeping import KEPT_NS, SETTLED_NS, Counter
from evaluators.energy.metering import (
    NOTHING,
    Amount,
    Registers,
    amount,
    count,
    hours_read,
    nature,
    replacements,
    settled_ns,
    total,
)
from evaluators.energy.registers import Register, Replacement
from evaluators.energy.uses import Use
from evaluators.model.bodies import MeterChange
from evaluators.model.bodies.body import Instant
from evaluators.model.energy import Carrier, Meter
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS, MINUTE_NS, SECOND_NS
from evaluators.recordbook import RecordBook
from tests.energy.meters import story

METER = Meter("main", "Main", Carrier.ELECTRICITY, "m/e", Fraction(1, 1000), HOUR_NS)

Readings = list[tuple[int, int]]


def kept(readings: Readings) -> Readings:
    """By the definition: of each stretch the first and the last."""
    found: Readings = []
    for _, group in groupby(sorted(readings), lambda each: (each[0] - 1) // KEPT_NS):
        first, *rest = group
        found += [first, rest[-1]] if rest else [first]
    return found


@given(st.lists(st.tuples(st.integers(0, 4 * KEPT_NS), st.integers(0, 9)), unique_by=lambda each: each[0]))
def test_in_any_order_the_same_readings_are_kept(readings: Readings) -> None:
    counter = Counter(whole=True)
    for time, value in readings:
        counter.take(time, value)
    assert counter.since(-1) == kept(readings)


@given(
    st.lists(st.tuples(st.integers(0, 4 * KEPT_NS), st.integers(0, 9)), unique_by=lambda each: each[0]),
    st.data(),
)
def test_going_on_from_what_was_kept_is_the_same(readings: Readings, data: st.DataObject) -> None:
    upto = data.draw(st.integers(0, len(readings)))
    counter = Counter(whole=True)
    for time, value in [*kept(readings[:upto]), *readings]:
        counter.take(time, value)
    assert counter.since(-1) == kept(readings)


def test_of_two_at_one_time_the_larger_counts() -> None:
    for pair in ((5, 7), (7, 5)):
        counter = Counter(whole=True)
        for value in pair:
            counter.take(10, value)
        assert counter.since(0) == [(10, 7)]
    assert counter.since(11) == []


def test_a_reading_at_the_end_of_a_stretch_is_its_own() -> None:
    counter = Counter(whole=True)
    for at in (1, 5, KEPT_NS, KEPT_NS + 1):
        counter.take(at, at)
    assert [at for at, _ in counter.since(0)] == [1, KEPT_NS, KEPT_NS + 1]


def test_what_is_known_of_the_stretch_under_way_is_its_first_reading() -> None:
    counter = Counter(whole=True)
    assert counter.known_by(0) == 0
    for at in (1, 5, KEPT_NS + 10, KEPT_NS + 20):
        counter.take(at, at)
    assert [counter.known_by(at) for at in (1, 2, 6, KEPT_NS, KEPT_NS + 1, KEPT_NS + 10, KEPT_NS + 11)] == [
        0,
        1,
        1,
        1,
        2,
        2,
        3,
    ]
    assert counter.known_by(KEPT_NS + 21) == 3
    assert counter.known_by(2 * KEPT_NS + 1) == 4


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_a_register_asked_again_is_that_of_the_readings_known_then(seed: int, dice: random.Random) -> None:
    told = story(seed, rate_known=False, steps=40)
    readings = [(at, value) for at, value in zip(told.times, told.counts, strict=True)]
    late = [readings.pop(dice.randrange(len(readings))) for _ in range(3)]
    counter = Counter(whole=True)
    registers = Registers({"m/e": counter})
    changes = told.replacements
    meter = Meter("main", "", Carrier.ELECTRICITY, "m/e", Fraction(1), told.nature.hold_ns)
    taken: Readings = []
    for at, value in readings:
        counter.take(at, value)
        taken.append((at, value))
        if late and dice.random() < 0.1:
            gone = late.pop()
            counter.take(*gone)
            taken.append(gone)
        if dice.random() < 0.3:
            as_of = at - dice.randrange(3) * MINUTE_NS + 1 if dice.random() < 0.8 else dice.randrange(at + 1)
            found = registers.of(meter, changes, as_of)
            known = [each for each in kept(taken)][: counter.known_by(as_of)]
            anew = Register(nature(meter), [change for change in changes if change.at < as_of])
            anew.take([time for time, _ in known], [value for _, value in known])
            assert (found.events, found.gaps, found.newest) == (anew.events, anew.gaps, anew.newest)
            assert found.use(0, as_of) == anew.use(0, as_of)


def test_floats_are_kept_in_whole_parts() -> None:
    meter = Meter("m", "", Carrier.WATER, "m/v", Fraction(1), HOUR_NS, scale=1000)
    assert (count(meter, 1.0005), count(meter, 2)) == (1000, 2000)
    assert amount(meter, Use(1500, None, 7)) == Amount(Fraction(3, 2), None, 7)


def test_limits_are_in_the_registers_own_counts() -> None:
    meter = Meter(
        "m", "", Carrier.ELECTRICITY, "m/e", Fraction(40), HOUR_NS, 10, Fraction(99_999), Fraction(100), HOUR_NS
    )
    found = nature(meter)
    assert (found.wraps_at, found.most_an_hour, found.stuck_ns) == (999_990, 26, HOUR_NS)
    assert nature(METER).wraps_at is None
    assert nature(METER).most_an_hour is None


def test_replacements_are_on_record() -> None:
    bodies = (
        MeterChange(meter="main", changed_at=Instant(20), final=Fraction("12.5"), initial=Fraction(0)),
        MeterChange(meter="main", changed_at=Instant(10)),
        MeterChange(meter="other", changed_at=Instant(5)),
    )
    book = RecordBook(ZoneInfo("UTC"), [Record(id=str(n), body=body, received=0) for n, body in enumerate(bodies)])
    meter = Meter("main", "", Carrier.ELECTRICITY, "m/e", Fraction(1), HOUR_NS, scale=10)
    assert replacements(meter, book) == (Replacement(10, None, None), Replacement(20, 125, 0))


def test_amounts_are_added_and_taken_away() -> None:
    one, two = Amount(Fraction(3), Fraction(5), 1), Amount(Fraction(1), Fraction(4), 2)
    assert total([one, two]) == Amount(Fraction(4), Fraction(9), 3)
    assert total([]) == NOTHING
    assert one.less(two) == Amount(Fraction(0), Fraction(4), 3)
    assert one.less(Amount(Fraction(1), None)) == Amount(Fraction(0), Fraction(4), 1)
    assert Amount(Fraction(3), None).less(two) == Amount(Fraction(0), None, 2)
    assert (one + Amount(Fraction(1), None)).high is None
    assert one.times(Fraction(2)) == Amount(Fraction(6), Fraction(10), 1)
    assert Amount(Fraction(1), None).times(Fraction(2)).high is None


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        ([0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180], 3),
        ([0, 2, 58, 62, 119, 121, 179, 181], 3),
        ([0, 30, 60, 180], 1),
        ([1, 59, 61, 119, 121, 170], 1),
        ([0, 50], 0),
        ([], 0),
    ],
)
def test_an_hour_is_read_where_its_ends_are(times: list[int], hours: int) -> None:
    register = Register(nature(METER))
    register.take([at * MINUTE_NS for at in times], times)
    hold = 5 * MINUTE_NS
    assert hours_read(register, hold, 0, 3 * HOUR_NS + SECOND_NS) == (hours, 3)
    assert hours_read(register, hold, 0, MINUTE_NS) == (0, 0)


def test_the_hour_that_has_just_ended_is_read_while_its_newest_reading_holds() -> None:
    register = Register(nature(METER))
    register.take([0, 58 * MINUTE_NS], [0, 5])
    assert hours_read(register, 5 * MINUTE_NS, 0, HOUR_NS) == (1, 1)


def test_a_register_that_is_stuck_is_known_for_one_before_it_is_settled() -> None:
    meter = replace(METER, per_count=Fraction(1), most_an_hour=Fraction(60), stuck_ns=12 * HOUR_NS)
    counter = Counter(whole=True)
    for hour in range(48):
        counter.take(hour * HOUR_NS, 10 * min(hour, 20))
    end = 24 * HOUR_NS

    def known_at(at: int) -> Use:
        return Registers({"m/e": counter}).of(meter, (), at).use(0, end)

    final = known_at(48 * HOUR_NS)
    assert final.high is not None
    assert final.high > final.low == 200
    assert known_at(end + SETTLED_NS) == Use(200, 200), "nobody can know yet"
    assert known_at(end + settled_ns([METER, meter])) == final
    assert settled_ns([METER]) == SETTLED_NS


def test_what_is_not_believed_is_no_reading_of_an_hours_end() -> None:
    register = Register(nature(METER))
    register.take([at * MINUTE_NS for at in (0, 58, 60, 62, 120, 180)], [5, 10, 9000, 12, 20, 30])
    assert register.believed(HOUR_NS, 2 * HOUR_NS).tolist() == [at * MINUTE_NS for at in (58, 62, 120)]
    assert hours_read(register, 5 * MINUTE_NS, 0, 3 * HOUR_NS) == (3, 3)
    assert hours_read(register, 3 * MINUTE_NS, 0, 3 * HOUR_NS) == (1, 3)


def test_two_meters_of_one_point_both_hear_of_a_late_reading() -> None:
    counter = Counter(whole=True)
    registers = Registers({"m/e": counter})
    meters = [METER, Meter("pulses", "", Carrier.ELECTRICITY, "m/e", Fraction(1), HOUR_NS, scale=10)]
    for at in (0, 10 * HOUR_NS, 12 * HOUR_NS):
        counter.take(at, at // HOUR_NS)
    as_of = 12 * HOUR_NS + 1
    assert [registers.of(meter, (), as_of).use(0, 5 * HOUR_NS) for meter in meters] == [
        Use(0, 10, 5 * HOUR_NS),
        Use(0, 100, 5 * HOUR_NS),
    ]
    counter.take(5 * HOUR_NS, 4)
    assert [registers.of(meter, (), as_of).use(0, 5 * HOUR_NS).low for meter in meters] == [4, 40]


def test_the_hours_of_a_meter_are_those_of_its_believed_readings() -> None:
    counter = Counter(whole=True)
    for at, value in ((0, 5), (58, 10), (60, 9000), (62, 12), (120, 20), (180, 30)):
        counter.take(at * MINUTE_NS, value)
    register = Registers({"m/e": counter}).of(METER, (), 5 * HOUR_NS)
    assert [hours_read(register, hold * MINUTE_NS, 0, 3 * HOUR_NS) for hold in (5, 3)] == [(3, 3), (1, 3)]


@pytest.mark.parametrize(("after", "since"), [(200, 19), (201, 23)])
def test_a_register_that_stood_still_before_a_gap_and_after_it_is_looked_at_from_then_on(
    after: int, since: int
) -> None:
    counter = Counter(whole=True)
    for hour in range(24):
        counter.take(hour * HOUR_NS, 10 * min(hour, 20))
    counter.take(60 * HOUR_NS, after)
    assert counter.late == since * HOUR_NS, "nothing it said after the reading before is settled any more"


def test_one_that_never_moved_is_looked_at_from_its_first_reading_on() -> None:
    counter = Counter(whole=True)
    for hour in (0, 1, 2, 60):
        counter.take(hour * HOUR_NS, 7)
    assert counter.late == 0
