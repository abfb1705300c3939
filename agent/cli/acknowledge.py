"""``steward alerts ack``: somebody has seen an open alert and takes care of it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import typer

from agent.alerting.content import StoredEvent
from agent.alerting.store import event_numbered, newest_of, open_alerts
from agent.cli.delivering import deliver_stated, now, site_among, wrong_usage
from agent.cli.opening import DONE, FAILED, WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import time_text
from agent.history.history import History
from config.problems import nearest
from config.site import LoadedSite
from evaluators.model.bodies import Acknowledgement
from evaluators.model.times import moment


def acknowledge(words: Sequence[str], by: str, note: str, as_json: bool) -> int:
    """Keep an acknowledgement, as a record; the agent notes it on the alert. Returns the exit code."""
    site, named = site_among(words)
    name = " ".join(named).strip()
    if not name:
        return wrong_usage(
            "no alert was named; name one by its number or key, as in: steward alerts ack 17 --by 王工"
        )
    if not by.strip():
        return wrong_usage("--by is empty; say who takes care of it")
    loaded = loaded_site(site)
    found: list[StoredEvent] = []
    code = reading_the_journal(lambda: found.extend(_meant(loaded, name)))
    if code != DONE:
        return code
    (alert,) = found
    if not alert.event.is_open:
        return _over(loaded, alert)
    return _keep(loaded, alert, by.strip(), note, as_json)


def _meant(loaded: LoadedSite, name: str) -> list[StoredEvent]:
    """The newest event of the alert that is called so, in that life of it; exits with 2 where there is none."""
    with History.open(loaded.journal_path) as history:
        if not name.isdigit():
            alert = newest_of(history, name)
            known = [each.event.key for each in open_alerts(history)]
            right = nearest(name, known, "open alert") if known else "none is open"
        else:
            numbered = event_numbered(history, int(name))
            alert = None if numbered is None else newest_of(history, numbered.event.key, numbered.event.since)
            right = "steward alerts shows the numbers of those that are open"
    if alert is None:
        say(f"there is no alert {name}; {right}")
        raise typer.Exit(WRONG_USAGE)
    return [alert]


def _over(loaded: LoadedSite, alert: StoredEvent) -> int:
    event, zone = alert.event, ZoneInfo(loaded.site.zone)
    ending = "" if event.ending is None else f" ({event.ending.value})"
    say(f"{event.key} is over since {time_text(event.at, zone)}{ending}; there is nothing left to acknowledge")
    return FAILED


def _keep(loaded: LoadedSite, alert: StoredEvent, by: str, note: str, as_json: bool) -> int:
    event, at = alert.event, now()
    said = {
        "alert": event.key,
        "stage": event.stage.value,
        "severity": event.severity.value,
        "at": moment(at).isoformat(),
        "person": by,
        "author": by,
        "note": note,
    }
    told = f"{event.key}: acknowledged by {by} as {event.severity.value}, {event.stage.value}"
    return deliver_stated(loaded, Acknowledgement, said, at, as_json, told)
