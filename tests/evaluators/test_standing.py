"""A standing says the same whatever the batches, the order, the shortcuts and the restarts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from evaluators.keeping import GONE, GOOD_RULE, KEPT_UP, LEFT, StoredRun
from evaluators.model.bodies import Declaration, Instant
from evaluators.model.energy import Carrier, Meter
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.samples import INT64_MIN, Block, BlockBuilder, Quality, Reason, Sample, Value, ValueKind
from evaluators.model.site import Category, Condition, Equipment, Item, Part, PartKind, Point, Site, System, Watch
from evaluators.order import order_key
from evaluators.recordbook import RecordBook
from evaluators.standing import MOST_CYCLES, Standing
from evaluators.states import ConditionFold, Reading, Runs, decode, digest, encode, read
from tests.evaluators.building import block, sample, site, stream, works
from tests.evaluators.building import drawn as drawn_states

FLOATS, FLAGS, WORDS = range(3), range(3, 6), range(6, 8)
"""Points of each kind; 8 to 10 are ints, of which 10 has no rule."""

KINDS = {
    **dict.fromkeys(FLOATS, ValueKind.FLOAT),
    **dict.fromkeys(FLAGS, ValueKind.BOOL),
    **dict.fromkeys(WORDS, ValueKind.TEXT),
    **dict.fromkeys((8, 9, 10), ValueKind.INT),
}
RULES: dict[int, list[Condition]] = {
    0: [Condition("d/0", at_most=1.0), Condition("d/0", at_least=-0.0, accept_uncertain=True)],
    1: [Condition("d/1", at_most=1.0)],
    3: [Condition("d/3", one_of=(True,))],
    4: [Condition("d/4", one_of=(True,))],
    6: [Condition("d/6", one_of=("auto",))],
    8: [works("d/8", not_required_for=(2,))],
    9: [works("d/9", unknown_for=(2,))],
}
VALUES: dict[ValueKind, tuple[Value, ...]] = {
    ValueKind.FLOAT: (0.0, -0.0, 1.0, 7.5),
    ValueKind.BOOL: (False, True),
    ValueKind.TEXT: ("auto", "hand"),
    ValueKind.INT: (0, 1, 2),
}


def building(extra: Sequence[Condition] = ()) -> Site:
    """A site with an item a rule, holds of 2 to 5 ticks, and a watch."""
    points = tuple(Point(f"d/{n}", kind, "", "", 2 + n % 4) for n, kind in KINDS.items())
    items = tuple(Item(f"e/{n}", "", tuple(conditions)) for n, conditions in RULES.items())
    watch = Watch("e/fire", "", Category.FIRE_ALARM, (Condition("d/4", one_of=(True,)), *extra))
    return Site("s", "", "UTC", (System("x", ""),), (Equipment("e", "", "x", items, watches=(watch,)),), points)


NUMBERS = {f"d/{n}": n for n in KINDS}


@dataclass
class Reference:
    """Every sample taken, and what folding them all in order gives."""

    samples: list[Sample] = field(default_factory=list)

    def of(self, point: int) -> list[Sample]:
        """Those of one point, in the order of judging."""
        return sorted((s for s in self.samples if s.point == point), key=order_key)

    def runs(self, condition: Condition, hold: int) -> Runs:
        """One condition's runs, from nothing and in order."""
        fold = ConditionFold(condition, hold)
        winners = {s.time: s for s in self.of(NUMBERS[condition.point])}
        for winner in winners.values():
            assert fold.take(winner.time, winner.value, winner.quality, winner.reason)
        return fold.runs

    def good(self) -> dict[str, int]:
        """The newest good sample of each point."""
        found: dict[str, int] = {}
        for s in self.samples:
            if s.quality is Quality.GOOD:
                found[f"d/{s.point}"] = max(s.time, found.get(f"d/{s.point}", s.time))
        return found


def runs_of(standing: Standing) -> dict[tuple[Condition, int], Runs]:
    """All runs by condition and hold, once everything is settled."""
    standing._settle_all()
    return {(fold.condition, fold.hold_ns): fold.runs for fold in standing._rules.folds}


