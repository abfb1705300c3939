"""What calls for somebody at an instant, read off the verdicts on the whole site. Pure: it knows no past.

What has a due time rings by itself, line by line; what has none rings through its verdict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agent.alerting.events import AlertEvent, Ending, Severity, Stage
from agent.alerting.figures import figures, unknown_is_large
from agent.alerting.policy import Policy
from evaluators.model.clauses import Clause
from evaluators.model.times import Limit, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Verdict

CLOCKS = frozenset({"response_time", "repair_rate"})
"""Kinds whose lines are clocks that an event starts."""

REPAIR = "repair_rate"

PERIODIC = frozenset({"schedule", "count_per_period", "attestation", "drill", "training_coverage"})
"""Kinds whose lines are owed anew for each period: one that was not done has lapsed."""

AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One call for somebody. ``over``: why it needs nobody any more, although it failed; None: it does."""

    key: str
    stage: Stage
    severity: Severity
    clause: Clause
    subject: str
    window: Window
    about: str = ""
    start: int | None = None
    due: int | None = None
    owner: str = ""
    note: str = ""
    over: Ending | None = None

    def says_more_than(self, alert: AlertEvent) -> bool:
        """Whether this is news to somebody who knows the alert."""
        if (self.stage, self.severity, self.due) != (alert.stage, alert.severity, alert.due):
            return True
        return not self.about and self.window.kind.is_calendar and self.window.start != alert.window.start


class Sighting(NamedTuple):
    """A line and the window it was seen in."""

    window: Window
    line: Line


@dataclass(slots=True)
class Scene:
    """Everything that verdicts say at one instant that matters to alerts."""

    as_of: int
    clauses: Mapping[str, Clause]
    """The clauses that may ring, by id."""
    rings: dict[str, Ring] = field(default_factory=dict)
    lines: dict[str, list[Sighting]] = field(default_factory=dict)
    """The lines of each key that was asked for, those of the oldest window first."""
    served: dict[tuple[str, str], int] = field(default_factory=dict)
    """By clause and series: the newest time for which what is owed was done."""
    windows: dict[tuple[str, WindowKind], set[int]] = field(default_factory=dict)
    """By clause and kind: the starts of the windows that were judged."""

    def is_judged(self, clause: str, window: Window) -> bool:
        """Whether there is a verdict over a window; those that move with the instant are all one."""
        starts = self.windows.get((clause, window.kind), set())
        return bool(starts) and (not window.kind.is_calendar or window.start in starts)

    def is_superseded(self, clause: str, about: str, due: int | None) -> bool:
        """Whether the same was done for a later period than the one that ended at ``due``."""
        return due is not None and self.served.get((clause, series(about)), due) > due


def line_key(clause: str, about: str) -> str:
    """The key of what a line is about, whatever window it is seen in."""
    return f"{clause}/{about}"


def verdict_key(clause: str, subject: str) -> str:
    """The key of a verdict as a whole."""
    return f"{clause}@{subject}"


def series(about: str) -> str:
    """What an obligation is one of: ``lift-1`` of ``lift-1 2026-03-04``; the whole where it names no period."""
    return _PERIOD.sub("", about)


_PERIOD = re.compile(r" \d{4}(-\w+)*$")
"""Such as ``2026-03-04``, ``2026-W10``, ``2026-Q1`` or ``2026`` at the end."""


def survey(
    verdicts: Iterable[Verdict],
    clauses: Iterable[Clause],
    as_of: int,
    policy: Policy,
    alerts: Collection[AlertEvent] = (),
) -> Scene:
    """What rings at ``as_of``, and the lines of the open ``alerts``.

    Clauses whose threshold nobody has confirmed do not ring.
    """
    scene = Scene(as_of, {clause.id: clause for clause in clauses if clause.verified})
    judged = _on_the_site(verdicts, scene.clauses)
    asked_for: dict[str, set[str]] = {}
    for alert in alerts:
        asked_for.setdefault(alert.clause, set()).add(alert.about)
    failing = {verdict.clause for verdict in judged if any(line.mark is Mark.BAD for line in verdict.lines)}
    for verdict in judged:
        window = verdict.window
        scene.windows.setdefault((verdict.clause, window.kind), set()).add(window.start)
        matters = verdict.clause in asked_for or verdict.clause in failing
        if matters and scene.clauses[verdict.clause].kind in PERIODIC:
            _note_served(scene, verdict)
    for verdict in judged:
        for ring in _rings(verdict, scene, policy, asked_for.get(verdict.clause, ())):
            before = scene.rings.get(ring.key)
            if before is None or _rank(ring) >= _rank(before):
                scene.rings[ring.key] = ring
    return scene


def _on_the_site(verdicts: Iterable[Verdict], clauses: Mapping[str, Clause]) -> Sequence[Verdict]:
    """The verdicts on the site; of a clause that gives none over a window, those on its parts. The oldest window
    first."""
    chosen: dict[tuple[str, Window], list[Verdict]] = {}
    for verdict in verdicts:
        if (
            verdict.clause in clauses
            and verdict.subject.level in (Level.SITE, Level.PART)
            and not _is_void(verdict)
        ):
            chosen.setdefault((verdict.clause, verdict.window), []).append(verdict)
    found = [
        verdict
        for same in chosen.values()
        for verdict in ([v for v in same if v.subject.level is Level.SITE] or same)
    ]
    return sorted(found, key=lambda verdict: verdict.window.start)


