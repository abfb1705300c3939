"""``steward standing``: where the site stands by chapter, and what would fail if the evaluation were tomorrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from agent.cli.claims import claim_row, print_claims
from agent.cli.opening import loaded_site, reading_the_journal
from agent.cli.tables import OUTCOME_STYLES, amount, console, due_text, outcome_text, percent, window_text
from agent.cli.verdicts import an_instant, assessor
from agent.clock import SystemClock
from agent.history.history import History
from agent.views import Row, line_row, verdict_row
from config.site import LoadedSite
from evaluators.claims import DoubtedClaim
from evaluators.model.clauses import Clause
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Line, Outcome, Verdict
from evaluators.outlook import Chapter, Concern, Outlook, outlook, score

SHOWN = 5
"""How many lines of one concern are printed; all are in the JSON."""


def show_standing(given: Path | None, as_json: bool, at: str | None) -> int:
    """Print the standing at an instant (ISO 8601 with zone; None: now)."""
    loaded = loaded_site(given)
    as_of = SystemClock().now() if at is None else an_instant(at, "--at")

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            judge = assessor(loaded, history)
            verdicts = judge.judge(as_of)
            doubted = judge.doubted_claims(_open_window(verdicts, as_of), as_of)
        found, own = outlook(loaded.clauses, verdicts), score(loaded.clauses, verdicts)
        if as_json:
            shown = None if own is None else [float(bound) for bound in own]
            row = _row(loaded, found, doubted) | {"score": shown}
            typer.echo(json.dumps(row, ensure_ascii=False, indent=1))
            return
        _print(loaded, found, doubted)
        if own is not None:
            console().print(f"score by the site's own weights: {percent(*own)}", highlight=False)

    return reading_the_journal(show)


def _open_window(verdicts: Sequence[Verdict], as_of: int) -> Window:
    """From the beginning of the longest calendar window that is judged now."""
    starts = [verdict.window.start for verdict in verdicts if verdict.window.kind.is_calendar]
    return Window(WindowKind.SPAN, min(starts, default=as_of), as_of + 1)


def _row(loaded: LoadedSite, found: Outlook, doubted: Sequence[DoubtedClaim]) -> Row:
    zone = ZoneInfo(loaded.site.zone)
    return {
        "chapters": [
            {"chapter": c.number, **{outcome.value: count for outcome, count in c.outcomes.items()}}
            for c in found.chapters
        ],
        "would_fail": [
            {
                "verdict": verdict_row(c.verdict, zone),
                "title": c.clause.title_zh,
                "lost": [line_row(line, zone) for line in c.lost],
                "missing": [line_row(line, zone) for line in c.missing],
                "mendable": [line_row(line, zone) for line in c.mendable],
            }
            for c in found.concerns
        ],
        "doubted_claims": [claim_row(each, zone) for each in doubted],
        "in_time": [{"clause": clause.id, **line_row(line, zone)} for clause, line in found.running],
    }


def _print(loaded: LoadedSite, found: Outlook, doubted: Sequence[DoubtedClaim]) -> None:
    zone = ZoneInfo(loaded.site.zone)
    screen = console()
    screen.print(chapter_table(found.chapters))
    screen.print("[bold]What would fail if the evaluation were now[/bold]")
    screen.print(concern_table(found.concerns, zone))
    print_claims(screen, doubted)
    screen.print("[bold]What is still in time, the most urgent first[/bold]")
    screen.print(due_table(found.running[: 4 * SHOWN], zone))


def chapter_table(chapters: Sequence[Chapter]) -> Table:
    """One row a chapter of the source: how many clauses stand how."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("chapter")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right", style=OUTCOME_STYLES[outcome])
    for chapter in chapters:
        counts = (chapter.outcomes[outcome] for outcome in Outcome)
        table.add_row(chapter.number, *(str(count) if count else "·" for count in counts))
    return table


def concern_table(concerns: Sequence[Concern], zone: ZoneInfo) -> Table:
    """One row a clause that would fail, and below it the lines that made it so."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("clause", "verdict", "value"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what and why", ratio=1)
    for concern in concerns:
        verdict = concern.verdict
        title = f"{concern.clause.title_zh} ({window_text(verdict.window, zone)})"
        note = f": {verdict.note}" if verdict.note else ""
        table.add_row(concern.clause.id, outcome_text(verdict.outcome), amount(verdict), escape(title + note))
        lines = [("lost", line) for line in concern.lost] + [("missing", line) for line in concern.missing]
        for word, line in lines[:SHOWN]:
            table.add_row("", "", word, escape(": ".join(filter(None, (line.about, line.note)))))
        if len(lines) > SHOWN:
            table.add_row("", "", "", f"… and {len(lines) - SHOWN} more: steward explain {concern.clause.id}")
    return table


def due_table(running: Sequence[tuple[Clause, Line]], zone: ZoneInfo) -> Table:
    """One row a clock or obligation that is still in time."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("due", no_wrap=True)
    table.add_column("clause", no_wrap=True)
    table.add_column("what", ratio=1)
    table.add_column("who")
    table.add_column("note", ratio=1)
    for clause, line in running:
        table.add_row(
            due_text(line.due, zone), clause.id, escape(line.about), escape(line.owner), escape(line.note)
        )
    return table
