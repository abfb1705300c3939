"""Blocks into counters: gathered or one by one, the same readings are kept, and the same is told of them."""

from __future__ import annotations

import random
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.energy.keeping import Counter
from evaluators.model.energy import Carrier, Meter
from evaluators.model.samples import INT64_MAX, Block, BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.site import Point, Site
from evaluators.model.times import HOUR_NS, MINUTE_NS
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from tests.energy.test_keeping import kept

KINDS = (ValueKind.INT, ValueKind.INT, ValueKind.FLOAT, ValueKind.INT)
POINTS = tuple(Point(f"d/{n}", kind, "", "", HOUR_NS) for n, kind in enumerate(KINDS))
METERS = tuple(Meter(f"m{n}", "", Carrier.WATER, f"d/{n}", Fraction(1), HOUR_NS) for n in range(3))
"""The last point belongs to no meter."""
LAYOUTS = ((0, 1), (0, 1), (0, 1), (0, 3), (1,), (2,), (2, 2), (0, 1, 3))


def standing() -> Standing:
    """Nothing folded."""
    site = Site("s", "", "UTC", (), (), POINTS, meters=METERS)
    return Standing(site, {point.key: number for number, point in enumerate(POINTS)}, METERS)


def block(dice: random.Random, at: int, points: tuple[int, ...]) -> Block:
    """One time, mostly; good, mostly."""
    builder = BlockBuilder(dice.choice(["one", "two"]))
    for point in points:
        time = at - MINUTE_NS * (dice.random() < 0.02)
        quality = Quality.UNCERTAIN if dice.random() < 0.05 else Quality.GOOD
        reason = Reason.NONE if quality is Quality.GOOD else Reason.RETAINED
        kind = ValueKind.TEXT if dice.random() < 0.01 else KINDS[point]
        builder.add(point, kind, time, "x" if kind is ValueKind.TEXT else at // MINUTE_NS, quality, reason)
    return builder.build(at)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_the_same_is_kept_as_of_each_reading_on_its_own(seed: int) -> None:
    dice = random.Random(seed)
    layouts = dice.sample(LAYOUTS, dice.randrange(1, len(LAYOUTS)))
    gathered, told = standing(), dict[int, dict[int, int]]()
    at = 1000 * HOUR_NS
    for _ in range(dice.randrange(60)):
        at += dice.choice([MINUTE_NS, 15 * MINUTE_NS, 15 * MINUTE_NS, HOUR_NS, 5 * HOUR_NS, 70 * HOUR_NS])
        if dice.random() < 0.05:
            at -= 2 * HOUR_NS
        found = block(dice, at, dice.choice(layouts))
        gathered.take(found)
        if dice.random() < 0.05:
            gathered.late_readings()
        for sample in found.samples():
            if sample.point < 3 and sample.quality is Quality.GOOD and not isinstance(sample.value, str):
                assert sample.value is not None
                times = told.setdefault(sample.point, {})
                times[sample.time] = max(int(sample.value), times.get(sample.time, 0))
    gathered.late_readings()
    for point, times in told.items():
        counter: Counter = gathered._counters[point]
        assert counter.since(-(10**18)) == kept(list(times.items()))


def test_readings_gathered_are_late_where_each_would_be() -> None:
    taken = standing()
    for minute in (0, 15, 30, 45, 60, 75):
        taken.take(block(random.Random(1), minute * MINUTE_NS, (0, 1)))
    assert taken.late_readings() is None
    taken.take(block(random.Random(1), 10 * HOUR_NS, (0, 1)))
    assert taken.late_readings() == 75 * MINUTE_NS  # after a gap
    assert taken.late_readings() is None
    assert taken._counters[0].late == INT64_MAX


def test_what_is_gathered_shows_in_the_register() -> None:
    taken, meter = standing(), METERS[0]
    for minute in range(0, 600, 15):
        taken.take(block(random.Random(3), minute * MINUTE_NS, (0, 1)))
    as_of = 9 * HOUR_NS + 1
    register = taken.view(RecordBook(ZoneInfo("UTC")), as_of, ZoneInfo("UTC")).register(meter, (), as_of)
    assert register.use(0, 9 * HOUR_NS).low == 9 * 60


def test_going_on_from_readings_on_disk_is_the_same() -> None:
    whole, restarted = standing(), standing()
    for minute in range(0, 600, 15):
        found = block(random.Random(1), minute * MINUTE_NS, (0, 3, 1))
        whole.take(found)
        if minute < 300:
            restarted.count(0, minute * MINUTE_NS, minute)
        restarted.take_readings(found)
    assert whole.late_readings() is restarted.late_readings() is None
    assert whole._counters[0].since(0) == restarted._counters[0].since(0)