layouts = st.sampled_from(
    [
        (0, 1, 2),
        (2, 1, 0),
        (0, 0, 1),
        (3, 4, 5),
        (4,),
        (6, 7),
        (8, 9, 10),
        (9, 8),
        (10,),
        (0, 3, 6, 8),
        (2, 5, 7, 10),
    ]
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Mostly a cycle in which little happens: parts of one time; now and then mixed times, late and bad rows."""
    builder = BlockBuilder(draw(st.sampled_from(["bms", "gateway"])))
    at = draw(st.integers(0, 40))
    layout = draw(layouts)
    odd = draw(
        st.dictionaries(st.sampled_from(layout), st.tuples(st.integers(-2, 2), st.integers(0, 6)), max_size=2)
    )
    for point in layout:
        kind = KINDS[point]
        shift, what = odd.get(point, (0, 0))
        values = VALUES[kind]
        if what == 6:
            builder.add(point, kind, at + shift, values[0], Quality.BAD, Reason.OVERRIDDEN)
        elif what == 5:
            builder.bad(point, kind, at + shift, Reason.TIMEOUT)
        elif what == 4:
            builder.add(point, kind, at + shift, values[0], Quality.UNCERTAIN, Reason.OVERRIDDEN)
        else:
            builder.add(point, kind, at + shift, values[what % len(values)])
    return builder.build(0)


def steadily(drawn: Iterable[Block]) -> list[Block]:
    """The blocks in the order of their times, so that cycles are often in step."""
    return sorted(drawn, key=lambda each: each.columns[0].times[0])


@given(st.lists(blocks(), max_size=25), st.booleans(), st.data())
def test_shortcuts_lateness_and_restarts_change_nothing(
    drawn: list[Block], in_order: bool, data: st.DataObject
) -> None:
    stream_of = steadily(drawn) if in_order else drawn
    here = building()
    standing, reference = Standing(here, NUMBERS), Reference()
    disk: dict[tuple[object, ...], StoredRun] = {}
    for each in stream_of:
        reference.samples += each.samples()
        for point in sorted(standing.take(each)):
            late = min(s.time for s in each.samples() if s.point == point)
            since = standing.needed_from(point, late)
            standing.refold(point, [s for s in reference.of(point) if s.time >= since], late)
        if data.draw(st.integers(0, 9)) == 0:
            disk |= {row[:5]: row for row in standing.drain()}
            assert standing.drain() == ()
            if data.draw(st.booleans()):
                standing = Standing.restore(here, NUMBERS, disk.values())
                assert standing.unfolded == frozenset()
                assert standing.drain() == ()
    for (condition, hold), runs in runs_of(standing).items():
        assert runs == reference.runs(condition, hold), condition
    assert standing.view(RecordBook(UTC), 100, UTC).last_known() == reference.good()


@given(
    st.text("UUUUUUDx.", min_size=20, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from("UDx")), min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_a_late_sample_needs_only_those_from_around_it_on(
    line: str, late: list[tuple[int, str]], restarts: list[bool]
) -> None:
    hold = 6
    here, numbers = site([[works()]], hold=hold), {"d/0": 0}
    taken = [replace(s, time=2 * s.time) for s in stream(line)]
    standing = Standing(here, numbers)
    disk: dict[tuple[object, ...], StoredRun] = {}
    for each in taken:
        standing.take(block([each]))
    for (at, letter), restart in zip(late, restarts, strict=False):
        (came,) = stream(letter)
        came = replace(came, time=2 * at + 1)
        if came.time in {s.time for s in taken}:
            continue
        taken.append(came)
        if standing.take(block([came])):
            since = standing.needed_from(0, came.time)
            standing.refold(0, sorted((s for s in taken if s.time >= since), key=order_key), came.time)
        if restart:
            disk |= {row[:5]: row for row in standing.drain()}
            standing = Standing.restore(here, numbers, disk.values())
    fold = ConditionFold(works(), hold)
    for each in sorted(taken, key=order_key):
        assert fold.take(each.time, each.value, each.quality, each.reason)
    assert runs_of(standing) == {(works(), hold): fold.runs}


def test_a_long_run_is_cut_near_the_late_sample_and_an_unknown_one_taken_as_a_whole() -> None:
    fold = ConditionFold(works(), 3)
    assert fold.needed_from(5) == 5, "nothing to keep"
    for each in stream("U" * 50 + "x" * 50 + "U" * 3):
        fold.take(each.time, each.value, each.quality, each.reason)
    assert [fold.needed_from(at) for at in (1, 30, 51, 80, 101)] == [0, 24, 45, 50, 50]
    again = fold.rewind(24)
    assert again.stays == 1
    fold.runs.cut(again.stays)
    again.take(sample(23, 1))
    again.take(sample(24, 1))
    assert next(iter(fold.runs))[:2] == (0, 24)
    again.take(sample(25, 1))
    assert [run[:2] for run in fold.runs] == [(0, 25)]


def test_what_follows_and_says_the_same_makes_no_run() -> None:
    fold = ConditionFold(works(), 3)
    assert fold.take(0, 1, Quality.GOOD, Reason.NONE)
    fold.follow(0, 1, 1, Quality.GOOD, Reason.NONE)
    assert len(fold.runs) == 1
    fold.follow(1, 2, 0, Quality.GOOD, Reason.NONE)
    assert list(fold.runs.starts) == [0, 2]


@given(st.lists(blocks(), max_size=15), st.booleans())
def test_a_rule_that_is_new_is_folded_anew(drawn: list[Block], comes_back: bool) -> None:
    reference = Reference()
    old = Standing(building(), NUMBERS)
    for each in steadily(drawn):
        reference.samples += each.samples()
        for point in old.take(each):
            old.refold(point, reference.of(point))
    disk = {row[:5]: row for row in old.drain()}
    new = building([works("d/10")])
    changed = Standing.restore(new, NUMBERS, disk.values())
    assert changed.unfolded == {10}
    disk |= {row[:5]: row for row in changed.drain()}
    assert Standing.restore(new, NUMBERS, disk.values()).unfolded == {10}, "not before it was folded"
    changed.refold(10, reference.of(10))
    for (condition, hold), runs in runs_of(changed).items():
        assert runs == reference.runs(condition, hold)
    disk |= {row[:5]: row for row in changed.drain()}
    assert Standing.restore(new, NUMBERS, disk.values()).unfolded == frozenset()
    if comes_back:
        without = Standing.restore(building(), NUMBERS, disk.values())
        assert without.unfolded == frozenset()
        disk |= {row[:5]: row for row in without.drain()}
        assert Standing.restore(new, NUMBERS, disk.values()).unfolded == {10}, "it was not kept up meanwhile"


def test_what_is_kept_is_marked() -> None:
    standing = Standing(site([[works()]], hold=3), {"d/0": 0})
    first = standing.drain()
    disk = {row[:5]: row for row in first}
    assert [(row.start, row.reading) for row in first] == [(INT64_MIN, KEPT_UP)]
    standing.take(block(stream("UUD")))
    told = standing.drain()
    disk |= {row[:5]: row for row in told}
    assert [(row.rule == GOOD_RULE, row.start, row.end) for row in told] == [
        (False, 0, 1),
        (False, 2, 2),
        (True, 0, 2),
    ]
    assert [decode(row.reading).state for row in told] == [State.UP, State.DOWN, State.UP]
    standing.take(block([sample(3, 0)]))
    assert [(row.start, row.end) for row in standing.drain()] == [(2, 3), (0, 3)]
    assert standing.take(block([sample(-2, 1), sample(2, 1)])) == {0}
    standing.refold(0, [sample(-2, 1), *stream("UUUD")])
    last = standing.drain()
    assert [(row.start, row.end, row.reading) for row in last] == [
        (0, 0, GONE),
        (2, 2, GONE),
        (-2, 2, encode(read(works(), 1, 0, 0))),
        (3, 3, encode(read(works(), 0, 0, 0))),
        (0, 0, GONE),
        (-2, 3, encode(read(works(), 1, 0, 0))),
    ]
    disk |= {row[:5]: row for row in last}
    again = Standing.restore(site([[works()]], hold=3), {"d/0": 0}, disk.values())
    assert again.drain() == ()
    assert drawn_states(again.episodes(-3, 5)["lift-0/car"]) == "?UUUUUDD"
    assert again.view(RecordBook(UTC), 9, UTC).last_known() == {"d/0": 3}


def test_a_rule_that_left_the_site_is_left_once() -> None:
    standing = Standing(site([[works()], [works("d/1")]]), {"d/0": 0, "d/1": 1})
    standing.take(block([sample(0, 1), sample(0, 1, point=1)]))
    disk = standing.drain()
    fewer = Standing.restore(site([[works()]]), {"d/0": 0}, disk)
    (left,) = fewer.drain()
    assert (left.subject, left.start, left.reading) == ("lift-1/car", INT64_MIN, LEFT)
    assert fewer.drain() == ()
    assert fewer.view(RecordBook(UTC), 9, UTC).last_known() == {"d/0": 0}, "a point that is no more has no key"


def test_nothing_kept_is_a_fresh_start() -> None:
    assert Standing.restore(site([[works()]]), {"d/0": 0}, []).unfolded == frozenset()
    assert Standing.restore(site([[works()]]), {"d/0": 0}, [StoredRun("x/y", 0, 5, "r", 1, 2, 4)]).unfolded == {0}


def test_rules_have_digests_of_what_they_say() -> None:
    rules = [
        works(),
        works(accept_uncertain=True),
        works(unknown_for=(0,)),
        works(not_required_for=(0,)),
        Condition("d/0", one_of=(True,)),
        Condition("d/0", one_of=("1",)),
        Condition("d/0", at_least=1),
        Condition("d/0", at_most=1),
    ]
    assert len({digest(rule, 3) for rule in rules} | {digest(works(), 4)}) == len(rules) + 1
    assert digest(Condition("d/0", at_least=1), 3) == digest(Condition("d/7", at_least=1.0), 3)


@given(st.sampled_from([State.UP, State.DOWN, State.UNKNOWN, State.NOT_REQUIRED]), st.sampled_from(list(Reason)))
def test_a_reading_is_one_number_and_back(state: State, reason: Reason) -> None:
    for known in (False, True):
        assert decode(encode(Reading(state, known, reason))) == Reading(state, known, reason)
        assert 0 <= encode(Reading(state, known, reason)) < 2**16


def test_ever_new_layouts_are_forgotten() -> None:
    standing, other = Standing(building(), NUMBERS), Standing(building(), NUMBERS)
    for at in range(MOST_CYCLES + 3):
        each = BlockBuilder(f"source {at}")
        each.add(8, ValueKind.INT, at, 1)
        standing.take(each.build(0))
        same = BlockBuilder("one")
        same.add(8, ValueKind.INT, at, 1)
        other.take(same.build(0))
    assert len(standing._cycles) == 3
    assert runs_of(standing) == runs_of(other)


def test_a_point_folded_anew_while_its_cycle_goes_on() -> None:
    standing = Standing(site([[works()]], hold=3), {"d/0": 0})
    for each in stream("UUU"):
        standing.take(block([each]))
    standing.refold(0, stream("UDU"))
    standing.take(block([sample(3, 1)]))
    assert drawn_states(standing.episodes(0, 4)["lift-0/car"]) == "UDUU"


def test_changes_anywhere_in_a_long_part_are_seen() -> None:
    points = tuple(Point(f"d/{n}", ValueKind.INT, "", "", 3) for n in range(150))
    items = tuple(Item(f"e/{n}", "", (works(f"d/{n}"),)) for n in range(150))
    here = Site("s", "", "UTC", (), (Equipment("e", "", "x", items),), points)
    standing = Standing(here, {point.key: n for n, point in enumerate(points)})
    fails = [{}, {}, {0, 63}, {63, 64, 149}, {149}, {149}, {}]
    for at, down in enumerate(fails):
        standing.take(block(sample(at, int(n not in down), point=n) for n in range(150)))
    for n in range(150):
        expected = "".join("D" if n in down else "U" for down in fails)
        assert drawn_states(standing.episodes(0, len(fails))[f"e/{n}"]) == expected


def test_an_empty_part_says_nothing() -> None:
    standing = Standing(building(), NUMBERS)
    empty = BlockBuilder("bms")
    empty.add(8, ValueKind.INT, 0, 1)
    part = empty.build(0).columns[0]
    for column in (part.points, part.times, part.values, part.qualities, part.reasons):
        del column[:]
    assert standing.take(Block("bms", 0, (part,))) == frozenset()


def test_of_a_meters_point_only_good_numbers_count() -> None:
    meter = Meter("m", "m", Carrier.ELECTRICITY, "d/10", Fraction(1), 3)
    standing = Standing(building(), NUMBERS, (meter,))
    for at, kind, value, quality in (
        (0, ValueKind.INT, 5, Quality.GOOD),
        (1, ValueKind.INT, 6, Quality.UNCERTAIN),
        (2, ValueKind.TEXT, "7", Quality.GOOD),
        (3, ValueKind.INT, 8, Quality.GOOD),
    ):
        each = BlockBuilder("bms")
        each.add(10, kind, at, value, quality, Reason.NONE if quality is Quality.GOOD else Reason.RETAINED)
        assert standing.take(each.build(0)) == frozenset()
    standing.count(10, 4, "9")
    register = standing.view(RecordBook(UTC), 9, UTC).register(meter, (), 9)
    assert [register.count_at(at) for at in (2, 9)] == [(0, 5), (3, 8)]


def test_a_cycle_in_which_an_uninteresting_point_goes_bad() -> None:
    standing = Standing(building(), NUMBERS)
    for at, reason in enumerate((None, None, Reason.TIMEOUT, Reason.TIMEOUT, None)):
        each = BlockBuilder("bms")
        each.add(8, ValueKind.INT, at, 1)
        if reason is None:
            each.add(10, ValueKind.INT, at, at)
        else:
            each.bad(10, ValueKind.INT, at, reason)
        standing.take(each.build(0))
        known = standing.view(RecordBook(UTC), 9, UTC).last_known()
        assert known == {"d/8": at, "d/10": at if reason is None else 1}


def test_what_was_good_before_an_instant() -> None:
    standing = Standing(building(), NUMBERS)
    for at in (1, 2, 3, 20, 30):
        each = BlockBuilder("bms")
        each.add(8, ValueKind.INT, at, 1)
        each.add(10, ValueKind.INT, at, at)
        standing.take(each.build(0))

    def known(as_of: int) -> dict[str, int]:
        return dict(standing.view(RecordBook(UTC), as_of, UTC).last_known())

    assert known(31) == {"d/8": 30, "d/10": 30}
    assert known(25) == {"d/8": 20, "d/10": 1}
    assert known(3) == {"d/8": 1, "d/10": 1}
    assert known(1) == {}


def test_watches_happen_while_all_of_their_conditions_hold() -> None:
    fire = Watch("e/fire", "", Category.FIRE_ALARM, (works("d/0"), works("d/1", not_required_for=(7,))))
    smoke = Watch("e/smoke-1", "", Category.PART_TEST, (works("d/0"),))
    unwired = Watch("e/none", "", Category.FLOOD, ())
    part = Part("e/smoke-1", PartKind.SMOKE, smoke)
    points = tuple(Point(f"d/{n}", ValueKind.INT, "", "", 3) for n in range(2))
    here = Site("s", "", "UTC", (), (Equipment("e", "", "x", (), watches=(fire, unwired), parts=(part,)),), points)
    standing = Standing(here, {"d/0": 0, "d/1": 1})
    standing.take(block([sample(t, v) for t, v in enumerate([0, 1, 1, 1, None, 1])]))
    standing.take(block([sample(t, v, point=1) for t, v in enumerate([1, 1, 0, 7, 1, 1])]))
    view = standing.view(RecordBook(UTC), 6, UTC)
    found = {key: drawn_states(track) for key, track in view.happenings(0, 9).items()}
    assert found == {"e/fire": "DUD??U", "e/none": "??????", "e/smoke-1": "DUUU?U"}
    assert view.happenings(0, 9) is view.happenings(0, 6)
    assert view.happenings(7, 9)["e/fire"] == ()


def test_a_view_keeps_a_few_spans_and_what_was_stated_while_nothing_new_is() -> None:
    standing = Standing(site([[works()]]), {"d/0": 0})
    standing.take(block(stream("UUUUDD")))
    records = RecordBook(UTC)
    view = standing.view(records, 6, UTC)
    first = view.episodes(0, 6)
    assert view.episodes(0, 6) is first
    for start in range(1, 6):
        view.episodes(start, 6)
    assert view.episodes(0, 6) is not first
    assert (len(first), list(first)) == (1, ["lift-0/car"])
    assert first["lift-0/car"] is first["lift-0/car"]
    work = Declaration(items=("lift-0",), state=State.PLANNED, start=Instant(4), end=Instant(6))
    records.add(Record(id="D-1", body=work, received=3))
    for _ in range(2):
        found = standing.view(records, 6, UTC).episodes(0, 6)["lift-0/car"]
        assert [each.state for each in found] == [State.UP, State.PLANNED]
    records.add(Record(id="D-1", body=replace(work, end=Instant(5)), received=4, version=2))
    assert standing.view(records, 6, UTC).episodes(4, 6)["lift-0/car"][-1].state is State.DOWN
