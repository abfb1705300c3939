"""Meters over time: readings into registers, and registers into amounts in the carrier's unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from evaluators.energy.keeping import KEPT_NS, SETTLED_NS, Counter
from evaluators.energy.registers import Nature, Register, Replacement, Use
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
        Replacement(body.changed_at, _counts(meter, body.final), _counts(meter, body.initial)) for body in found
    )


def _counts(meter: Meter, value: Fraction | None) -> int | None:
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
    """A register, the replacements it knows of, how many kept readings it was fed, and the last one's time."""

    changes: tuple[Replacement, ...]
    register: Register
    readings: int = 0
    newest: int = INT64_MIN


class Registers:
    """The registers of meters, from the kept readings of their points, by key. Each goes on from where it was
    asked for last, so long as readings only came on top."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        self._counters = counters
        self._fed: dict[str, _Fed] = {}

    def of(self, meter: Meter, changes: Iterable[Replacement], as_of: int) -> Register:
        """A meter's register as known at ``as_of``: of the stretches that were over by then the first and the last
        reading, of the one under way the first."""
        counter = self._counters[meter.point]
        known = tuple(change for change in changes if change.at < as_of)
        upto = counter.known_by(as_of)
        fed = self._fed.get(meter.id)
        if fed is not None and counter.revised <= fed.newest:
            fed = None
        counter.revised = INT64_MAX
        if fed is None or fed.changes != known or fed.readings > upto:
            fed = self._fed[meter.id] = _Fed(known, Register(nature(meter), known))
        if fed.readings < upto:
            new = slice(fed.readings, upto)
            fed.register.take(counter.times[new], [count(meter, value) for value in counter.values[new]])
            fed.readings, fed.newest = upto, counter.times[upto - 1]
        return fed.register


def hours_read(register: Register, hold_ns: int, start: int, end: int) -> tuple[int, int]:
    """Of the whole hours of ``[start, end)``, counted from its start: of how many the use is known to what goes
    through within the hold, and how many there are.

    It is known so where the readings on both sides of its beginning, and of its end, are that close together.
    """
    hours = max(0, (end - start) // HOUR_NS)
    edges = [register.is_read_at(start + number * HOUR_NS, hold_ns) for number in range(hours + 1)]
    return sum(left and right for left, right in pairwise(edges)), hours
