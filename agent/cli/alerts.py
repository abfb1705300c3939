"""``steward alerts``: what is open, as the agent last wrote it down, whether it runs or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from agent.alerting.content import StoredEvent, event_row
from agent.alerting.events import Ack, Severity
from agent.alerting.store import all_alerts, open_alerts
from agent.cli.opening import loaded_site, reading_the_journal
from agent.cli.tables import console, time_text
from agent.clock import SystemClock
from agent.history.history import History
from agent.views import Row, iso
from evaluators.model.times import SECOND_NS
from evaluators.wording import lasting

STYLES = {
    Severity.EMERGENCY: "bold white on red",
    Severity.BREACH: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}


def show_alerts(given: Path | None, as_json: bool, everything: bool) -> int:
    """Print the open alerts; with ``everything`` also those that are over, the newest event of each."""
    loaded = loaded_site(given)
    zone = ZoneInfo(loaded.site.zone)

    def show() -> None:
        now = SystemClock().now()
        with History.open(loaded.journal_path) as history:
            found = most_urgent_first(all_alerts(history) if everything else open_alerts(history))
        if as_json:
            typer.echo(json.dumps([alert_row(each, zone, now) for each in found], ensure_ascii=False, indent=1))
        elif found:
            console().print(alert_table(found, zone, now))
        else:
            typer.echo(f"{loaded.site.id}: no alert is open")

    return reading_the_journal(show)


def most_urgent_first(found: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Open ones before those that are over; by severity; what nobody has acknowledged first; then by due time,
    what has none last."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}

    def urgency(each: StoredEvent) -> tuple[bool, int, bool, bool, int, int]:
        event = each.event
        later = event.ack is not None, event.due is None, event.due or event.since, each.seq
        return not event.is_open, ranks[event.severity], *later

    return sorted(found, key=urgency)


def alert_row(stored: StoredEvent, zone: ZoneInfo, now: int) -> Row:
    """One alert for JSON: its newest event, and the seconds until it is due, below 0 once that is past."""
    due = stored.event.due
    return {
        **event_row(stored, partial(iso, zone=zone)),
        "open": stored.event.is_open,
        "due_in_s": None if due is None else (due - now) // SECOND_NS,
    }


def alert_table(found: Sequence[StoredEvent], zone: ZoneInfo, now: int) -> Table:
    """One row an alert."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("no.", "severity", "stage", "since", "due"):
        table.add_column(heading, no_wrap=True)
    for heading, ratio in (("clause", 3), ("about", 3), ("owner", 2), ("note", 4)):
        table.add_column(heading, overflow="fold", ratio=ratio)
    for number, event in found:
        ending = "" if event.ending is None else f" → {event.ending.value}"
        table.add_row(
            str(number),
            Text(event.severity.value, STYLES[event.severity] if event.is_open else "dim"),
            event.stage.value + ending,
            time_text(event.since, zone),
            due_in_words(event.due, now),
            Text.assemble(event.title_zh, (f"  {event.clause}", "dim")),
            escape(event.about or event.subject),
            escape(event.owner),
            escape("\n".join(filter(None, (event.note, ack_in_words(event.ack, zone))))),
        )
    return table


def ack_in_words(ack: Ack | None, zone: ZoneInfo) -> str:
    """Who acknowledged an alert, when, and what is done about it."""
    if ack is None:
        return ""
    note = f": {ack.note}" if ack.note else ""
    return f"acknowledged by {ack.person} {time_text(ack.at, zone)}{note}"


def due_in_words(due: int | None, now: int) -> str:
    """How far away a due time is, such as ``in 2 h 5 min`` or ``3 d 4 h ago``."""
    if due is None:
        return "–"
    return f"in {lasting(due - now)}" if due >= now else f"{lasting(now - due)} ago"
