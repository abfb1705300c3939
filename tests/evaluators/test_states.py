"""From samples to states, by worked examples; one letter a tick (see `building.drawn`)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.model.bodies import Declaration, Instant
from evaluators.model.episodes import Cause, Declared, State
from evaluators.model.samples import Quality, Reason, Sample
from evaluators.model.site import Condition, Site
from evaluators.order import order_key
from evaluators.standing import Standing
from evaluators.states import Reading, read
from tests.evaluators.building import block, drawn, sample, site, stream, works


def standing(building: Site, samples: list[Sample]) -> Standing:
    """All samples folded at once."""
    numbers = {point.key: n for n, point in enumerate(building.points)}
    folded = Standing(building, numbers)
    assert not folded.take(block(samples))
    return folded


def line(samples: list[Sample], until: int = 10, building: Site | None = None, *stated: Declared) -> str:
    """The first item's states from 0 to ``until``."""
    building = building or site([[works()]])
    return drawn(standing(building, samples).episodes(0, until, stated)["lift-0/car"])


@pytest.mark.parametrize(
    ("name", "samples", "expected"),
    [
        ("nothing was ever read", "", "??????????"),
        ("up while it is polled", "U.U.U.U.U.", "UUUUUUUUUU"),
        ("unknown before the first sample", "....U.U.U.", "????UUUUUU"),
        ("down from the sample that says so", "U.U.D.D.U.", "UUUUDDDDUU"),
        ("a gap of just the hold is no gap", "U..U..U..U", "UUUUUUUUUU"),
        ("a longer gap is unknown from its first sample", "U.U...U.U.", "UU????UUUU"),
        ("a gap after down is unknown too", "D.D....U.U", "DD?????UUU"),
        ("a bad sample is unknown until the next known one", "UxU..U..U.", "U?UUUUUUUU"),
        ("bad for longer than the hold takes the time before along", "U.Ux.x.U.U", "UU?????UUU"),
        ("the last sample stands for the hold", "U..U..U.U.", "UUUUUUUUUU"),
        ("after the hold it is unknown from the sample on", "U..U..U...", "UUUUUU????"),
        ("bad to the end", "U..U..U.x.", "UUUUUU????"),
        ("bad just now", "U..U..U.Ux", "UUUUUUUUU?"),
        ("uncertain is unknown", "U.uU..U..U", "UU?UUUUUUU"),
        ("what comes at or after the end is not looked at", "U..U..U..UD.D", "UUUUUUUUUU"),
        ("bad samples of long ago", "x....x..U.", "????????UU"),
        ("edges of single samples are kept", "UDUUDDUDUU", "UDUUDDUDUU"),
    ],
)
def test_one_condition(name: str, samples: str, expected: str) -> None:
    assert line(stream(samples)) == expected, name


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], "UUUU"),
        ([1, 0, 1, 1], [1, 1, 1, 0], "UDUD"),
        ([1, None, 0, None], [0, 1, None, None], "D?D?"),
    ],
)
def test_all_conditions_must_hold_and_a_known_failure_beats_the_unknown(
    first: list[int | None], second: list[int | None], expected: str
) -> None:
    building = site([[works("d/0"), works("d/1")]])
    samples = [sample(t, v) for t, v in enumerate(first)] + [sample(t, v, point=1) for t, v in enumerate(second)]
    assert line(samples, 4, building) == expected


def test_the_cause_of_unknown_time_is_named() -> None:
    building = site([[works("d/0"), works("d/1")]])
    samples = [sample(0, 1), sample(1, 1), sample(0, 1, point=1), sample(1, None, point=1)]
    found = standing(building, samples).episodes(0, 8)["lift-0/car"]
    assert [(e.start, e.end, e.state, e.cause) for e in found] == [
        (0, 1, State.UNKNOWN, Cause("d/1", Reason.NONE)),
        (1, 8, State.UNKNOWN, Cause("d/0", Reason.NONE)),
    ]


