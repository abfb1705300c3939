"""The table of records: every version that was stated, in the order in which it was taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
from evaluators.model.records import Record

_COLUMNS = (
    "seq, kind, source, id, version, received, made_at, author, withdrawn, imported, body, attachments, digest"
)
_NEWEST = f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND source = ? AND id = ? ORDER BY version DESC LIMIT 1"
_AFTER = f"SELECT {_COLUMNS} FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
_INSERT = (
    "INSERT INTO record (kind, source, id, version, received, made_at, author, withdrawn, imported, body,"
    " attachments, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
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

    What equals the newest version of its record changes nothing; what differs becomes the next version. Nothing is
    ever overwritten.
    """
    added: list[str] = []
    amended: list[str] = []
    unchanged: list[str] = []
    for each in drafts:
        new = each if isinstance(each, Encoded) else encode(each)
        newest = _newest(connection, new.draft)
        version = newest.version if newest else 0
        if newest and _same(newest, new):
            unchanged.append(f"{new.draft.name}@{version}")
            continue
        _insert(connection, new, version + 1, received)
        (amended if version else added).append(f"{new.draft.name}@{version + 1}")
    return Taken(tuple(added), tuple(amended), tuple(unchanged))


def _newest(connection: apsw.Connection, draft: Draft) -> _Row | None:
    found = connection.execute(_NEWEST, (draft.body.KIND, draft.source, draft.id)).fetchone()
    return None if found is None else _Row(*found)


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
