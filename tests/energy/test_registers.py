"""Registers: nothing is booked that was not used, and the truth lies inside every interval."""

from __future__ import annotations

import os
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.energy.registers import Event, Happening, Register, Replacement
from evaluators.energy.uses import Nature, Use
from evaluators.model.times import HOUR_NS, MINUTE_NS
from tests.energy.meters import MOST, STEP_NS, WRAPS_AT, story

STORIES = int(os.environ.get("STEWARD_METERS", "300"))
"""How many meters live a day and more."""
QUARTER = 15 * MINUTE_NS
PLAIN = Nature(3 * QUARTER)
RATED = Nature(3 * QUARTER, WRAPS_AT, MOST)


def read(nature: Nature, *counts: int, replacements: tuple[Replacement, ...] = ()) -> Register:
    """A register read each quarter of an hour."""
    register = Register(nature, replacements)
    register.take([place * QUARTER for place in range(len(counts))], counts)
    return register


def happened(register: Register) -> list[tuple[int, Happening]]:
    """When what happened, in quarters of an hour."""
    return [(event.at // QUARTER, event.what) for event in register.events]


def test_between_readings_use_is_what_they_differ_by() -> None:
    register = read(PLAIN, 100, 130, 130, 190)
    assert register.use(0, 3 * QUARTER) == Use(90, 90)
    assert register.use(QUARTER, 2 * QUARTER) == Use(0, 0)
    assert register.events == []


def test_within_a_step_any_part_of_it_may_have_gone_through() -> None:
    register = read(PLAIN, 100, 130, 190)
    assert register.use(MINUTE_NS, 2 * MINUTE_NS) == Use(0, 30)
    assert register.use(MINUTE_NS, QUARTER + MINUTE_NS) == Use(0, 90)
    assert register.use(MINUTE_NS, 2 * QUARTER) == Use(60, 90)
    assert register.use(0, QUARTER + MINUTE_NS) == Use(30, 90)


def test_the_greatest_rate_narrows_what_a_part_of_a_step_can_be() -> None:
    register = read(Nature(HOUR_NS, None, 240), 0, 50)  # 60 at most in a quarter of an hour
    assert register.use(0, 10 * MINUTE_NS) == Use(50 - 21, 41)  # 1 for what is cut off in dividing


def test_beyond_the_readings_nobody_can_say() -> None:
    register = read(PLAIN, 100, 130)
    assert register.use(-QUARTER, 2 * QUARTER) == Use(30, None, 2 * QUARTER)
    assert register.use(QUARTER, 3 * QUARTER) == Use(0, None, 2 * QUARTER)
    assert register.use(QUARTER, QUARTER) == Use(0, 0)
    assert Register(PLAIN).use(0, HOUR_NS) == Use(0, None, HOUR_NS)
    assert read(RATED, 0, 100).use(-HOUR_NS, 0) == Use(0, MOST + 1, HOUR_NS)


def test_across_a_gap_the_total_is_known_and_its_shape_is_not() -> None:
    register = Register(PLAIN)
    register.take([0, QUARTER, 40 * QUARTER], [0, 10, 500])
    assert register.gaps == [(QUARTER, 40 * QUARTER)]
    assert register.use(0, 40 * QUARTER) == Use(500, 500, 39 * QUARTER)
    assert register.use(10 * QUARTER, 20 * QUARTER) == Use(0, 490, 10 * QUARTER)


def test_a_register_turns_over() -> None:
    register = read(RATED, WRAPS_AT - 100, 200, 300)
    assert register.use(0, 2 * QUARTER) == Use(400, 400)
    assert happened(register) == [(1, Happening.TURNED)]
    assert read(Nature(HOUR_NS, WRAPS_AT), WRAPS_AT - 100, 200, 300).use(0, 2 * QUARTER) == Use(400, 400)


def test_a_long_gap_may_hide_a_whole_turn() -> None:
    register = Register(RATED)
    register.take([0, 26 * HOUR_NS], [0, 10])
    assert register.use(0, 26 * HOUR_NS) == Use(10, 10 + WRAPS_AT, 26 * HOUR_NS)


def test_a_reset_is_never_booked_as_use() -> None:
    register = read(PLAIN, 5000, 5010, 3, 8, 20)
    assert register.use(0, 4 * QUARTER) == Use(27, None)
    assert register.use(2 * QUARTER, 4 * QUARTER) == Use(17, 17)
    assert happened(register) == [(2, Happening.RESET)]
    assert register.events[0] == Event(2 * QUARTER, Happening.RESET, 5010, 3)


def test_with_a_greatest_rate_even_a_reset_has_a_bound() -> None:
    assert read(RATED, 50_000, 50_010, 3, 8).use(0, 3 * QUARTER) == Use(15, 15 + MOST // 4 + 1)


def test_a_jump_that_stays_is_no_use() -> None:
    register = read(RATED, 0, 10, 50_010, 50_020)
    assert register.use(0, 3 * QUARTER) == Use(20, 20 + MOST // 4 + 1)
    assert happened(register) == [(2, Happening.JUMP)]


@pytest.mark.parametrize("off", [99_000, 0])
def test_one_reading_far_off_is_not_believed(off: int) -> None:
    for nature in (PLAIN, RATED):
        register = read(nature, 5000, 5010, off, 5030, 5040)
        assert register.use(0, 4 * QUARTER) == Use(40, 40)
        assert happened(register) == [(2, Happening.SPIKE)]


def test_two_far_off_in_a_row_are_not_believed_either_where_the_rate_is_known() -> None:
    register = read(RATED, 5000, 5010, 99_000, 40_000, 5040, 5050)
    assert register.use(0, 5 * QUARTER) == Use(50, 50)
    assert happened(register) == [(2, Happening.SPIKE), (3, Happening.SPIKE)]


def test_what_falls_back_a_little_and_goes_on_is_not_negative() -> None:
    register = read(PLAIN, 5000, 5005, 5003, 5015)
    assert register.use(0, 3 * QUARTER) == Use(15, 15)
    assert register.use(QUARTER, 2 * QUARTER) == Use(0, 15)
    assert happened(register) == [(2, Happening.BACKWARD)]


def test_near_zero_a_fall_may_be_a_reset() -> None:
    register = read(RATED, 0, 5, 0, 1)
    assert register.use(0, 3 * QUARTER) == Use(1, 1 + 3 * MOST // 4 + 1)


def test_a_fall_that_goes_on_falling_is_a_reset() -> None:
    register = read(RATED, 5000, 5900, 5100, 0, 10)
    assert happened(register)[-1] == (3, Happening.RESET)
    assert register.use(3 * QUARTER, 4 * QUARTER) == Use(10, 10)


def test_a_little_back_just_before_it_turns_over_may_be_a_reset() -> None:
    register = read(Nature(3 * QUARTER, 100), 80, 85, 95, 92, 3)
    assert happened(register) == [(3, Happening.RESET), (4, Happening.TURNED)]
    assert register.use(0, 4 * QUARTER) == Use(5 + 10 + 11, None)


def test_what_three_readings_decided_is_not_taken_back_by_a_fourth() -> None:
    register = read(RATED, 0, 5, 0, 6, 3, 7)
    assert happened(register) == [(2, Happening.BACKWARD), (4, Happening.SPIKE)]
    assert register.count_at(3 * QUARTER) == (3 * QUARTER, 6)
    assert register.use(0, 5 * QUARTER).low == 7


def test_a_reading_after_a_spike_may_be_taken_back() -> None:
    register = read(RATED, 5010, 5020, 9000, 5030, 5025, 5040)
    assert happened(register) == [(2, Happening.SPIKE), (4, Happening.BACKWARD)]
    assert register.believed(0, 5 * QUARTER).tolist() == [0, QUARTER, 5 * QUARTER]
    assert register.use(QUARTER, 3 * QUARTER) == Use(0, 20, 2 * QUARTER)
    assert register.use(0, 5 * QUARTER) == Use(30, 30, 4 * QUARTER)


def test_a_gap_that_ends_in_a_reading_taken_back_ends_in_the_next_one() -> None:
    register = Register(PLAIN)
    register.take([0, QUARTER, 40 * QUARTER, 41 * QUARTER, 42 * QUARTER], [0, 10, 500, 400, 510])
    assert register.gaps == [(QUARTER, 42 * QUARTER)]
    assert register.use(0, 42 * QUARTER) == Use(510, 510, 41 * QUARTER)


def test_a_meter_replaced_while_nobody_read_it() -> None:
    register = Register(PLAIN, [Replacement(20 * QUARTER, 300, 40)])
    register.take([0, QUARTER, 40 * QUARTER], [0, 10, 45])
    assert register.gaps == [(QUARTER, 40 * QUARTER)]
    assert register.use(0, 40 * QUARTER) == Use(305, 305, 39 * QUARTER)


def test_a_replacement_on_record_is_exact() -> None:
    change = Replacement(QUARTER + MINUTE_NS, 5012, 40)
    register = read(PLAIN, 5000, 5010, 45, 50, replacements=(change,))
    assert register.use(0, 3 * QUARTER) == Use(10 + 2 + 5 + 5, 22)
    assert happened(register) == [(2, Happening.REPLACED)]


def test_a_replacement_without_its_counts_leaves_them_open() -> None:
    register = read(RATED, 5000, 5010, 45, 50, replacements=(Replacement(2 * QUARTER, None, 40),))
    assert register.use(0, 3 * QUARTER) == Use(20, 20 + MOST // 4 + 1)
    register = read(RATED, 5000, 5010, 45, 50, replacements=(Replacement(2 * QUARTER),))
    assert register.use(0, 3 * QUARTER) == Use(15, 15 + MOST // 4 + 1)


@pytest.mark.parametrize(
    "change", [Replacement(2 * QUARTER, 4000, 40), Replacement(2 * QUARTER, 5010, 60), Replacement(2, 90_000, 40)]
)
def test_a_record_that_does_not_fit_is_told_and_books_nothing(change: Replacement) -> None:
    register = read(RATED, 5000, 5010, 45, 50, replacements=(change,))
    assert Happening.MISNOTED in [what for _, what in happened(register)]
    assert register.use(0, 3 * QUARTER).low <= 20


def test_two_replacements_between_readings() -> None:
    changes = (Replacement(QUARTER + 1, 5012, 0), Replacement(QUARTER + 2, 3, 70))
    assert read(PLAIN, 5000, 5010, 75, replacements=changes).use(0, 2 * QUARTER) == Use(20, 20)


def test_one_before_the_first_reading_does_not_matter() -> None:
    register = Register(PLAIN, [Replacement(0, 5, 5)])
    register.take([QUARTER, 2 * QUARTER], [10, 20])
    assert register.use(QUARTER, 2 * QUARTER) == Use(10, 10)


def test_a_reading_in_doubt_does_not_outlive_a_replacement() -> None:
    register = read(RATED, 5000, 5010, 90_000, 45, replacements=(Replacement(3 * QUARTER, 5020, 40),))
    assert register.use(0, 3 * QUARTER) == Use(25, 25)
    assert happened(register) == [(2, Happening.SPIKE), (3, Happening.REPLACED)]


def test_a_register_that_stands_still_for_too_long_is_not_believed() -> None:
    register = read(Nature(HOUR_NS, stuck_ns=HOUR_NS), 0, 5, 10, 10, 10, 10, 10, 10, 30, 50)
    assert happened(register) == [(2, Happening.STUCK)]
    assert register.use(0, QUARTER) == Use(5, 5)
    assert register.use(0, 8 * QUARTER) == Use(30, None)
    assert register.use(8 * QUARTER, 9 * QUARTER) == Use(20, 20)


def test_one_that_is_stuck_stopped_after_the_reading_before_and_may_go_on_before_the_reading_after() -> None:
    register = read(Nature(HOUR_NS, None, 240, HOUR_NS), 0, 5, 10, 10, 10, 10, 10, 10, 30, 50)
    most = 60 + 1  # in a quarter of an hour; 1 for what is cut off in dividing
    assert register.use(QUARTER, 2 * QUARTER) == Use(5, 5 + most)
    assert register.use(3 * QUARTER, 4 * QUARTER) == Use(0, most)
    assert register.use(7 * QUARTER, 8 * QUARTER) == Use(20, 20 + most)
    assert register.use(8 * QUARTER, 9 * QUARTER) == Use(20, 20)
    never_moved = read(Nature(HOUR_NS, None, 240, HOUR_NS), 10, 10, 10, 10, 10, 10)
    assert never_moved.use(0, QUARTER) == Use(0, most)
    assert never_moved.use(4 * QUARTER, 5 * QUARTER) == Use(0, most)


def test_what_it_read_last() -> None:
    register = read(RATED, 5000, 5010, 90_000)
    assert register.count_at(3 * QUARTER) == (QUARTER, 5010)
    assert register.count_at(-1) is None
    assert register.newest == 2 * QUARTER
    assert read(RATED, 1).newest == 0
    assert Register(PLAIN).newest is None
    assert Use(1, 1).is_exact
    assert not Use(1, None).is_exact


@settings(max_examples=STORIES, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_the_truth_lies_inside_every_interval(seed: int, rate_known: bool) -> None:
    told = story(seed, rate_known=rate_known)
    register = told.register()
    dice = random.Random(seed)
    last = told.times[-1]
    spans = [(0, last), *pairwise(told.times)]
    spans += [
        (min(pair), max(pair)) for pair in ((dice.randrange(last), dice.randrange(last + 1)) for _ in range(50))
    ]
    for start, end in spans:
        found, truth = register.use(start, end), told.truth(start, end)
        assert 0 <= found.low <= truth + 1e-6, (start / STEP_NS, end / STEP_NS)
        assert found.high is None or found.high >= truth - 1e-6, (start / STEP_NS, end / STEP_NS)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_where_both_readings_are_known_the_parts_add_up_to_what_they_differ_by(seed: int) -> None:
    told = story(seed, rate_known=True, faults=False)
    register = told.register()
    for start, end in ((0, told.times[-1]), (told.times[3], told.times[-2])):
        parts = [register.use(left, right) for left, right in pairwise(told.times) if start <= left < end]
        whole = sum(parts, Use(0, 0))
        assert register.use(start, end) == whole
        assert whole.is_exact
        assert whole.low == round(told.truth(start, end))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.integers(1, 7))
def test_in_any_batches_it_says_the_same(seed: int, rate_known: bool, size: int) -> None:
    told = story(seed, rate_known=rate_known)
    one = told.register()
    other = Register(told.nature, told.replacements)
    for start in range(0, len(told.times), size):
        other.take(told.times[start : start + size], told.counts[start : start + size])
    assert other.events == one.events
    assert other.gaps == one.gaps
    for start, end in pairwise(range(0, told.times[-1], 7 * STEP_NS + 1)):
        assert other.use(start, end) == one.use(start, end)
