"""Rows that were refused: those that are open, and those that somebody has dismissed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from agent.history.history import History
from agent.records.store import newest_of_kind
from agent.views import Row, iso
from evaluators.model.bodies import Dismissal
from evaluators.model.records import Record


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that has not come right since ``at`` (ns UTC). ``dismissal``: who decided that it never will."""

    number: int
    at: int
    file: str
    place: str
    problems: tuple[Row, ...]
    digest: str
    dismissal: Record[Dismissal] | None


def refused(history: History) -> list[RefusedRow]:
    """Every row that has not come right, the oldest first. One that is dismissed stays so while nothing else is
    wrong with it."""
    dismissed = {
        (record.body.file, record.body.place, record.body.digest): record
        for record in newest_of_kind(history, Dismissal)
    }
    found = []
    for number, at, file, place, problems in history.query(
        "SELECT id, at, name, place, problem FROM refused ORDER BY at, id"
    ):
        digest = hashlib.sha256(problems.encode()).hexdigest()
        dismissal = dismissed.get((file, place, digest))
        found.append(RefusedRow(number, at, file, place, tuple(json.loads(problems)), digest, dismissal))
    return found


def refused_row(row: RefusedRow, zone: ZoneInfo) -> dict[str, Any]:
    """One of them for JSON."""
    return {
        "number": row.number,
        "at": iso(row.at, zone),
        "file": row.file,
        "place": row.place,
        "problems": list(row.problems),
        "dismissed": None if row.dismissal is None else _dismissal_row(row.dismissal, zone),
    }


def _dismissal_row(record: Record[Dismissal], zone: ZoneInfo) -> Row:
    body = record.body
    return {"by": body.person, "at": iso(body.at, zone), "reason": body.reason, "record": record.reference}
