"""What people have written down by an instant, as records in JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from random import Random

Stated = Mapping[str, object]
"""One record as a JSON object: its kind, id and columns."""


class Book:
    """Records as they stood at ``now``; what is made later is not in it. ``about`` names it, for the dice."""

    def __init__(self, now: datetime, seed: int, about: str) -> None:
        self.now = now
        self.today = now.date()
        self.dice = Random(f"{seed} {about}")
        self.records: list[Stated] = []

    def add(self, kind: str, name: str, made_at: datetime, author: str, /, **columns: object) -> None:
        """Write down a record; nothing where it is made after ``now``. Columns that are None are left empty."""
        if made_at <= self.now:
            self.records.append(record(kind, name, made_at, author, columns))

    def grow(self, kind: str, name: str, author: str, steps: Mapping[str, datetime], /, **columns: object) -> None:
        """Write down a record as far as it has come: those of its steps that are not after ``now``.

        The last one it has come to is when it was written; the first is not after ``now``.
        """
        done = {step: at for step, at in steps.items() if at <= self.now}
        self.records.append(record(kind, name, max(done.values()), author, {**done, **columns}))


def record(kind: str, name: str, made_at: datetime, author: str, columns: Mapping[str, object]) -> Stated:
    """A record as JSON has it: times with their offset, dates, lists of ids."""
    said = {column: _plain(value) for column, value in columns.items() if value is not None}
    return {"kind": kind, "id": name, **said, "author": author, "made_at": made_at.isoformat()}


def _plain(value: object) -> object:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
