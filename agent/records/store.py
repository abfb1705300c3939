"""The table of records: every version that was stated, in the order in which it was taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import apsw

from agent.errors import JournalCorrupt, JournalError, JournalTooNew
from agent.history.history import History
from agent.records.draft import Draft, Taken, record_name
from agent.records.encoding import (
    Unreadable,
    decode_attachments,
    decode_body,
    digest,
    encode_attachments,
    encode_body,
)
from evaluators.model.bodies import BODIES, Body
from evaluators.model.records import Record, is_older

B = TypeVar("B", bound=Body)

_COLUMNS = (
    "seq, kind, source, id, version, received, made_at, author, withdrawn, imported, body, attachments, digest"
)
_VERSIONS = f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND source = ? AND id = ? ORDER BY version"
_AFTER = f"SELECT {_COLUMNS} FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
_INSERT = (
    "INSERT INTO record (kind, source, id, version, received, made_at, author, withdrawn, imported, body,"
    " attachments, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OF_KIND = f"SELECT {_COLUMNS} FROM record WHERE kind = ? ORDER BY seq"
BATCH = 1000


class _Row(NamedTuple):
    """A row of the table."""

    seq: int
    kind: str
    source: str
    id: str
    version: int
    received: int
    made_at: int | None
    author: str
    withdrawn: int
    imported: int
    body: str
    attachments: str
    digest: str

    @property
    def written(self) -> int | None:
        """As `Record.written`."""
        return None if self.made_at is None else min(self.made_at, self.received)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A draft as its row will be: made beforehand, so that the writer's thread has little left to do."""

    draft: Draft
    body: str
    attachments: str
    digest: str


def encode(draft: Draft) -> Encoded:
    """The row of a draft, without version and time of receipt."""
    body, attachments = encode_body(draft.body), encode_attachments(draft.attachments)
    return Encoded(draft, body, attachments, stated_digest(draft, body, attachments))


def stated_digest(stated: Draft | Record[Body], body: str, attachments: str) -> str:
    """The digest of what is stated, its body and attachments being as they are stored."""
    return digest(
        kind=stated.body.KIND,
        source=stated.source,
        record_id=stated.id,
        made_at=stated.made_at,
        author=stated.author,
        withdrawn=stated.withdrawn,
        imported=stated.imported,
        body=body,
        attachments=attachments,
    )


def take(connection: apsw.Connection, drafts: Iterable[Draft | Encoded], received: int) -> Taken:
    """Keep drafts as of ``received`` (ns UTC), within the caller's transaction.

    What equals the version of its record that counts changes nothing; what differs becomes the next version. What
    says that it was written down before that one, though, never counts: it changes nothing if any version equals
    it, and else is kept as the next version (`evaluators.model.records.in_turn`). Nothing is ever overwritten.
    """
    found: dict[str, list[str]] = {"added": [], "amended": [], "unchanged": [], "older": []}
    for each in drafts:
        new = each if isinstance(each, Encoded) else encode(each)
        word, version = _take(connection, new, received)
        found[word].append(f"{new.draft.name}@{version}")
    return Taken(**{word: tuple(names) for word, names in found.items()})


def _take(connection: apsw.Connection, new: Encoded, received: int) -> tuple[str, int]:
    """What became of one draft, and as which version."""
    draft = new.draft
    rows = [_Row(*row) for row in connection.execute(_VERSIONS, (draft.body.KIND, draft.source, draft.id))]
    if not rows:
        _insert(connection, new, 1, received)
        return "added", 1
    counting = _counting(rows)
    written = None if draft.made_at is None else min(draft.made_at, received)
    older = is_older(written, counting.written)
    same = next((row for row in (rows if older else [counting]) if _same(row, new)), None)
    if same is not None:
        return "unchanged", same.version
    _insert(connection, new, rows[-1].version + 1, received)
    return ("older" if older else "amended"), rows[-1].version + 1


def _counting(rows: Sequence[_Row]) -> _Row:
    """The version of a record that counts; as `evaluators.model.records.newest`."""
    counting = rows[0]
    for row in rows[1:]:
        counting = counting if is_older(row.written, counting.written) else row
    return counting


def _same(row: _Row, new: Encoded) -> bool:
    """Whether a row states the same; one that was written before a field was added has another digest."""
    if row.digest == new.digest:
        return True
    try:
        return draft_of(_record(row)) == new.draft
    except JournalError:
        return False


def _insert(connection: apsw.Connection, new: Encoded, version: int, received: int) -> None:
    draft = new.draft
    connection.execute(
        _INSERT,
        (
            draft.body.KIND,
            draft.source,
            draft.id,
            version,
            received,
            draft.made_at,
            draft.author,
            int(draft.withdrawn),
            int(draft.imported),
            new.body,
            new.attachments,
            new.digest,
        ),
    )


def read(history: History, after: int = 0, limit: int = -1) -> list[tuple[int, Record[Body]]]:
    """Up to ``limit`` records (-1: all) taken after a position, in order of arrival, each with its own position.

    JournalTooNew names a row that only a newer version can read, JournalCorrupt one that was changed.
    """
    rows = (_Row(*row) for row in history.query(_AFTER, (after, limit)))
    return [(row.seq, _record(row)) for row in rows]


def read_all(history: History) -> Iterator[Record[Body]]:
    """Every version of every record, in order of arrival, read a batch at a time."""
    after = 0
    while batch := read(history, after, BATCH):
        yield from (record for _, record in batch)
        after = batch[-1][0]


def newest_of_kind(history: History, kind: type[B]) -> list[Record[B]]:
    """The version of each record of a kind that counts, in order of arrival; withdrawn ones are left out."""
    versions: dict[tuple[str, str], list[_Row]] = {}
    for values in history.query(_OF_KIND, (kind.KIND,)):
        row = _Row(*values)
        versions.setdefault((row.source, row.id), []).append(row)
    found = (_record(_counting(rows)) for rows in versions.values())
    return [record for record in found if not record.withdrawn]  # type: ignore[misc]  # all of one kind


def _record(row: _Row) -> Record[Body]:
    where = f"record {row.seq} ({record_name(row.kind, row.source, row.id)}@{row.version})"
    kind = BODIES.get(row.kind)
    if kind is None:
        raise JournalTooNew(f"{where}: this version knows no such kind of record; upgrade Steward")
    try:
        record = Record(
            id=row.id,
            body=decode_body(kind, row.body),
            received=row.received,
            author=row.author,
            source=row.source,
            version=row.version,
            made_at=row.made_at,
            attachments=decode_attachments(row.attachments),
            withdrawn=bool(row.withdrawn),
            imported=bool(row.imported),
        )
    except Unreadable as error:
        if error.newer:
            raise JournalTooNew(f"{where}: {error}; upgrade Steward") from error
        raise JournalCorrupt(f"{where}: {error}; set the journal aside and keep it") from error
    if stated_digest(record, row.body, row.attachments) != row.digest:
        raise JournalCorrupt(f"{where}: was changed: its digest differs; set the journal aside and keep it")
    return record


def draft_of(record: Record[Body], **changes: Any) -> Draft:
    """What a record states, to be stated again with some changes."""
    draft = Draft(
        id=record.id,
        body=record.body,
        author=record.author,
        source=record.source,
        made_at=record.made_at,
        attachments=record.attachments,
        withdrawn=record.withdrawn,
        imported=record.imported,
    )
    return replace(draft, **changes)
