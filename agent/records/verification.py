"""Whether what is kept of records still is what was stated: their rows by their digests, their files by theirs."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.history.history import History
from agent.records.attachments import Attachments
from agent.records.store import read_all


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is gone or is another than the one that came with the records named."""

    sha256: str
    names: tuple[str, ...]
    records: tuple[str, ...]
    gone: bool


@dataclass(slots=True)
class _Named:
    names: dict[str, None] = field(default_factory=dict)
    records: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """How many versions of records and how many files were looked at, and the files that are damaged."""

    versions: int
    files: int
    damaged: tuple[Damaged, ...]


def verify(history: History, attachments: Attachments) -> Verified:
    """Read every version of every record and hash every file that one names. Blocking, for as long as the disk
    takes to read them all. JournalCorrupt names a row that was changed."""
    files: dict[str, _Named] = {}
    versions = 0
    for record in read_all(history):
        versions += 1
        for each in record.attachments:
            named = files.setdefault(each.sha256, _Named())
            named.names[each.name] = None
            named.records[record.reference] = None
    damaged = (
        Damaged(sha256, tuple(named.names), tuple(named.records), gone=not attachments.path(sha256).is_file())
        for sha256, named in files.items()
        if not attachments.holds(sha256)
    )
    return Verified(versions, len(files), tuple(damaged))
