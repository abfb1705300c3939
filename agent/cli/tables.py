"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evaluators.assessment import Judgement
from evaluators.model.site import Site
from evaluators.model.times import WindowKind
from evaluators.model.verdicts import Level, Outcome

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


def verdict_table(site: Site, judgements: Sequence[Judgement], levels: Iterable[Level] = tuple(Level)) -> Table:
    """One row a subject: the snapshot, the running mean, its minimum, how much is known, and the verdict."""
    shown = set(levels)
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("clause")
    table.add_column("subject", ratio=1)
    for heading in ("now", "this month", "minimum", "known"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    called = names(site)
    snapshots = {
        (j.verdict.clause, j.verdict.subject): j.verdict
        for j in judgements
        if j.verdict.window.kind is WindowKind.INSTANT
    }
    for judgement in judgements:
        verdict = judgement.verdict
        if verdict.window.kind is WindowKind.INSTANT or verdict.subject.level not in shown:
            continue
        now = snapshots[verdict.clause, verdict.subject]
        lowest = judgement.swing.minimum if judgement.swing else None
        subject = str(verdict.subject)
        table.add_row(
            verdict.clause,
            Text.assemble(called[subject], (f"  {subject}", "dim")),
            Text(percent(now.low, now.high), OUTCOME_STYLES[now.outcome]),
            percent(verdict.low, verdict.high),
            percent(*lowest) if lowest else "–",
            percent(verdict.coverage, verdict.coverage),
            Text(verdict.outcome.value, OUTCOME_STYLES[verdict.outcome]),
        )
    return table


def device_table(rows: Sequence[dict[str, Any]]) -> Table:
    """One row a device."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("device", "protocol", "link"):
        table.add_column(heading, no_wrap=True)
    table.add_column("answer", justify="right", no_wrap=True)
    table.add_column("errors")
    table.add_column("detail", overflow="fold", ratio=1)
    for row in rows:
        answer = "–" if row["round_trip_s"] is None else f"{row['round_trip_s'] * 1000:.0f} ms"
        errors = ", ".join(f"{reason} {count}" for reason, count in row["errors"].items())
        link = Text(row["link"], LINK_STYLES[row["link"]])
        table.add_row(escape(row["device"]), row["protocol"], link, answer, escape(errors), escape(row["detail"]))
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
