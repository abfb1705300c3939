"""``steward gaps``: when nothing was taken, or what was taken is gone, and why; whether the agent runs or not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from agent.cli.opening import WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import console
from agent.cli.verdicts import an_instant
from agent.clock import SystemClock
from agent.gaps.store import read_gaps
from agent.history.history import History
from agent.views import Row, duration_s, iso
from config.problems import nearest
from config.site import LoadedSite
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import moment
from evaluators.wording import lasting


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which gaps are asked for: those that share an instant with ``[start, end)``, ns UTC; None asks for all.

    A ``device``'s are its own and those of the agent as a whole, which concern every device.
    """

    start: int | None = None
    end: int | None = None
    cause: GapCause | None = None
    device: str | None = None
    only_open: bool = False

    def holds(self, gap: Gap) -> bool:
        """Whether a gap is asked for."""
        return (
            (self.end is None or gap.start < self.end)
            and (self.start is None or gap.end is None or gap.end > self.start)
            and self.cause in (None, gap.cause)
            and (self.device is None or gap.subject in ("", self.device))
            and not (self.only_open and gap.end is not None)
        )


def show_gaps(
    given: Path | None,
    as_json: bool,
    start: str | None,
    end: str | None,
    cause: str | None,
    device: str | None,
    only_open: bool,
) -> int:
    """Print the gaps of the ledger, the earliest first. Times are ISO 8601 with zone."""
    loaded = loaded_site(given)
    chosen = Chosen(
        None if start is None else an_instant(start, "--from"),
        None if end is None else an_instant(end, "--to"),
        None if cause is None else _a_cause(cause),
        device,
        only_open,
    )
    zone = ZoneInfo(loaded.site.zone)

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            noted = read_gaps(history)
        if device is not None:
            _check_device(device, loaded, noted)
        found = [(number, gap) for number, gap in noted if chosen.holds(gap)]
        found.sort(key=lambda each: (each[1].start, each[0]))
        now = SystemClock().now()
        if as_json:
            rows = [gap_row(number, gap, zone, now) for number, gap in found]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        elif found:
            console().print(gap_table([gap for _, gap in found], zone, now))
        else:
            typer.echo(f"{loaded.site.id}: no such gap is noted")

    return reading_the_journal(show)


def _a_cause(word: str) -> GapCause:
    if word not in set(GapCause):
        say(f"--cause {word}: there is no such cause; {nearest(word, GapCause, 'cause')}")
        raise typer.Exit(WRONG_USAGE)
    return GapCause(word)


def _check_device(device: str, loaded: LoadedSite, noted: Iterable[tuple[int, Gap]]) -> None:
    """A device may be gone from the site file and have gaps nevertheless."""
    known = {d for connection in loaded.connections for d in connection.devices}
    if device not in known | {gap.subject for _, gap in noted}:
        say(f"--device {device}: there is no such device; {nearest(device, known, 'device')}")
        raise typer.Exit(WRONG_USAGE)


def gap_row(number: int, gap: Gap, zone: ZoneInfo, now: int) -> Row:
    """One gap for JSON; ``seconds`` of an open one are those so far."""
    return {
        "number": number,
        "cause": gap.cause.value,
        "device": gap.subject or None,
        "points": list(gap.points),
        "start": iso(gap.start, zone),
        "end": iso(gap.end, zone),
        "open": gap.end is None,
        "seconds": duration_s(max(0, (now if gap.end is None else gap.end) - gap.start)),
        "lost": gap.lost,
        "detail": gap.detail,
    }


def gap_table(gaps: Sequence[Gap], zone: ZoneInfo, now: int) -> Table:
    """One row a gap."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    for heading in ("start", "end"):
        table.add_column(heading, no_wrap=True)
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("cause", no_wrap=True)
    table.add_column("of")
    table.add_column("points", overflow="fold", ratio=1)
    table.add_column("lost", justify="right", no_wrap=True)
    table.add_column("detail", overflow="fold", ratio=2)
    for gap in gaps:
        table.add_row(
            _second(gap.start, zone),
            Text("open", "bold yellow") if gap.end is None else _second(gap.end, zone),
            lasting((now if gap.end is None else gap.end) - gap.start),
            gap.cause.value,
            escape(gap.subject or "all"),
            escape(", ".join(gap.points) or "all"),
            "–" if gap.lost is None else str(gap.lost),
            escape(gap.detail),
        )
    return table


def _second(at: int, zone: ZoneInfo) -> str:
    return f"{moment(at).astimezone(zone):%Y-%m-%d %H:%M:%S}"
