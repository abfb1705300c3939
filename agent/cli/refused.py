"""``steward records refused`` and ``dismiss``: rows that could not be taken, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.cli.delivering import deliver_stated, now, problem_line, site_among, wrong_usage
from agent.cli.opening import DONE, FAILED, loaded_site, reading_the_journal, say
from agent.cli.tables import time_text
from agent.history.history import History
from agent.records.refused import RefusedRow, refused, refused_row
from config.site import LoadedSite
from evaluators.model.bodies import Dismissal
from evaluators.model.times import moment


def show_refused(site: Path | None, as_json: bool, everything: bool) -> int:
    """Print every row that was refused and has not come right since; with ``everything`` those that were
    dismissed, too. Returns the exit code."""
    loaded = loaded_site(site)

    def show() -> None:
        zone = ZoneInfo(loaded.site.zone)
        rows = [row for row in _refused(loaded) if everything or row.dismissal is None]
        if as_json:
            typer.echo(json.dumps([refused_row(row, zone) for row in rows], ensure_ascii=False, indent=1))
            return
        for row in rows:
            _print(row, zone)
        dismissed = sum(row.dismissal is not None for row in rows)
        typer.echo(f"{len(rows) - dismissed} refused" + (f", {dismissed} dismissed" if dismissed else ""))

    return reading_the_journal(show)


def dismiss(words: Sequence[str], by: str, reason: str, as_json: bool) -> int:
    """Keep, as a record, that a refused row will not come right. Returns the exit code."""
    site, numbers = site_among(words)
    if len(numbers) != 1 or not numbers[0].isdigit():
        return wrong_usage("name one row by its number, as in: steward records dismiss 3 --by 王工 --reason 重复")
    if not by.strip() or not reason.strip():
        return wrong_usage("--by and --reason must say who decides, and why")
    loaded = loaded_site(site)
    found: list[RefusedRow] = []
    code = reading_the_journal(lambda: found.extend(_refused(loaded)))
    if code != DONE:
        return code
    row = next((row for row in found if row.number == int(numbers[0])), None)
    if row is None:
        return wrong_usage(f"there is no refused row {numbers[0]}; see: steward records refused")
    if row.dismissal is not None:
        said = row.dismissal.body
        say(f"row {row.number} was dismissed by {said.person} before: {said.reason}; nothing is left to decide")
        return FAILED
    return _keep(loaded, row, by.strip(), reason.strip(), as_json)


def _refused(loaded: LoadedSite) -> list[RefusedRow]:
    with History.open(loaded.journal_path) as history:
        return refused(history)


def _print(row: RefusedRow, zone: ZoneInfo) -> None:
    for problem in row.problems:
        typer.echo(f"{row.number:>4}  {problem_line(problem)}")
    if row.dismissal is not None:
        said = row.dismissal.body
        typer.echo(f"      dismissed by {said.person} {time_text(said.at, zone)}: {said.reason}")


def _keep(loaded: LoadedSite, row: RefusedRow, by: str, reason: str, as_json: bool) -> int:
    at = now()
    said = {
        "file": row.file,
        "place": row.place,
        "problem": "; ".join(f"{problem['key']}: {problem['wrong']}" for problem in row.problems),
        "digest": row.digest,
        "at": moment(at).isoformat(),
        "person": by,
        "author": by,
        "reason": reason,
    }
    told = f"row {row.number} ({row.file}, {row.place or 'as a whole'}): dismissed by {by}: {reason}"
    return deliver_stated(loaded, Dismissal, said, at, as_json, told)
