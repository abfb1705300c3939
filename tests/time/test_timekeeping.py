"""Whether the machine's clock can be right, and what is noted of it; instants are seconds after the start."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.timekeeping import NEAR_NS, Reading, Timekeeper
from agent.timeline import MOST_SKIPPED, TOLERANCE_NS, Timeline
from evaluators.model.gaps import GapCause
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS, instant

START = instant(datetime(2026, 3, 1, tzinfo=UTC))
HOUR = 3600
NEVER_SET = -START // SECOND_NS + 100
"""The second 100 of 1970."""


def s(seconds: float) -> int:
    """An instant."""
    return START + round(seconds * SECOND_NS)


class Machine:
    """A machine with its clock, and a timekeeper that looks at it every second of each life."""

    def __init__(self, shows: float = 0, line: Timeline | None = None) -> None:
        self.wall, self.up, self.awake = s(shows), 0, 0
        self.keeper = Timekeeper(line or Timeline(), self.reading)

    @property
    def reading(self) -> Reading:
        """What the clocks show."""
        return Reading(self.wall, self.up, self.awake)

    def go_by(self, seconds: float) -> Machine:
        """Time goes by, and is looked at every second."""
        left = round(seconds * SECOND_NS)
        while left > 0:
            part = min(left, SECOND_NS)
            self.wall, self.up, self.awake = self.wall + part, self.up + part, self.awake + part
            self.keeper.look(self.reading)
            left -= part
        return self

    def step(self, seconds: float) -> Machine:
        """The clock is set, and looked at."""
        self.wall += round(seconds * SECOND_NS)
        self.keeper.look(self.reading)
        return self

    def suspend(self, seconds: float) -> Machine:
        """The machine sleeps, and is looked at."""
        length = round(seconds * SECOND_NS)
        self.wall, self.up = self.wall + length, self.up + length
        self.keeper.look(self.reading)
        return self

    @property
    def mark(self) -> int:
        """What is wrong with the time now."""
        return self.keeper.mark

    def again(self, shows: float) -> Machine:
        """Another life on the same journal begins."""
        return Machine(shows, Timeline.of(self.keeper.timeline.row()))

    @property
    def gaps(self) -> list[tuple[str, float, float, str]]:
        """What is to be noted: cause, start, end, detail."""
        return [
            (g.cause.value, (g.start - START) / SECOND_NS, ((g.end or 0) - START) / SECOND_NS, g.detail)
            for g in self.keeper.gaps
        ]

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Their starts and ends alone."""
        return [(start, end) for _, start, end, _ in self.gaps]


def test_a_clock_that_is_put_right_little_by_little_makes_no_gap() -> None:
    machine = Machine()
    for _ in range(100):
        machine.go_by(10).step(TOLERANCE_NS / SECOND_NS).go_by(1).step(-TOLERANCE_NS / SECOND_NS)
    assert machine.gaps == []
    assert machine.keeper.is_right
    assert machine.mark == Reason.NONE


def test_an_hour_forward_is_a_gap_and_what_comes_right_after_is_marked() -> None:
    machine = Machine().go_by(10).step(HOUR)
    assert machine.gaps == [("clock_step", 10, 10 + HOUR, "the clock was set forward by 1 h")]
    assert machine.keeper.is_right
    assert machine.mark == Reason.CLOCK_STEP
    machine.go_by(NEAR_NS / SECOND_NS)
    assert machine.mark == Reason.NONE
    assert machine.keeper.trouble == ""


def test_an_hour_back_is_a_gap_and_is_waited_out() -> None:
    machine = Machine().go_by(2 * HOUR).step(-HOUR)
    assert machine.gaps == [("clock_step", HOUR, 2 * HOUR, "the clock was set back by 1 h")]
    for _ in range(HOUR - 2):
        machine.go_by(1)
        assert machine.mark == Reason.CLOCK_NOT_SET
    assert machine.keeper.trouble == (
        "the machine's clock shows 2026-03-01 01:59:58 UTC, which it has shown before; that lasts until"
        " 2026-03-01 02:00:00 UTC; meanwhile samples are uncertain and nothing is judged"
    )
    machine.go_by(2)
    assert machine.mark == Reason.NONE
    assert len(machine.gaps) == 1


