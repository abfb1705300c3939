"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evaluators.model.clauses import Clause
from evaluators.model.site import Site
from evaluators.model.times import Window, WindowKind, moment
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Verdict
from evaluators.phrases import by_when

OUTCOME_STYLES = {
    Outcome.MET: "green",
    Outcome.NOT_MET: "bold red",
    Outcome.UNDETERMINED: "yellow",
    Outcome.PENDING: "cyan",
    Outcome.NOT_APPLICABLE: "dim",
}
LINK_STYLES = {
    "up": "green",
    "degraded": "yellow",
    "down": "bold red",
    "backing_off": "bold red",
    "connecting": "cyan",
}
QUALITY_STYLES = {"good": "green", "uncertain": "yellow", "bad": "bold red"}


def console(*, stderr: bool = False) -> Console:
    """Where tables are printed: as wide as the terminal; into a pipe or file wide enough for all columns."""
    found = Console(stderr=stderr)
    return found if found.is_terminal else Console(stderr=stderr, width=max(found.width, PIPED_WIDTH))


PIPED_WIDTH = 140


def percent(low: Fraction | None, high: Fraction | None) -> str:
    """An interval as per cent, cut (never rounded up to a limit that was not reached)."""
    if low is None or high is None:
        return "–"
    return f"{_cut(low)} %" if low == high else f"{_cut(low)}–{_cut(high)} %"


def _cut(ratio: Fraction) -> str:
    hundredths = ratio.numerator * 10_000 // ratio.denominator
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def names(site: Site) -> dict[str, str]:
    """The display name of every subject, by ``level:id``."""
    found = {f"{Level.SITE}:{site.id}": site.name}
    found |= {f"{Level.SYSTEM}:{system.id}": system.name for system in site.systems}
    for equipment in site.equipment:
        found[f"{Level.EQUIPMENT}:{equipment.id}"] = equipment.name
        found |= {f"{Level.ITEM}:{item.key}": f"{equipment.name} {item.name}" for item in equipment.items}
    return found


