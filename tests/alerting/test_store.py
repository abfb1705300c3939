"""Rows of alerts, and which events go out together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alerting.content import StoredEvent, decode, encode
from agent.alerting.events import Ack, AlertEvent, Ending, Event, Severity, Stage
from agent.alerting.store import (
    FLOOD_NS,
    GATHER_NS,
    MESSAGE_EVENTS,
    Fresh,
    Parcel,
    Waiting,
    all_alerts,
    delivered,
    event_numbered,
    gathering_ns,
    make_up,
    newest_of,
    newest_rows,
    put_off,
    stored,
)
from agent.history.history import History
from evaluators.model.times import SECOND_NS, Window, WindowKind
from tests.alerting.scenes import START, an_event
from tests.alerting.setting import Setting

texts = st.text(st.characters(exclude_categories=["Cs"]))
instants = st.integers(0, 2**62)
acks = st.builds(
    Ack,
    record=texts,
    at=instants,
    person=texts,
    stage=st.sampled_from(Stage),
    severity=st.sampled_from(Severity),
    note=texts,
)


@given(
    st.builds(
        AlertEvent,
        key=texts,
        at=instants,
        event=st.sampled_from(Event),
        stage=st.sampled_from(Stage),
        severity=st.sampled_from(Severity),
        since=instants,
        clause=texts,
        title_zh=texts,
        title_en=texts,
        subject=texts,
        window=st.builds(lambda kind, at: Window(kind, at, at + 1), st.sampled_from(WindowKind), instants),
        about=texts,
        start=st.none() | instants,
        due=st.none() | instants,
        owner=texts,
        note=texts,
        ending=st.none() | st.sampled_from(Ending),
        ack=st.none() | acks,
    )
)
def test_an_event_comes_back_as_it_was_stored(event: AlertEvent) -> None:
    assert decode(event.key, event.at, event.event.value, encode(event)) == event


def test_an_event_from_before_there_were_acknowledgements_is_read() -> None:
    event = an_event()
    content = json.loads(encode(event))
    del content["ack"]
    assert decode(event.key, event.at, event.event.value, json.dumps(content)) == event


async def made_up(setting: Setting, now: int, *, gather: bool = True) -> Parcel | Waiting:
    """What is next."""
    return await setting.journal.write(lambda connection: make_up(connection, now, gather=gather))


async def take(setting: Setting, now: int, *, gather: bool = True) -> list[int]:
    """Deliver what is next; the numbers of its events."""
    parcel = await made_up(setting, now, gather=gather)
    assert isinstance(parcel, Parcel)
    await setting.journal.write(lambda connection: delivered(connection, parcel.message))
    return [each.seq for each in parcel.events()]


def spaced(count: int, apart_ns: int, severity: Severity = Severity.BREACH) -> Iterable[AlertEvent]:
    """Events of several alerts."""
    return (an_event(n, START + n * apart_ns, severity) for n in range(count))


async def test_what_is_open_and_what_ever_was(setting: Setting) -> None:
    first, second = an_event(1), an_event(2, START + 5)
    over = an_event(1, START + 7, event=Event.RESOLVED, since=START, ending=Ending.DONE)
    again = an_event(1, START + 9)
    await setting.add([first, second, over], tell=False)
    assert setting.open_alerts() == [StoredEvent(2, second)]
    await setting.add([again], tell=False)
    assert setting.open_alerts() == [StoredEvent(2, second), StoredEvent(4, again)]
    with History.open(setting.path) as history:
        assert all_alerts(history) == [StoredEvent(3, over), StoredEvent(2, second), StoredEvent(4, again)]
    rows = await setting.journal.write(newest_rows)
    assert [stored(row) for row in rows] == [StoredEvent(2, second), StoredEvent(4, again)]
    assert setting.all_told()


async def test_an_alert_is_found_by_number_and_by_key(setting: Setting) -> None:
    over = an_event(1, START + 7, event=Event.RESOLVED, since=START, ending=Ending.DONE)
    again = an_event(1, START + 9)
    await setting.add([an_event(1), over, again], tell=False)
    with History.open(setting.path) as history:
        assert event_numbered(history, 2) == StoredEvent(2, over)
        assert event_numbered(history, 4) is None
        assert newest_of(history, again.key) == StoredEvent(3, again)
        assert newest_of(history, again.key, START) == StoredEvent(2, over)
        assert newest_of(history, "no such key") is None


async def test_without_events_there_is_nothing_to_send(setting: Setting) -> None:
    assert await made_up(setting, START) == Waiting()


async def test_events_go_out_one_by_one_in_order(setting: Setting) -> None:
    await setting.add(spaced(10, 0))
    assert [await take(setting, START) for _ in range(10)] == [[n] for n in range(1, 11)]
    assert await made_up(setting, START) == Waiting()


async def test_more_than_ten_in_ten_minutes_go_out_together(setting: Setting) -> None:
    await setting.add(spaced(11, 0))
    assert await made_up(setting, START) == Waiting(GATHER_NS)
    assert await take(setting, START + GATHER_NS) == list(range(1, 12))


async def test_a_flood_goes_on_while_the_last_eleven_are_within_ten_minutes(setting: Setting) -> None:
    apart = FLOOD_NS // 10
    await setting.add(spaced(10, apart - 1))
    for _ in range(10):
        await take(setting, START + FLOOD_NS)
    last = START + 10 * (apart - 1)
    await setting.add([an_event(11, last), an_event(12, last)])
    assert await take(setting, last + GATHER_NS, gather=False) == [11, 12]
    await setting.add([an_event(13, last + FLOOD_NS), an_event(14, last + FLOOD_NS)])
    later = last + 2 * FLOOD_NS
    assert [await take(setting, later) for _ in range(2)] == [[13], [14]]


async def test_when_stopping_a_flood_gathers_no_more(setting: Setting) -> None:
    await setting.add(spaced(11, 0))
    assert len(await take(setting, START, gather=False)) == 11


async def test_what_was_made_up_stays_as_it_is(setting: Setting) -> None:
    await setting.add(spaced(1, 0))
    before = await made_up(setting, START)
    await setting.add(spaced(20, 0))
    await setting.restart()
    assert await made_up(setting, START) == before


async def test_a_failed_attempt_is_noted_for_all_of_a_message(setting: Setting) -> None:
    await setting.add(spaced(12, 0))
    parcel = await made_up(setting, START, gather=False)
    assert isinstance(parcel, Parcel)
    assert (parcel.attempts, parcel.next_at) == (0, START)
    await setting.journal.write(lambda connection: put_off(connection, parcel.message, START + 7, "no"))
    again = await made_up(setting, START)
    assert isinstance(again, Parcel)
    assert again == replace(parcel, attempts=1, next_at=START + 7)
    assert setting.problems() == [(number, 1, "no") for number in range(1, 13)]


async def test_a_message_holds_no_more_than_it_can(setting: Setting) -> None:
    await setting.add(spaced(MESSAGE_EVENTS + 1, 0))
    assert len(await take(setting, START)) == MESSAGE_EVENTS
    assert await take(setting, START + GATHER_NS) == [MESSAGE_EVENTS + 1]


@pytest.mark.parametrize(
    ("age_ns", "severity", "wait_ns"),
    [
        (0, "breach", GATHER_NS),
        (10 * SECOND_NS, "breach", GATHER_NS - 10 * SECOND_NS),
        (GATHER_NS, "breach", 0),
        (GATHER_NS + 1, "breach", 0),
        (-(10**15), "breach", GATHER_NS),
        (0, "emergency", 0),
    ],
)
def test_how_long_a_floods_message_waits(age_ns: int, severity: str, wait_ns: int) -> None:
    fresh = [Fresh(1, START, "info"), Fresh(2, START, severity)]
    assert gathering_ns(fresh, START + age_ns) == wait_ns
