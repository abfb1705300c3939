"""Meters over time: readings into registers, and registers into amounts in the carrier's unit. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from evaluators.energy.keeping import KEPT_NS, SETTLED_NS, Counter
from evaluators.energy.readings import Readings
from evaluators.energy.registers import Register, Replacement
from evaluators.energy.uses import Nature, Use
from evaluators.model.bodies import MeterChange
from evaluators.model.energy import Meter
from evaluators.model.samples import INT64_MAX, INT64_MIN
from evaluators.model.times import HOUR_NS
from evaluators.recordbook import RecordBook


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a carrier, in its unit: ``[low, high]``; ``high`` is None where nobody can say.

    ``unread_ns``: how much of the span was not read, summed over meters.
    """

    low: Fraction
    high: Fraction | None
    unread_ns: int = 0

    def __add__(self, other: Amount) -> Amount:
        high = None if self.high is None or other.high is None else self.high + other.high
        return Amount(self.low + other.low, high, self.unread_ns + other.unread_ns)

    def less(self, other: Amount) -> Amount:
        """What remains without a part of it; never below nothing, since the part was in it."""
        low = Fraction(0) if other.high is None else max(Fraction(0), self.low - other.high)
        high = None if self.high is None else max(low, self.high - other.low)
        return Amount(low, high, self.unread_ns + other.unread_ns)

    def times(self, factor: Fraction) -> Amount:
        """So many times as much."""
        return Amount(self.low * factor, None if self.high is None else self.high * factor, self.unread_ns)


NOTHING = Amount(Fraction(0), Fraction(0))


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum of several."""
    found = NOTHING
    for amount in amounts:
        found += amount
    return found


def count(meter: Meter, value: float) -> int:
    """A reading as a whole number of counts."""
    return value * meter.scale if isinstance(value, int) else round(value * meter.scale)


def nature(meter: Meter) -> Nature:
    """What a meter's register is known to be like, in counts."""
    most = None if meter.most_an_hour is None else meter.most_an_hour / meter.per_count * meter.scale
    return Nature(
        hold_ns=KEPT_NS + meter.hold_ns,
        wraps_at=None if meter.wraps_at is None else int(meter.wraps_at * meter.scale),
        most_an_hour=None if most is None else int(most) + 1,
        stuck_ns=meter.stuck_ns,
    )


def replacements(meter: Meter, records: RecordBook) -> tuple[Replacement, ...]:
    """What records say of the replacement of a meter, in order."""
    found = [each.body for each in records.all(MeterChange) if each.body.meter == meter.id]
    return tuple(
        Replacement(body.changed_at, _on_record(meter, body.final), _on_record(meter, body.initial))
        for body in found
    )


def _counts(meter: Meter, values: Sequence[Any]) -> Sequence[int]:
    """At least one reading of a point as whole numbers of counts."""
    if meter.scale == 1 and isinstance(values[0], int):
        return values
    return [count(meter, value) for value in values]


def _on_record(meter: Meter, value: Fraction | None) -> int | None:
    return None if value is None else round(value * meter.scale)


def amount(meter: Meter, use: Use) -> Amount:
    """A use in counts as an amount."""
    factor = meter.per_count / meter.scale
    return Amount(use.low * factor, None if use.high is None else use.high * factor, use.unread_ns)


def settled_ns(meters: Iterable[Meter]) -> int:
    """So long after an instant what registers say of it is settled, unless readings come late, or after a gap: a
    single reading far off is known for one by then, and so is a register that is stuck."""
    return SETTLED_NS + max((m.stuck_ns + m.hold_ns for m in meters if m.stuck_ns is not None), default=0)


@dataclass(slots=True)
class _Fed:
    """A register, the replacements it knows of, and the time of the last kept reading it was fed."""

    changes: tuple[Replacement, ...]
    register: Register
    newest: int = INT64_MIN


@dataclass(frozen=True, slots=True)
class _Counts:
    """The kept readings of a meter's point, in counts."""

    meter: Meter
    readings: Readings

    def before(self, at: int) -> tuple[int, int] | None:
        """The newest at or before an instant."""
        return self._counted(self.readings.before(at))

    def after(self, at: int) -> tuple[int, int] | None:
        """The first at or after an instant."""
        return self._counted(self.readings.after(at))

    def within(self, first: int, last: int) -> array[int]:
        """The times of ``[first, last]``, in order."""
        return self.readings.within(first, last)

    def _counted(self, found: tuple[int, float] | None) -> tuple[int, int] | None:
        return None if found is None else (found[0], count(self.meter, found[1]))


class Registers:
    """The registers of meters, from the kept readings of their points, by key. Each goes on from where it was
    asked for last, so long as readings only came on top."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        self._counters = counters
        self._fed: dict[str, dict[str, _Fed]] = {}
        """By point and meter."""

    def of(self, meter: Meter, changes: Iterable[Replacement], as_of: int) -> Register:
        """A meter's register as known at ``as_of``: of the stretches that were over by then the first and the last
        reading, of the one under way the first."""
        counter = self._counters[meter.point]
        known = tuple(change for change in changes if change.at < as_of)
        newest = counter.newest_by(as_of)
        upto = INT64_MIN if newest is None else newest
        feds = self._fed.setdefault(meter.point, {})
        for stale in [name for name, fed in feds.items() if counter.revised <= fed.newest]:
            del feds[stale]
        counter.revised = INT64_MAX
        found = feds.get(meter.id)
        if found is None or found.changes != known or found.newest > upto:
            register = Register(nature(meter), known, _Counts(meter, counter.readings))
            found = feds[meter.id] = _Fed(known, register)
        if found.newest < upto:
            for times, values in counter.readings.after_all(found.newest, upto):
                found.register.judge(times, _counts(meter, values))
            found.newest = upto
        return found.register


def hours_read(register: Register, hold_ns: int, start: int, end: int) -> tuple[int, int]:
    """Of the whole hours of ``[start, end)``, counted from its start: of how many the use is known to what goes
    through within the hold, and how many there are.

    It is known so where the readings on both sides of its beginning, and of its end, are that close together.
    """
    hours = max(0, (end - start) // HOUR_NS)
    times = register.believed(start, start + hours * HOUR_NS)
    return (_hours_read(times.tobytes(), hold_ns, start, hours) if times else 0), hours


@lru_cache(maxsize=64)
def _hours_read(believed: bytes, hold_ns: int, start: int, hours: int) -> int:
    """By the times of at least one believed reading; meters that are read at once share the answer."""
    times = array("q", believed)
    steps = [(left, right) for left, right in pairwise(times) if right - left > hold_ns]
    unread = set[int]()
    for left, right in ((start - 1, times[0]), *steps, (times[-1] + hold_ns, start + hours * HOUR_NS + 1)):
        first = (left - start) // HOUR_NS + 1
        if start + first * HOUR_NS < right:  # a full hour lies in between
            unread.update(range(max(0, first - 1), min(hours, -((start - right) // HOUR_NS))))
    return hours - len(unread)
