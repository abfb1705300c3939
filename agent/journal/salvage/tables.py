"""Every table but the blocks, taken over row by row. A row keeps its number; new ones are numbered above all."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from agent.errors import JournalCorrupt
from agent.journal import checkpoint
from agent.journal.integrity import tables_of
from agent.journal.salvage.survivors import Row, Survivors
from agent.journal.salvage.taken import Taken

FIRST = (
    "point", "source", "record", "intake", "refused", "verdict", "fold", "run", "judged", "catalogue", "alert",
    "outbox", "gap", "dead_letter", "cursor",
)  # fmt: skip
"""The order of importance; every other table follows."""
ALWAYS = ("point", "source", "cursor")
"""Every version has these: they are lost where they are not found."""
APART = 10**6
"""Where numbers of points may be lost, new ones begin so far above all that are known."""


def take_tables(old: Survivors, new: apsw.Connection) -> Taken:
    """Take them over within the caller's transaction."""
    taken = Taken()
    there = old.tables()
    others = [name for name in tables_of(new) if name not in (*FIRST, "block", "checkpoint")]
    for table in (*FIRST, *others):
        part = _take(old, new, table) if table in there else Taken(holes=table in ALWAYS)
        if table == "point" and not part.is_whole:
            _keep_numbers_apart(old, new)
        taken.add(part)
    for seq, packed in _checkpoints(old):
        new.execute("INSERT OR IGNORE INTO checkpoint (id, seq, newest) VALUES (1, ?, ?)", (seq, packed))
    _take_sequences(old, new)
    return taken


def name_point(new: apsw.Connection, number: int, kind: int) -> None:
    """A point whose name is lost is called by its number."""
    new.execute(
        "INSERT INTO point (number, key, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (number, f"lost/{number}", kind),
    )


def number_above(new: apsw.Connection, table: str, seq: int) -> None:
    """The next row of a table gets a number above ``seq``."""
    if new.execute("SELECT count(*) FROM sqlite_sequence WHERE name = ?", (table,)).get:
        new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (seq, table))
    else:
        new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, seq))


def _take(old: Survivors, new: apsw.Connection, table: str) -> Taken:
    taken, before = Taken(), len(old.holes)
    ours: dict[str, int] = dict(new.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)))
    names = [name for name in old.columns(table) if name in ours]
    columns, places = ", ".join(names), ", ".join("?" * len(names))
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"
    key = [name for name, _ in sorted(ours.items(), key=lambda item: item[1]) if ours[name]]
    sure = _sure_points(old) if table == "point" else None
    for row in _rows(old, new, table, columns, ", ".join(key)) if names else ():
        if sure is not None and row not in sure:
            taken.lost += 1
            continue
        try:
            new.execute(insert, row)
            taken.rows += 1
        except (apsw.ConstraintError, apsw.MismatchError):  # its content does not fit the table any more
            taken.lost += 1
    taken.holes = len(old.holes) - before
    return taken


def _sure_points(old: Survivors) -> frozenset[Row] | None:
    """The points as their index has them: one whose row says something else has a damaged name or kind. None where
    the index cannot be read."""
    before = len(old.holes)
    rows = frozenset(
        old.all("SELECT number, key, kind FROM point INDEXED BY sqlite_autoindex_point_1 ORDER BY key")
    )
    whole = len(old.holes) == before
    del old.holes[before:]  # nothing is lost of the table itself
    return rows if whole else None


def _rows(old: Survivors, new: apsw.Connection, table: str, columns: str, key: str) -> Iterator[Row]:
    if new.execute("SELECT wr FROM pragma_table_list(?)", (table,)).get:  # without row numbers
        return old.keyed(table, columns, key)
    return (row for _, row in old.numbered(table, columns))


def _checkpoints(old: Survivors) -> Iterator[tuple[int, bytes]]:
    """The checkpoint, where it can be read."""
    for _, (seq, packed) in old.numbered("checkpoint", "seq, newest"):
        try:
            checkpoint.decode(packed, seq)
        except (JournalCorrupt, TypeError):
            continue
        yield seq, packed


def _take_sequences(old: Survivors, new: apsw.Connection) -> None:
    for _, (table, seq) in old.numbered("sqlite_sequence", "name, seq"):
        if isinstance(table, str) and isinstance(seq, int):
            number_above(new, table, seq)
    number_above(new, "record", new.execute("SELECT coalesce(max(record), 0) FROM judged").get)


def _keep_numbers_apart(old: Survivors, new: apsw.Connection) -> None:
    """A number whose point is lost must not be given to another point."""
    known: int = new.execute("SELECT coalesce(max(number), 0) FROM point").get
    known = max(known, old.value("SELECT max(point) FROM fold"), old.value("SELECT max(point) FROM dead_letter"))
    for seq, packed in _checkpoints(old):
        known = max(known, *checkpoint.decode(packed, seq))
    name_point(new, known + APART, 1)