def test_a_first_start_ahead_that_is_put_right_goes_on_at_once() -> None:
    machine = Machine(8 * HOUR).go_by(30).step(-8 * HOUR)
    assert machine.keeper.is_right
    assert machine.spans == [(8 * HOUR, 8 * HOUR + 30)]
    machine.go_by(100)
    assert machine.keeper.is_right
    assert machine.keeper.timeline.has_shown(s(100))
    assert not machine.keeper.timeline.has_shown(s(200))


def test_a_start_before_the_journals_first_instant_is_a_clock_that_was_not_set() -> None:
    machine = Machine().go_by(600).again(-3 * HOUR).go_by(10)
    assert machine.keeper.trouble == (
        "the machine's clock shows 2026-02-28 21:00:10 UTC, which is before 2026-03-01 00:00:00 UTC, when there"
        " was no journal: set it; meanwhile samples are uncertain and nothing is judged"
    )
    machine.step(-60).step(4 * HOUR)
    assert machine.keeper.begun == s(HOUR - 60)
    assert machine.spans == [(HOUR - 60, HOUR - 50)]


def test_a_mistake_of_an_hour_that_is_put_right_leaves_two_gaps() -> None:
    machine = Machine().go_by(2 * HOUR).step(-HOUR).go_by(60).step(HOUR)
    assert machine.spans == [(HOUR, 2 * HOUR), (2 * HOUR, 2 * HOUR + 60)]
    assert machine.gaps[1][3] == "the clock was wrong: it had shown 2026-03-01 01:00:00 UTC"
    assert machine.keeper.is_right


def test_a_clock_that_was_ahead_goes_on_at_once_where_it_had_shown_nothing() -> None:
    machine = Machine().go_by(60).step(8 * HOUR).go_by(30).step(-8 * HOUR)
    assert machine.spans == [(60, 60 + 8 * HOUR), (60 + 8 * HOUR, 90 + 8 * HOUR)]
    assert machine.gaps[1][3] == "the clock was set back by 8 h: it had been ahead"
    assert machine.keeper.is_right
    machine.go_by(8 * HOUR - 32)
    assert machine.keeper.is_right
    machine.go_by(3)
    assert not machine.keeper.is_right, "what it showed while it was ahead comes a second time"
    machine.go_by(29)
    assert machine.keeper.is_right


def test_a_machine_that_starts_ahead_and_is_put_right_goes_on_at_once() -> None:
    machine = Machine().go_by(60).again(8 * HOUR).go_by(30).step(100 - 8 * HOUR)
    assert machine.keeper.is_right
    assert machine.spans == [(8 * HOUR, 8 * HOUR + 30)]


def test_what_was_shown_in_a_stretch_that_had_been_skipped_is_shown_no_second_time() -> None:
    machine = Machine().go_by(60).step(8 * HOUR).go_by(30).step(-8 * HOUR).go_by(600).step(-300)
    assert not machine.keeper.is_right
    assert machine.keeper.timeline.has_shown(s(500))
    assert not machine.keeper.timeline.has_shown(s(800))


def test_a_start_in_1970_is_put_in_its_place_once_the_clock_is_set() -> None:
    machine = Machine().go_by(60).again(NEVER_SET).go_by(20)
    assert machine.keeper.begun is None
    assert machine.mark == Reason.CLOCK_NOT_SET
    assert machine.keeper.trouble.startswith(
        "the machine's clock shows 1970-01-01 00:02:00 UTC, which is before 20"
    )
    assert machine.gaps == []
    machine.wall = s(1000)
    machine.keeper.look(machine.reading)
    assert machine.keeper.before == s(60)
    assert machine.keeper.begun == s(980), "it had been up for 20 s when the clock was set"
    assert machine.gaps == [("clock_step", 980, 1000, "the clock was wrong: it had shown 1970-01-01 00:01:40 UTC")]
    assert machine.mark == Reason.CLOCK_STEP
    machine.go_by(11)
    assert machine.mark == Reason.NONE