def _is_void(verdict: Verdict) -> bool:
    """Whether it says nothing at all, since the clause could not be judged: then nothing has ended either."""
    return verdict.outcome is Outcome.UNDETERMINED and verdict.low is None and not verdict.lines


def _note_served(scene: Scene, verdict: Verdict) -> None:
    for line in verdict.lines:
        if line.mark is Mark.GOOD:
            place = (verdict.clause, series(line.about))
            at = next((at for at in (line.due, line.done, line.start) if at is not None), verdict.window.end)
            scene.served[place] = max(at, scene.served.get(place, at))


def _rank(ring: Ring) -> tuple[bool, bool, int]:
    """Of several rings of one key the highest counts: one that is not over, of a window rather than of an instant,
    the one due last."""
    return ring.over is None, ring.stage is not Stage.UNKNOWN and not _is_live(ring.window), ring.due or 0


def _is_live(window: Window) -> bool:
    return window.kind is WindowKind.INSTANT


def _rings(verdict: Verdict, scene: Scene, policy: Policy, asked_for: Collection[str]) -> Iterator[Ring]:
    by_line = False
    for line in verdict.lines:
        by_line = by_line or (line.mark is Mark.BAD and line.due is not None)
        ring = _line_ring(verdict, line, scene, policy) if line.mark in _RINGING else None
        if ring is not None:
            yield ring
        if line.about in asked_for:
            key = line_key(verdict.clause, line.about)
            scene.lines.setdefault(key, []).append(Sighting(verdict.window, line))
    if not by_line:
        ring = _verdict_ring(verdict, scene, policy)
        if ring is not None:
            yield ring


_RINGING = (Mark.RUNNING, Mark.BAD, Mark.FINDING)


def _line_ring(verdict: Verdict, line: Line, scene: Scene, policy: Policy) -> Ring | None:
    clause = scene.clauses[verdict.clause]
    if line.start == verdict.window.start and not verdict.window.kind.is_calendar:
        line = replace(line, start=None)  # the window's start moves along with the instant: it began no period
    stage = _stage(clause, line, scene.as_of, policy)
    if stage is None:
        return None
    return Ring(
        key=line_key(clause.id, line.about),
        stage=stage,
        severity=_severity(clause, line, stage, policy),
        clause=clause,
        subject=str(verdict.subject),
        window=verdict.window,
        about=line.about,
        start=line.start,
        due=line.due,
        owner=line.owner,
        note=line.note,
        over=_over(clause, line, scene, policy) if stage.has_failed else None,
    )


def _stage(clause: Clause, line: Line, as_of: int, policy: Policy) -> Stage | None:
    if line.mark is Mark.BAD:
        if line.due is None:
            return None
        return Stage.LAPSED if clause.kind in PERIODIC else Stage.BREACHED
    if line.mark is Mark.FINDING:
        return Stage.DUE_SOON if line.due is not None and as_of < line.due else None
    if line.due is not None and as_of >= line.due - policy.lead_ns(line.start, line.due):
        return Stage.DUE_SOON
    return Stage.RUNNING if _rings_at_once(clause, line, policy) else None


def _rings_at_once(clause: Clause, line: Line, policy: Policy) -> bool:
    if clause.kind not in CLOCKS:
        return False
    if clause.kind == REPAIR or line.due is None:
        return True
    return line.start is not None and line.due - line.start <= policy.at_once_ns


def _over(clause: Clause, line: Line, scene: Scene, policy: Policy) -> Ending | None:
    assert line.due is not None, "a line without a due time does not ring as failed"
    if clause.kind in PERIODIC:
        if scene.is_superseded(clause.id, line.about, line.due):
            return Ending.SUPERSEDED
    elif line.done is not None and line.done <= scene.as_of:
        return Ending.DONE_LATE
    return Ending.EXPIRED if scene.as_of >= policy.expires_at(line.start, line.due) else None


def _severity(clause: Clause, line: Line, stage: Stage, policy: Policy) -> Severity:
    if clause.kind in CLOCKS and _is_emergency(clause, line, policy):
        return Severity.EMERGENCY
    if stage.has_failed:
        return Severity.BREACH
    return Severity.WARNING if stage is Stage.DUE_SOON else Severity.INFO


def _is_emergency(clause: Clause, line: Line, policy: Policy) -> bool:
    """By the clause's own limit for emergencies, or since a life-safety item is named."""
    limit = getattr(clause.parameters, "emergency", None)
    allowed = None if line.start is None or line.due is None else line.due - line.start
    if isinstance(limit, Limit) and allowed is not None and allowed <= limit.length:
        return True
    return not policy.life_safety.isdisjoint(line.about.split())


def _verdict_ring(verdict: Verdict, scene: Scene, policy: Policy) -> Ring | None:
    window, clause = verdict.window, scene.clauses[verdict.clause]
    if window.kind.is_calendar and scene.as_of >= window.end + policy.stays_ns:
        return None
    if verdict.outcome is Outcome.NOT_MET:
        stage = Stage.NOT_MET
        severity = Severity.WARNING if _is_live(window) else Severity.BREACH
    elif clause.kind == AVAILABILITY and unknown_is_large(verdict):
        stage, severity = Stage.UNKNOWN, Severity.WARNING
    else:
        return None
    subject = str(verdict.subject)
    return Ring(
        key=verdict_key(clause.id, subject),
        stage=stage,
        severity=severity,
        clause=clause,
        subject=subject,
        window=window,
        note=figures(verdict),
    )
