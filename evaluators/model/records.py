"""Records: what people and their systems state. Each is a claim with an author, and says when it was made.

`Record` is the envelope; what it states is a body (`evaluators.model.bodies`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from evaluators.model.bodies.body import Body

B = TypeVar("B", bound=Body, covariant=True)
C = TypeVar("C", bound=Body)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a record: its name and the SHA-256 of its bytes, in hexadecimal."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[B]):
    """One version of what was stated; a later version of the same (kind, source, id) amends it.

    Times are ns UTC: ``made_at`` is when the author says it was written down, ``received`` when the agent had it
    on disk: what was known at an instant are the versions received until then.
    """

    id: str
    body: B
    received: int
    author: str = ""
    source: str = ""
    """The system it comes from; ids are unique within kind and source."""
    version: int = 1
    made_at: int | None = None
    attachments: tuple[Attachment, ...] = ()
    withdrawn: bool = False
    """The author took it back: it counts no more, but is kept."""
    imported: bool = False
    """Brought in at go-live from what was kept before: a claim about a time before this system."""

    @property
    def kind(self) -> str:
        """The kind of record."""
        return self.body.KIND

    @property
    def name(self) -> str:
        """``kind:id``, with the source before the id where there is one."""
        return f"{self.kind}:{self.source}/{self.id}" if self.source else f"{self.kind}:{self.id}"

    @property
    def reference(self) -> str:
        """``kind:id@version``: exactly this version."""
        return f"{self.name}@{self.version}"

    @property
    def written(self) -> int | None:
        """When it was written down, ns UTC, and no later than it was received; None where it does not say."""
        return None if self.made_at is None else min(self.made_at, self.received)


def is_older(written: int | None, counting: int | None) -> bool:
    """Whether what was ``written`` then leaves standing what counts, since both say when, and it was before."""
    return written is not None and counting is not None and written < counting


def in_turn(versions: Iterable[Record[C]]) -> Iterator[Record[C]]:
    """Those of the versions of one record that counted when they came, the oldest first; the last one counts.

    A version that was written down before the one that counts, such as a row of an older export that was handed in
    late, is kept but never counts.
    """
    counting: Record[C] | None = None
    for version in sorted(versions, key=lambda version: version.version):
        if counting is None or not is_older(version.written, counting.written):
            counting = version
            yield version


def newest(versions: Iterable[Record[C]]) -> Record[C]:
    """The version of one record that counts."""
    *_, found = in_turn(versions)
    return found
