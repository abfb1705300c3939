"""What the agent's clock has shown so far. Pure; instants are ns UTC.

An instant is taken and judged once. The clock may jump over instants; those it may still come to. What it has
shown it has shown, also where it was wrong then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from evaluators.model.times import SECOND_NS, instant

EARLIEST = instant(datetime(2025, 1, 1, tzinfo=UTC))
"""No clock that shows an earlier instant is right: this program was not written then."""

TOLERANCE_NS = SECOND_NS
"""What the clock is moved by at once and no more than this is no step: clocks are put right all the time."""

MOST_SKIPPED = 64
"""So many stretches are remembered; older ones count as shown."""


@dataclass(slots=True)
class Timeline:
    """``first`` is the first instant ever shown, None where there was none; ``at`` the one shown last; ``reached``
    the latest; ``skipped`` the stretches ``(start, end)`` between these that were never shown, in order."""

    first: int | None = None
    at: int = 0
    reached: int = 0
    skipped: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Timeline:
        """The timeline of `row`."""
        return cls(row["first"], row["at"], row["reached"], [(start, end) for start, end in row["skipped"]])

    def copy(self) -> Timeline:
        """Another of the same content."""
        return replace(self, skipped=list(self.skipped))

    def row(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "first": self.first,
            "at": self.at,
            "reached": self.reached,
            "skipped": [list(span) for span in self.skipped],
        }

    def may_be(self, at: int) -> bool:
        """Whether the clock may be right in showing an instant: it did not show it before."""
        return at >= EARLIEST and not self.has_shown(at)

    def may_begin(self, at: int) -> bool:
        """Whether a clock may be right that shows an instant as a machine starts: before the first instant ever it
        was more likely not set yet."""
        return self.may_be(at) and (self.first is None or at >= self.first)

    def has_shown(self, at: int) -> bool:
        """Whether the clock showed an instant before."""
        if self.first is None or at < self.first or at >= self.reached:
            return False
        return not any(start <= at < end for start, end in self.skipped)

    def shown_since(self, at: int) -> int:
        """Where the stretch that the clock has shown up to ``at`` began."""
        return max((end for _, end in self.skipped if end <= at), default=self.first or at)

    def jump(self, at: int) -> None:
        """The clock shows an instant without those between it and the one shown last."""
        if self.first is None:
            self.first = self.reached = at
        elif at > self.reached:
            self.skipped.append((self.reached, at))
            self.reached = at
        elif at < self.first:
            self.skipped.insert(0, (at, self.first))
            self.first = at
        else:
            self.skipped = [part for span in self.skipped for part in _parted(span, at)]
        del self.skipped[:-MOST_SKIPPED]
        self.at = at

    def go_on(self, at: int) -> None:
        """The clock has come to an instant from the one shown last by itself."""
        shown = [
            (min(max(at, start), end), end) if start <= self.at < end else (start, end)
            for start, end in self.skipped
        ]
        self.skipped = [span for span in shown if span[0] < span[1]]
        self.at = at
        self.reached = max(self.reached, at)


def _parted(span: tuple[int, int], at: int) -> list[tuple[int, int]]:
    start, end = span
    return [(start, at), (at, end)] if start < at < end else [span]
