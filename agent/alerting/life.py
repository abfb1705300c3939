"""The life of alerts as a fold: from what was told so far and what rings now to what is to be told. Pure.

What was told is the newest event of each key, so a process that starts anew goes on where the last one left off.
An acknowledgement ends with the alert, or when that grows worse than it was when somebody acknowledged it.
A failure that ended before anybody could be told of it (the agent was off) is opened and resolved at once, if it
is not longer ago than `Policy.stays_ns`: it is told exactly once. What cannot be seen at an instant, since its
window is not judged any more, stays as it was until it is done for a later period or has rung for long enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from agent.alerting.events import Ack, AlertEvent, Ending, Event
from agent.alerting.policy import Policy
from agent.alerting.rings import PERIODIC, Ring, Scene, survey
from evaluators.model.clauses import Clause
from evaluators.model.times import WindowKind
from evaluators.model.verdicts import Line, Mark, Verdict

Told = Mapping[str, AlertEvent]
"""The newest event of each key."""

Acks = Mapping[str, Sequence[Ack]]
"""By key of the alert, the earlier first."""

DEFAULT = Policy()
NOBODY: Acks = {}


def step(
    told: Told,
    verdicts: Iterable[Verdict],
    clauses: Iterable[Clause],
    as_of: int,
    policy: Policy = DEFAULT,
    acks: Acks = NOBODY,
) -> tuple[AlertEvent, ...]:
    """What happened to alerts by ``as_of`` (ns UTC), by key, the earlier first.

    Alerts without a clause are the agent's own: nothing that is judged ends them.

    ``verdicts``: those of every clause as of that instant, over all windows that are not done with; a closed
    window must be among them at least once after its close. ``acks``: all that are not taken back.
    """
    still_open = {key: event for key, event in told.items() if event.is_open and event.clause}
    scene = survey(verdicts, clauses, as_of, policy, still_open.values())
    found: list[AlertEvent] = []
    for key in sorted({*still_open, *scene.rings}):
        events = _of_key(key, scene, still_open.get(key), told.get(key), policy)
        found += events
        last = events[-1] if events else still_open.get(key)
        if last is not None and last.is_open:
            found += _acknowledged(last, acks.get(key, ()), as_of)
    return tuple(found)


def _of_key(
    key: str, scene: Scene, alert: AlertEvent | None, last: AlertEvent | None, policy: Policy
) -> list[AlertEvent]:
    """What happened to one alert; ``alert``: the open one, ``last``: what was told last of its key."""
    ring = scene.rings.get(key)
    if alert is not None:
        return list(_unseen(alert, scene, policy) if ring is None else _go_on(alert, ring, scene.as_of))
    assert ring is not None, "a key without an open alert rings"
    if ring.over is None or (_is_recent(ring, scene.as_of, policy) and not _was_told(ring, last)):
        return list(_open(ring, scene.as_of))
    return []


def after(told: Told, events: Iterable[AlertEvent], as_of: int, policy: Policy = DEFAULT) -> dict[str, AlertEvent]:
    """What was told once ``events`` are; what can matter no more at ``as_of`` is left out."""
    now = {**told, **{event.key: event for event in events}}
    return {
        key: event
        for key, event in now.items()
        if event.is_open or (event.due is not None and as_of < event.due + policy.stays_ns)
    }


def _open(ring: Ring, as_of: int) -> Iterator[AlertEvent]:
    opened = _told(ring, Event.OPENED, as_of, as_of)
    yield opened
    if ring.over is not None:
        yield _resolved(opened, as_of, ring.over)


def _go_on(alert: AlertEvent, ring: Ring, as_of: int) -> Iterator[AlertEvent]:
    if ring.says_more_than(alert):
        holds = alert.ack is not None and alert.ack.covers(ring.stage, ring.severity)
        alert = replace(_told(ring, Event.CHANGED, as_of, alert.since), ack=alert.ack if holds else None)
        yield alert
    if ring.over is not None:
        yield _resolved(alert, as_of, ring.over, ring.note)


def _acknowledged(alert: AlertEvent, acks: Sequence[Ack], as_of: int) -> Iterator[AlertEvent]:
    """The newest acknowledgement that holds for an open alert, where it is news; none, where it was taken back."""
    holding = [ack for ack in acks if alert.since <= ack.at <= as_of and ack.covers(alert.stage, alert.severity)]
    ack = holding[-1] if holding else None
    if ack != alert.ack:
        yield replace(alert, at=as_of, event=Event.CHANGED if ack is None else Event.ACKNOWLEDGED, ack=ack)


def _is_recent(ring: Ring, as_of: int, policy: Policy) -> bool:
    return ring.due is not None and as_of < ring.due + policy.stays_ns


def _was_told(ring: Ring, last: AlertEvent | None) -> bool:
    return last is not None and (last.stage, last.due) == (ring.stage, ring.due)


def _told(ring: Ring, event: Event, at: int, since: int) -> AlertEvent:
    return AlertEvent(
        key=ring.key,
        at=at,
        event=event,
        stage=ring.stage,
        severity=ring.severity,
        since=since,
        clause=ring.clause.id,
        title_zh=ring.clause.title_zh,
        title_en=ring.clause.title_en,
        subject=ring.subject,
        window=ring.window,
        about=ring.about,
        start=ring.start,
        due=ring.due,
        owner=ring.owner,
        note=ring.note,
    )


def _resolved(alert: AlertEvent, at: int, ending: Ending, note: str = "") -> AlertEvent:
    return replace(alert, at=at, event=Event.RESOLVED, ending=ending, note=note or alert.note)


def _unseen(alert: AlertEvent, scene: Scene, policy: Policy) -> Iterator[AlertEvent]:
    """What becomes of an open alert that does not ring."""
    line = _line_of(alert, scene)
    if alert.clause not in scene.clauses:
        ending: Ending | None = Ending.GONE
    elif alert.about:
        ending = _line_ending(alert, line, scene, policy)
    else:
        ending = _verdict_ending(alert, scene, policy)
    if ending is not None:
        yield _resolved(alert, scene.as_of, ending, line.note if line else "")


def _line_of(alert: AlertEvent, scene: Scene) -> Line | None:
    """The line an alert is about; where its name comes back in another period, that one is not meant."""
    window, found = alert.window, None
    for seen in scene.lines.get(alert.key, []):
        same = seen.window.start == window.start if window.kind.is_calendar else seen.window.kind is window.kind
        if same or seen.line.due == alert.due:
            found = seen.line
    return found


_ENDINGS = {
    Mark.GOOD: Ending.DONE,
    Mark.EXCLUDED: Ending.EXCLUDED,
    Mark.FINDING: Ending.EXCLUDED,
    Mark.RUNNING: Ending.NOT_DUE,
}
"""What the mark of a line that does not ring says; unknown is never good."""


def _line_ending(alert: AlertEvent, line: Line | None, scene: Scene, policy: Policy) -> Ending | None:
    if line is not None and line.mark in _ENDINGS:
        return _ENDINGS[line.mark]
    periodic = scene.clauses[alert.clause].kind in PERIODIC
    if periodic and scene.is_superseded(alert.clause, alert.about, alert.due):
        return Ending.SUPERSEDED
    if line is None and scene.is_judged(alert.clause, alert.window):
        return Ending.GONE
    due = alert.since if alert.due is None else alert.due
    return Ending.EXPIRED if scene.as_of >= policy.expires_at(alert.start, due) else None


def _verdict_ending(alert: AlertEvent, scene: Scene, policy: Policy) -> Ending | None:
    window = alert.window
    if window.kind.is_calendar and scene.as_of >= window.end + policy.stays_ns:
        return Ending.EXPIRED
    if not scene.is_judged(alert.clause, window):
        return None
    if window.kind is WindowKind.INSTANT and scene.as_of < alert.since + policy.hold_ns:
        return None
    return Ending.RECOVERED
