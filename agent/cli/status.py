"""``steward status``: how the agent and its devices do, as the agent last wrote it down."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.cli.opening import loaded_site, reading_the_journal
from agent.cli.tables import console, device_table
from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.bounds import Bound
from agent.journal.report import damage_lines, damage_report
from agent.quarantine import Quarantined, quarantined, read_quarantine
from agent.views import Row, duration_s, iso
from config.site import LoadedSite

SILENT_AFTER_PERIODS = 5
PAYLOAD_SHOWN = 80
"""Bytes of a message in quarantine."""


NEVER_RAN: Row = {"running": False, "devices": [], "period_s": 0.0}


def show_status(given: Path | None, as_json: bool) -> int:
    """Print the agent's last report, how old it is, and whether the agent seems to run."""
    loaded = loaded_site(given)

    def show() -> None:
        report = last_report(loaded, SystemClock().now())
        if as_json:
            typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
            return
        screen = console()
        screen.print(_headline(report), highlight=False, markup=False)
        screen.print(device_table(report["devices"]))

    return reading_the_journal(show)


def last_report(loaded: LoadedSite, now: int) -> Row:
    """What the agent last wrote down of itself; ``running`` is false when that is too long ago."""
    with History.open(loaded.journal_path) as history:
        status = history.status().get("agent")
        journal = {
            "path": str(loaded.journal_path),
            "position": history.last_seq(),
            "cursors": history.cursors(),
            "dead_letters": len(history.dead_letters()),
            **damage_report(history, ZoneInfo(loaded.site.zone)),
        }
        kinds = read_quarantine(history)
        messages = quarantined(history, kinds)
    at, report = status or (None, NEVER_RAN)
    age = None if at is None else duration_s(now - at)
    zone = ZoneInfo(loaded.site.zone)
    silent = age is None or age > SILENT_AFTER_PERIODS * report["period_s"]
    return {
        **report,
        "site": loaded.site.id,
        "running": report["running"] and not silent,
        "reported": iso(at, zone),
        "age_s": age,
        "journal": journal,
        "quarantine": {"messages": messages, "kinds": [quarantine_row(kind, zone) for kind in kinds]},
    }


def quarantine_row(kind: Quarantined, zone: ZoneInfo) -> Row:
    """Messages alike that could not be read; the payload's first characters, for a person."""
    return {
        "connection": kind.source,
        "topic": kind.topic,
        "problem": kind.problem,
        "count": kind.count,
        "first": iso(kind.first, zone),
        "last": iso(kind.last, zone),
        "size": kind.size,
        "payload": ascii(kind.payload[:PAYLOAD_SHOWN])[2:-1],
    }


def _headline(report: Row) -> str:
    if report["reported"] is None:
        line = f"{report['site']}: the agent has never run on this journal"
    else:
        state = f"running, process {report['pid']}" if report["running"] else "not running"
        line = f"{report['site']}: {state}, last report {report['reported']} ({report['age_s']:.0f} s ago)"
    if report.get("clock"):
        line += f"\n{report['clock']}"
    if report.get("forwarder"):
        line += f"\n{influxdb_line(report['forwarder'], report['journal']['dead_letters'])}"
    if report.get("keeping"):
        line += f"\n{_journal_line(report['keeping'])}"
    if kinds := report["quarantine"]["kinds"]:
        newest = kinds[0]
        line += (
            f"\nquarantine: {report['quarantine']['messages']} messages that cannot be read; the newest on"
            f" {_printable(newest['topic'])} of {newest['connection']}, {newest['last']}: {newest['problem']}"
        )
    return "\n".join([line, *damage_lines(report["journal"])])


def influxdb_line(forwarder: Row, dead: int) -> str:
    """How forwarding does; ``dead``: how many rows InfluxDB has refused for good."""
    line = f"InfluxDB: {forwarder['state']}, {forwarder['lag']} blocks behind"
    if forwarder["lag"]:
        line += f" ({forwarder['lag_rows']} samples, {forwarder['lag_s']:.0f} s)"
    if forwarder["catching_up"]:
        line += ", catching up beside the newest"
    if forwarder["eta_s"]:
        line += f", {forwarder['eta_s']:.0f} s to go"
    refused = f"{dead} rows refused for good" if dead else ""
    return "; ".join(filter(None, [line, forwarder["detail"], forwarder["bucket"], refused]))


BOUNDS = {
    Bound.AGE: "bounded by keep_days",
    Bound.SIZE: "bounded by keep_gb",
    Bound.INFLUXDB: "what should go waits for InfluxDB",
    Bound.READERS: "what should go waits until it is judged",
    Bound.LOST: "full: samples went that InfluxDB has not taken",
    Bound.STOPPED: "full: nothing more is taken",
}


def _journal_line(keeping: Row) -> str:
    size = f"{keeping['used_bytes'] / 1e6:.1f} MB"
    if keeping["most_bytes"] is not None:
        size += f" of {keeping['most_bytes'] / 1e6:.1f} MB"
    lost = f"; {keeping['lost_samples']} samples lost" if keeping["lost_samples"] else ""
    since = f", samples since {keeping['oldest']}" if keeping["oldest"] else ""
    return f"Journal: {size}{since}; {BOUNDS[Bound(keeping['bound'])]}{lost}"


def _printable(text: str) -> str:
    """Text from the wire, without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
