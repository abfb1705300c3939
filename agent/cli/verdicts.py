"""``steward verdicts``: every clause judged anew from the journal, or as it was judged then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.assessor import Assessor
from agent.cli.opening import WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import availability_table, clause_table, console
from agent.clock import SystemClock
from agent.history.history import History
from agent.judged.store import known_at
from agent.memory import settle
from agent.views import verdict_row
from config.problems import nearest
from config.site import LoadedSite
from evaluators.model.clauses import Clause
from evaluators.model.times import instant
from evaluators.model.verdicts import Verdict


def show_verdicts(given: Path | None, as_json: bool, at: str | None, as_of: str | None, clause: str | None) -> int:
    """Print the verdicts at an instant (ISO 8601 with zone; None: now): ``at`` by all that is known today,
    ``as_of`` as they were judged by then. ``clause``: one clause, with all of its subjects."""
    if at is not None and as_of is not None:
        say("--at and --as-of: give one of them: by what is known today, or by what was known then")
        raise typer.Exit(WRONG_USAGE)
    loaded = loaded_site(given)
    asked = None if clause is None else the_clause(loaded, clause)
    then = None if as_of is None else an_instant(as_of, "--as-of")
    judged_at = SystemClock().now() if at is None else an_instant(at, "--at")

    def show() -> None:
        verdicts = recompute(loaded, judged_at) if then is None else known_then(loaded, then)
        chosen = [v for v in verdicts if asked is None or v.clause == asked.id]
        if as_json:
            zone = ZoneInfo(loaded.site.zone)
            rows = [verdict_row(v, zone, lines=asked is not None) for v in chosen]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            _print(loaded, chosen, subjects=asked is not None)

    return reading_the_journal(show)


def _print(loaded: LoadedSite, verdicts: Sequence[Verdict], *, subjects: bool) -> None:
    screen = console()
    screen.print(clause_table(loaded.site, loaded.clauses, verdicts, subjects=subjects))
    if any(verdict.account is not None for verdict in verdicts):
        screen.print(availability_table(loaded.site, verdicts))


def assessor(loaded: LoadedSite, history: History, *, resume: bool = True) -> Assessor:
    """An assessor that has folded all of a journal; without ``resume`` from its samples, as far as it has
    them."""
    with history.snapshot():  # the agent may let samples go meanwhile
        numbers = history.numbers_of([(point.key, point.kind) for point in loaded.site.points])
        found = Assessor(loaded.site, numbers, loaded.clauses, history, loaded.calendar, resume=resume)
        found.catch_up()
    settle()
    return found


def recompute(loaded: LoadedSite, as_of: int) -> list[Verdict]:
    """The current verdicts of a site as of an instant (ns UTC), from its journal alone."""
    with History.open(loaded.journal_path) as history:
        return assessor(loaded, history).judge(as_of)


def known_then(loaded: LoadedSite, at: int) -> list[Verdict]:
    """What had been judged by an instant (ns UTC) of the windows that were open then or closed last."""
    with History.open(loaded.journal_path) as history:
        newest: dict[tuple[str, str], Verdict] = {}
        for verdict in known_at(history, at):
            key = (verdict.clause, str(verdict.subject))
            if key not in newest or newest[key].window.start <= verdict.window.start:
                newest[key] = verdict
    place = {clause.id: number for number, clause in enumerate(loaded.clauses)}
    return sorted(newest.values(), key=lambda verdict: place.get(verdict.clause, len(place)))


def the_clause(loaded: LoadedSite, clause_id: str) -> Clause:
    """The clause of that id; exits with 2 where there is none."""
    rows = {clause.id: clause for clause in loaded.clauses}
    if clause_id not in rows:
        say(f"{clause_id}: there is no such clause; {nearest(clause_id, rows, 'clause')}")
        raise typer.Exit(WRONG_USAGE)
    return rows[clause_id]


def an_instant(text: str, option: str) -> int:
    """An ISO 8601 time with zone as ns UTC; exits with 2 for anything else."""
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        say(f"{option} {text}: {error}; give ISO 8601 with a zone, such as 2026-03-01T00:00:00+08:00")
        raise typer.Exit(WRONG_USAGE) from None
