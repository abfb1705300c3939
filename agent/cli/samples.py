"""``steward samples``: the newest sample of each point."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.cli.opening import loaded_site, reading_the_journal
from agent.cli.tables import console, sample_table
from agent.history.history import History
from agent.views import sample_row


def show_samples(given: Path | None, as_json: bool) -> int:
    """Print one row a point, in the order of the site file."""
    loaded = loaded_site(given)

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            numbers = history.numbers_of([(point.key, point.kind) for point in loaded.site.points])
            newest = history.newest()
        zone = ZoneInfo(loaded.site.zone)
        rows = [sample_row(point, newest.get(numbers.get(point.key, -1)), zone) for point in loaded.site.points]
        if as_json:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            console().print(sample_table(rows))

    return reading_the_journal(show)
