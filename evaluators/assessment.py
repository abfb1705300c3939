"""Judging a clause for every subject of a site: items, equipment, systems and the site itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from evaluators.availability import Account, Swing, account, judge, missing, snapshot, swing
from evaluators.model.clauses import Clause
from evaluators.model.episodes import Episode
from evaluators.model.site import Item, Site
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Level, Subject, Verdict
from evaluators.standing import required_from
from evaluators.windows import at_instant, month


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it was counted from: time (ns) or, at an instant, items in each state; over a window
    also how the snapshot moved."""

    verdict: Verdict
    account: Account
    swing: Swing | None = None


Episodes = Mapping[str, tuple[Episode, ...]]


def subjects(site: Site) -> Iterator[tuple[Subject, tuple[Item, ...]]]:
    """The site, its systems, equipment and items, each with the items it is made of."""
    yield Subject(Level.SITE, site.id), tuple(site.items())
    for system in site.systems:
        parts = (equipment for equipment in site.equipment if equipment.system == system.id)
        yield Subject(Level.SYSTEM, system.id), tuple(item for part in parts for item in part.items)
    for equipment in site.equipment:
        yield Subject(Level.EQUIPMENT, equipment.id), equipment.items
    for item in site.items():
        yield Subject(Level.ITEM, item.key), (item,)


def windows(clause: Clause, as_of: int, zone: tzinfo) -> tuple[Window, ...]:
    """The windows a clause is judged over at ``as_of``: the instant itself, and the window of its row."""
    if clause.window is not WindowKind.MONTH:
        raise ValueError(f"clause {clause.id}: a window of kind {clause.window} cannot be judged yet; use month")
    # as_of itself is outside the half-open past: at midnight of the first it is still the old month's close.
    return at_instant(as_of), month(as_of - 1, zone)


def availability(clause: Clause, site: Site, states: Episodes, window: Window, as_of: int) -> Iterator[Judgement]:
    """Judge availability over ``window`` for every subject; ``states`` must cover it up to ``as_of``."""
    for subject, items in subjects(site):
        tracks = [states[item.key] for item in items]
        if window.kind is WindowKind.INSTANT:
            figures = snapshot(tracks, window.start)
            yield Judgement(judge(clause, subject, figures, window, as_of), figures)
            continue
        flat = [episode for track in tracks for episode in track]
        figures = account(flat, window)
        coming = sum(_still_to_come(site, item, window, as_of) for item in items)
        lacking = missing(flat, window)
        verdict = judge(clause, subject, figures, window, as_of, coming, lacking)
        yield Judgement(verdict, figures, swing(tracks, window, clause.threshold))


def _still_to_come(site: Site, item: Item, window: Window, as_of: int) -> int:
    return max(0, window.end - max(as_of, required_from(site, item) or as_of))
