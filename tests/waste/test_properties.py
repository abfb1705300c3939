"""Whatever is drawn and however it is read: what is told as sure is so, and intervals hold the truth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.energy.registers import Register
from evaluators.energy.uses import Nature
from evaluators.model.energy import Meter
from evaluators.model.times import HOUR_NS, moment
from evaluators.model.waste import Finding, Range, Span, Tariff
from evaluators.waste.hours import Hours
from evaluators.waste.loads import steps
from evaluators.waste.scene import QUARTER_NS, Scene
from tests.waste.scenes import CALENDAR, OPEN, WEEK, ZONE, at, found, is_open, meter, scene

SINCE, UNTIL = at(20), at(31)


@dataclass
class Told:
    """What went through a meter in each quarter of an hour, and the register that counted it."""

    used: Sequence[int]
    register: Register

    def true(self, spans: Sequence[Span]) -> Fraction:
        """What went through in whole quarters, in thousandths of the meter's unit."""
        total = 0
        for span in spans:
            first, last = ((edge - SINCE) // QUARTER_NS for edge in (span.start, span.end))
            total += sum(self.used[first:last])
        return Fraction(total)


def told(seed: int, per_count: int) -> Told:
    """Eleven days of any load, higher in open hours; read at any times, at first and at last in any case."""
    dice = random.Random(seed)
    by_day, by_night = dice.randrange(1, 60_000), dice.randrange(1, 30_000)
    used = []
    for start in range(SINCE, UNTIL, QUARTER_NS):
        most = by_day if is_open(moment(start).astimezone(ZONE)) else by_night
        used.append(dice.randrange(most))
    times, counts, total, keeps = [SINCE], [0], 0, dice.choice([1.0, 0.9, 0.3, 0.05])
    for place, each in enumerate(used, start=1):
        total += each
        if dice.random() < keeps or place == len(used):
            times.append(SINCE + place * QUARTER_NS)
            counts.append(total // per_count)
    register = Register(Nature(2 * HOUR_NS))
    register.take(times, counts)
    return Told(used, register)


def holds(found: Range, truth: Fraction) -> bool:
    """Whether the truth lies between the ends."""
    return found.low <= truth and (found.high is None or truth <= found.high)


def findings(rule_id: str, seen: Scene) -> list[Finding]:
    """What a rule finds, sure or not."""
    return [each for each in found(rule_id, seen) if isinstance(each, Finding)]


def seen_by(meter_: Meter, story: Told, tariff: Tariff | None = None) -> Scene:
    """The week, with this meter alone."""
    return scene({meter_: story.register}, WEEK, tariff=tariff)


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_a_base_load_holds_the_truth_and_what_is_sure_is_above_the_limit(seed: int) -> None:
    story = told(seed, 1)
    open_spans = Hours(OPEN, CALENDAR, ZONE).open_spans(SINCE, WEEK.end)
    by_day = story.true(open_spans) / sum(span.length for span in open_spans)
    for name in ("night-load", "holiday-load"):
        for each in findings(name, seen_by(meter(), story)):
            truth = story.true(each.spans) / sum(span.length for span in each.spans) / by_day
            assert holds(each.measured, truth)
            assert each.may_be or truth > each.limit
            assert each.wasted is not None
            length = Fraction(sum(span.length for span in each.spans), HOUR_NS)
            wasted = max(Fraction(0), truth - each.limit) * by_day * HOUR_NS * length / 1000
            assert holds(each.wasted, wasted)


@given(st.integers(0, 10**6), st.sampled_from([1, 400, 10_000]), st.sampled_from([1, 3]))
@settings(max_examples=60)
def test_each_step_of_a_coarse_register_holds_the_truth(seed: int, per_count: int, hours: int) -> None:
    story = told(seed, per_count)
    coarse = meter(per_count=Fraction(per_count, 1000))
    seen = seen_by(coarse, story)
    loads = list(steps(seen, coarse, WEEK, hours * HOUR_NS))
    for load in loads:
        assert hours * HOUR_NS <= load.span.length < 2 * hours * HOUR_NS
        assert holds(load.mean, story.true([load.span]) / 1000 * HOUR_NS / load.span.length)
    if len(story.register.times_within(WEEK.start, WEEK.end)) == WEEK.length // QUARTER_NS + 1:
        assert len(loads) == WEEK.length // (hours * HOUR_NS)


@given(st.integers(0, 10**6), st.sampled_from([1, 400, 10_000]))
@settings(max_examples=60)
def test_no_coarse_register_tells_of_a_peak_that_was_none(seed: int, per_count: int) -> None:
    story = told(seed, per_count)
    tariff = Tariff(contract_kw=Fraction(max(story.used) * 4 * 9, 10_000))
    for each in findings("demand-peak", seen_by(meter(per_count=Fraction(per_count, 1000)), story, tariff)):
        peaks = [story.true([span]) * 4 / 1000 for span in each.spans]
        assert min(peaks) > each.limit
        assert holds(each.measured, peaks[0])
