"""The lives of the agent, as they are on disk: what its clock showed, and what its gaps became. Blocking; to be
done within `Journal.write`."""

from __future__ import annotations

import json

import apsw

from agent.gaps.store import add_gap, end_gap, open_gaps
from agent.timeline import Timeline
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import MINUTE_NS

OURS = frozenset({GapCause.UNREACHABLE, GapCause.OVERFLOW})
"""Causes whose gaps only a running agent can follow."""

IN_ORDER = "stopped in order"
NOT_IN_ORDER = "ended without a stop: killed, crashed, or without power"

CLOCK = "clock"
"""The name of the status that holds the timeline."""

_FIRST = "SELECT received FROM block ORDER BY seq LIMIT 1"
_NEWEST = "SELECT received FROM block ORDER BY seq DESC LIMIT 1"


def read_timeline(connection: apsw.Connection) -> Timeline:
    """What the clock had shown when the agent last ran, up to the newest sign of life: a status, or a block."""
    row = connection.execute("SELECT value FROM status WHERE name = ?", (CLOCK,)).get
    newest = connection.execute(_NEWEST).get
    if row is not None:
        line = Timeline.of(json.loads(row))
        if newest is not None and 0 < newest - line.at < MINUTE_NS:  # else it bears the time of a wrong clock
            line.go_on(newest)
        return line
    status = connection.execute("SELECT at FROM status WHERE name = 'agent'").get
    signs = [sign for sign in (status, newest) if sign is not None]
    if not signs:
        return Timeline()
    first = connection.execute(_FIRST).get
    return Timeline(min(signs if first is None else [*signs, first]), max(signs), max(signs))


def keep_timeline(connection: apsw.Connection, line: Timeline) -> None:
    """Keep what the clock has shown: a sign of life."""
    statement = (
        "INSERT INTO status (name, at, value) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (name) DO UPDATE SET at = ?2, value = ?3"
    )
    connection.execute(statement, (CLOCK, line.at, json.dumps(line.row())))


def begin_life(connection: apsw.Connection, before: int | None, now: int, line: Timeline) -> None:
    """The agent begins to collect at ``now`` (ns UTC), after a life that was last known to go on at ``before``:
    note since when it was away, and end what was left open. Done twice it notes nothing twice."""
    stopped = open_gaps(connection, {GapCause.STOPPED})
    for seq, _ in stopped:
        end_gap(connection, seq, now)
    if before is not None:
        _end_ours(connection, before)
        if not stopped and before < now:
            add_gap(connection, Gap(GapCause.STOPPED, before, now, detail=NOT_IN_ORDER))
    keep_timeline(connection, line)


def end_life(connection: apsw.Connection, line: Timeline) -> None:
    """The agent has taken the last sample now, and is about to stop."""
    _end_ours(connection, line.at)
    add_gap(connection, Gap(GapCause.STOPPED, line.at, detail=IN_ORDER))
    keep_timeline(connection, line)


def _end_ours(connection: apsw.Connection, at: int) -> None:
    for seq, _ in open_gaps(connection, OURS):
        end_gap(connection, seq, at)
