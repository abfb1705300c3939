"""Availability (完好率): the usable share of the functional items, over a window and at an instant.

The clause counts usable items ÷ items at an instant. Over a window the verdict is on the time-weighted mean: the
up time of all items ÷ their required time (IEC 60050-192: up, down and required time). All arithmetic is in whole
nanoseconds and counts; the one division is left to `Fraction`.

Each item is looked at once (`figures`); equipment, systems and the site are sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from evaluators.model.clauses import Clause
from evaluators.model.episodes import Cause, Episode, State
from evaluators.model.times import Window
from evaluators.model.verdicts import Account, Line, Missing, Outcome, Subject, Swing, Verdict
from evaluators.reliability import Outages, outages
from evaluators.tracks import Change

__all__ = ["Account", "Figures", "Swing", "account", "figures", "judge", "total"]

_NOTHING = dict.fromkeys((State.UP, State.DOWN, State.UNKNOWN, State.PLANNED, State.NOT_REQUIRED), 0)
"""No time in any state, in the order of `Account`."""

_FIELD = 32
"""Bits of each number in a count: so many items fit."""

_UP, _UNKNOWN, _REQUIRED = 1, 1 << _FIELD, 1 << 2 * _FIELD
"""The snapshot is one number that holds three: how many items are up, unknown and required. So it is added up and
looked up at once."""

_COUNTED = {
    State.UP: _UP + _REQUIRED,
    State.DOWN: _REQUIRED,
    State.UNKNOWN: _UNKNOWN + _REQUIRED,
    State.PLANNED: 0,
    State.NOT_REQUIRED: 0,
}
"""How an item in a state counts."""

_MOVES = {old: {new: _COUNTED[new] - _COUNTED[old] for new in State} for old in State}


Moves = Sequence[tuple[int, int]]
"""When a snapshot changes, and by what."""


@dataclass(slots=True)
class Figures:
    """What an item, or a sum of items, comes to over a window. Times are ns."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    planned: int = 0
    not_required: int = 0
    count: int = 0
    """The snapshot as the window begins."""
    moves: Moves = ()
    """How it changes within the window; of a sum in no order."""
    missing: Mapping[Cause | None, int] = field(default_factory=dict)
    """How long each cause kept time unknown."""
    outages: Outages | None = None
    """None where nothing was ever down or unknown."""

    @property
    def account(self) -> Account:
        """The time in each state."""
        return Account(self.up, self.down, self.unknown, self.planned, self.not_required)


def figures(changes: Sequence[Change], end: int) -> Figures:
    """One item's figures from its track up to ``end``."""
    if not changes:
        return Figures()
    lengths = _NOTHING.copy()
    moves: list[tuple[int, int]] = []
    missing: dict[Cause | None, int] = {}
    start, state, cause = changes[0]
    for until, following, why in islice(changes, 1, None):
        lengths[state] += until - start
        if state is State.UNKNOWN:
            missing[cause] = missing.get(cause, 0) + until - start
        if following is not state:
            moves.append((until, _MOVES[state][following]))
        start, state, cause = until, following, why
    lengths[state] += end - start
    if state is State.UNKNOWN:
        missing[cause] = missing.get(cause, 0) + end - start
    up, down, unknown, planned, not_required = lengths.values()
    faults = outages(changes, end) if down or unknown else None
    return Figures(up, down, unknown, planned, not_required, _COUNTED[changes[0][1]], moves, missing, faults)


def total(parts: Iterable[Figures]) -> Figures:
    """The sum of several."""
    up = down = unknown = planned = not_required = count = 0
    moves: list[tuple[int, int]] = []
    missing: dict[Cause | None, int] = {}
    faults: Outages | None = None
    for part in parts:
        up += part.up
        down += part.down
        unknown += part.unknown
        planned += part.planned
        not_required += part.not_required
        count += part.count
        if part.moves:
            moves += part.moves
        if part.outages is not None:
            if faults is None:
                faults = Outages()
            faults += part.outages
            for cause, length in part.missing.items():
                missing[cause] = missing.get(cause, 0) + length
    return Figures(up, down, unknown, planned, not_required, count, moves, missing, faults)


def account(episodes: Iterable[Episode], window: Window) -> Account:
    """The time in each state within the window, ns; what lies outside is not counted."""
    lengths = _NOTHING.copy()
    for episode in episodes:
        lengths[episode.state] += max(0, min(episode.end, window.end) - max(episode.start, window.start))
    return Account(*lengths.values())


def snapshot(states: Iterable[State]) -> Account:
    """How many items are in each state."""
    counts = _NOTHING.copy()
    for state in states:
        counts[state] += 1
    return Account(*counts.values())


