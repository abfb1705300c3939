"""What passes between the stages of taking records in."""

from __future__ import annotations

from dataclasses import dataclass

from config.problems import Problem
from evaluators.model.bodies import Body
from evaluators.model.records import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an author states, before it is a version of a record; fields as in `Record`."""

    id: str
    body: Body
    author: str = ""
    source: str = ""
    made_at: int | None = None
    attachments: tuple[Attachment, ...] = ()
    withdrawn: bool = False
    imported: bool = False

    @property
    def name(self) -> str:
        """``kind:id``, with the source before the id where there is one: as `Record.name`."""
        return record_name(self.body.KIND, self.source, self.id)


def record_name(kind: str, source: str, record_id: str) -> str:
    """What a record is called in messages and references, without its version."""
    return f"{kind}:{source}/{record_id}" if source else f"{kind}:{record_id}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that reads well: where it stands (`place`, for people), the draft, and the files named in it that are
    still to be kept."""

    place: str
    draft: Draft
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken: its record's name where it has an id, else where it stands; and why."""

    place: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file or message holds: good rows, bad rows, and problems of the whole or of a sheet."""

    rows: tuple[Row, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What whoever hands records over says of them all; a row's own author and source go before these."""

    kind: str = ""
    """The kind of every record; empty: the sheet or file is named after it."""
    source: str = ""
    author: str = ""
    imported: bool = False
    """Kept before this system went live: claims of an older archive."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of drafts, each by its record's reference: new records, new versions, what was there already.

    ``older``: kept as a version, but written down before the one that counts.
    """

    added: tuple[str, ...] = ()
    amended: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    older: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one file or message. ``at`` is when, ns UTC; ``sha256`` is of its bytes."""

    name: str
    sha256: str
    at: int
    taken: Taken = Taken()
    refusals: tuple[Refusal, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What is wrong with the whole, or with a sheet of it: nothing of that was taken."""

    @property
    def clean(self) -> bool:
        """Whether everything was taken."""
        return not self.refusals and not self.problems

    @property
    def useless(self) -> bool:
        """Whether nothing in it could be taken."""
        taken = self.taken
        return not self.clean and not (taken.added or taken.amended or taken.unchanged or taken.older)