def test_an_item_without_conditions_is_unknown() -> None:
    assert line([], 3, site([[]])) == "???"


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (Condition("p", one_of=(1, 2)), 2, State.UP),
        (Condition("p", one_of=(1, 2)), 3, State.DOWN),
        (Condition("p", one_of=("auto",)), "auto", State.UP),
        (Condition("p", one_of=("auto",)), "hand", State.DOWN),
        (Condition("p", one_of=(True,)), False, State.DOWN),
        (Condition("p", at_least=5.0), 5.0, State.UP),
        (Condition("p", at_least=5.0), 4.9, State.DOWN),
        (Condition("p", at_most=5.0), 5.0, State.UP),
        (Condition("p", at_most=5.0), 5.1, State.DOWN),
        (Condition("p", at_least=1.0, at_most=2.0), 1.5, State.UP),
        (Condition("p", at_least=1.0), "text", State.DOWN),
        (Condition("p", one_of=(1,), unknown_for=(0,)), 0, State.UNKNOWN),
        (Condition("p", one_of=(1,), not_required_for=(9,)), 9, State.NOT_REQUIRED),
    ],
)
def test_conditions(condition: Condition, value: float | str, expected: State) -> None:
    assert read(condition, value, Quality.GOOD, Reason.NONE) == Reading(expected, True, Reason.NONE)


def test_uncertain_counts_where_the_site_says_so() -> None:
    assert read(works(accept_uncertain=True), 1, Quality.UNCERTAIN, Reason.OVERRIDDEN).state is State.UP
    assert read(works(), 1, Quality.UNCERTAIN, Reason.OVERRIDDEN) == Reading(
        State.UNKNOWN, False, Reason.OVERRIDDEN
    )
    assert read(works(accept_uncertain=True), 1, Quality.BAD, Reason.FAULT).state is State.UNKNOWN


def test_a_value_may_stand_an_item_down_but_never_life_safety() -> None:
    conditions = [[works(not_required_for=(9,))]]
    samples = [sample(t, v) for t, v in enumerate([1, 9, 9, 1])]
    assert line(samples, 4, site(conditions)) == "U..U"
    assert line(samples, 4, site(conditions, life_safety=True)) == "UDDU"


def test_nothing_counts_before_hand_over_or_before_judging_begins() -> None:
    samples = [sample(t, 1) for t in range(8)]
    assert line(samples, 8, site([[works()]], required_from=3)) == "...UUUUU"
    assert line(samples, 8, site([[works()]], required_from=3, judged_from=5)) == ".....UUU"
    assert line(samples, 8, site([[works()]], judged_from=99)) == "........"


def declared(state: State, start: int, end: int, declared_at: int = -1) -> Declared:
    """A declaration for the first lift."""
    return Declared("lift-0/car", state, start, end, declared_at, "Wang Wei")


@pytest.mark.parametrize(
    ("name", "values", "stated", "expected"),
    [
        ("planned work covers the outage", "UUDDDDUU", declared(State.PLANNED, 2, 6), "UUPPPPUU"),
        ("what runs over is down", "UUDDDDDU", declared(State.PLANNED, 2, 5), "UUPPPDDU"),
        ("declared afterwards is down", "UUDDDDUU", declared(State.PLANNED, 2, 6, 3), "UUDDDDUU"),
        ("declared at its very start counts", "UUDDDDUU", declared(State.PLANNED, 2, 6, 2), "UUPPPPUU"),
        ("up under planned work stays up", "UUUDDUUU", declared(State.PLANNED, 2, 6), "UUUPPUUU"),
        ("unknown under planned work is planned", "UU????UU", declared(State.PLANNED, 2, 6), "UUPPPPUU"),
        ("a fault open at the start stays down", "UDDDDUDU", declared(State.PLANNED, 2, 7), "UDDDDUPU"),
        ("a fault and then silence may be open still", "D???DUUU", declared(State.PLANNED, 2, 7), "D????UUU"),
        ("a stand-down covers everything", "UUDDUUUU", declared(State.NOT_REQUIRED, 2, 6), "UU....UU"),
        ("a stand-down waits for an open fault", "DDDDUUUU", declared(State.NOT_REQUIRED, 2, 6), "DDDD..UU"),
    ],
)
def test_declarations(name: str, values: str, stated: Declared, expected: str) -> None:
    samples = stream(values.replace("?", "x"))
    assert line(samples, 8, site([[works()]], hold=10), stated) == expected, name


