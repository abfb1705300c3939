"""What judging rests on: the site, its records, its telemetry, and the instant judged at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol, TypeVar

from evaluators.energy.registers import Register, Replacement
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Meter
from evaluators.model.episodes import Episode
from evaluators.model.site import Site
from evaluators.recordbook import RecordBook

T = TypeVar("T")

Tracks = Mapping[str, tuple[Episode, ...]]
"""States over time by key, each without holes."""


class Telemetry(Protocol):
    """What the wire said, as far as it was known at the instant judged at; times are ns UTC."""

    def episodes(self, start: int, end: int) -> Tracks:
        """Every functional item's states over ``[start, end)``, by item key."""

    def happenings(self, start: int, end: int) -> Tracks:
        """Over ``[start, end)`` by key of the watch: ``up`` while it happens, ``down`` while it does not, or
        ``unknown``."""

    def register(self, meter: Meter, changes: Sequence[Replacement], as_of: int) -> Register:
        """A meter's register, from its good readings and its replacements before ``as_of``."""

    def last_known(self) -> Mapping[str, int]:
        """The time of the newest good sample of each point that ever gave one, by point key."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything an evaluator may look at. Nothing after ``as_of`` (ns UTC) may change its answer.

    What a record says of a time after ``as_of`` is a plan, never a deed.
    """

    site: Site
    zone: tzinfo
    calendar: WorkCalendar
    records: RecordBook
    telemetry: Telemetry
    as_of: int
    memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """What was computed from the other fields alone, by what was asked, so that it is computed once."""

    def once(self, question: object, answer: Callable[[], T]) -> T:
        """The answer to a question about these facts, computed when it is first asked."""
        if question not in self.memo:
            self.memo[question] = answer()
        return self.memo[question]  # type: ignore[return-value]  # it is this question's own answer
