"""Keeping what one round of judging gave, within `Journal.write`."""

from __future__ import annotations

import apsw

from agent.assessor import Round
from agent.judged.runs import Position, store_position, store_runs
from agent.judged.store import append


def keep(connection: apsw.Connection, found: Round) -> None:
    """Answers always; runs with the position up to which they hold where the round brought them."""
    append(connection, found.answers, found.block, found.record)
    if found.runs is not None:
        store_runs(connection, found.runs)
        position = Position(found.block, found.record, found.as_of, found.since, found.gap)
        store_position(connection, position)
