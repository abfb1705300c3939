"""Failures and how long they lasted (IEC 60050-192), as far as telemetry can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.episodes import State
from evaluators.model.times import SECOND_NS
from evaluators.tracks import Change, pieces


@dataclass(slots=True)
class Outages:
    """Failures of an item, or of several, within a window. Lengths are ns.

    A failure is a change from up to down, with nothing in between but time that is unknown or not required: what
    runs over planned work is none. An outage with unknown time within or beside it is one, and lasted from its
    known down time to all of that. One is ended once the item is up.
    """

    failures: int = 0
    ended: int = 0
    """How many failures began and ended within the window."""
    ended_low: int = 0
    """How long these lasted together, unknown time left out."""
    ended_high: int = 0
    """The same with unknown time."""
    longest_low: int = 0
    """The longest span that was down."""
    longest_high: int = 0
    """The longest span that may have been."""

    def __iadd__(self, other: Outages) -> Outages:
        self.failures += other.failures
        self.ended += other.ended
        self.ended_low += other.ended_low
        self.ended_high += other.ended_high
        if other.longest_low > self.longest_low:
            self.longest_low = other.longest_low
        if other.longest_high > self.longest_high:
            self.longest_high = other.longest_high
        return self


def outages(changes: Sequence[Change], end: int) -> Outages:
    """The failures in a track up to ``end``."""
    failures = ended = ended_low = ended_high = longest_low = longest_high = 0
    seen: State | None = None
    low = dark = 0
    is_failure = False
    for (start, state, _), until in pieces(changes, end):
        if state is State.UP:
            if low and is_failure:
                ended += 1
                ended_low += low
                ended_high += dark
            low = dark = 0
            seen = state
            continue
        if state is State.DOWN:
            if not low:
                is_failure = seen is State.UP
                failures += is_failure
            low += until - start
            if until - start > longest_low:
                longest_low = until - start
            seen = state
        elif state is not State.UNKNOWN:
            low = dark = 0
            seen = None if state is State.PLANNED else seen
            continue
        dark += until - start
        if dark > longest_high:
            longest_high = dark
    return Outages(failures, ended, ended_low, ended_high, longest_low, longest_high)


def facts(found: Outages | None, up: int, unknown: int) -> tuple[tuple[str, str], ...]:
    """Figures beside availability, as exact text: a number, ``low..high``, or open at one end (``3..`` is 3 or
    more).

    ``failures``: how many; unknown time may hide more. ``mtbf_s``: operating time between failures, up time ÷
    failures, seconds. ``mttr_s``: mean down time of the failures that began and ended, seconds.
    ``longest_outage_s``.
    """
    if found is None:
        return (("failures", "0"),)
    result = [("failures", f"{found.failures}.." if unknown else str(found.failures))]
    if found.failures:
        between = _seconds(up + unknown, found.failures)
        result.append(("mtbf_s", f"..{between}" if unknown else between))
    if found.ended:
        result.append(("mttr_s", _range(found.ended_low, found.ended_high, found.ended)))
    result.append(("longest_outage_s", _range(found.longest_low, found.longest_high, 1)))
    return tuple(result)


def _range(low: int, high: int, count: int) -> str:
    first = _seconds(low, count)
    return first if low == high else f"{first}..{_seconds(high, count)}"


def _seconds(length: int, count: int) -> str:
    return str(Fraction(length, count * SECOND_NS))
