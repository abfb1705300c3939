"""The live terminal view of a running agent: devices, availability, verdicts, newest values, what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.app import Agent
from agent.cli.clocks import clocks
from agent.cli.tables import availability_table, device_table, percent, shown_value
from evaluators.model.episodes import Episode, State
from evaluators.model.samples import Sample
from evaluators.model.times import WindowKind, moment
from evaluators.model.verdicts import Level, Outcome, Verdict
from evaluators.outlook import outlook

EVENTS = 7
CLOCKS = 4
STATE_STYLES = {
    State.UP: "green",
    State.DOWN: "bold red",
    State.UNKNOWN: "yellow",
    State.PLANNED: "cyan",
    State.NOT_REQUIRED: "dim",
}


def transitions(episodes: dict[str, tuple[Episode, ...]]) -> list[Episode]:
    """Every change of an item's state in the episodes, oldest first; that judging began is none."""
    changes = [
        episode
        for track in episodes.values()
        for before, episode in pairwise(track)
        if (before.state, episode.state) != (State.NOT_REQUIRED, State.UNKNOWN)
    ]
    return sorted(changes, key=lambda episode: (episode.start, episode.item))


def event_line(episode: Episode, zone: ZoneInfo) -> str:
    """One change of state for a person."""
    at = moment(episode.start).astimezone(zone).strftime("%H:%M:%S.%f")[:-5]
    cause = episode.cause
    why = f" ({cause.point}: {cause.why})" if cause else ""
    return f"{at}  {episode.item} {episode.state}{why}"


def headline(agent: Agent) -> str:
    """Site, time and the number of samples' points in one line."""
    standing = agent.standing
    site = agent.loaded.site
    known = sum(1 for sample in standing.newest.values() if sample.value is not None)
    at = moment(standing.as_of).astimezone(ZoneInfo(site.zone)).strftime("%Y-%m-%d %H:%M:%S")
    return f"{site.name}  {at}  {known} of {len(site.points)} points have a value"


def newest_table(agent: Agent, numbers: dict[int, str], chosen: Sequence[str]) -> Table:
    """The newest value of a few points."""
    table = Table(box=None, expand=True)
    table.add_column("point", ratio=1, no_wrap=True)
    for heading in ("value", "quality"):
        table.add_column(heading, no_wrap=True)
    by_key: dict[str, Sample] = {numbers[n]: s for n, s in agent.standing.newest.items() if n in numbers}
    units = {point.key: point.unit for point in agent.loaded.site.points}
    for key in chosen:
        sample = by_key.get(key)
        value = f"{shown_value(sample.value if sample else None)} {units[key]}"
        quality = "never read" if sample is None else sample.reason.label or "good"
        table.add_row(key, value, quality)
    return table


def site_snapshot(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Availability of the whole site at the instant."""
    instants = (v for v in verdicts if v.window.kind is WindowKind.INSTANT and v.subject.level is Level.SITE)
    return next(instants, None)


def chapters_line(agent: Agent) -> str:
    """How many clauses stand how."""
    counts: Counter[Outcome] = Counter()
    for chapter in outlook(agent.loaded.clauses, agent.standing.verdicts).chapters:
        counts.update(chapter.outcomes)
    return "clauses: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)


def view(agent: Agent, numbers: dict[int, str], chosen: Sequence[str]) -> RenderableType:
    """The whole screen."""
    standing = agent.standing
    if not standing.as_of:
        return Text("connecting …")
    zone = ZoneInfo(agent.loaded.site.zone)
    newest = transitions(standing.episodes)[-EVENTS:]
    lines = [Text(event_line(episode, zone), STATE_STYLES[episode.state]) for episode in newest]
    events = Text("\n", no_wrap=True, overflow="ellipsis").join(lines)
    site_now = site_snapshot(standing.verdicts)
    now = f"availability now {percent(site_now.low, site_now.high)}" if site_now else ""
    return Group(
        Text(f"Steward 楼宇管家  {headline(agent)}  {now}", "bold"),
        Text(chapters_line(agent)),
        device_table(agent.device_rows()),
        availability_table(agent.loaded.site, standing.verdicts, (Level.SITE, Level.SYSTEM)),
        Panel(clocks(agent.loaded.clauses, standing.verdicts, standing.as_of, CLOCKS), title="clocks and claims"),
        _side_by_side(
            Panel(newest_table(agent, numbers, chosen), title="newest values"),
            Panel(events, title="what happened"),
        ),
    )


def _side_by_side(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid
