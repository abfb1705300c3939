"""``steward verdicts``: every clause judged anew from the journal."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.assessor import Assessor
from agent.cli.opening import WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import console, verdict_table
from agent.clock import SystemClock
from agent.history.history import History
from agent.views import verdict_row
from config.catalogue import load_catalogue
from config.site import LoadedSite
from evaluators.assessment import Judgement
from evaluators.model.times import instant


def show_verdicts(given: Path | None, as_json: bool, at: str | None) -> int:
    """Print the verdicts as of ``at`` (ISO 8601 with zone; None: now)."""
    loaded = loaded_site(given)
    as_of = SystemClock().now() if at is None else _instant(at)

    def show() -> None:
        judgements = recompute(loaded, as_of)
        if as_json:
            zone = ZoneInfo(loaded.site.zone)
            typer.echo(json.dumps([verdict_row(j, zone) for j in judgements], ensure_ascii=False, indent=1))
        else:
            console().print(verdict_table(loaded.site, judgements))

    return reading_the_journal(show)


def recompute(loaded: LoadedSite, as_of: int) -> list[Judgement]:
    """The verdicts of a site as of an instant (ns UTC), from its journal alone."""
    with History.open(loaded.journal_path) as history:
        numbers = history.numbers_of([(point.key, point.kind) for point in loaded.site.points])
        assessor = Assessor(loaded.site, numbers, load_catalogue(), history)
        assessor.catch_up()
        return assessor.judge(as_of)


def _instant(text: str) -> int:
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        say(f"--at {text}: {error}; give ISO 8601 with a zone, such as 2026-03-01T00:00:00+08:00")
        raise typer.Exit(WRONG_USAGE) from None
