"""``steward explain``: what one clause's verdicts rest on, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from agent.cli.claims import claim_row, print_claims
from agent.cli.figures import figure_words, threshold_words, time_words
from agent.cli.opening import loaded_site, reading_the_journal
from agent.cli.tables import amount, console, line_table, names, outcome_text, time_text, window_text
from agent.cli.verdicts import an_instant, assessor, the_clause
from agent.clock import SystemClock
from agent.history.history import History
from agent.judged.store import key_of, lineage
from agent.views import Row, iso, verdict_row
from config.site import LoadedSite
from evaluators.claims import DoubtedClaim
from evaluators.docket import current
from evaluators.model.clauses import Clause
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Verdict
from evaluators.windows import containing
from evaluators.wording import lasting


def explain_clause(
    given: Path | None, clause_id: str, as_json: bool, at: str | None, window: str | None, subject: str | None
) -> int:
    """Print all that a clause's verdict counts. ``at``: judged at this instant; ``window``: over the clause's
    window that holds this one; ``subject``: such as equipment:lift-1, else the site."""
    loaded = loaded_site(given)
    clause = the_clause(loaded, clause_id)
    as_of = SystemClock().now() if at is None else an_instant(at, "--at")
    held = None if window is None else an_instant(window, "--window")

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            chosen = _window(loaded, clause, as_of, held)
            judge = assessor(loaded, history)
            shown = [v for v in judge.judge_window(clause, chosen, as_of) if _is_asked(v, subject)]
            before = [lineage(history, key_of(verdict)) for verdict in shown]
            cited = {record for verdict in shown for line in verdict.lines for record in line.records}
            doubted = judge.doubted_claims(chosen, as_of, cited) if cited else []
        zone = ZoneInfo(loaded.site.zone)
        if as_json:
            rows = [
                verdict_row(v, zone, lines=True)
                | {
                    "doubted_claims": [claim_row(each, zone) for each in _of(v, doubted)],
                    "journaled": [_answer(*entry, zone) for entry in entries],
                }
                for v, entries in zip(shown, before, strict=True)
            ]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for verdict, entries in zip(shown, before, strict=True):
            _print(loaded, clause, verdict, entries, _of(verdict, doubted))

    return reading_the_journal(show)


def _window(loaded: LoadedSite, clause: Clause, as_of: int, held: int | None) -> Window:
    zone = ZoneInfo(loaded.site.zone)
    if held is None or not clause.window.is_calendar:
        return current(clause, as_of, zone)
    return containing(clause.window, held, zone)


def _is_asked(verdict: Verdict, subject: str | None) -> bool:
    if subject is None:
        return verdict.subject.level is Level.SITE
    return str(verdict.subject) == subject


def _of(verdict: Verdict, doubted: Iterable[DoubtedClaim]) -> list[DoubtedClaim]:
    """Those of the records that a verdict's lines name."""
    cited = {record for line in verdict.lines for record in line.records}
    return [each for each in doubted if each.hearing.record in cited]


def _answer(seq: int, replaces: int | None, verdict: Verdict, zone: ZoneInfo) -> Row:
    return {
        "number": seq,
        "replaces": replaces,
        "verdict": verdict.outcome.value,
        "as_of": iso(verdict.as_of, zone),
    }


def _print(
    loaded: LoadedSite,
    clause: Clause,
    verdict: Verdict,
    entries: list[tuple[int, int | None, Verdict]],
    doubted: Sequence[DoubtedClaim],
) -> None:
    zone = ZoneInfo(loaded.site.zone)
    screen = console()
    called = names(loaded.site).get(str(verdict.subject), verdict.subject.id)
    screen.print(f"[bold]{clause.id}[/bold] {escape(clause.title_zh)} · {escape(clause.title_en)}")
    screen.print(f"{escape(called)}, {window_text(verdict.window, zone)}:", outcome_text(verdict.outcome), end=" ")
    screen.print(f"{amount(verdict)} against {threshold_words(verdict)}", highlight=False)
    for text in (verdict.note, *(figure_words(name, value) for name, value in verdict.facts)):
        if text:
            screen.print(f"  {escape(text)}", highlight=False)
    if clause.overlaid:
        screen.print(f"  set by the site: {escape(', '.join(clause.overlaid))}")
    _print_time(verdict)
    _print_lines(screen, verdict.lines, zone)
    print_claims(screen, doubted)
    for seq, replaces, answer in entries:
        instead = f", replaces {replaces}" if replaces else ""
        screen.print(
            f"  journaled as {seq}{instead}: {answer.outcome.value} at {time_text(answer.as_of, zone)}",
            highlight=False,
        )


def _print_lines(screen: Console, lines: Sequence[Line], zone: ZoneInfo) -> None:
    """What needs somebody first; of what is in order, or does not count, the newest."""
    pressing = sorted((line for line in lines if line.mark in _PRESSING), key=lambda line: _PRESSING[line.mark])
    others = [line for line in lines if line.mark not in _PRESSING]
    shown = [*pressing, *others[-IN_ORDER_SHOWN:]]
    if shown:
        screen.print(line_table(shown, zone))
    if len(others) > IN_ORDER_SHOWN:
        screen.print(f"  … and {len(others) - IN_ORDER_SHOWN} more in order: --json has them all", highlight=False)


_PRESSING = {Mark.BAD: 0, Mark.UNKNOWN: 1, Mark.RUNNING: 2, Mark.FINDING: 3}
IN_ORDER_SHOWN = 10
"""How many lines are printed that need nobody."""
MISSING_SHOWN = 5
"""How many causes of unknown time are printed."""


def _print_time(verdict: Verdict) -> None:
    """Of clauses about time: how long in each state, and what was missing, the longest first."""
    if verdict.account is None or verdict.window.kind is WindowKind.INSTANT:
        return
    console().print(f"  {time_words(verdict)}", highlight=False)
    for lack in verdict.missing[:MISSING_SHOWN]:
        cause = "no sample" if lack.cause is None else f"{lack.cause.point} {lack.cause.why}"
        console().print(f"  missing: {lasting(lack.length)}, {cause}", highlight=False)
    if len(verdict.missing) > MISSING_SHOWN:
        console().print(f"  … and {len(verdict.missing) - MISSING_SHOWN} more causes: --json has them all")
