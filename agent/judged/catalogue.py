"""The catalogue that a site was judged by, kept each time it is another. Blocking; within `Journal.write`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date, time
from enum import Enum
from fractions import Fraction
from typing import Any

import apsw

from evaluators.model.clauses import Clause


def keep_catalogue(connection: apsw.Connection, clauses: Sequence[Clause], at: int) -> None:
    """Append the rows as of ``at`` (ns UTC), unless the newest ones kept are the same."""
    content = json.dumps([plain(clause) for clause in clauses], ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    newest = connection.execute("SELECT digest FROM catalogue ORDER BY seq DESC LIMIT 1").get
    if newest != digest:
        values = (at, digest, content)
        connection.execute("INSERT INTO catalogue (at, digest, content) VALUES (?, ?, ?)", values)


def plain(value: object) -> Any:
    """A value of the model for JSON: fractions, dates and times of day as text, dataclasses as objects with their
    kind's fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | date | time):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        entries = [plain(entry) for entry in value]
        return entries if isinstance(value, list | tuple) else sorted(entries, key=str)
    return value