def availability_table(site: Site, verdicts: Sequence[Verdict], levels: Iterable[Level] = tuple(Level)) -> Table:
    """One row a subject: the snapshot, the running mean, its minimum, how much is known, and the verdict."""
    shown = set(levels)
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("clause")
    table.add_column("subject", ratio=1)
    for heading in ("now", "window", "minimum", "known"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    called = names(site)
    counted = [verdict for verdict in verdicts if verdict.account is not None]
    snapshots = {(v.clause, v.subject): v for v in counted if v.window.kind is WindowKind.INSTANT}
    for verdict in counted:
        if verdict.window.kind is WindowKind.INSTANT or verdict.subject.level not in shown:
            continue
        now = snapshots.get((verdict.clause, verdict.subject))
        lowest = verdict.swing.minimum if verdict.swing else None
        subject = str(verdict.subject)
        table.add_row(
            verdict.clause,
            Text.assemble(called[subject], (f"  {subject}", "dim")),
            Text(percent(now.low, now.high), OUTCOME_STYLES[now.outcome]) if now else "–",
            percent(verdict.low, verdict.high),
            percent(*lowest) if lowest else "–",
            percent(verdict.coverage, verdict.coverage),
            outcome_text(verdict.outcome),
        )
    return table


def outcome_text(outcome: Outcome) -> Text:
    """A verdict's word in its colour."""
    return Text(outcome.value, OUTCOME_STYLES[outcome])


def amount(verdict: Verdict) -> str:
    """A verdict's value: per cent where the threshold is a share, else the number with its unit."""
    if verdict.low is None or verdict.high is None:
        return "–"
    if verdict.unit == "1" and verdict.threshold <= 1:
        return percent(verdict.low, verdict.high)
    ends = [_plain(verdict.low)] if verdict.low == verdict.high else [_plain(verdict.low), _plain(verdict.high)]
    return "–".join(ends) + ("" if verdict.unit == "1" else f" {verdict.unit}")


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"


def window_text(window: Window, zone: ZoneInfo) -> str:
    """A window for a person, such as ``2026-03`` or ``2026 Q1``."""
    first = moment(window.start).astimezone(zone)
    match window.kind:
        case WindowKind.DAY:
            return f"{first:%Y-%m-%d}"
        case WindowKind.MONTH:
            return f"{first:%Y-%m}"
        case WindowKind.QUARTER:
            return f"{first:%Y} Q{(first.month + 2) // 3}"
        case WindowKind.YEAR:
            return f"{first:%Y}"
        case WindowKind.ROLLING | WindowKind.SPAN:
            return f"{first:%Y-%m-%d} – {moment(window.end).astimezone(zone):%Y-%m-%d}"
        case _:
            return "now"


def clause_table(
    site: Site, clauses: Sequence[Clause], verdicts: Sequence[Verdict], *, subjects: bool = False
) -> Table:
    """One row a clause, or with ``subjects`` one a subject of it: the window, the value, what was counted, the
    verdict and what a reader must know beside it."""
    zone = ZoneInfo(site.zone)
    called = names(site)
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("clause", no_wrap=True)
    table.add_column("of" if subjects else "title", ratio=3)
    table.add_column("window", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("good/bad/?/open", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("note", ratio=4)
    rows = {clause.id: clause for clause in clauses}
    for verdict in verdicts:
        if verdict.window.kind is WindowKind.INSTANT or not (subjects or verdict.subject.level is Level.SITE):
            continue
        clause, subject = rows[verdict.clause], str(verdict.subject)
        tally = verdict.tally
        table.add_row(
            verdict.clause,
            escape(called.get(subject, verdict.subject.id) if subjects else clause.title_zh),
            window_text(verdict.window, zone),
            amount(verdict),
            f"{tally.good}/{tally.bad}/{tally.unknown}/{tally.running}" if tally else "–",
            outcome_text(verdict.outcome),
            escape(verdict.note),
        )
    return table


MARK_STYLES = {
    Mark.GOOD: "green",
    Mark.BAD: "bold red",
    Mark.UNKNOWN: "yellow",
    Mark.RUNNING: "cyan",
    Mark.EXCLUDED: "dim",
    Mark.FINDING: "magenta",
}


def line_table(lines: Iterable[Line], zone: ZoneInfo) -> Table:
    """One row a line of a verdict."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("what", ratio=2, overflow="fold")
    table.add_column("stands", no_wrap=True)
    for heading in ("from", "due", "done"):
        table.add_column(heading, no_wrap=True)
    table.add_column("who")
    table.add_column("why", ratio=3)
    table.add_column("rests on", ratio=2, overflow="fold")
    for line in lines:
        witness = "" if line.witness is None else f" ({line.witness.value})"
        table.add_row(
            escape(line.about),
            Text(line.mark.value, MARK_STYLES[line.mark]),
            time_text(line.start, zone),
            due_text(line.due, zone),
            time_text(line.done, zone),
            escape(line.owner),
            escape(line.note),
            escape(_named(line.records) + witness),
        )
    return table


def time_text(at: int | None, zone: ZoneInfo) -> str:
    """An instant for a person, to the minute; a dash for none."""
    return "–" if at is None else f"{moment(at).astimezone(zone):%Y-%m-%d %H:%M}"


def due_text(at: int | None, zone: ZoneInfo) -> str:
    """By when something is due, for a person: a midnight is the 24:00 of the day it ends."""
    return "–" if at is None else by_when(at, zone)


RECORDS_NAMED = 3


def _named(records: Sequence[str]) -> str:
    """The records of a line, the newest ones where they are many."""
    more = f"{len(records) - RECORDS_NAMED} others, " if len(records) > RECORDS_NAMED else ""
    return more + ", ".join(records[-RECORDS_NAMED:])


def device_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One row a device."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("device", "protocol", "link"):
        table.add_column(heading, no_wrap=True)
    table.add_column("answer", justify="right", no_wrap=True)
    table.add_column("clock", justify="right", no_wrap=True)
    table.add_column("errors")
    table.add_column("detail", overflow="fold", ratio=1)
    for row in rows:
        answer = "–" if row["round_trip_s"] is None else f"{row['round_trip_s'] * 1000:.0f} ms"
        errors = ", ".join(f"{reason} {count}" for reason, count in row["errors"].items())
        link = Text(row["link"], LINK_STYLES[row["link"]])
        known = row.get("clock_s")  # an older agent said nothing of it
        clock = "–" if known is None else f"{known:+.1f} s"
        device, detail = escape(row["device"]), escape(row["detail"])
        table.add_row(device, row["protocol"], link, answer, clock, escape(errors), detail)
    return table


def sample_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One row a point."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("point", "name"):
        table.add_column(heading)
    table.add_column("value", justify="right")
    for heading in ("unit", "quality", "time"):
        table.add_column(heading)
    for row in rows:
        quality = row["quality"] or "never read"
        said = f"{quality}: {row['reason']}" if row["reason"] else quality
        table.add_row(
            escape(row["point"]),
            escape(row["name"]),
            escape(shown_value(row["value"])),
            escape(row["unit"]),
            Text(said, QUALITY_STYLES.get(quality, "dim")),
            row["time"] or "–",
        )
    return table


def shown_value(value: object) -> str:
    """A value for people: floats to two digits, a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