def test_life_safety_cannot_be_stood_down_and_another_items_declaration_says_nothing() -> None:
    samples = [sample(t, 0) for t in range(4)]
    stand_down = declared(State.NOT_REQUIRED, 1, 3)
    assert line(samples, 4, site([[works()]], life_safety=True), stand_down) == "DDDD"
    assert line(samples, 4, None, Declared("lift-9/car", State.PLANNED, 0, 4, -1, "Li Na")) == "DDDD"


def test_only_planned_and_not_required_can_be_declared() -> None:
    with pytest.raises(ValueError, match="planned or not_required"):
        Declaration(items=("lift-0/car",), state=State.UP, start=Instant(1), end=Instant(2))
    with pytest.raises(ValueError, match="end after"):
        Declaration(items=("lift-0/car",), state=State.PLANNED, start=Instant(2), end=Instant(2))


times = st.integers(0, 40)
streams = st.lists(
    st.builds(sample, times, st.sampled_from([0, 1, None]), st.sampled_from([Quality.GOOD, Quality.UNCERTAIN])),
    max_size=30,
)


def brute(samples: list[Sample], hold: int, end: int) -> str:
    """The gap rule read off sample by sample and tick by tick, for one condition `works()`."""
    by_time: dict[int, Sample] = {}
    for s in samples:
        if s.time < end:
            key = (s.quality, s.reason, s.value is not None, s.value or 0)
            held = by_time.get(s.time)
            if held is None or key > (held.quality, held.reason, held.value is not None, held.value or 0):
                by_time[s.time] = s
    line = ""
    for tick in range(end):
        before = [t for t in sorted(by_time) if t <= tick]
        known = [t for t in before if by_time[t].quality is Quality.GOOD]
        later = [t for t in sorted(by_time) if t > tick and by_time[t].quality is Quality.GOOD]
        upper = later[0] if later else end
        if not known or known[-1] != before[-1] or upper - known[-1] > hold:
            line += "?"
        else:
            line += "U" if by_time[known[-1]].value == 1 else "D"
    return line


@given(streams, st.integers(1, 45), st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_batches_give_what_the_rule_says(
    samples: list[Sample], end: int, hold: int, rng: object
) -> None:
    building = site([[works()]], hold=hold)
    folded = Standing(building, {"d/0": 0})
    rng.shuffle(samples)  # type: ignore[attr-defined]  # hypothesis' own Random
    taken: list[Sample] = []
    rest = list(samples)
    while rest:
        size = rng.randint(1, 5)  # type: ignore[attr-defined]  # the same
        batch, rest = rest[:size], rest[size:]
        taken += batch
        for point in folded.take(block(batch)):
            folded.refold(point, sorted(taken, key=order_key))
    assert folded.points == {0}
    assert drawn(folded.episodes(0, end)["lift-0/car"]) == brute(samples, hold, end)


@given(streams, st.integers(1, 45), st.data())
def test_a_window_is_a_cut_out_of_a_longer_one(samples: list[Sample], end: int, data: st.DataObject) -> None:
    folded = Standing(site([[works()]]), {"d/0": 0})
    folded.refold(0, sorted(samples, key=order_key))
    start = data.draw(st.integers(0, end))
    whole = drawn(folded.episodes(0, end)["lift-0/car"])
    assert drawn(folded.episodes(start, end)["lift-0/car"]) == whole[start:]
