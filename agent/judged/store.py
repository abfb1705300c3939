"""Rows of what was judged: appended, never changed. Blocking; the writing ones run within `Journal.write`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import apsw

from agent.history.history import History
from agent.judged.content import decode, digest, encode
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import Verdict


class Key(NamedTuple):
    """What a verdict answers. Of standing and rolling windows there is one at a time: ``start`` is 0."""

    clause: str
    subject: str
    window_kind: str
    start: int


class Stored(NamedTuple):
    """The newest row of a key."""

    seq: int
    digest: str
    outcome: str
    final: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict to be kept. ``final``: only late facts can change it; ``replaces``: the row that it replaces."""

    verdict: Verdict
    final: bool
    digest: str
    replaces: int | None


def key_of(verdict: Verdict) -> Key:
    """The key of a verdict."""
    start = verdict.window.start if verdict.window.kind.is_calendar else 0
    return Key(verdict.clause, str(verdict.subject), verdict.window.kind.value, start)


class VerdictBook:
    """The newest rows, looked up when first asked for and kept up to date by `answers`.

    It runs ahead of the file: what `answers` gave must be appended before anything else is.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[Key, Stored | None] = {}
        self._next = _count(history) + 1

    def answers(self, verdicts: Iterable[Verdict], *, final: bool) -> list[Answer]:
        """Those verdicts that say something else than the newest row of their key, or now for good."""
        found = []
        for verdict in verdicts:
            key = key_of(verdict)
            before = self._newest(key)
            now = digest(verdict)
            if before is not None and (before.digest, before.final) == (now, final):
                continue
            found.append(Answer(verdict, final, now, None if before is None else before.seq))
            self._known[key] = Stored(self._next, now, verdict.outcome.value, final)
            self._next += 1
        return found

    def _newest(self, key: Key) -> Stored | None:
        if key not in self._known:
            self._known[key] = newest(self._history, key)
        return self._known[key]


def _count(history: History) -> int:
    return int(history.query("SELECT coalesce(max(seq), 0) FROM verdict")[0][0])


def newest(history: History, key: Key) -> Stored | None:
    """The newest row of a key."""
    rows = history.query(
        "SELECT seq, digest, outcome, final FROM verdict WHERE clause = ? AND subject = ? AND window_kind = ? "
        "AND window_start = ? ORDER BY seq DESC LIMIT 1",
        key,
    )
    return Stored(rows[0][0], rows[0][1], rows[0][2], bool(rows[0][3])) if rows else None


def append(connection: apsw.Connection, answers: Sequence[Answer], block: int, record: int) -> None:
    """Keep answers, which rest on the journal up to the positions ``block`` and ``record``."""
    statement = (
        "INSERT INTO verdict (clause, subject, window_kind, window_start, window_end, as_of, outcome, final, "
        "digest, content, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    for answer in answers:
        verdict = answer.verdict
        content = {**encode(verdict), "block": block, "record": record}
        row = (
            *key_of(verdict),
            verdict.window.end,
            verdict.as_of,
            verdict.outcome.value,
            answer.final,
            answer.digest,
            json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            answer.replaces,
        )
        connection.execute(statement, row)


_NEWEST = (
    "SELECT content FROM verdict WHERE seq IN "
    "(SELECT max(seq) FROM verdict WHERE as_of <= ? GROUP BY clause, subject, window_kind, window_start)"
)


def known_at(history: History, at: int) -> list[Verdict]:
    """What had been judged by an instant (ns UTC): the newest verdict then of each clause, subject and window."""
    rows = history.query(f"{_NEWEST} ORDER BY seq", (at,))
    return [decode(json.loads(content)) for (content,) in rows]


def final_verdicts(history: History, start: int, end: int) -> list[Verdict]:
    """The newest final verdicts of calendar windows that share an instant with ``[start, end)``."""
    rows = history.query(
        f"{_NEWEST} AND final = 1 AND window_start < ? AND window_end > ? ORDER BY seq", (2**63 - 1, end, start)
    )
    return [decode(json.loads(content)) for (content,) in rows]


def open_windows(history: History) -> list[tuple[str, Window]]:
    """The calendar windows, each with its clause, of which the newest verdict is not final."""
    rows = history.query(
        "SELECT DISTINCT clause, window_kind, window_start, window_end FROM verdict WHERE final = 0 "
        "AND window_start <> 0 AND seq IN "
        "(SELECT max(seq) FROM verdict GROUP BY clause, subject, window_kind, window_start)"
    )
    return [(clause, Window(WindowKind(kind), start, end)) for clause, kind, start, end in rows]


def lineage(history: History, key: Key) -> list[tuple[int, int | None, Verdict]]:
    """Every verdict there was of a key, the oldest first: its number, the number it replaces, and what it said."""
    rows = history.query(
        "SELECT seq, replaces, content FROM verdict WHERE clause = ? AND subject = ? AND window_kind = ? "
        "AND window_start = ? ORDER BY seq",
        key,
    )
    return [(seq, replaces, decode(json.loads(content))) for seq, replaces, content in rows]
