"""``steward recompute``: closed windows judged anew from the journal and held against what was journaled of
them."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from agent.cli.opening import DONE, FAILED, loaded_site, reading_the_journal
from agent.cli.tables import console, outcome_text, window_text
from agent.cli.verdicts import an_instant, assessor
from agent.clock import SystemClock
from agent.history.history import History
from agent.judged.compare import Comparison, compare
from agent.judged.store import final_verdicts
from config.site import LoadedSite


def recompute_windows(given: Path | None, start: str, end: str, as_json: bool) -> int:
    """Print every closed window in ``[start, end)`` (ISO 8601 with zone), what was journaled and what is found
    anew; exit code 1 where they are not identical."""
    loaded = loaded_site(given)
    low, high = an_instant(start, "--from"), an_instant(end, "--to")
    found: list[Comparison] = []

    def show() -> None:
        found.extend(recomputed(loaded, low, high, SystemClock().now()))
        _print(loaded, found, as_json)

    code = reading_the_journal(show)
    return FAILED if code == DONE and any(not each.is_same for each in found) else code


def recomputed(loaded: LoadedSite, start: int, end: int, as_of: int) -> list[Comparison]:
    """Every final verdict of windows in ``[start, end)``, ns UTC, beside the same judged at ``as_of``."""
    with History.open(loaded.journal_path) as history:
        found = assessor(loaded, history, resume=False)
        stored = final_verdicts(history, start, end)
        return compare(stored, loaded.clauses, found.judge_window, as_of, found.horizon)


def _print(loaded: LoadedSite, found: list[Comparison], as_json: bool) -> None:
    zone = ZoneInfo(loaded.site.zone)
    if as_json:
        rows = [
            {
                "clause": each.stored.clause,
                "subject": str(each.stored.subject),
                "window": window_text(each.stored.window, zone),
                "journaled": each.stored.outcome.value,
                "anew": None if each.anew is None else each.anew.outcome.value,
                "identical": each.is_same,
                "rests_on": "runs" if each.from_runs else "samples",
            }
            for each in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("clause", "subject", "window", "journaled", "anew", "identical", "rests on"):
        table.add_column(heading)
    for each in found:
        anew = outcome_text(each.anew.outcome) if each.anew else "not judged"
        row = (each.stored.clause, str(each.stored.subject), window_text(each.stored.window, zone))
        same, rests_on = "yes" if each.is_same else "no", "runs" if each.from_runs else "samples"
        table.add_row(*row, outcome_text(each.stored.outcome), anew, same, rests_on)
    console().print(table)
    if any(each.from_runs for each in found):
        console().print("runs: samples of the window were let go; what had been folded of them counts")
    console().print(f"{len(found)} verdicts, {sum(not each.is_same for each in found)} differ", highlight=False)
