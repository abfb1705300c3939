"""Acknowledged alerts: what holds, what ends it, and that nothing is silenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.alerting.acks import acks_of
from agent.alerting.content import StoredEvent, event_row
from agent.alerting.events import Ack, AlertEvent, Event, Severity, Stage
from agent.alerting.life import NOBODY, Acks, after, step
from evaluators.model.bodies import Acknowledgement, Instant
from evaluators.model.records import Record
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS
from evaluators.model.verdicts import Mark, Verdict
from tests.alerting.receiver import listening
from tests.alerting.scenes import CLAUSES, DAILY, MONTH, RESPONSE, START, a_fault, a_round, day, verdict
from tests.alerting.setting import Setting, running

KEY = "1.4-daily/lift-1 2026-01-01"
EVENING = START + 20 * HOUR_NS
NEXT_DAY = START + DAY_NS + 1
RUNNING = (verdict(DAILY, day(0), a_round(0, Mark.RUNNING)),)
MISSED = (verdict(DAILY, day(0), a_round(0, Mark.BAD)),)
DONE = (verdict(DAILY, day(0), a_round(0, Mark.GOOD)),)


def an_ack(
    at: int = EVENING + 1,
    stage: Stage = Stage.DUE_SOON,
    severity: Severity = Severity.WARNING,
    person: str = "王工",
) -> Ack:
    """An acknowledgement of the round that is due soon."""
    return Ack(record=f"acknowledgement:{person}@1", at=at, person=person, stage=stage, severity=severity)


Tick = tuple[int, Sequence[Verdict], Sequence[Ack]]


def told(*ticks: Tick, key: str = KEY) -> list[AlertEvent]:
    """Everything that is told over some ticks, each with the acknowledgements there are by then."""
    known: dict[str, AlertEvent] = {}
    found: list[AlertEvent] = []
    for as_of, verdicts, acks in ticks:
        events = step(known, verdicts, CLAUSES, as_of, acks={key: acks} if acks else NOBODY)
        known = after(known, events, as_of)
        found += events
    return found


def words(events: Sequence[AlertEvent]) -> list[str]:
    """Events in short: what happened, the stage, and who acknowledged it."""
    return [f"{e.event.value} {e.stage.value} {e.ack.person if e.ack else '-'}" for e in events]


def test_an_acknowledgement_is_told_once_and_stays_to_the_end() -> None:
    acks = [an_ack()]
    events = told(
        (EVENING, RUNNING, ()),
        (EVENING + 2, RUNNING, acks),
        (EVENING + 3, RUNNING, acks),
        (EVENING + 4, (), acks),
        (EVENING + 5, DONE, acks),
        (EVENING + 6, DONE, acks),
    )
    assert words(events) == ["opened due_soon -", "acknowledged due_soon 王工", "resolved due_soon 王工"]
    assert events[1] == replace(events[0], event=Event.ACKNOWLEDGED, at=EVENING + 2, ack=acks[0])
    assert events[1].is_open


def test_what_grows_worse_has_to_be_acknowledged_anew() -> None:
    acks = [an_ack()]
    anew = [*acks, an_ack(NEXT_DAY + 1, Stage.LAPSED, Severity.BREACH, "李工")]
    events = told(
        (EVENING, RUNNING, ()),
        (EVENING + 2, RUNNING, acks),
        (NEXT_DAY, MISSED, acks),
        (NEXT_DAY + 1, MISSED, acks),
        (NEXT_DAY + 2, MISSED, anew),
        (NEXT_DAY + 3, MISSED, anew),
    )
    assert words(events) == [
        "opened due_soon -",
        "acknowledged due_soon 王工",
        "changed lapsed -",
        "acknowledged lapsed 李工",
    ]


def test_a_due_time_that_moves_ends_no_acknowledgement() -> None:
    acks = [an_ack()]
    later = (verdict(DAILY, day(0), replace(a_round(0, Mark.RUNNING), due=START + 25 * HOUR_NS)),)
    events = told((EVENING, RUNNING, ()), (EVENING + 2, RUNNING, acks), (EVENING + 3, later, acks))
    assert words(events)[2:] == ["changed due_soon 王工"]


def test_a_clock_that_comes_near_its_end_has_grown_worse_though_it_is_as_urgent() -> None:
    key, fault = "1.4-response/work-order:WO-1", (verdict(RESPONSE, MONTH, a_fault(Mark.RUNNING)),)
    events = told(
        (START + 1, fault, ()),
        (START + 3, fault, [an_ack(START + 2, Stage.RUNNING, Severity.INFO)]),
        (START + 23 * MINUTE_NS, fault, [an_ack(START + 2, Stage.RUNNING, Severity.INFO)]),
        key=key,
    )
    assert words(events) == ["opened running -", "acknowledged running 王工", "changed due_soon -"]


@pytest.mark.parametrize(
    ("stage", "severity", "covered"),
    [
        (Stage.RUNNING, Severity.EMERGENCY, True),
        (Stage.DUE_SOON, Severity.EMERGENCY, True),
        (Stage.UNKNOWN, Severity.WARNING, True),
        (Stage.BREACHED, Severity.EMERGENCY, False),
        (Stage.NOT_MET, Severity.WARNING, False),
    ],
)
def test_what_an_acknowledged_emergency_covers(stage: Stage, severity: Severity, covered: bool) -> None:
    assert an_ack(stage=Stage.DUE_SOON, severity=Severity.EMERGENCY).covers(stage, severity) is covered
    assert not an_ack(stage=Stage.BREACHED, severity=Severity.WARNING).covers(stage, Severity.BREACH)


def test_the_newest_of_several_counts_and_one_taken_back_is_told() -> None:
    first, second = an_ack(), an_ack(EVENING + 3, person="李工")
    events = told(
        (EVENING, RUNNING, ()),
        (EVENING + 4, RUNNING, [first, second]),
        (EVENING + 5, RUNNING, [first]),
        (EVENING + 6, RUNNING, ()),
    )
    assert words(events) == [
        "opened due_soon -",
        "acknowledged due_soon 李工",
        "acknowledged due_soon 王工",
        "changed due_soon -",
    ]


def test_one_of_an_earlier_alert_of_the_same_key_or_of_a_time_to_come_holds_for_nothing() -> None:
    events = told(
        (EVENING, RUNNING, [an_ack(EVENING - 1), an_ack(EVENING + 5)]),
        (EVENING + 4, RUNNING, [an_ack(EVENING - 1), an_ack(EVENING + 5)]),
    )
    assert words(events) == ["opened due_soon -"]


def test_an_alert_that_is_over_is_not_acknowledged() -> None:
    acks = [an_ack(EVENING + 3)]
    events = told((EVENING, RUNNING, ()), (EVENING + 2, DONE, ()), (EVENING + 4, DONE, acks))
    assert words(events) == ["opened due_soon -", "resolved due_soon -"]


def a_record(number: int, at: int, person: str = "王工") -> Record[Acknowledgement]:
    body = Acknowledgement(
        alert=KEY, stage=Stage.DUE_SOON, severity=Severity.WARNING, at=Instant(at), person=person, note="周三到"
    )
    return Record(id=str(number), body=body, received=at)


def test_records_become_acknowledgements_in_order_of_time() -> None:
    found: Acks = acks_of([a_record(1, EVENING + 2), a_record(2, EVENING + 1, "李工")])
    assert [(ack.person, ack.record) for ack in found[KEY]] == [
        ("李工", "acknowledgement:2@1"),
        ("王工", "acknowledgement:1@1"),
    ]
    assert found[KEY][0].note == "周三到"
    assert (found[KEY][0].stage, found[KEY][0].severity) == (Stage.DUE_SOON, Severity.WARNING)


def test_other_programs_are_told_who_when_and_what() -> None:
    (opened,) = step({}, RUNNING, CLAUSES, EVENING)
    row = event_row(StoredEvent(7, replace(opened, event=Event.ACKNOWLEDGED, ack=an_ack(START + DAY_NS))))
    assert row["event"] == "acknowledged"
    assert row["acknowledged"] == {
        "by": "王工",
        "at": "2026-01-01T16:00:00Z",
        "note": "",
        "record": "acknowledgement:王工@1",
    }


async def test_an_acknowledgement_goes_out_to_the_webhook_and_survives_a_restart(setting: Setting) -> None:
    acks: Acks = {KEY: [an_ack()]}
    async with listening() as receiver:
        alerter = setting.alerter(receiver.webhook())
        async with running(alerter):
            await alerter.tick(RUNNING, CLAUSES, EVENING)
            await alerter.tick(RUNNING, CLAUSES, EVENING + 2, acks)
            await alerter.flush(10.0)
        await setting.restart()
        alerter = setting.alerter(receiver.webhook())
        async with running(alerter):
            assert await alerter.tick(RUNNING, CLAUSES, EVENING + 3, acks) == ()
            await alerter.flush(10.0)
    said = [(event["event"], event["acknowledged"]) for r in receiver.taken for event in r.body["events"]]
    assert [event for event, _ in said] == ["opened", "acknowledged"]
    assert said[1][1]["by"] == "王工"
    (alert,) = setting.open_alerts()
    assert alert.event.ack == an_ack()
