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
from agent.views import Row, duration_s, iso
from config.site import LoadedSite

SILENT_AFTER_PERIODS = 5


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
        screen.print(_headline(report), highlight=False)
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
        }
    at, report = status or (None, NEVER_RAN)
    age = None if at is None else duration_s(now - at)
    silent = age is None or age > SILENT_AFTER_PERIODS * report["period_s"]
    return {
        **report,
        "site": loaded.site.id,
        "running": report["running"] and not silent,
        "reported": iso(at, ZoneInfo(loaded.site.zone)),
        "age_s": age,
        "journal": journal,
    }


def _headline(report: Row) -> str:
    if report["reported"] is None:
        return f"{report['site']}: the agent has never run on this journal"
    state = f"running, process {report['pid']}" if report["running"] else "not running"
    line = f"{report['site']}: {state}, last report {report['reported']} ({report['age_s']:.0f} s ago)"
    if report.get("forwarder"):
        forwarder = report["forwarder"]
        line += f"\nInfluxDB: {forwarder['state']}, {forwarder['lag']} blocks behind {forwarder['detail']}"
    return line