def test_the_first_start_ever_may_be_in_1970() -> None:
    machine = Machine(NEVER_SET).go_by(5)
    machine.wall = s(0)
    machine.keeper.look(machine.reading)
    assert (machine.keeper.before, machine.keeper.begun) == (None, s(-5))
    assert machine.spans == [(-5, 0)]


def test_a_clock_that_loses_itself_while_the_agent_runs() -> None:
    machine = Machine().go_by(60)
    machine.wall = s(NEVER_SET)
    machine.keeper.look(machine.reading)
    machine.go_by(30)
    assert machine.mark == Reason.CLOCK_NOT_SET
    machine.step(-5)
    assert machine.gaps == []
    machine.wall = s(200)
    machine.keeper.look(machine.reading)
    assert machine.spans == [(60, 200)]


def test_a_start_behind_what_was_shown_is_waited_out() -> None:
    machine = Machine().go_by(600).again(500)
    assert machine.gaps == [("clock_step", 500, 600, "the clock began behind what it had shown before")]
    machine.go_by(98)
    assert not machine.keeper.is_right
    machine.go_by(2)
    assert machine.keeper.is_right
    assert machine.keeper.begun == s(600) == machine.keeper.before


def test_a_start_behind_that_is_put_right_by_a_step() -> None:
    machine = Machine().go_by(600).again(500).go_by(10).step(1000)
    assert machine.keeper.begun == s(1500)
    assert machine.spans == [(500, 600), (1500, 1510)]


def test_a_suspended_machine_was_stopped_and_its_clock_was_not_set() -> None:
    machine = Machine().go_by(60).suspend(HOUR)
    assert machine.gaps == [("stopped", 60, 60 + HOUR, "the machine was suspended")]
    assert machine.mark == Reason.NONE
    machine.suspend(0.5)
    assert len(machine.gaps) == 1
    assert not machine.keeper.timeline.has_shown(s(1000)), "it may still come"


def test_of_many_stretches_only_the_newest_are_remembered() -> None:
    machine = Machine()
    for _ in range(MOST_SKIPPED + 5):
        machine.go_by(1).step(10)
    line = machine.keeper.timeline
    assert len(line.skipped) == MOST_SKIPPED
    assert line.has_shown(s(5)), "what is forgotten counts as shown"


@pytest.mark.parametrize("seconds", [1, 30, 5 * HOUR])
def test_a_timeline_is_kept_whole(seconds: float) -> None:
    line = Machine().go_by(10).step(HOUR).go_by(3).step(-HOUR / 2).keeper.timeline
    assert Timeline.of(line.row()) == line == line.copy()
    line.go_on(s(seconds) + line.at - s(0))
    assert all(start < end for start, end in line.skipped)


deeds = st.lists(
    st.tuples(st.sampled_from(["go_by", "step", "suspend"]), st.integers(-40, 40)).filter(
        lambda deed: deed[0] == "step" or deed[1] > 0
    ),
    max_size=12,
)


@given(deeds)
def test_no_instant_is_right_twice_but_within_the_tolerance(story: list[tuple[str, int]]) -> None:
    machine = Machine()
    right: set[int] = set()
    before = machine.wall
    for name, seconds in story:
        for _ in range(seconds if name == "go_by" else 1):
            getattr(machine, name)(1 if name == "go_by" else seconds)
            if machine.keeper.is_right:
                at = machine.keeper.timeline.at
                assert at not in right or abs(at - before) <= TOLERANCE_NS, (at - START) / SECOND_NS
                if name == "go_by":
                    right.add(before)  # spans are half-open
                before = at
    for gap in machine.keeper.gaps:
        assert gap.cause in (GapCause.CLOCK_STEP, GapCause.STOPPED)
        assert gap.end is not None
        assert gap.start < gap.end
