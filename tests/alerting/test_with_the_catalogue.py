"""Alerts of what the real clauses say of real records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerting.content import decode, encode
from agent.alerting.events import AlertEvent, Event
from agent.alerting.life import after, step
from agent.alerting.rings import AVAILABILITY, CLOCKS, PERIODIC, REPAIR
from evaluators.docket import Docket, is_settled
from evaluators.model.bodies import Body, Contract, Instant
from evaluators.model.clauses import Clause
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS
from evaluators.model.verdicts import Verdict
from evaluators.registry import KINDS, judge
from tests.evaluators.bookkeeping import ZONE, at, facts_of, row, rows
from tests.evaluators.stories import FIRST, RECORDS

SETTLE_NS = HOUR_NS


def alerted(
    clauses: Sequence[Clause], records: Iterable[Record[Body]], looks: Iterable[int], *, restarted: bool = False
) -> list[AlertEvent]:
    """What is told of these records at some instants, the windows judged as the agent does; ``restarted`` before
    each of them."""
    known = list(records)
    docket = Docket(clauses, ZONE, FIRST)
    told: dict[str, AlertEvent] = {}
    found: list[AlertEvent] = []
    for as_of in looks:
        facts = facts_of(known, as_of)
        verdicts: list[Verdict] = []
        for clause in clauses:
            for window in docket.due(clause, as_of):
                judged = judge(clause, facts, window)
                docket.judged(clause, window, as_of, settled=is_settled(window, judged, as_of, SETTLE_NS))
                verdicts += judged
        if restarted:
            told = {event.key: decode(event.key, event.at, event.event, encode(event)) for event in found}
        events = step(told, verdicts, clauses, as_of)
        told = after(told, events, as_of)
        found += events
    return found


def test_every_kind_that_is_named_exists() -> None:
    assert {AVAILABILITY, REPAIR, *CLOCKS, *PERIODIC} <= KINDS.keys()


def test_a_tenants_file_that_is_made_too_late() -> None:
    signed, made = Instant(at("2026-03-02 10:00")), Instant(at("2026-03-03 12:00"))
    body = Contract(tenant="某公司", signed_at=signed, profile_at=made)
    looks = [at(f"2026-03-0{text}") for text in ("2 12:00", "3 03:00", "3 05:00", "3 11:00", "3 13:00", "3 14:00")]
    events = alerted([row("2.1.1-profile")], [Record(id="C-1", body=body, received=0)], looks)
    assert [(event.event.value, event.stage.value, event.at, event.about) for event in events] == [
        ("opened", "due_soon", looks[2], "contract:C-1"),
        ("changed", "breached", looks[3], "contract:C-1"),
        ("resolved", "breached", looks[4], "contract:C-1"),
    ]
    assert {event.due for event in events} == {at("2026-03-03 10:00")}


stories = st.lists(st.one_of(*RECORDS.values()), max_size=12)
waits = st.lists(st.integers(1, 200), min_size=1, max_size=6)


@given(stories, waits)
@settings(max_examples=25, deadline=None)
def test_whatever_is_recorded_alerts_open_and_end_in_turn_and_restarts_change_nothing(
    records: list[Record[Body]], waits: list[int]
) -> None:
    looks = [FIRST + sum(waits[: number + 1]) * HOUR_NS for number in range(len(waits))]
    clauses = list(rows().values())
    events = alerted(clauses, records, looks)
    assert alerted(clauses, records, looks, restarted=True) == events
    is_open: dict[str, bool] = {}
    for event in events:
        assert is_open.get(event.key, False) == (event.event is not Event.OPENED)
        is_open[event.key] = event.is_open
