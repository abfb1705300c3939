"""``steward waste``: what rules of waste find in the meters of the last days."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from agent.cli.energy import plain
from agent.cli.opening import WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import console, time_text
from agent.cli.verdicts import an_instant
from agent.clock import SystemClock
from agent.history.history import History
from agent.metered import Metered
from agent.views import Row, iso
from config.site import LoadedSite
from evaluators.model.times import DAY_NS, HOUR_NS
from evaluators.model.waste import Finding, Range, Rule, Span, Untold
from evaluators.waste.registry import find
from evaluators.windows import day_start, local_date

SPANS_SHOWN = 4


def show_waste(given: Path | None, days: int, at: str | None, as_json: bool) -> int:
    """Print what was found in the ``days`` whole days before an instant (ISO 8601 with zone; None: now)."""
    loaded = loaded_site(given)
    if not loaded.site.meters:
        say(f"{loaded.path}: names no meters; see [meters.X] in the site file's reference")
        return WRONG_USAGE
    as_of = SystemClock().now() if at is None else an_instant(at, "--at")
    span = last_days(loaded, as_of, days)

    def show() -> None:
        with History.open(loaded.journal_path) as history, history.snapshot():
            (scene,) = Metered(loaded, history, as_of).scenes(span)
            found = find(loaded.waste.rules, scene)
        if as_json:
            typer.echo(json.dumps(_json(loaded, span, found), ensure_ascii=False, indent=1))
        else:
            _print(loaded, span, found)

    return reading_the_journal(show)


def last_days(loaded: LoadedSite, as_of: int, days: int) -> Span:
    """So many whole days of the site's zone, the last of them over at ``as_of`` (ns UTC)."""
    zone = ZoneInfo(loaded.site.zone)
    end = day_start(local_date(as_of, zone), zone)
    return Span(day_start(local_date(end - days * DAY_NS + DAY_NS // 2, zone), zone), end)


def _json(loaded: LoadedSite, span: Span, found: Sequence[Finding | Untold]) -> Row:
    zone = ZoneInfo(loaded.site.zone)

    def times(spans: Sequence[Span]) -> list[list[str | None]]:
        return [[iso(each.start, zone), iso(each.end, zone)] for each in spans]

    findings = [
        {
            "rule": each.rule,
            "meter": each.meter,
            "measured": _ends(each.measured),
            "limit": float(each.limit),
            "unit": each.unit,
            "may_be": each.may_be,
            "wasted": _ends(each.wasted),
            "wasted_unit": each.carrier.unit,
            "cost": _ends(each.cost),
            "currency": loaded.waste.tariff.currency,
            "how": each.how,
            "spans": times(each.spans),
        }
        for each in found
        if isinstance(each, Finding)
    ]
    untold = [{"rule": u.rule, "meter": u.meter, "why": u.why} for u in found if isinstance(u, Untold)]
    return {"span": times([span])[0], "findings": findings, "untold": untold}


def _ends(found: Range | None) -> list[float | None] | None:
    return None if found is None else [float(found.low), None if found.high is None else float(found.high)]


def _print(loaded: LoadedSite, span: Span, found: Sequence[Finding | Untold]) -> None:
    zone, screen = ZoneInfo(loaded.site.zone), console()
    findings = sorted((each for each in found if isinstance(each, Finding)), key=_weight, reverse=True)
    screen.print(f"{time_text(span.start, zone)} to {time_text(span.end, zone)}", highlight=False)
    if findings:
        screen.print(_table(loaded, findings, zone))
        unconfirmed = [rule.id for rule in _rules(loaded, findings) if not rule.verified]
        if unconfirmed:
            screen.print(f"figures nobody has checked against a source: {', '.join(unconfirmed)}", style="dim")
    else:
        screen.print("nothing was found")
    for each in found:
        if isinstance(each, Untold):
            about = f"{each.rule}, {each.meter}" if each.meter else each.rule
            screen.print(escape(f"not told of {about}: {each.why}"), style="yellow", highlight=False)


def _weight(finding: Finding) -> tuple[Fraction, Fraction]:
    """The dearest first, then the largest."""
    return _low(finding.cost), _low(finding.wasted)


def _low(found: Range | None) -> Fraction:
    return Fraction(0) if found is None else found.low


def _rules(loaded: LoadedSite, findings: Sequence[Finding]) -> list[Rule]:
    named = {finding.rule for finding in findings}
    return [rule for rule in loaded.waste.rules if rule.id in named]


def _table(loaded: LoadedSite, findings: Sequence[Finding], zone: ZoneInfo) -> Table:
    rules = {rule.id: rule for rule in loaded.waste.rules}
    table = Table(box=SIMPLE_HEAD)
    for name in ("found", "meter", "measured", "limit", "wasted", f"cost, {loaded.waste.tariff.currency}", "when"):
        table.add_column(name, justify="right" if name in ("measured", "limit", "wasted") else "left")
    for each in findings:
        rule = rules[each.rule]
        unit = "" if each.unit == "1" else f" {each.unit}"
        table.add_row(
            escape(f"{rule.title_zh} {rule.title_en}") + (" ?" if each.may_be else ""),
            escape(each.meter),
            figure(each.measured) + unit,
            number(each.limit),
            "–" if each.wasted is None else f"{figure(each.wasted)} {each.carrier.unit}",
            "–" if each.cost is None else figure(each.cost),
            _when(each.spans, zone),
        )
    return table


def _when(spans: Sequence[Span], zone: ZoneInfo) -> str:
    """The first spans, and how many hours all of them come to."""
    hours = sum(span.length for span in spans) / HOUR_NS
    shown = ", ".join(time_text(span.start, zone) for span in spans[:SPANS_SHOWN])
    more = f" and {len(spans) - SPANS_SHOWN} more" if len(spans) > SPANS_SHOWN else ""
    return f"{hours:.1f} h: {shown}{more}"


def figure(found: Range) -> str:
    """A range for a person: one number where both ends read the same."""
    low = number(found.low)
    high = "" if found.high is None else number(found.high)
    return low if low == high else f"{low}–{high}" if high else f"≥ {low}"


def number(value: Fraction) -> str:
    """A number with as many digits as matter."""
    return plain(value) if abs(value) >= 10 else f"{float(value):.2f}"
