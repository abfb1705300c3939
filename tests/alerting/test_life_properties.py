"""Whatever happens in a building, and however often the agent looks or is started anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerting.content import decode, encode
from agent.alerting.events import AlertEvent, Event
from agent.alerting.life import after, step
from agent.alerting.policy import Policy
from agent.alerting.rings import line_key
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS
from tests.alerting.scenes import CLAUSES, START, Deed, judged, owed

DAYS = 20
POLICY = Policy()

hours = st.one_of(st.none(), st.integers(0, 30))
rounds = st.lists(st.lists(hours, min_size=DAYS, max_size=DAYS), min_size=1, max_size=2)
faults = st.lists(
    st.tuples(
        st.integers(0, 24 * DAYS), st.sampled_from([5, 15, 30, 24 * 60]), st.one_of(st.none(), st.integers(0, 60))
    ),
    max_size=4,
)
worlds = st.builds(owed, rounds, faults)
waits = st.lists(
    st.one_of(
        st.integers(1, 90).map(lambda minutes: minutes * MINUTE_NS),
        st.integers(1, 30).map(lambda hours: hours * HOUR_NS),
        st.integers(2, 9).map(lambda days: days * DAY_NS),
    ),
    min_size=1,
    max_size=60,
)
restarts = st.sets(st.integers(0, 60))


def lived(deeds: Sequence[Deed], waits: Sequence[int], restarts: frozenset[int] | set[int]) -> list[AlertEvent]:
    """Everything that is told at ticks so far apart; before some of them the process starts anew and knows only
    what it had stored."""
    stored: list[AlertEvent] = []
    known: dict[str, AlertEvent] = {}
    as_of = START
    for number, wait in enumerate(waits):
        before, as_of = as_of, as_of + wait
        if number in restarts:
            known = {}
            for event in stored:
                known[event.key] = decode(event.key, event.at, event.event.value, encode(event))
        events = step(known, judged(deeds, before, as_of), CLAUSES, as_of, POLICY)
        known = after(known, events, as_of, POLICY)
        stored += events
    return stored


@given(worlds, waits, restarts)
@settings(max_examples=150, deadline=None)
def test_restarts_change_nothing(deeds: list[Deed], waits: list[int], restarts: set[int]) -> None:
    assert lived(deeds, waits, restarts) == lived(deeds, waits, set())


@given(worlds, waits)
@settings(max_examples=150, deadline=None)
def test_nothing_opens_twice_or_ends_twice_and_what_is_told_is_news(deeds: list[Deed], waits: list[int]) -> None:
    open_now: dict[str, AlertEvent] = {}
    for event in lived(deeds, waits, set()):
        before = open_now.get(event.key)
        if event.event is Event.OPENED:
            assert before is None
            assert event.since == event.at
        else:
            assert before is not None
            assert event.since == before.since
        assert (event.ending is None) == event.is_open
        if event.event is Event.CHANGED and before is not None:
            news = (event.stage, event.severity, event.due)
            assert news != (before.stage, before.severity, before.due)
        if event.is_open:
            open_now[event.key] = event
        else:
            del open_now[event.key]


@given(worlds, waits)
@settings(max_examples=150, deadline=None)
def test_every_failure_is_told_once_if_somebody_looked_within_a_week(deeds: list[Deed], waits: list[int]) -> None:
    failures = Counter(
        event.key for event in lived(deeds, waits, set()) if event.is_open and event.stage.has_failed
    )
    ticks = [START + sum(waits[: number + 1]) for number in range(len(waits))]
    for deed in deeds:
        key = line_key(deed.clause.id, deed.about)
        looks = [at for at in ticks if deed.due < at < deed.due + POLICY.stays_ns]
        failed = deed.done is None or deed.done > deed.due
        if not failed:
            assert failures[key] == 0, deed
        elif looks:
            assert failures[key] == 1, deed


@given(worlds, waits)
@settings(max_examples=100, deadline=None)
def test_in_the_end_nothing_rings_that_nobody_can_help(deeds: list[Deed], waits: list[int]) -> None:
    """A month after all that was owed, every alert is over."""
    events = lived(deeds, [*waits, 2 * DAYS * DAY_NS, 30 * DAY_NS], set())
    last = {event.key: event for event in events}
    assert [event for event in last.values() if event.is_open] == []