def swing(found: Figures, start: int, end: int, threshold: Fraction) -> Swing:
    """Sweep the snapshot over ``[start, end)``. Planned items are not counted as required."""
    count, at = found.count, start
    lengths: dict[int, int] = {}
    for moved, step in sorted(found.moves):
        if moved != at:
            lengths[count] = lengths.get(count, 0) + moved - at
            at = moved
        count += step
    lengths[count] = lengths.get(count, 0) + end - at
    return _swing(lengths, threshold)


def _swing(lengths: dict[int, int], threshold: Fraction) -> Swing:
    limit, whole = threshold.numerator, threshold.denominator
    lowest: tuple[int, int] | None = None
    highest = (0, 1)
    surely = possibly = 0
    for count, length in lengths.items():
        up, unknown, required = count % _UNKNOWN, count % _REQUIRED >> _FIELD, count >> 2 * _FIELD
        if not required or not length:
            continue
        if lowest is None:
            lowest, highest = (up, required), (up + unknown, required)
        if up * lowest[1] < lowest[0] * required:
            lowest = up, required
        if (up + unknown) * highest[1] < highest[0] * required:
            highest = up + unknown, required
        possibly += length * (up * whole < limit * required)
        surely += length * ((up + unknown) * whole < limit * required)
    if lowest is None:
        return Swing(None, 0, 0)
    low = Fraction(*lowest)
    return Swing((low, low if highest == lowest else Fraction(*highest)), surely, possibly)


def missing(lengths: Mapping[Cause | None, int]) -> tuple[Missing, ...]:
    """What kept time unknown, the longest first."""
    found = [Missing(cause, length) for cause, length in lengths.items()]
    return tuple(sorted(found, key=lambda missing: (-missing.length, *_order(missing.cause))))


def _order(cause: Cause | None) -> tuple[str, int, str]:
    return ("", -1, "") if cause is None else (cause.point, cause.reason, cause.gap or "")


def judge(
    clause: Clause,
    subject: Subject,
    counted: Account,
    window: Window,
    as_of: int,
    still_to_come: int = 0,
    lacking: tuple[Missing, ...] = (),
    lines: tuple[Line, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
    moved: Swing | None = None,
) -> Verdict:
    """The verdict on what was ``counted`` up to ``as_of``.

    ``still_to_come``: ns of required time, summed over the items, that an open window may yet add. While it is
    open the verdict is `pending`, unless not even faultless service to its end could reach the threshold. Where
    planned time in or out would change the answer, the verdict is `undetermined` and its note says so.
    """
    interval = counted.interval
    plain = _outcome(counted, counted.required, clause.threshold)
    note = ""
    if window.end > as_of:
        pending = _can_still_be_met(counted, still_to_come, clause.threshold)
        outcome = Outcome.PENDING if pending else Outcome.NOT_MET
    else:
        outcome = plain
        strict = _outcome(counted, counted.required + counted.planned, clause.threshold)
        if plain is not strict and interval is not None:
            outcome = Outcome.UNDETERMINED
            note = f"depends on the reading: {plain} with planned time excluded, {strict} with it included"
    low, high = interval or (None, None)
    return Verdict(
        clause=clause.id,
        subject=subject,
        outcome=outcome,
        low=low,
        high=high,
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=counted.coverage,
        as_of=as_of,
        missing=lacking,
        note=note,
        lines=lines,
        facts=facts,
        account=counted,
        swing=moved,
    )


def _outcome(counted: Account, required: int, threshold: Fraction) -> Outcome:
    if not required:
        return Outcome.NOT_APPLICABLE
    limit = required * threshold.numerator
    if counted.up * threshold.denominator >= limit:
        return Outcome.MET
    short = (counted.up + counted.unknown) * threshold.denominator < limit
    return Outcome.NOT_MET if short else Outcome.UNDETERMINED


def _can_still_be_met(counted: Account, still_to_come: int, threshold: Fraction) -> bool:
    best = counted.up + counted.unknown + still_to_come
    required = counted.required + still_to_come
    return best * threshold.denominator >= required * threshold.numerator


def half_used(counted: Account, still_to_come: int, threshold: Fraction) -> Fraction | None:
    """What the threshold leaves to unknown time (ns) where unknown time has used half of it or more, else None.

    That is the down time that the window allows, less what is known to be down; nothing where that is used up.
    """
    if not counted.unknown:
        return None
    margin = (1 - threshold) * (counted.required + still_to_come) - counted.down
    return margin if 0 < margin <= 2 * counted.unknown else None
