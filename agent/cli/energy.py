"""``steward energy``: what meters, items and the building used, month by month or day by day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from itertools import islice, repeat
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from agent.cli.opening import WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import console, time_text, window_text
from agent.cli.verdicts import an_instant
from agent.clock import SystemClock
from agent.history.history import History
from agent.metered import Metered
from agent.views import Row as JsonRow
from agent.views import iso
from config.catalogue import STANDARDS, load_catalogue
from config.site import LoadedSite
from evaluators.energy.conversion import COMMON_UNIT, Reckoning
from evaluators.energy.metering import Amount
from evaluators.energy.report import Change, Intensity, Report, Row, report
from evaluators.kinds.energy_intensity import Parameters, reckoning
from evaluators.model.times import DAY_NS, Window, WindowKind
from evaluators.windows import containing

Cells = tuple[str, ...]
"""A row of a table: what it is, its name, its unit, and a text for each window."""

LOOKS_BACK_NS = 400 * DAY_NS
"""A window is compared with the year before; registers need some readings before that."""

KINDS = {"day": WindowKind.DAY, "month": WindowKind.MONTH, "year": WindowKind.YEAR}


def show_energy(given: Path | None, by: str, count: int, at: str | None, as_json: bool) -> int:
    """Print the last ``count`` days, months or years up to an instant (ISO 8601 with zone; None: now)."""
    if by not in KINDS:
        say(f"--by {by}: give one of {', '.join(KINDS)}")
        return WRONG_USAGE
    loaded = loaded_site(given)
    if not loaded.site.meters:
        say(f"{loaded.path}: names no meters; see [meters.X] in the site file's reference")
        return WRONG_USAGE
    as_of = SystemClock().now() if at is None else an_instant(at, "--at")

    def show() -> None:
        found = _report(loaded, as_of, KINDS[by], count)
        if as_json:
            typer.echo(json.dumps(_json(loaded, found), ensure_ascii=False, indent=1))
        else:
            _print(loaded, found)

    return reading_the_journal(show)


def _report(loaded: LoadedSite, as_of: int, kind: WindowKind, count: int) -> Report:
    zone = ZoneInfo(loaded.site.zone)
    windows = list(islice(_backwards(as_of, kind, zone), count))[::-1]
    with History.open(loaded.journal_path) as history, history.snapshot():
        facts = Metered(loaded, history, as_of).facts(since=windows[0].start - LOOKS_BACK_NS)
        return report(facts, windows, _reckoning(loaded))


def _reckoning(loaded: LoadedSite) -> Reckoning | None:
    """As the site's row on intensity says; where it has none, as the public standard's does."""
    for clause in (*loaded.clauses, *load_catalogue(STANDARDS)):
        if isinstance(clause.parameters, Parameters):
            return reckoning(clause.parameters, loaded.site.energy)
    return None


def _backwards(as_of: int, kind: WindowKind, zone: ZoneInfo) -> Iterable[Window]:
    """The window that holds the instant, and those before it."""
    at = as_of
    while True:
        window = containing(kind, at, zone)
        yield window
        at = window.start - 1


def _json(loaded: LoadedSite, found: Report) -> JsonRow:
    zone = ZoneInfo(loaded.site.zone)

    def rows(several: Sequence[Row]) -> list[JsonRow]:
        return [
            {
                "id": each.id,
                "name": each.name,
                "carrier": each.carrier.value,
                "unit": each.carrier.unit,
                "amounts": [_ends(amount) for amount in each.amounts],
                **({"adds_up": list(each.holds)} if each.holds else {}),
            }
            for each in several
        ]

    return {
        "windows": [window_text(window, zone) for window in found.windows],
        "meters": rows(found.meters),
        "items": rows(found.items),
        "carriers": rows(found.carriers),
        "events": [
            {"meter": meter.id, "at": iso(event.at, zone), "what": event.what.value}
            for meter, event in found.events
        ],
        **({} if found.intensity is None else {"intensity": _intensity_json(found.intensity)}),
        "changes": [
            {"carrier": each.carrier.value, "shares": [share and [*map(float, share)] for share in each.shares]}
            for each in found.changes
        ],
        "missing": list(found.missing),
    }


def _intensity_json(found: Intensity) -> JsonRow:
    """Amounts in kW·h of electricity, and in that per m²."""
    rows = {each.name: [_ends(amount) for amount in getattr(found, each.name)] for each in fields(found)}
    return {"unit": COMMON_UNIT, **{name: amounts for name, amounts in rows.items() if amounts}}


def _ends(amount: Amount) -> list[float | None]:
    return [float(amount.low), None if amount.high is None else float(amount.high)]


def _print(loaded: LoadedSite, found: Report) -> None:
    zone = ZoneInfo(loaded.site.zone)
    screen = console()
    for title, rows in (("meters", found.meters), ("items 分项", found.items), ("in all", found.carriers)):
        if rows:
            screen.print(_table(title, map(_cells, rows, repeat(found.windows)), found.windows, zone))
    if found.intensity is not None:
        screen.print(_table("bought 外购", _intensity_cells(found.intensity, found.windows), found.windows, zone))
    if found.changes:
        screen.print(_table("to a year before", map(_change_cells, found.changes), found.windows, zone))
    for line in found.missing:
        screen.print(f"missing: {escape(line)}", highlight=False, soft_wrap=True)
    for meter, event in found.events:
        what = event.what.value.replace("_", " ")
        screen.print(f"{time_text(event.at, zone)}  {escape(meter.id)}: {what}", highlight=False)


def _cell(amount: Amount, is_right: bool | None, window: Window) -> str:
    read = _read(amount, window.length)
    return read + {True: "", False: " [red]≠[/red]", None: " ?" * (read != "not read")}[is_right]


def _read(amount: Amount, length: int) -> str:
    """What was counted over a time; of what is not known and hardly read, only how much surely was."""
    if amount.low == amount.high:
        return text(amount)
    is_hardly_read = amount.unread_ns * 2 >= length
    if amount.unread_ns and not amount.low and (is_hardly_read or amount.high is None):
        return "not read"
    return f"≥ {plain(amount.low)}" if is_hardly_read else text(amount)


def _cells(row: Row, windows: Sequence[Window]) -> Cells:
    holds = row.holds or (True,) * len(row.amounts)
    amounts = (_cell(*each) for each in zip(row.amounts, holds, windows, strict=True))
    return ("  " * row.depth + escape(row.id), escape(row.name), row.carrier.unit, *amounts)


def _intensity_cells(found: Intensity, windows: Sequence[Window]) -> Iterator[Cells]:
    """As electricity, in each window and in the 365 days up to its end."""
    for title, unit, amounts in (
        ("as electricity", COMMON_UNIT, found.used),
        ("as electricity, per m²", f"{COMMON_UNIT}/m2", found.used_per_m2),
    ):
        if amounts:
            yield (title, "", unit, *map(_cell, amounts, repeat(True), windows))
    for title, unit, amounts in (
        ("12 months", COMMON_UNIT, found.year),
        ("12 months, per m²", f"{COMMON_UNIT}/m2", found.year_per_m2),
    ):
        if amounts:
            yield (title, "", unit, *(_read(amount, 365 * DAY_NS) for amount in amounts))


def _change_cells(change: Change) -> Cells:
    return (change.carrier.value, "", "%", *map(_share, change.shares))


def _share(share: tuple[Fraction, Fraction] | None) -> str:
    """A share as a signed percentage, or two; empty where nobody can say."""
    if share is None:
        return ""
    low, high = (f"{float(100 * end):+,.1f}" for end in share)
    return low if low == high else f"{low} to {high}"


def _table(title: str, rows: Iterable[Cells], windows: Sequence[Window], zone: ZoneInfo) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column(title)
    table.add_column("")
    table.add_column("unit")
    for window in windows:
        table.add_column(window_text(window, zone), justify="right", no_wrap=True)
    for cells in rows:
        table.add_row(*cells)
    return table


def text(amount: Amount) -> str:
    """An amount for a person: one number where both ends read the same, ``a–b``, or ``≥ a`` where nobody can say
    how much at most."""
    low = plain(amount.low)
    if amount.high is None:
        return f"≥ {low}"
    high = plain(amount.high)
    return low if low == high else f"{low}–{high}"


def plain(value: Fraction) -> str:
    """A number with as many digits as matter."""
    return f"{float(value):,.0f}" if value >= 1000 else f"{float(value):,.1f}"
