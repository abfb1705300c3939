"""An event as JSON and back. Pure. In the journal instants are whole nanoseconds, in a message ISO 8601 in UTC."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from agent.alerting.events import Ack, AlertEvent, Ending, Event, Severity, Stage
from evaluators.model.times import SECOND_NS, Window, WindowKind, moment

Json = dict[str, Any]

MESSAGE_VERSION = 1


class StoredEvent(NamedTuple):
    """An event with its number in the journal."""

    seq: int
    event: AlertEvent


def encode(event: AlertEvent) -> str:
    """Everything but what has a column of its own: key, at and event."""
    content: Json = {
        "stage": event.stage.value,
        "severity": event.severity.value,
        "since": event.since,
        "clause": event.clause,
        "title_zh": event.title_zh,
        "title_en": event.title_en,
        "subject": event.subject,
        "window": [event.window.kind.value, event.window.start, event.window.end],
        "about": event.about,
        "start": event.start,
        "due": event.due,
        "owner": event.owner,
        "note": event.note,
        "ending": None if event.ending is None else event.ending.value,
        "ack": None if event.ack is None else asdict(event.ack),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decode(key: str, at: int, event: str, content: str) -> AlertEvent:
    """The event of a row."""
    row: Json = json.loads(content)
    kind, start, end = row.pop("window")
    ending = row.pop("ending")
    ack = row.pop("ack", None)
    return AlertEvent(
        key=key,
        at=at,
        event=Event(event),
        stage=Stage(row.pop("stage")),
        severity=Severity(row.pop("severity")),
        window=Window(WindowKind(kind), start, end),
        ending=None if ending is None else Ending(ending),
        ack=None if ack is None else _ack(ack),
        **row,
    )


def _ack(row: Json) -> Ack:
    return Ack(stage=Stage(row.pop("stage")), severity=Severity(row.pop("severity")), **row)


def utc(at: int | None) -> str | None:
    """An instant to the second or as exact as it is, with ``Z``."""
    return None if at is None else moment(at).isoformat().replace("+00:00", "Z")


def message_id(site: str, events: Sequence[StoredEvent]) -> str:
    """The same for the same events whenever they are sent; another site's, or another journal's, is another."""
    first, last = events[0], events[-1]
    return f"{site}:{first.seq}-{last.seq}:{last.event.at // SECOND_NS}"


def message(site: str, events: Sequence[StoredEvent]) -> bytes:
    """What is posted: one event or more, in the order in which they happened. docs/alerts.md describes it."""
    body: Json = {
        "version": MESSAGE_VERSION,
        "id": message_id(site, events),
        "site": site,
        "events": [event_row(stored) for stored in events],
    }
    return json.dumps(body, ensure_ascii=False).encode()


def event_row(stored: StoredEvent, shown: Callable[[int | None], str | None] = utc) -> Json:
    """One event for other programs, with its instants as ``shown`` writes them."""
    event = stored.event
    return {
        "id": stored.seq,
        "key": event.key,
        "event": event.event.value,
        "at": shown(event.at),
        "since": shown(event.since),
        "severity": event.severity.value,
        "stage": event.stage.value,
        "ending": None if event.ending is None else event.ending.value,
        "clause": event.clause,
        "title": {"zh": event.title_zh, "en": event.title_en},
        "subject": event.subject,
        "about": event.about,
        "start": shown(event.start),
        "due": shown(event.due),
        "owner": event.owner,
        "note": event.note,
        "acknowledged": None if event.ack is None else _ack_row(event.ack, shown),
    }


def _ack_row(ack: Ack, shown: Callable[[int | None], str | None]) -> Json:
    return {"by": ack.person, "at": shown(ack.at), "note": ack.note, "record": ack.record}
